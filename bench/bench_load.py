#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""From a text file of IPv4 addresses to the answer, the whole way through reputed and
reputed-dataplane, beside rbldnsd with the same file as ip4set, turn by turn in one run. Prints JSON
lines, see README.md. Nothing but the loopback and a temporary folder is touched.

usage: bench_load.py BUILD_DIRECTORY [COUNT [RUNS]]       default: 1000000 3
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 30
ZONE = "bl.test"
# Listed in the one and the other version of the feed, and in no generated line (see bench_load.c:
# 192/8 is left out), so an answer tells which version is served.
PROBES = ["192.5.5.1", "192.5.5.2"]
DAEMONS = """\
state_dir: {folder}/state
control_socket: {folder}/control.sock
dataplane:
  socket: {folder}/dataplane.sock
  listen: ["127.0.0.1:{port}"]
"""
CONFIG = DAEMONS + """\
lists:
  - name: big
    feed: {{path: {folder}/feed.txt, format: plain, guards: {{shrink: 1, growth: 1000000000}}}}
    code: 127.0.0.2
    text: "$ is listed"
zones:
  - {{name: bl.test, lists: [big]}}
"""


def tell(name, value, unit, count):
    print(json.dumps({"name": name, "value": float(f"{value:.4g}"), "unit": unit, "n": count}),
          flush=True)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return udp.getsockname()[1]


class Asker:
    """Asks one server whether an address is listed, again and again."""

    def __init__(self, port, zone=ZONE):
        self.zone = zone.split(".")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.002)
        self.socket.connect(("127.0.0.1", port))
        self.number = 0

    def is_listed(self, address):
        self.number = self.number % 65535 + 1
        labels = address.split(".")[::-1] + self.zone
        question = b"".join(bytes([len(label)]) + label.encode() for label in labels)
        head = self.number.to_bytes(2, "big")
        try:
            self.socket.send(head + b"\0\0\0\1\0\0\0\0\0\0" + question + b"\0\0\1\0\1")
            reply = self.socket.recv(4096)
            while reply[:2] != head:  # an older question's
                reply = self.socket.recv(4096)
        except OSError:  # nobody there yet, or busy
            return False
        return reply[3] & 15 == 0 and reply[6:8] != b"\0\0"

    def wait(self, address):
        """Until it is listed; returns when that was."""
        deadline = time.monotonic() + DEADLINE_S
        while not self.is_listed(address):
            time.sleep(0.002)  # asking must not take the processor from what it waits for
            if time.monotonic() > deadline:
                raise SystemExit(f"bench_load.py: {address} is not answered")
        return time.monotonic()


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, field="RssAnon"):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return 0


def peak(pid):
    """Of anonymous memory: what is mapped of files, mostly libraries, is no part of it."""
    return memory(pid, "VmHWM") - memory(pid, "RssFile")


@contextlib.contextmanager
def running(log, *words):
    with subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def settle(process):
    """Until the process does nothing any more."""
    deadline, before = time.monotonic() + DEADLINE_S, -1
    while cpu_s(process.pid) != before and time.monotonic() < deadline:
        before = cpu_s(process.pid)
        time.sleep(0.3)


class Bench:
    def __init__(self, build, count, folder):
        self.build, self.count, self.folder = build, count, folder
        self.figures = {}
        self.log = open(self.path("log"), "ab")
        for number, probe in enumerate(PROBES):
            subprocess.run([os.path.join(build, "bench", "bench_load"), "--generate",
                            self.path(f"{number}.txt"), str(count), probe], check=True)
        # The headers rbldnsd wants are no part of the other's feed.
        self.small = self.path("small.txt")
        with open(self.small, "w", encoding="ascii") as file:
            file.write("198.18.0.1\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def note(self, name, value):
        self.figures.setdefault(name, []).append(value)

    def place(self, source, name):
        """Put a version of a feed in place, whole at once, without copying it."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(name + ".new"))
        os.link(source, self.path(name + ".new"))
        os.rename(self.path(name + ".new"), self.path(name))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(name + ".new"))  # rename() of the same file does nothing

    def reputed(self):
        port = free_port()
        shutil.rmtree(self.path("state"), ignore_errors=True)
        with open(self.path("reputed.yaml"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=self.folder, port=port))
        asker = Asker(port)
        with running(self.log, os.path.join(self.build, "reputed-dataplane"), "--socket",
                     self.path("dataplane.sock"), "--listen", f"127.0.0.1:{port}") as dataplane:
            words = [os.path.join(self.build, "reputed"), "-c", self.path("reputed.yaml")]
            self.place(self.small, "feed.txt")
            with running(self.log, *words) as control:
                asker.wait("198.18.0.1")
                base = memory(control.pid)
            shutil.rmtree(self.path("state"))
            self.place(self.path("0.txt"), "feed.txt")
            cpu = cpu_s(dataplane.pid)
            started = time.monotonic()
            with running(self.log, *words) as control:
                self.note("answered", asker.wait(PROBES[0]) - started)
                self.note("control_cpu", cpu_s(control.pid))
                self.note("dataplane_cpu", cpu_s(dataplane.pid) - cpu)
                self.note("peak", (peak(control.pid) - base) / self.count)
                settle(control)
                self.note("control", (memory(control.pid) - base) / self.count)
                started = time.monotonic()
                self.place(self.path("1.txt"), "feed.txt")
                self.note("changed", asker.wait(PROBES[1]) - started)
                self.note("commit", self.commit_s())
                settle(control)
                self.note("peak_changed", (peak(control.pid) - base) / self.count)
                self.note("control_after", (memory(control.pid) - base) / self.count)
                self.note("dataplane_memory", memory(dataplane.pid) / self.count)

    def commit_s(self):
        """How long the data plane took for the last commit."""
        words = [os.path.join(self.build, "reputectl"), "stats", "--json", "-c",
                 self.path("reputed.yaml")]
        stats = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
        return next(c["value"] for c in stats["counters"]
                    if c["name"] == "update_last_commit_us") / 1e6

    def rbldnsd(self, program):
        port = free_port()
        asker = Asker(port)
        self.place(self.path("0.txt"), "zone.txt")
        started = time.monotonic()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with running(self.log, program, "-n", "-b", f"127.0.0.1/{port}", "-c", "0", *user, "-w",
                     self.folder, f"{ZONE}:ip4set:zone.txt") as server:
            self.note("rbldnsd", asker.wait(PROBES[0]) - started)
            self.note("rbldnsd_cpu", cpu_s(server.pid))
            self.note("rbldnsd_memory", memory(server.pid) / self.count)
            self.place(self.path("1.txt"), "zone.txt")
            os.utime(self.path("zone.txt"), (1, 1))  # it looks at seconds only
            started = time.monotonic()
            server.send_signal(signal.SIGHUP)
            self.note("rbldnsd_changed", asker.wait(PROBES[1]) - started)


def tell_figures(figures, size):
    rows = [("answered", "load_answered", "s"), ("rbldnsd", "load_answered_rbldnsd", "s"),
            ("changed", "load_changed", "s"), ("rbldnsd_changed", "load_changed_rbldnsd", "s"),
            ("control_cpu", "load_cpu_control", "s"), ("dataplane_cpu", "load_cpu_dataplane", "s"),
            ("rbldnsd_cpu", "load_cpu_rbldnsd", "s"), ("commit", "load_changed_commit", "s"),
            ("control", "load_memory_control", "B/address"),
            ("control_after", "load_memory_control_changed", "B/address"),
            ("peak", "load_memory_control_peak", "B/address"),
            ("peak_changed", "load_memory_control_peak_changed", "B/address"),
            ("dataplane_memory", "load_memory_dataplane", "B/address"),
            ("rbldnsd_memory", "load_memory_rbldnsd", "B/address")]
    for key, name, unit in rows:
        if key in figures:
            tell(f"{name}_{size}", statistics.median(figures[key]), unit, len(figures[key]))
    for ours, theirs, name in (("answered", "rbldnsd", "load_answered_ratio"),
                               ("changed", "rbldnsd_changed", "load_changed_ratio")):
        if theirs in figures:
            ratio = statistics.median(figures[ours]) / statistics.median(figures[theirs])
            tell(f"{name}_{size}", ratio, "x", len(figures[ours]))


def main():
    build = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    program = shutil.which("rbldnsd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    with tempfile.TemporaryDirectory(prefix="reputed-bench-") as folder:
        os.chmod(folder, 0o755)  # rbldnsd drops its rights before it reads
        bench = Bench(build, count, folder)
        for _ in range(runs):
            if program:
                bench.rbldnsd(program)
            bench.reputed()
        tell_figures(bench.figures, f"{count // 1000000}M" if count >= 1000000 else count)
    if not program:
        sys.stderr.write("bench_load.py: rbldnsd is not installed: no comparison\n")


if __name__ == "__main__":
    main()
