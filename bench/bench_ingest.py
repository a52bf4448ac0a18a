#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""How much memory control takes at most while it reads a changed version of a feed whose last good
version serves, as a multiple of the dataset's own memory: of IPv4 addresses, prefixes of IPv4 and
IPv6, without and with values, and names. What the same takes with a feed of one line is taken off.
A line in ten is another one in the changed version, so that what merges, compares and sends is in the
figure. Prints JSON lines, see README.md.

usage: bench_ingest.py BUILD_DIRECTORY [COUNT [KIND...]]     default: 2000000 entries, all kinds
"""
import json
import os
import random
import subprocess
import sys
import tempfile

import bench_load

CONFIG = bench_load.DAEMONS + """\
lists:
  - name: big
    feed: {{path: {folder}/feed.txt, format: {format}, guards: {{shrink: 1, growth: 1000000000,
            canaries: false, coverage4: 1}}}}
zones:
  - {{name: bl.test, lists: [big]}}
"""
CHANGED_EVERY = 10


def address(numbers):
    bits = numbers.getrandbits(30)
    return f"{11 + (bits >> 24)}.{bits >> 16 & 255}.{bits >> 8 & 255}.{bits & 255}"


def prefix4(numbers):
    bits = numbers.getrandbits(32)
    length = 24 + (bits & 3)
    last = bits >> 2 & 0xff00 >> (bits & 3) & 255
    return f"{11 + (bits >> 26)}.{bits >> 18 & 255}.{bits >> 10 & 255}.{last}/{length}"


def prefix6(numbers):
    bits = numbers.getrandbits(58)
    words = 0x2000 | bits >> 48, bits >> 32 & 0xffff, bits >> 16 & 0xffff, bits & 0xffff
    return f"{words[0]:x}:{words[1]:x}:{words[2]:x}:{words[3]:x}/64"


def name(numbers):
    bits = numbers.getrandbits(50)
    return f"{bits >> 10:x}.{bits & 1023}.example"


def values(prefix):
    def line(numbers):
        bits = numbers.getrandbits(16)
        return f"{prefix(numbers)} :127.0.{bits & 15}.2:AS{bits}"
    return line


# How a line is made, the format, what tells the versions from each other, and how to ask for it: the
# labels, the last one first.
PROBES4 = ("192.5.5.1", "192.5.5.2")
PROBES6 = [f"2a0f:0:0:{n}/64" for n in (1, 2)]
KINDS = {
    "addresses": (address, "plain", PROBES4, PROBES4),
    "prefixes4": (prefix4, "plain", PROBES4, PROBES4),
    "prefixes6": (prefix6, "rbldnsd-ip6trie", PROBES6, None),
    "values4": (values(prefix4), "rbldnsd-ip4trie", PROBES4, PROBES4),
    "values6": (values(prefix6), "rbldnsd-ip6trie", PROBES6, None),
    "names": (name, "domains", ("one.probe", "two.probe"), ("probe.one", "probe.two")),
}


class Bench:
    def __init__(self, build, count, kind, folder):
        self.build, self.count, self.kind, self.folder = build, count, kind, folder
        self.line, self.format, self.probes, self.asked = KINDS[kind]
        if not self.asked:  # a nibble a label
            self.asked = [".".join("2a0f" + "0" * 11 + f"{n}" + "0" * 16) for n in (1, 2)]
        self.log = open(self.path("log"), "ab")
        for number in (0, 1):
            self.write(number)

    def path(self, name_of):
        return os.path.join(self.folder, name_of)

    def write(self, number):
        same, other = random.Random(1), random.Random(2 + number)
        with open(self.path(f"{number}.txt"), "w", encoding="ascii") as file:
            for at in range(self.count - 1):
                line = self.line(same)
                file.write((self.line(other) if at % CHANGED_EVERY == 0 else line) + "\n")
            file.write(self.probes[number] + "\n")
        with open(self.path(f"{number}.txt.small"), "w", encoding="ascii") as file:
            file.write(self.probes[number] + "\n")

    def place(self, source):
        os.link(self.path(source), self.path("feed.new"))
        os.rename(self.path("feed.new"), self.path("feed.txt"))

    def dataset_size(self):
        """What the changed version takes alone."""
        words = [os.path.join(self.build, "bench", "bench_load"), "--dataset", self.path("1.txt"),
                 self.format]
        run = subprocess.run(words, check=True, stdout=subprocess.PIPE)
        return json.loads(run.stdout)["value"]

    def measure(self, asker, suffix):
        """At rest, at most until a changed version is answered, and after it."""
        subprocess.run(["rm", "-rf", self.path("state")], check=True)
        self.place("0.txt" + suffix)
        with bench_load.running(self.log, os.path.join(self.build, "reputed"), "-c",
                                self.path("reputed.yaml")) as control:
            asker.wait(self.asked[0])
            bench_load.settle(control)
            at_rest = bench_load.memory(control.pid)
            with open(f"/proc/{control.pid}/clear_refs", "w", encoding="ascii") as file:
                file.write("5")  # the peak so far is forgotten
            self.place("1.txt" + suffix)
            asker.wait(self.asked[1])
            bench_load.settle(control)
            return at_rest, bench_load.peak(control.pid), bench_load.memory(control.pid)

    def run(self):
        port = bench_load.free_port()
        with open(self.path("reputed.yaml"), "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=self.folder, port=port, format=self.format))
        asker = bench_load.Asker(port)
        with bench_load.running(self.log, os.path.join(self.build, "reputed-dataplane"), "--socket",
                                self.path("dataplane.sock"), "--listen", f"127.0.0.1:{port}"):
            base = self.measure(asker, ".small")
            sizes = self.measure(asker, "")
        size = self.dataset_size()
        bench_load.tell(f"ingest_{self.kind}_dataset", size / self.count, "B/entry", self.count)
        for label, less, value in zip(("at_rest", "peak", "after"), base, sizes):
            bench_load.tell(f"ingest_{self.kind}_{label}", (value - less) / size, "x", self.count)


def main():
    build = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000000
    for kind in sys.argv[3:] or KINDS:
        with tempfile.TemporaryDirectory(prefix="reputed-bench-") as folder:
            Bench(build, count, kind, folder).run()


if __name__ == "__main__":
    main()
