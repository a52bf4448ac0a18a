#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long control's status takes to be answered while feeds are on their way: asked every 10 ms
over its socket during the first load, a changed version, one that a guard holds, its acceptance and
a rollback, of single IPv4 addresses, IPv6 prefixes and names. Prints JSON lines, see README.md.

usage: bench_status.py BUILD_DIRECTORY [COUNT]       default: 1000000 addresses, half as many names,
                                                    a fifth as many prefixes
"""
import contextlib
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import bench_load

ASK_EVERY_S = 0.01
DEADLINE_S = 300
KEEP = "guards: {canaries: false, growth: 1000000000}"
CONFIG = bench_load.DAEMONS + """\
lists:
  - {{name: addresses, feed: {{path: {folder}/addresses.txt, format: plain, {keep}}}}}
  - {{name: prefixes, feed: {{path: {folder}/prefixes.txt, format: plain, {keep}}}}}
  - {{name: names, feed: {{path: {folder}/names.txt, format: domains, {keep}}}}}
zones:
  - {{name: bl.test, lists: [addresses, prefixes, names]}}
"""


class Control:
    """A connection to the control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect(path)
        self.file = self.socket.makefile("rwb")

    def ask(self, **request):
        self.file.write(json.dumps(request).encode() + b"\n")
        self.file.flush()
        answer = json.loads(self.file.readline())
        if not answer["ok"]:
            raise SystemExit(f"bench_status.py: {request}: {answer['error']}")
        return answer

    def feeds(self):
        return {feed["name"]: feed for feed in self.ask(command="status")["feeds"]}


class Asker(threading.Thread):
    """Asks for the status until told to stop; how long each answer took."""

    def __init__(self, path):
        super().__init__()
        self.path, self.times, self.stop = path, [], threading.Event()

    def run(self):
        control = Control(self.path)
        while not self.stop.is_set():
            started = time.monotonic()
            control.ask(command="status")
            self.times.append(time.monotonic() - started)
            self.stop.wait(ASK_EVERY_S)


def write_names(path, count, skip):
    numbers = random.Random(1)
    with open(path, "w", encoding="ascii") as file:
        for number in range(count + skip):
            name = f"{numbers.getrandbits(40):x}.{number % 1000}.example\n"
            if number >= skip:
                file.write(name)


def write_prefixes(path, count, skip):
    numbers = random.Random(2)
    with open(path, "w", encoding="ascii") as file:
        for number in range(count + skip):
            bits = numbers.getrandbits(44)
            if number >= skip:
                file.write(f"2{bits >> 32:03x}:{bits >> 16 & 0xffff:x}:{bits & 0xffff:x}::/48\n")


class Bench:
    def __init__(self, build, count, folder):
        self.build, self.count, self.folder = build, count, folder
        self.sizes = {"addresses": count, "prefixes": count // 5, "names": count // 2}

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_addresses(self, path, count, skip):
        whole = self.path("generated")
        subprocess.run([os.path.join(self.build, "bench", "bench_load"), "--generate", whole,
                        str(count + skip)], check=True)
        with open(whole, "rb") as file, open(path, "wb") as out:
            for number, line in enumerate(file):
                if number >= skip:
                    out.write(line)

    def write(self, share, skip):
        """A version of every feed: a share of it, without the first lines."""
        writers = {"addresses": self.write_addresses, "prefixes": write_prefixes,
                   "names": write_names}
        for name, writer in writers.items():
            writer(self.path(name + ".new"), int(self.sizes[name] * share), skip)

    def place(self):
        for name in self.sizes:
            os.rename(self.path(name + ".new"), self.path(name + ".txt"))

    def until(self, control, what, is_so):
        deadline = time.monotonic() + DEADLINE_S
        while not all(is_so(feed) for feed in control.feeds().values()):
            if time.monotonic() > deadline:
                raise SystemExit(f"bench_status.py: {what} did not happen")
            time.sleep(0.05)

    def measure(self, phase, act):
        asker = Asker(self.path("control.sock"))
        asker.start()
        started = time.monotonic()
        try:
            act()
        finally:
            asker.stop.set()
            asker.join()
        times = sorted(asker.times)
        for name, value in (("median", statistics.median(times)),
                            ("p99", times[len(times) * 99 // 100]), ("max", times[-1])):
            bench_load.tell(f"status_{phase}_{name}", value * 1e3, "ms", len(times))
        bench_load.tell(f"status_{phase}_lasted", time.monotonic() - started, "s", self.count)

    def each(self, control, command):
        for name in self.sizes:
            control.ask(command=command, feed=name)

    def phases(self, control):
        def version(number):
            return lambda feed: feed["version"] == number

        def held(feed):
            return feed["state"] == "held"

        self.measure("first", lambda: (
            self.until(control, "the first load", version(1)),
            self.until_ready(control)))
        self.write(1, 100)
        self.measure("changed", lambda: (
            self.place(), self.until(control, "a changed version", version(2))))
        self.write(0.4, 0)
        self.measure("held", lambda: (
            self.place(), self.until(control, "a held version", held)))
        self.measure("accept", lambda: self.each(control, "feeds-accept"))
        self.measure("rollback", lambda: self.each(control, "feeds-rollback"))

    def until_ready(self, control):
        deadline = time.monotonic() + DEADLINE_S
        while not control.ask(command="status")["ready"]:
            if time.monotonic() > deadline:
                raise SystemExit("bench_status.py: the first load is not answered")
            time.sleep(0.05)

    def run(self):
        port = bench_load.free_port()
        with open(self.path("reputed.yaml"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=self.folder, port=port, keep=KEEP))
        self.write(1, 0)
        self.place()
        with open(self.path("log"), "ab") as log, bench_load.running(
                log, os.path.join(self.build, "reputed-dataplane"), "--socket",
                self.path("dataplane.sock"), "--listen", f"127.0.0.1:{port}"), bench_load.running(
                    log, os.path.join(self.build, "reputed"), "-c", self.path("reputed.yaml")):
            deadline = time.monotonic() + DEADLINE_S
            control = None
            while not control:
                with contextlib.suppress(OSError):
                    control = Control(self.path("control.sock"))
                if time.monotonic() > deadline:
                    raise SystemExit("bench_status.py: control does not start")
            self.phases(control)


def main():
    build = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    with tempfile.TemporaryDirectory(prefix="reputed-bench-") as folder:
        Bench(build, count, folder).run()


if __name__ == "__main__":
    main()
