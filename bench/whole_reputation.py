#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The reputation from end to end, with as many keys as one likes: events through the stream socket
of the daemon, DNS asked all the while, the state, and a restart. One JSON object a line.

usage: whole_reputation.py BUILD_DIRECTORY [KEYS [FOLDER]]      (1000000, $TMPDIR or /tmp)

The daemons, the sender and who asks share the machine's processors. Rows: `keys`, `sent`, memory of
both daemons; `asked_…`, from question to answer of a listed address while events come, and questions
without an answer (`unanswered`); `published`, from the last acknowledgement until all answers are in
the data plane; `seen_…`, a trap hit until DNS knows, afterwards; `stop` with the state written, its
size; `restart` until the daemon serves again, in which the data plane is asked on.
"""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

CONFIG = """\
state_dir: {folder}/state
control_socket: {folder}/control.sock
dataplane: {{socket: {folder}/dataplane.sock, listen: ["127.0.0.1:{port}"]}}
lists:
  - {{name: local, manual: true, code: 127.0.0.2}}
  - {{name: trap, reputation: trap, code: 127.0.0.4}}
  - {{name: spam, reputation: spam, code: 127.0.0.3}}
reputation:
  stream: {folder}/stream
  socket: {folder}/events
  reporters: [{{name: bench, user: "{uid}", rate: 1000000}}]
zones:
  - {{name: bl.test, lists: [local, trap, spam]}}
  - {{name: score.test, view: score}}
"""
ASK_S, SEEN, SEEN_S = 0.005, 300, 20


def report(name, value, unit, count):
    print(json.dumps({"name": "whole_reputation_" + name, "value": round(value, 3), "unit": unit,
                      "n": count}), flush=True)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Asker:
    """One question after the other, on a socket of its own."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(1)
        self.socket.connect(("127.0.0.1", port))
        self.ident = 0

    def ask(self, address):
        """Whether it is listed; TimeoutError."""
        self.ident = self.ident + 1 & 0xffff
        name = b"".join(bytes([len(x)]) + x for x in
                        [*reversed(address.encode().split(b".")), b"bl", b"test"]) + b"\0"
        self.socket.send(struct.pack(">6H", self.ident, 0x100, 1, 0, 0, 0) + name + b"\0\1\0\1")
        while True:
            answer = self.socket.recv(512)
            if answer[:2] == struct.pack(">H", self.ident):
                return answer[7] > 0


class Load(threading.Thread):
    """Asks for a listed address until it is told to stop."""

    def __init__(self, port):
        super().__init__()
        self.asker, self.times, self.lost, self.wrong = Asker(port), [], 0, 0
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(ASK_S):
            start = time.monotonic()
            try:
                self.wrong += not self.asker.ask("203.0.113.1")
                self.times.append((time.monotonic() - start) * 1e6)
            except (TimeoutError, ConnectionError):
                self.lost += 1

    def report(self, name):
        self.is_over.set()
        self.join()
        for share in (0.5, 0.99, 1):
            report(f"{name}_p{share * 100:g}", percentile(self.times, share), "us",
                   len(self.times))
        report(f"{name}_unanswered", self.lost, "questions", len(self.times))
        report(f"{name}_wrong", self.wrong, "answers", len(self.times))


class World:
    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.config = os.path.join(folder, "reputed.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, port=self.port, uid=os.getuid()))
        self.daemons = subprocess.Popen(
            [os.path.join(build, "reputectl"), "-c", self.config, "up"],
            stdout=subprocess.PIPE, stderr=open(os.path.join(folder, "log"), "w",
                                                encoding="utf-8"), text=True)
        while not self.daemons.stdout.readline().startswith("ready:"):
            if self.daemons.poll() is not None:
                sys.exit("the daemons do not start")

    def ctl(self, *words):
        run = subprocess.run([os.path.join(self.build, "reputectl"), "-c", self.config, *words],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             check=False)
        return json.loads(run.stdout) if "--json" in words and run.stdout else None

    def status(self):
        return self.ctl("status", "--json")

    def stop(self):
        self.daemons.send_signal(signal.SIGTERM)
        return self.daemons.wait()


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        rows = dict(line.split(":", 1) for line in file)
    return int(rows["VmHWM"].split()[0]) / 1024


def processor_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        user, system = file.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def fill(w, keys):
    load = Load(w.port)
    load.start()
    subprocess.run([os.path.join(w.build, "bench/bench_events"), "send",
                    os.path.join(w.folder, "stream"), str(keys)], check=True)
    start = time.monotonic()
    while True:
        status = w.status()
        if status["reputation"]["answers"]["waiting"] == 0:
            break
        time.sleep(0.05)
    report("published", time.monotonic() - start, "s", status["reputation"]["answers"]["keys"])
    load.report("asked")
    report("control_cpu", processor_s(status["pid"]) * 1e6 / keys, "us/event", keys)
    report("keys", status["reputation"]["tracked"], "keys", keys)
    report("ledger", status["reputation"]["memory"] / 2**20, "MiB", keys)
    report("control_peak", memory(status["pid"]), "MiB", keys)
    report("dataplane_peak", memory(status["dataplane"]["pid"]), "MiB", keys)


def seen(w):
    events = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    events.connect(os.path.join(w.folder, "events"))
    asker, times = Asker(w.port), []
    for i in range(SEEN):
        address = f"198.{18 + (i >> 8)}.{i & 255}.1"
        start = time.monotonic()
        events.send(json.dumps({"ip": address, "class": "trap_pristine"}).encode())
        while not asker.ask(address):
            if time.monotonic() > start + SEEN_S:
                sys.exit("an event without effect")
        times.append((time.monotonic() - start) * 1e6)
    for share in (0.5, 0.99, 1):
        report(f"seen_p{share * 100:g}", percentile(times, share), "us", SEEN)


def restart(w, keys):
    load = Load(w.port)
    load.start()
    pid = w.status()["pid"]
    start = time.monotonic()
    os.kill(pid, signal.SIGTERM)  # reputectl starts it again
    while os.path.exists(f"/proc/{pid}"):
        time.sleep(0.01)
    report("stop", time.monotonic() - start, "s", keys)
    size = sum(os.stat(os.path.join(where, name)).st_size for where, _, names in
               os.walk(os.path.join(w.folder, "state/reputation/state")) for name in names)
    report("state", size / 2**20, "MiB", keys)
    while True:
        status = w.status()
        if status and status.get("state") == "serving" and status["pid"] != pid:
            break
        time.sleep(0.05)
    report("restart", time.monotonic() - start, "s", status["reputation"]["tracked"])
    report("restart_cpu", processor_s(status["pid"]), "s", keys)
    while w.status()["reputation"]["answers"]["waiting"]:
        time.sleep(0.05)
    report("restart_published", time.monotonic() - start, "s",
           w.status()["reputation"]["answers"]["keys"])
    load.report("restart_asked")


def main():
    build = os.path.abspath(sys.argv[1])
    keys = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    folder = tempfile.mkdtemp(prefix="bench-reputation-",
                              dir=sys.argv[3] if len(sys.argv) > 3 else None)
    w = World(build, folder)
    try:
        w.ctl("list", "add", "local", "203.0.113.1", "--reason", "asked for")
        fill(w, keys)
        seen(w)
        restart(w, keys)
        status = w.stop()
    finally:
        if w.daemons.poll() is None:
            w.stop()
        shutil.rmtree(folder)
    return status


if __name__ == "__main__":
    sys.exit(main())
