#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""More lists than a word has bits, or a packet room for their codes, and all list the same address,
network and name: each zone says what its list says, and the zone of all lists says it all. Prints TAP.

usage: test_many_lists.py BUILD_DIRECTORY
"""
import json
import os
import subprocess
import sys

import dns.flags
import dns.query

import asker
import daemons
import netns

MANY = 200
GONE = 150
KEYS = ("1.2.0.192", ".".join("1" + "0" * 23 + "8bd01002"), "below.many.example")
ADDRESSES = "192.0.2.1\n2001:db8::/64\n"


def code(i):
    return f"127.1.{i}.2"


CONFIG = ("lists:\n" + "".join(
    f"  - {{name: a{i}, code: {code(i)}, text: text {i},"
    f" feed: {{path: feeds/a{i}.txt, format: plain}}}}\n"
    f"  - {{name: n{i}, code: {code(i)}, text: text {i},"
    f" feed: {{path: feeds/n{i}.txt, format: domains}}}}\n" for i in range(MANY)) +
          "zones:\n" + "".join(f"  - {{name: z{i}.test, lists: [a{i}, n{i}]}}\n"
                               for i in range(MANY)) +
          f"  - {{name: all.test, lists: [{', '.join(f'a{i}, n{i}' for i in range(MANY))}]}}\n")
FILES = {**{f"feeds/a{i}.txt": ADDRESSES for i in range(MANY)},
         **{f"feeds/n{i}.txt": "many.example\n" for i in range(MANY)}}


def check_zones(checks, d):
    """Each alone."""
    rows = [(f"{key}.z{i}.test", "A", f"NOERROR {code(i)}") for key in KEYS for i in range(MANY)]
    rows += [(f"{KEYS[0]}.z{i}.test", "TXT", f"NOERROR text {i}") for i in range(MANY)]
    rows += [(f"2.0.192.z{i}.test", "A", "NOERROR") for i in range(MANY)]
    answers = asker.ask_all(d.port, rows)
    wrong = [(row, answer) for row, answer in zip(rows, answers) if answer != row[2]]
    checks.is_equal(wrong[:3], [], f"{len(rows)} questions to {MANY} zones of one list")


def codes_of(reply):
    return sorted(item.address for rrset in reply.answer for item in rrset)


def check_all(checks, d, numbers, text):
    """The zone of all lists, over UDP and TCP."""
    for key in KEYS:
        query = netns.query(f"{key}.all.test")
        reply = dns.query.udp(query, "127.0.0.1", timeout=netns.DEADLINE_S, port=d.port)
        checks.is_equal((bool(reply.flags & dns.flags.TC), len(reply.answer)), (True, 0),
                        f"{key}: {text} do not fit into a datagram, which says so")
        reply = dns.query.tcp(query, "127.0.0.1", timeout=netns.DEADLINE_S, port=d.port)
        checks.is_equal(codes_of(reply), sorted(code(i) for i in numbers),
                        f"{key}: {text} over TCP")


def check_lookup(checks, d, count):
    words = [os.path.join(d.build, "reputectl"), "-c", d.config_path, "lookup", "192.0.2.1", "--json"]
    output = subprocess.run(words, capture_output=True, check=True, timeout=netns.DEADLINE_S).stdout
    zone = next(z for z in json.loads(output)["zones"] if z["zone"] == "all.test")
    checks.is_equal((len(zone["codes"]), len(zone["listings"]), zone["listings_left"]),
                    (count, count, 0), f"reputectl lookup shows all {count}")


def main(build):
    netns.DEADLINE_S = 90  # 400 feeds, each with its folder of versions on disk
    checks = netns.Checks()
    with daemons.Daemons(build, CONFIG, FILES) as d:
        d.start()
        checks.group("all lists")
        check_zones(checks, d)
        check_all(checks, d, range(MANY), f"{MANY} codes")
        check_lookup(checks, d, MANY)
        checks.group("one list less")
        d.write(f"feeds/a{GONE}.txt", "192.0.2.77\n2001:db8::/64\n")
        checks.is_equal(d.wait_answer(f"{KEYS[0]}.z{GONE}.test", "NXDOMAIN"), "NXDOMAIN",
                        "a list beyond the first 64 delists")
        reply = dns.query.tcp(netns.query(f"{KEYS[0]}.all.test"), "127.0.0.1",
                              timeout=netns.DEADLINE_S, port=d.port)
        checks.is_equal(codes_of(reply), sorted(code(i) for i in range(MANY) if i != GONE),
                        "the others stay")
        checks.is_equal(d.answer(f"1.2.0.192.z{MANY - 1}.test"), f"NOERROR {code(MANY - 1)}",
                        "the last list stays")
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
