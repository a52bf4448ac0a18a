#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Zones from a primary with AXFR and IXFR, signed and not, against a primary that errs on demand.
Prints TAP.

usage: test_transfer.py BUILD_DIRECTORY
"""
import os
import shutil
import sys
import tempfile

import dns.rcode

import fetcher
import netns
import primary

ZONE = "bl.example."
COUNT = 450  # several messages


def line(number, address="127.0.0.2"):
    return f"{number & 255}.{number >> 8}.0.192.{ZONE} 300 IN A {address}"


LINES = [f"{ZONE} 300 IN NS ns.{ZONE}"] + [line(i) for i in range(COUNT)]


def expected(serial, lines):
    return [primary.soa(ZONE, serial)] + lines


def check_whole(checks, f, server):
    f.reset()
    for scheme in ("axfr", "ixfr"):
        result = f.run(server.url(scheme))
        checks.is_equal((result["outcome"], f.lines() == expected(1, LINES)),
                        ("fetched", True),
                        f"{scheme}: the whole zone {result['reason']}")
        server.asked.clear()
        checks.is_equal((f.run(server.url(scheme))["outcome"], server.asked),
                        ("unchanged", ["SOA"]), "asked again: the serial is the same")
    f.reset()
    server.lines = []
    checks.is_equal((f.run(server.url())["outcome"], f.lines()), ("fetched", expected(1, [])),
                    "a zone of nothing but its SOA")
    server.lines = LINES


def check_differences(checks, f, server):
    f.reset()
    f.run(server.url("ixfr"))
    soa = [primary.soa(ZONE, n) for n in range(6)]
    new = line(COUNT)
    server.serial = 3
    server.differences = [soa[3], soa[1], LINES[1], LINES[2], soa[2], new, soa[2], new, soa[3],
                          LINES[1], soa[3]]
    server.asked.clear()
    result = f.run(server.url("ixfr"))
    want = [text for text in LINES if text != LINES[2]]
    checks.is_equal((result["outcome"], server.asked, f.lines() == expected(3, want)),
                    ("fetched", ["SOA", "IXFR"], True),
                    f"two differences: what was deleted came back, what was added went "
                    f"{result['reason']}")
    server.serial = 4
    server.differences = [soa[4], soa[3], line(9999), soa[4], new, soa[4]]
    result = f.run(server.url("ixfr"))
    checks.is_equal((result["outcome"], "do not fit" in result["reason"], f.lines()[0]),
                    ("failed", True, soa[3]), "a difference that deletes what is not there")
    server.differences, server.lines = None, LINES[:10]
    checks.is_equal((f.run(server.url("ixfr"))["outcome"], f.lines() == expected(4, LINES[:10])),
                    ("fetched", True), "and the whole zone is asked for the next time")
    server.serial = 5
    server.differences = [soa[5], soa[2], LINES[1], soa[5], new, soa[5]]
    result = f.run(server.url("ixfr"))
    checks.is_equal((result["outcome"], "another version" in result["reason"]), ("failed", True),
                    "differences of another version than ours")
    server.differences, server.lines = None, LINES
    checks.is_equal((f.run(server.url("ixfr"))["outcome"], f.lines() == expected(5, LINES)),
                    ("fetched", True), "the whole zone in answer to IXFR")
    server.serial = 1


def check_keys(checks, f, server, folder):
    key = os.path.join(folder, "key")

    def write(text):
        with open(key, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)

    write(primary.KEY_LINE)
    f.reset()
    result = f.run(server.url(), "--secret-file", key)
    checks.is_equal((result["outcome"], f.lines() == expected(1, LINES)), ("fetched", True),
                    f"signed, several messages {result['reason']}")
    for attribute, value, reason, why in (("signs", False, "not signed", "an unsigned answer"),
                                          ("forges", True, "signature is wrong", "a forged one")):
        f.reset()
        before = getattr(server, attribute)
        setattr(server, attribute, value)
        result = f.run(server.url(), "--secret-file", key)
        setattr(server, attribute, before)
        checks.is_equal((result["outcome"], reason in result["reason"], f.lines()),
                        ("failed", True, None), f"{why}: {result['reason']}")
    for text, reason in (("hmac-sha256:transfer.example:b3RoZXI=\n", ""),
                         ("no key\n", "expected ALGORITHM:NAME:BASE64")):
        write(text)
        result = f.run(server.url(), "--secret-file", key)
        checks.is_equal((result["outcome"], reason in result["reason"], "b3RoZXI" in str(result)),
                        ("failed", True, False), f"another key: {result['reason']}")


def check_errors(checks, f, server):
    zone = primary.soa(ZONE, 1)
    for change, reason, why in (
            (lambda lines: lines[1:], "does not begin with a SOA", "no SOA first"),
            (lambda lines: lines[:-1] + [primary.soa(ZONE, 2)], "changed while", "another SOA last"),
            (lambda lines: lines + [line(1)], "behind the end", "records behind the end"),
            (lambda lines: lines[:5] + ["a.other.example. 300 IN A 127.0.0.2"] + lines[5:],
             "outside the zone", "a record of another zone"),
            (lambda lines: [zone, line(1), "x." + ZONE + " 300 IN TYPE65280 \\# 3 010203", zone],
             "", "a type nobody knows is kept")):
        f.reset()
        server.change = change
        result = f.run(server.url())
        is_kept = not reason
        checks.is_equal((result["outcome"], reason in result["reason"], f.lines() is not None),
                        ("fetched" if is_kept else "failed", True, is_kept),
                        f"{why}: {result['reason']}")
    server.change = lambda lines: lines
    f.reset()
    f.run(server.url())
    server.serial, server.stops_after = 2, 200
    result = f.run(server.url())
    checks.is_equal((result["outcome"], "too soon" in result["reason"],
                     f.lines() == expected(1, LINES)), ("failed", True, True),
                    "half a transfer leaves the file as it was")
    server.stops_after, server.rcode = 0, dns.rcode.REFUSED
    result = f.run(server.url())
    checks.is_equal((result["outcome"], "REFUSED" in result["reason"]), ("failed", True),
                    "refused, which is told")
    server.serial, server.rcode = 1, 0
    for source, reason in (("axfr://127.0.0.1:1/x.example", "cannot connect"),
                           ("axfr://127.0.0.1/", "expected axfr://"),
                           ("axfr://[::1/x", "expected axfr://"),
                           ("axfr://h:123456/x", "expected axfr://"),
                           ("axfr://:53/x", "expected axfr://"),
                           ("axfr://h:5x/x", "expected axfr://")):
        result = f.run(source)
        checks.is_true(result["outcome"] == "failed" and reason in result["reason"],
                       f"{source}: {result['reason']}")


def main():
    checks = netns.Checks()
    folder = tempfile.mkdtemp(prefix="reputed-transfer-")
    f = fetcher.Fetcher(sys.argv[1], folder, size_max=1000000, timeout_s=5)
    try:
        with primary.Primary(ZONE, LINES) as server:
            for check in (check_whole, check_differences, check_errors):
                with checks.group(check.__name__):
                    check(checks, f, server)
            with checks.group("keys"):
                check_keys(checks, f, server, folder)
    finally:
        shutil.rmtree(folder)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
