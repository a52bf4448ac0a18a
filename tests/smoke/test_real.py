#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Real data of tests/data/fetch.sh through our formats, both daemons and DNS, answers compared with
another reading of the same files: libloc's look-up, sorted intervals, a set of names, mmdblookup.
Prints TAP; what is not there is skipped.

usage: test_real.py BUILD_DIRECTORY [NAME...]       default: all
"""
import os
import random
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))

import asker
import daemons
import netns
import real

SAMPLES = {"libloc": 50000, "asn": 30000, "asndrop": 30000, "domains": 30000, "country": 3000}
SHOWN = 5  # of answers that differ
netns.DEADLINE_S = 240  # of reading the largest on a busy machine


def check_data(checks, build, kind):
    with daemons.Daemons(build, "", {}) as d:
        data = kind(d.folder)
        d.configure(data.config())
        d.start()
        for name, *_ in data.lists:
            feed = d.feed(name)
            checks.is_equal((feed["state"], feed["bad_lines"]), ("serving", 0),
                            f"{name}: {feed['entries']} entries, no bad line")
            wanted = data.sizes().get(name, feed["entries"])
            checks.is_equal(feed["entries"], wanted, f"{name}: as many as read independently")
        rows = data.samples(random.Random(kind.name), SAMPLES[kind.name])
        answers = asker.ask_all(d.port, rows)
        wrong = [f"{name} {kind}: {answer}, not {expected}" for (name, kind, expected), answer
                 in zip(rows, answers) if answer != expected]
        for text in wrong[:SHOWN]:
            print(f"# {text}")
        checks.is_equal(len(wrong), 0, f"{kind.name}: {len(rows)} answers as read independently")
        # A test that asks for nothing that is listed, or for nothing else, proves little.
        listed = sum(expected.startswith("NOERROR ") for _, _, expected in rows)
        checks.is_true(len(rows) // 10 < listed < len(rows), f"{kind.name}: {listed} were listed")


def main():
    checks = netns.Checks()
    random.seed(1)
    for kind in real.ALL:
        if sys.argv[2:] and kind.name not in sys.argv[2:]:
            continue
        if not kind.is_there():
            checks.skip(kind.name, f"tests/data/fetch.sh {kind.package} could not get it")
        elif kind is real.Country and not shutil.which("mmdblookup"):
            checks.skip(kind.name, "no mmdblookup (package mmdb-bin)")
        else:
            with checks.group(kind.name):
                check_data(checks, os.path.abspath(sys.argv[1]), kind)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
