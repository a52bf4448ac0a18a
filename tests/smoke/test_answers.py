#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""From events to DNS: the lists and views of the reputation, each of their answers; lists that are only
observed, networks that are never listed, reloads, and either daemon killed. Prints TAP.

usage: test_answers.py BUILD_DIRECTORY
"""
import array
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

import daemons
import netns

HERE = os.path.dirname(os.path.abspath(__file__))
OTHER_USER = 65534
CONFIG = """\
guard: {{never_list: ["192.0.2.128/25", own.test]}}
reputation:
  asn: asn.mmdb
  socket: events.sock
  reporters: [{{name: mx1, user: "{user}"}}, {{name: mx2, user: "{other}"}}]
  good_points: 20
  warm: 1s
  lists: {{trap: {{mode: {trap}}}, auth: {{mode: observe}}}}
lists:
  - {{name: spam, reputation: spam, code: 127.0.0.2, text: "$ sent spam", bit: 2}}
  - {{name: trap, reputation: trap, code: 127.0.0.4, text: "$ hit a trap", bit: 4}}
  - {{name: dha, reputation: dha, code: 127.0.0.5, bit: 8}}
  - {{name: backscatter, reputation: backscatter, code: 127.0.0.6, bit: 16}}
  - {{name: auth, reputation: auth, code: 127.0.0.7, bit: 32}}
  - {{name: good, reputation: good, category: 3}}
  - {{name: feed, feed: {{path: feed.txt, format: plain}}, code: 127.0.0.9, bit: 64}}
  - {{name: friends, manual: true, subtract: true}}
zones:
  - {{name: bl.test, lists: [spam, trap, dha, backscatter, auth, feed]}}
  - {{name: bits.test, view: bits, lists: [spam, trap, dha, backscatter, auth, feed]}}
  - {{name: wl.test, view: allow, lists: [good]}}
{views}"""
VIEWS = ("score", "srl", "mailspike", "why", "asn")
FEED = "198.51.100.7\n203.0.113.0/30\n"
ZONES = ("bl", "bits", "wl", *VIEWS)


def config(trap="enforce", views=VIEWS):
    return CONFIG.format(user=os.getuid(), other=OTHER_USER, trap=trap, views="".join(
        f"  - {{name: {view}.test, view: {view}}}\n" for view in views))


def report(d, sender=None, **event):
    """One event. Root may tell the kernel that another user sends it."""
    text = json.dumps({"p": 1, **event} if event["class"] == "spam_verdict" else event).encode()
    who = struct.pack("3i", os.getpid(), os.getuid() if sender is None else sender, os.getgid())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.connect(d.path("events.sock"))
        out.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, array.array("B", who))])


def reverse(address):
    if ":" not in address:
        return ".".join(reversed(address.split(".")))
    digits = socket.inet_pton(socket.AF_INET6, address).hex()
    return ".".join(reversed(digits))


def answers(d, key, zones=ZONES, kind="A"):
    return {zone: d.answer(f"{key}.{zone}.test", kind) for zone in zones}


def counter(d, name):
    out = subprocess.run([os.path.join(d.build, "reputectl"), "-c", d.config_path, "stats", "--json"],
                         capture_output=True, text=True, check=True).stdout
    return next((c["value"] for c in json.loads(out)["counters"] if c["name"] == name), None)


def ctl(d, *words):
    return subprocess.run([os.path.join(d.build, "reputectl"), "-c", d.config_path, *words],
                          capture_output=True, text=True, check=False)


def check_views(checks, d):
    report(d, ip="198.51.100.7", **{"class": "trap_pristine"})
    key = reverse("198.51.100.7")
    d.wait_answer(f"{key}.score.test", "NOERROR 127.0.4.36")
    checks.is_equal(answers(d, key, ("bl", "bits", "wl", "score", "srl", "mailspike")),
                    {"bl": "NOERROR 127.0.0.4 127.0.0.9", "bits": "NOERROR 127.0.0.68",
                     "wl": "NXDOMAIN", "score": "NOERROR 127.0.4.36", "srl": "NOERROR 127.0.9.6",
                     "mailspike": "NOERROR 127.0.0.12"},
                    "a hit of a pristine trap, with what a feed says, in each view")
    why = d.answer(f"{key}.why.test", "TXT")
    checks.is_true(re.fullmatch(
        r'NOERROR "v=1;score=36;srl=6;n=25;trap=1;list=trap;last=\d{4}-\d\d-\d\dT\d\d:\d\dZ;'
        r'until=\d{4}-\d\d-\d\dT\d\d:\d\dZ;ref=[0-9a-f]+"', why), f"why says it in a line: {why}")
    checks.is_equal(d.answer(f"{key}.why.test"), "NOERROR 127.0.4.36", "with an A record, too")
    checks.is_equal(d.answer(f"{key}.bl.test", "TXT"), 'NOERROR "198.51.100.7 hit a trap"',
                    "the list's text is its own")


def check_shown(checks, d):
    """What made a listing, and how much there is."""
    shown = json.loads(ctl(d, "lookup", "198.51.100.7", "--json").stdout)["sources"]
    source = next((s for s in shown if s["list"] == "trap"), {})
    checks.is_equal((source.get("code"), source.get("author"), source.get("reason", "")[:36]),
                    ("127.0.0.4", "reputation", "v=1;score=36;srl=6;n=25;trap=1;list="),
                    "lookup says what made the listing")
    checks.is_true("trap" in ctl(d, "lookup", "198.51.100.7").stdout, "for people, too")
    status = d.status()["reputation"]
    trap = next(row for row in status["lists"] if row["name"] == "trap")
    checks.is_equal((trap, status["classes"]["trap_pristine"], status["events"]["counted"],
                     status["is_saving"], status["answers"]["waiting"], status["answers"]["lost"]),
                    ({"name": "trap", "reputation": "trap", "mode": "enforce", "listed": 1, "ended": 0},
                     1, 1, True, 0, 0), "status counts events and listings")
    checks.is_true("reputation of" in ctl(d, "status").stdout, "for people, too")


def check_unknown(checks, d):
    zones = tuple(zone for zone in ZONES if zone != "asn")
    for key, what in ((reverse("198.51.100.8"), "the neighbour of somebody known"),
                      (reverse("1.0.0.127").replace("127.0.0.1", "1.0.0.127"), "127.0.0.1"),
                      (reverse("2001:db8:9::1"), "an IPv6 address"), ("nobody.test", "a name")):
        checks.is_equal(set(answers(d, key, zones).values()), {"NXDOMAIN"},
                        f"{what} has no answer in any view")
    checks.is_equal(set(answers(d, "2.0.0.127").values()), {"NOERROR 127.0.0.2"},
                    "the test entry is in every view")
    checks.is_equal(set(answers(d, "100.51.198", ("bl", "score", "srl", "mailspike", "why")).values()),
                    {"NOERROR"}, "names above somebody known exist, without data")
    checks.is_equal(d.answer("9.9.9.score.test"), "NXDOMAIN", "and others do not")


def check_origins(checks, d):
    checks.is_equal((d.answer("1.2.0.192.asn.test", "TXT"), d.answer("1.2.0.192.asn.test"),
                     d.answer("1.0.0.10.asn.test", "TXT")),
                    ('NOERROR "64496 | 192.0.2.0/25 | AA |"', "NOERROR 127.0.0.2", "NXDOMAIN"),
                    "the origin of an address, and none of one that nobody announces")


def check_observed(checks, d):
    key, name = reverse("11.3.0.20"), 'observed_hits{zone="bl.test",list="auth"}'
    for i in range(40):
        report(d, OTHER_USER if i % 2 else None, ip="11.3.0.20", user=f"u{i}",
               **{"class": "auth_fail"})
    d.wait_answer(f"{key}.score.test", "NOERROR 127.0.4.80")
    before = counter(d, name)

    def is_observed():
        return d.answer(f"{key}.bl.test") == "NXDOMAIN" and counter(d, name) > before
    checks.is_true(netns.wait_for(is_observed, "a hit to be counted"),
                   "a list that is observed counts, and does not answer")
    checks.is_equal(d.answer(f"{key}.bits.test"), "NXDOMAIN", "nor does its bit")


def check_never(checks, d):
    own, friend = reverse("192.0.2.200"), reverse("11.1.0.30")
    for ip in ("192.0.2.200", "11.1.0.30"):
        report(d, ip=ip, **{"class": "trap_pristine"})
    checks.is_equal(d.wait_answer(f"{friend}.bl.test", "NOERROR 127.0.0.4"), "NOERROR 127.0.0.4",
                    "a friend who is not known as one yet is listed")
    checks.is_equal(set(answers(d, own, ("bl", "bits", "score", "why")).values()), {"NXDOMAIN"},
                    "an own network is never listed, and has no score either")
    ctl(d, "list", "add", "friends", "11.1.0.30")
    checks.is_equal(set(answers(d, friend, ("bl", "bits", "score", "why")).values()), {"NXDOMAIN"},
                    "a list that is subtracted takes him off at once")
    report(d, ip="11.1.0.30", **{"class": "trap_pristine"})
    report(d, ip="11.1.0.31", **{"class": "trap_pristine"})
    d.wait_answer(f"{reverse('11.1.0.31')}.bl.test", "NOERROR 127.0.0.4")
    checks.is_equal(d.answer(f"{friend}.bl.test"), "NXDOMAIN", "and keeps him off")
    ctl(d, "list", "del", "friends", "11.1.0.30")
    checks.is_equal(d.answer(f"{friend}.bl.test"), "NOERROR 127.0.0.4", "until it does no more")


def check_good(checks, d):
    key = reverse("11.2.0.40")

    def deliver(count, expected):
        """Also for a while: the first second of a sender counts for little."""
        report(d, ip="11.2.0.40", n=count, auth=True, rcpt=f"{os.urandom(4).hex()}@x.test",
               **{"class": "good_delivery"})
        return d.answer(f"{key}.wl.test") == expected
    checks.is_true(netns.wait_for(lambda: deliver(1, "NOERROR 127.0.3.1"), "trust 1"),
                   "who delivers well has trust 1")
    checks.is_true(netns.wait_for(lambda: deliver(100, "NOERROR 127.0.3.2"), "trust 2"),
                   "well and much: trust 2")
    checks.is_equal(d.answer(f"{key}.mailspike.test"), "NOERROR 127.0.0.20", "and is excellent")
    checks.is_equal(d.answer(f"{key}.bl.test"), "NXDOMAIN", "and is on no block list")


def check_domains(checks, d):
    report(d, ip="11.4.0.50", domain="evil.test", auth=True, **{"class": "trap_pristine"})
    checks.is_equal((d.wait_answer("evil.test.bl.test", "NOERROR 127.0.0.4"),
                     d.answer("www.evil.test.bl.test"), d.answer("evil.test.score.test")),
                    ("NOERROR 127.0.0.4", "NXDOMAIN", "NOERROR 127.0.4.36"),
                    "a domain is listed by itself, not what is below it")


def check_nets(checks, d):
    for i in range(1, 9):
        report(d, ip=f"203.0.113.{20 * i}", **{"class": "trap_pristine"})
        report(d, ip=f"2001:db8:5:{i}::1", **{"class": "trap_pristine"})
    known, other = reverse("203.0.113.20"), reverse("203.0.113.99")
    listed = "NOERROR 127.0.0.2 127.0.0.4"
    checks.is_equal(d.wait_answer(f"{other}.bl.test", listed), listed,
                    "a network of such addresses is listed as a whole")
    scores = [d.answer(f"{key}.score.test") for key in (known, other)]
    checks.is_true(all(score.startswith("NOERROR 127.0.4.") for score in scores) and
                   scores[0] != scores[1],
                   f"one that is known has its own score, another the network's: {scores}")
    checks.is_equal(d.wait_answer(f"{reverse('2001:db8:5:99::1')}.bl.test", listed), listed,
                    "and a /56 of IPv6 as well")


def check_reload(checks, d):
    key, name = reverse("198.51.100.7"), 'observed_hits{zone="bl.test",list="trap"}'
    d.configure(config(trap="observe"))
    d.control.send_signal(signal.SIGHUP)
    checks.is_equal(d.wait_answer(f"{key}.bl.test", "NOERROR 127.0.0.9"), "NOERROR 127.0.0.9",
                    "a list from enforce to observe: the feed alone answers")
    checks.is_true(netns.wait_for(lambda: d.answer(f"{key}.bl.test") and counter(d, name),
                                  "a hit to be counted"), "and what it would have answered is counted")
    d.configure(config(views=("score",)))
    d.control.send_signal(signal.SIGHUP)
    checks.is_equal((d.wait_answer(f"{key}.bl.test", "NOERROR 127.0.0.4 127.0.0.9"),
                     d.answer(f"{key}.srl.test"), d.answer(f"{key}.score.test")[:16]),
                    ("NOERROR 127.0.0.4 127.0.0.9", "REFUSED EDE20", "NOERROR 127.0.4."),
                    "back to enforce, with fewer views")
    d.configure(config())
    d.control.send_signal(signal.SIGHUP)
    netns.wait_for(lambda: "REFUSED" not in d.answer(f"{key}.srl.test"), "the view")
    checks.is_equal(d.answer(f"{key}.srl.test")[:16], "NOERROR 127.0.9.",
                    "a view that comes back has its answers from the start")


def check_restarts(checks, d):
    keys = ["evil.test"] + [reverse(ip) for ip in ("198.51.100.7", "11.1.0.31", "11.2.0.40", "203.0.113.99")]
    zones = ("bl", "bits", "wl")  # scores drift
    before = [answers(d, key, zones) for key in keys]
    d.stop(d.control, signal.SIGKILL)
    checks.is_equal([answers(d, key, zones) for key in keys], before, "control dies: answers go on")
    d.start_control()
    d.wait_ready()
    checks.is_equal([answers(d, key, zones) for key in keys], before, "it comes back: so do they")
    report(d, ip="11.5.0.60", **{"class": "trap_pristine"})
    checks.is_equal(d.wait_answer(f"{reverse('11.5.0.60')}.bl.test", "NOERROR 127.0.0.4"),
                    "NOERROR 127.0.0.4", "and events have effect again")
    d.stop(d.dataplane, signal.SIGKILL)
    d.start_dataplane()
    d.wait_answer(f"{keys[0]}.bl.test", before[0]["bl"])
    checks.is_equal([answers(d, key, zones) for key in keys], before,
                    "the data plane dies and comes back: it gets all that is listed")


def main():
    checks = netns.Checks()
    with daemons.Daemons(sys.argv[1], config(), {"feed.txt": FEED}) as d:
        shutil.copy(os.path.join(HERE, "../data/feeds/nested.mmdb"), d.path("asn.mmdb"))
        d.start()
        for check in (check_views, check_shown, check_unknown, check_origins, check_observed, check_never,
                      check_good, check_domains, check_nets, check_reload, check_restarts):
            with checks.group(check.__name__):
                check(checks, d)
        checks.is_equal((d.stop(d.control, signal.SIGTERM), d.stop(d.dataplane, signal.SIGTERM)),
                        (0, 0), "both stop cleanly")
        if checks.failed:
            sys.stderr.write(d.log())
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
