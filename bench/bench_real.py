#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Loading real data (tests/data/fetch.sh) the whole way through reputed and reputed-dataplane, beside
rbldnsd with the same entries, turn by turn in one run. Prints JSON lines, see README.md; what is
not there, or cannot be had, is told on stderr and left out.

usage: bench_real.py BUILD_DIRECTORY [RUNS]       default: 3
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "data"))

import bench_load
import real

HEAD = """\
state_dir: {folder}/state
control_socket: {folder}/control.sock
dataplane:
  socket: {folder}/dataplane.sock
  listen: ["127.0.0.1:{port}"]
"""


def write_asn(data):
    """The IPv4 ranges as ip4set: rbldnsd reads neither CSV nor ranges of IPv6."""
    with open(data.path("asn4.txt"), "w", encoding="ascii") as file:
        for first, last, _ in data.ranges[4]:
            file.write(f"{real.ipaddress.IPv4Address(first)}-{real.ipaddress.IPv4Address(last)}\n")
    return "ip4set:asn4.txt"


def write_domains(data):
    with open(data.path("names.txt"), "w", encoding="ascii") as file:
        file.writelines(f".{name}\n" for name in data.names)
    return "dnset:names.txt"


# How rbldnsd has the data; what to ask for, labels reversed, that is answered once all is there.
PEERS = {"libloc": (lambda data: "ip4trie:libloc4.txt,ip6trie:libloc6.txt", "8.8.8.8"),
         "asn": (write_asn, "8.8.8.8"),
         "domains": (write_domains, None),
         "country": (None, "133.1.1.1")}


class Bench:
    def __init__(self, build, kind, folder):
        self.build, self.folder = build, folder
        self.log = open(os.path.join(folder, "log"), "ab")
        self.data = kind(folder)
        self.peer, self.probe = PEERS[kind.name]
        self.peer = self.peer and self.peer(self.data)
        self.probe = self.probe or ".".join(self.data.names[-1].split(".")[::-1])
        if kind is real.Asn:  # what the peer has, too
            self.data.lists = self.data.lists[:1]
        self.count = sum(self.data.sizes().get(row[0], 0) for row in self.data.lists)
        self.figures = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def note(self, name, value):
        self.figures.setdefault(name, []).append(value)

    def asker(self):
        port = bench_load.free_port()
        return bench_load.Asker(port, self.data.name + ".test"), port

    def reputed(self):
        asker, port = self.asker()
        shutil.rmtree(self.path("state"), ignore_errors=True)
        with open(self.path("reputed.yaml"), "w", encoding="utf-8") as file:
            file.write(HEAD.format(folder=self.folder, port=port) + self.data.config())
        with bench_load.running(self.log, os.path.join(self.build, "reputed-dataplane"), "--socket",
                                self.path("dataplane.sock"), "--listen",
                                f"127.0.0.1:{port}") as dataplane:
            started = time.monotonic()
            with bench_load.running(self.log, os.path.join(self.build, "reputed"), "-c",
                                    self.path("reputed.yaml")) as control:
                self.note("answered", asker.wait(self.probe) - started)
                self.note("cpu_control", bench_load.cpu_s(control.pid))
                self.note("cpu_dataplane", bench_load.cpu_s(dataplane.pid))
                bench_load.settle(control)
                self.note("memory_control", bench_load.memory(control.pid) / 1e6)
                self.note("memory_control_peak",
                          bench_load.peak(control.pid) / 1e6)
                self.note("memory_dataplane", bench_load.memory(dataplane.pid) / 1e6)

    def rbldnsd(self, program):
        asker, port = self.asker()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        started = time.monotonic()
        with bench_load.running(self.log, program, "-n", "-b", f"127.0.0.1/{port}", "-c", "0", *user,
                                "-w", self.folder, *(f"{self.data.name}.test:{part}" for part
                                                     in self.peer.split(","))) as server:
            self.note("answered_rbldnsd", asker.wait(self.probe) - started)
            self.note("cpu_rbldnsd", bench_load.cpu_s(server.pid))
            self.note("memory_rbldnsd", bench_load.memory(server.pid) / 1e6)

    def tell(self):
        for name, values in self.figures.items():
            unit = "MB" if name.startswith("memory") else "s"
            bench_load.tell(f"real_{self.data.name}_{name}", statistics.median(values), unit,
                            self.count or len(values))
        if self.peer and "answered_rbldnsd" in self.figures:
            ratio = statistics.median(self.figures["answered"]) / \
                statistics.median(self.figures["answered_rbldnsd"])
            bench_load.tell(f"real_{self.data.name}_answered_ratio", ratio, "x",
                            len(self.figures["answered"]))


def main():
    build = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    program = shutil.which("rbldnsd", path=os.environ.get("PATH", "") + ":/usr/sbin")
    subprocess.run([os.path.join(HERE, "..", "tests", "data", "fetch.sh")], check=False,
                   stdout=sys.stderr)
    for kind in real.ALL:
        if kind.name not in PEERS:
            continue
        if not kind.is_there():
            sys.stderr.write(f"bench_real.py: no data '{kind.package}': left out\n")
            continue
        with tempfile.TemporaryDirectory(prefix="reputed-bench-") as folder:
            os.chmod(folder, 0o755)  # rbldnsd drops its rights before it reads
            bench = Bench(build, kind, folder)
            for _ in range(runs):
                if program and bench.peer:
                    bench.rbldnsd(program)
                bench.reputed()
            bench.tell()


if __name__ == "__main__":
    main()
