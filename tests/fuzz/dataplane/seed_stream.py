#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write the first corpus of fuzz_stream: golden queries, pipelined on two streams and cut apart.

usage: seed_stream.py            writes corpus/stream/seed-* beside this file
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "core"))
from seed import CASES, queries  # noqa: E402

FULL, STRICT, DROPPED = 2, 7, 50  # of the first byte: see fuzz_answer.c
BROKEN, LITTLE = 1, 2
ALL = 127, 255
# step: (stream, bytes that come, bytes that may go)
WAYS = {
    "whole": [(0, *ALL), (1, *ALL)],
    "drip": [(n % 2, 1, 1) for n in range(60)],
    "slow-reader": [(0, 127, 0), (1, 127, 0)] + [(n % 2, 0, 20) for n in range(40)],
    "some-taken": [(n % 2, 127, 150) for n in range(30)],
    "turns": [(n % 2, 30, 255) for n in range(20)],
    "end": [],
}


def framed(messages):
    return b"".join(len(m).to_bytes(2, "big") + m for m in messages)


def write(name, first, flags, steps, streams):
    where = os.path.join(HERE, "corpus", "stream")
    os.makedirs(where, exist_ok=True)
    data = bytes([first, flags | len(steps) << 2]) + len(streams[0]).to_bytes(2, "big")
    data += b"".join(bytes([which << 7 | give, take]) for which, give, take in steps)
    with open(os.path.join(where, "seed-" + name), "wb") as out:
        out.write(data + b"".join(streams))


def main():
    def some(stem, step):
        return [m for _, m in queries(os.path.join(CASES, stem + ".case"), step)]

    one = framed(some("ip4", 20) + some("records", 6))
    other = framed(some("edns", 9) + some("cookie", 12))
    for name, steps in WAYS.items():
        write(name, FULL, 0, steps, (one, other))
        write(name + "-broken", FULL, BROKEN, steps, (other, one))
        write(name + "-little", FULL, LITTLE, steps, (other, one))
    for stem, step in (("errors", 8), ("size", 2), ("keys", 8), ("open", 6), ("names", 8),
                       ("chaos", 12), ("views", 5), ("ip6", 8)):
        write(stem, FULL, 0, WAYS["turns"], (framed(some(stem, step)), one))
    write("strict", STRICT, 0, WAYS["turns"], (other, one))
    write("dropped", DROPPED, 0, WAYS["turns"], (other, one))
    write("empty", FULL, 0, WAYS["whole"], (b"\0\0" + one, other))
    write("cut", FULL, 0, WAYS["drip"], (one[:-1], other[:-20]))
    write("long", FULL, 0, WAYS["turns"], (b"\xff\xff" + one, b"\3" + other))
    keepalive = [m for name, m in queries(os.path.join(CASES, "edns.case"), 1)
                 if name.startswith("keepalive")]
    write("keepalive", FULL, 0, WAYS["whole"], (framed(keepalive), one))


if __name__ == "__main__":
    main()
