#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A feed of two million lines: control goes on answering while it is read, merged and sent; one
changed line is one change; every entry still has its line. Prints TAP.

usage: test_load.py BUILD_DIRECTORY
"""
import os
import sys
import time

import daemons
import netns

CONFIG = """\
lists:
  - name: big
    feed: {path: feeds/big.txt, format: plain, guards: {growth: 100000000, canaries: false}}
    code: 127.0.0.9
zones:
  - {name: bl.test, lists: [big]}
"""
LISTED, NOT_LISTED = "NOERROR 127.0.0.9", "NXDOMAIN"
BLOCKS = 64
LINES = BLOCKS * 32768
ANSWERS_MIN = 10  # of status, while the feed is on its way


def lines(extra):
    """No two neighbours, so that no two entries are one range; not in order."""
    ends = [f"{c}.{d}\n" for d in range(0, 256, 2) for c in range(256)]
    blocks = [f"8.{block}." + f"8.{block}.".join(ends) for block in range(BLOCKS, 0, -1)]
    return "# a comment\n" + "".join(blocks) + extra + "\n"


def read_while_asking(d, text, name, expected):
    """Put a version in place and ask for the status until it is answered; how long each took."""
    d.write("feeds/big.txt", text)
    started = time.monotonic()
    times = []
    while d.answer(name) != expected:
        before = time.monotonic()
        if not d.status().get("feeds"):
            raise RuntimeError("no status")
        times.append(time.monotonic() - before)
        if before - started > 3 * netns.DEADLINE_S:
            raise TimeoutError(f"{name} is not {expected}")
    return times, time.monotonic() - started


def check_busy(checks, d):
    times, whole_s = read_while_asking(d, lines("9.9.9.1"), "1.9.9.9.bl.test", LISTED)
    checks.is_equal(d.wait_feed("big", entries=LINES + 1)["state"], "serving", "all is read")
    checks.is_true(len(times) >= ANSWERS_MIN,
                   f"the status was answered {len(times)} times meanwhile")
    checks.is_true(max(times) < whole_s / 2, f"the slowest in {max(times) * 1000:.1f} ms, "
                   f"all of it took {whole_s * 1000:.0f} ms")
    for name, expected in (("0.0.1.8", LISTED), ("254.255.64.8", LISTED), ("1.0.1.8", NOT_LISTED),
                           ("0.0.65.8", NOT_LISTED)):
        checks.is_equal(d.answer(f"{name}.bl.test"), expected, f"{name} is {expected}")


def check_source(checks, d):
    for key, line in ((f"8.{BLOCKS}.0.0", 2), ("8.1.255.254", LINES + 1), ("9.9.9.1", LINES + 2)):
        sources = d.ask("sources", key=key)["sources"]
        checks.is_equal([(s["list"], s["line"]) for s in sources], [("big", line)],
                        f"{key} is of line {line}")


def check_one_line(checks, d):
    read_while_asking(d, lines("9.9.9.2"), "2.9.9.9.bl.test", LISTED)
    checks.is_equal(d.answer("1.9.9.9.bl.test"), NOT_LISTED, "one line is another")
    feed = d.wait_feed("big", added=1, removed=1)
    checks.is_equal(feed["entries"], LINES + 1, "and nothing else changed")


def check_cut_off(checks, d):
    """The largest feeds are read while they are copied: a bad one is held all the same."""
    d.write("feeds/big.txt", lines("9.9.9.3")[:len(lines("")) // 4])
    feed = d.wait_feed("big", state="held")
    checks.is_true("guard 'shrink'" in feed["reason"], feed["reason"])
    d.write("feeds/big.txt", lines("9.9.9.3") + "\0")
    netns.wait_for(lambda: "NUL byte" in d.feed("big")["reason"], "the NUL byte to be told")
    checks.is_equal((d.answer("2.9.9.9.bl.test"), d.answer("3.9.9.9.bl.test")),
                    (LISTED, NOT_LISTED), "the good version goes on")


def main():
    checks = netns.Checks()
    with daemons.Daemons(os.path.abspath(sys.argv[1]), CONFIG, {"feeds/big.txt": "8.8.8.9\n"}) as d:
        d.start()
        for check in (check_busy, check_source, check_one_line, check_cut_off):
            with checks.group(check.__name__):
                check(checks, d)
        if checks.failed:
            sys.stderr.write(d.log())
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
