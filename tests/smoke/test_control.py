#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Both daemons for real, on the loopback: feeds that change, bad feeds, manual lists, and every kind
of death. Prints TAP.

usage: test_control.py BUILD_DIRECTORY
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import daemons
import netns

CONFIG = """\
guard: {never_list: ["192.0.2.128/25"]}
lists:
  - name: drop
    feed: {path: feeds/drop.txt, format: plain, max_age: 3d}
    code: 127.0.0.9
    text: "$ is dropped"
  - name: local
    manual: true
    code: 127.0.0.2
zones:
  - {name: bl.test, lists: [drop, local]}
  - {name: local.test, lists: [local]}
"""
MORE = CONFIG.replace("  - name: local\n", """\
  - name: more
    feed: {path: feeds/more.txt, format: plain}
    code: 127.0.0.7
  - name: local
""", 1).replace("lists: [drop, local]", "lists: [drop, local, more]")


def lines(count, net="198.51"):
    return "".join(f"{net}.{i // 250}.{i % 250 + 1}\n" for i in range(count))


def listed(number):
    return f"{number % 250 + 1}.{number // 250}.51.198.bl.test"


FILES = {"feeds/drop.txt": lines(200)}
LISTED, NOT_LISTED = "NOERROR 127.0.0.9", "NXDOMAIN"
MANUAL, MANUAL_NAME = "203.0.113.5", "5.113.0.203.bl.test"


class Asker(threading.Thread):
    """Asks one listed name without a pause and notes every answer that is not the expected one."""

    def __init__(self, d, name, expected):
        super().__init__(daemon=True)
        self.d, self.name_asked, self.expected = d, name, expected
        self.stop_wanted = threading.Event()
        self.count, self.wrong = 0, []

    def run(self):
        while not self.stop_wanted.is_set():
            answer = self.d.answer(self.name_asked)
            self.count += 1
            if answer != self.expected:
                self.wrong.append(answer)

    def __enter__(self):
        self.start()
        netns.wait_for(lambda: self.count > 10, "some answers")
        return self

    def __exit__(self, *_):
        before = self.count
        netns.wait_for(lambda: self.count > before + 10, "some more answers")
        self.stop_wanted.set()
        self.join(netns.DEADLINE_S)


def check_feed_life(checks, d):
    checks.is_equal(d.answer(listed(7)), LISTED, "a feed is answered")
    checks.is_equal(d.answer("7.0.51.197.bl.test"), NOT_LISTED, "what is not in it is not")
    d.write("feeds/drop.txt", lines(210))
    checks.is_equal(d.wait_answer(listed(209), LISTED), LISTED, "a changed feed is picked up")
    feed = d.feed("drop")
    checks.is_equal((feed["state"], feed["version"], feed["entries"], feed["added"] > 0),
                    ("serving", 2, 210, True), "and shown in the status")
    d.write("feeds/drop.txt", lines(2000))
    feed = d.wait_feed("drop", state="held")
    checks.is_true("growth" in feed["reason"], f"a bad version is held: {feed['reason']}")
    checks.is_equal((feed["version"], d.answer(listed(1999)), d.answer(listed(209))),
                    (2, NOT_LISTED, LISTED), "the good one goes on serving")
    checks.is_true("keeping version 2" in d.log(), "the log says so")
    checks.is_equal(d.status()["state"], "degraded", "an operator should look")
    checks.is_equal(d.ask("feeds-accept", feed="drop")["feeds"][0]["version"], 3, "accepted")
    checks.is_equal(d.answer(listed(1999)), LISTED, "and answered when that is acknowledged")
    checks.is_equal(d.ask("feeds-rollback", feed="drop")["feeds"][0]["version"], 2, "rolled back")
    checks.is_equal(d.answer(listed(1999)), NOT_LISTED, "and no longer answered")
    d.ask("feeds-refresh", feed=None)
    checks.is_equal(d.feed("drop")["version"], 2, "the same content does not come back")
    checks.is_equal(d.ask("feeds-accept", feed="nosuch").get("error"), "there is no feed 'nosuch'",
                    "an unknown feed is refused")
    d.write("feeds/drop.txt", lines(220))
    checks.is_equal(d.wait_answer(listed(219), LISTED), LISTED, "until the source changes again")
    os.unlink(d.path("feeds/drop.txt"))
    feed = d.wait_feed("drop", state="missing")
    checks.is_true("No such file" in feed["reason"], "a file that vanishes is told")
    checks.is_equal(d.answer(listed(219)), LISTED, "and goes on being answered")
    d.write("feeds/drop.txt", lines(220))
    checks.is_equal(d.wait_feed("drop", state="serving")["version"], feed["version"], "it is back")


def check_manual(checks, d):
    reply = d.ask("list-add", list="local", key=MANUAL, reason="spam", author="test")
    checks.is_equal((reply["added"], reply["answered"], reply["warning"]), (True, True, None),
                    "an address is added")
    checks.is_equal(d.answer(MANUAL_NAME), "NOERROR 127.0.0.2", "and answered at once")
    reply = d.ask("list-add", list="local", key=MANUAL, code="127.0.0.4")
    checks.is_equal((reply["added"], d.answer(MANUAL_NAME)), (False, "NOERROR 127.0.0.4"),
                    "it is changed")
    d.ask("list-add", list="local", key="198.51.0.0/16")
    d.ask("list-add", list="local", key="!198.51.0.8")
    checks.is_equal(d.answer(listed(7)), LISTED, "an exclusion counts for its own list")
    checks.is_equal(d.answer(listed(8)), "NOERROR 127.0.0.2 127.0.0.9", "two lists, two codes")
    source = d.ask("sources", key="198.51.0.9")["sources"]
    checks.is_equal([(s["list"], s["line"], s["entry"]) for s in source],
                    [("drop", 9, "198.51.0.9"), ("local", None, "198.51.0.0/16")],
                    "where a listing comes from")
    reply = d.ask("list-add", list="local", key="192.0.2.200")
    checks.is_true("guard.never_list" in (reply["warning"] or ""), "a conflict is warned of")
    checks.is_equal(d.answer("200.2.0.192.bl.test"), NOT_LISTED, "and not answered")
    for key, code in (("x.example.com", None), ("!y.x.example.com", None)):
        d.ask("list-add", list="local", key=key, code=code)
    checks.is_equal((d.answer("a.x.example.com.bl.test"), d.answer("y.x.example.com.bl.test")),
                    ("NOERROR 127.0.0.2", NOT_LISTED), "names and their exclusions")
    shown = d.ask("list-show", list="local")["entries"]
    checks.is_equal({e["key"] for e in shown},
                    {MANUAL, "198.51.0.0/16", "!198.51.0.8", "192.0.2.200", "x.example.com",
                     "!y.x.example.com"}, "the list is shown")
    checks.is_true("not by hand" in d.ask("list-add", list="drop", key=MANUAL)["error"],
                   "a feed's list cannot be changed by hand")
    for key in ("0.0.0.0/0", "::/0", "0.0.0.0-255.255.255.255"):
        checks.is_true("lists everything" in d.ask("list-add", list="local", key=key)["error"],
                       f"{key}: what would list the world")
    checks.is_true("bad key" in d.ask("list-add", list="local", key="1.2.3.4.5")["error"],
                   "a bad key is refused")
    reply = d.ask("list-del", list="local", key="198.51.0.0/16")
    checks.is_equal((reply["deleted"], reply["answered"], d.answer(listed(8))),
                    (True, True, LISTED), "deleted")
    checks.is_equal(d.ask("list-del", list="local", key="198.51.0.0/16")["deleted"], False,
                    "only once")
    d.ask("list-add", list="local", key="203.0.113.9", ttl_s=1)
    checks.is_equal(d.wait_answer("9.113.0.203.bl.test", NOT_LISTED), NOT_LISTED,
                    "what expires goes away by itself")


def check_reload(checks, d):
    with Asker(d, listed(7), LISTED) as asker:
        d.configure("lists: [{name: x, code: 10.0.0.1}]\n")
        d.control.send_signal(signal.SIGHUP)
        netns.wait_for(lambda: d.status()["config_error"], "the bad configuration to be told")
        checks.is_equal(d.answer(listed(7)), LISTED, "a bad configuration changes nothing")
        d.write("feeds/more.txt", "198.51.100.77\n")
        d.configure(MORE)
        d.control.send_signal(signal.SIGHUP)
        checks.is_equal(d.wait_answer("77.100.51.198.bl.test", "NOERROR 127.0.0.7"),
                        "NOERROR 127.0.0.7", "a good one is applied")
        checks.is_equal((d.status()["config_error"], len(d.status()["feeds"])), (None, 2),
                        "and shown")
        d.configure(CONFIG)
        d.control.send_signal(signal.SIGHUP)
        checks.is_equal(d.wait_answer("77.100.51.198.bl.test", NOT_LISTED), NOT_LISTED,
                        "a list goes")
    checks.is_equal(asker.wrong, [], f"all {asker.count} queries meanwhile were answered right")


def check_deaths(checks, d):
    with Asker(d, listed(7), LISTED) as asker:
        d.stop(d.control, signal.SIGKILL)
        checks.is_equal(d.answer(MANUAL_NAME), "NOERROR 127.0.0.4", "without control all goes on")
        d.start_control()
        d.wait_ready()
        d.write("feeds/drop.txt", lines(230))
        checks.is_equal(d.wait_answer(listed(229), LISTED), LISTED, "and it takes over again")
    checks.is_equal(asker.wrong, [], f"all {asker.count} queries meanwhile were answered right")

    d.stop(d.dataplane, signal.SIGKILL)
    netns.wait_for(lambda: not d.status()["dataplane"]["connected"], "the death to be noticed")
    reply = d.ask("list-add", list="local", key="203.0.113.6")
    checks.is_equal((reply["ok"], reply["added"], reply["answered"]), (True, True, False),
                    "without a data plane a change is saved, not answered")
    checks.is_true("not answered yet" in reply["warning"], reply["warning"])
    d.start_dataplane()
    checks.is_equal(d.wait_answer("6.113.0.203.bl.test", "NOERROR 127.0.0.2"), "NOERROR 127.0.0.2",
                    "a new data plane gets all of it")
    checks.is_equal(d.wait_answer(listed(7), LISTED), LISTED, "feeds too")

    d.ask("list-add", list="local", key="203.0.113.7")
    d.kill_both()
    os.unlink(d.path("feeds/drop.txt"))
    d.start()
    checks.is_equal((d.answer("7.113.0.203.bl.test"), d.answer(MANUAL_NAME), d.answer(listed(229))),
                    ("NOERROR 127.0.0.2", "NOERROR 127.0.0.4", LISTED),
                    "after both were killed all is answered again, the feed from disk")
    checks.is_equal(d.feed("drop")["state"], "missing", "its source is missing")
    d.write("feeds/drop.txt", lines(230))
    d.wait_feed("drop", state="serving")


def check_damage(checks, d):
    checks.is_equal(d.stop(d.control, signal.SIGTERM), 0, "a clean stop")
    with open(d.path("state/manual/data.mdb"), "r+b") as file:
        file.write(b"\xa5" * 8192)
    version = max(int(n[:-5]) for n in os.listdir(d.path("state/feeds/drop"))
                  if n.endswith(".feed"))
    with open(d.path(f"state/feeds/drop/{version}.feed"), "r+b") as file:
        file.write(b"damage")
    d.start_control()
    d.wait_ready()
    checks.is_true("data.mdb' are damaged" in d.log(), "a damaged manual store is told")
    checks.is_true(any("damaged" in n for n in os.listdir(d.path("state/manual"))), "moved aside")
    checks.is_equal((d.wait_answer(MANUAL_NAME, NOT_LISTED), d.wait_answer(listed(7), LISTED)),
                    (NOT_LISTED, LISTED), "the feeds are answered")
    checks.is_true(f"{version}.feed' is damaged" in d.log(), "a damaged version is told")
    reply = d.ask("list-add", list="local", key=MANUAL)
    checks.is_equal((reply["added"], reply["answered"]), (True, True), "and the list works again")


def check_never_good(checks, build):
    with daemons.Daemons(build, CONFIG, {}) as d:
        d.start()
        checks.is_equal((d.answer(listed(7)), d.status()["not_loaded"]),
                        ("SERVFAIL EDE14", ["bl.test"]), "a feed that never was: SERVFAIL")
        checks.is_equal(d.answer("5.113.0.203.local.test"), NOT_LISTED, "other zones answer")
        d.write("feeds/drop.txt", lines(5))
        checks.is_equal(d.wait_answer(listed(3), LISTED), LISTED, "when it comes it is answered")
        checks.is_equal(d.status()["not_loaded"], [], "and all zones are loaded")


def check_expiry(checks, build):
    """Entries with an end of their own."""
    config = CONFIG.replace("drop.txt, format: plain", "sia.json, format: spamhaus-sia-json")
    record = '{"ipaddress":"198.51.0.%d","valid_until":%d}\n'
    soon = int(time.time()) + 5
    files = {"feeds/sia.json": record % (8, soon) + record % (9, soon + 9999)}
    with daemons.Daemons(build, config, files) as d:
        d.start()
        checks.is_equal((d.answer(listed(7)), d.answer(listed(8))), (LISTED, LISTED),
                        "entries with an end are answered")
        checks.is_equal(d.wait_answer(listed(7), NOT_LISTED), NOT_LISTED,
                        "one that is over goes by itself")
        checks.is_true(time.time() >= soon, "not before its end")
        checks.is_equal(d.answer(listed(8)), LISTED, "the others stay")
        feed = d.feed("drop")
        checks.is_equal((feed["state"], feed["version"], feed["entries"]), ("serving", 1, 1),
                        "and the version is the same one")


EXPLAIN_LISTS = """\
lists:
  - {name: csv, feed: {path: %(data)s/urlhaus.csv, format: csv, options: {column: url, where: [url_status=online]},
      guards: {errors: 0.5}}}
  - {name: combined, feed: {path: %(data)s/combined.rbldnsd, format: rbldnsd-combined, options: {dataset: spam},
      guards: {errors: 0.5}}}
  - {name: rpz, feed: {path: %(data)s/rpz.zone, format: rpz, guards: {errors: 0.5}}}
  - {name: sia, feed: {path: %(data)s/sia-results.json, format: spamhaus-sia-json}}
  - {name: asndrop, feed: {path: %(data)s/asndrop.json, format: spamhaus-asndrop-json, guards: {errors: 0.5},
      options: {asn_database: nested.mmdb}}}
  - {name: country, feed: {path: %(data)s/nested.mmdb, format: mmdb, options: {country: CC}}}
zones:
  - {name: bl.test, lists: [csv, combined, rpz, sia, asndrop, country]}
"""
# key, and (list, line) of what lists it
EXPLAINED = [
    ("192.0.2.150", [("csv", 9), ("rpz", 20), ("asndrop", 1)]),
    ("www.bad.example", [("csv", 10), ("rpz", 8)]),
    ("192.0.2.54", [("combined", 16), ("rpz", 20), ("sia", 10), ("asndrop", 1)]),
    ("203.0.113.5", [("country", None)]),
    ("2001:db8:1::1", [("asndrop", 2)]),
]


def check_explain(checks, build):
    """Where an entry comes from, whatever the format; and a database that options name."""
    data = os.path.realpath(os.path.join(os.path.dirname(__file__), "../data/feeds"))
    with daemons.Daemons(build, EXPLAIN_LISTS % {"data": data}, {}) as d:
        shutil.copy(f"{data}/nested.mmdb", d.path("nested.mmdb"))
        d.start()
        for key, expected in EXPLAINED:
            found = {(s["list"], s["line"]) for s in d.ask("sources", key=key)["sources"]}
            checks.is_equal(found, set(expected), f"{key} is explained")
        feed = d.feed("csv")
        checks.is_equal((feed["skipped_lines"], feed["skips"][0]["line"]), (4, 12),
                        "lines left out by rule are told")
        shutil.copy(f"{data}/loop.mmdb", d.path("nested.mmdb.new"))
        os.rename(d.path("nested.mmdb.new"), d.path("nested.mmdb"))
        feed = d.wait_feed("asndrop", state="held")
        checks.is_true("loops" in feed["reason"], f"a damaged database holds it: {feed['reason']}")
        checks.is_equal(d.ask("sources", key="203.0.113.65")["sources"][0]["list"], "asndrop",
                        "and the good version goes on serving")


def check_bad_start(checks, build):
    with daemons.Daemons(build, "lists: 5\nfoo: bar\n", {}) as d:
        done = subprocess.run([os.path.join(build, "reputed"), "-c", d.config_path], text=True,
                              stderr=subprocess.PIPE, check=False, timeout=netns.DEADLINE_S)
        checks.is_equal(done.returncode, 1, "a bad configuration does not start")
        checks.is_true("reputed.yaml:" in done.stderr, "and says where it is bad")
        checks.is_true(not os.path.exists(d.path("state")), "and leaves nothing")


def check_busy(checks, d):
    """The status answers while a large feed is read and pushed."""
    worst = 0.0
    d.write("feeds/drop.txt", "".join(f"{a}.{b}.{c}.1\n" for a in (11, 12, 13) for b in range(256)
                                      for c in range(256)))
    end = time.monotonic() + netns.DEADLINE_S
    state = None
    while state != "held" and time.monotonic() < end:
        before = time.monotonic()
        state = d.feed("drop")["state"]
        worst = max(worst, time.monotonic() - before)
    with socket.socket(socket.AF_UNIX) as idle:
        idle.connect(d.path("control.sock"))
        reply = d.ask("feeds-accept", feed="drop")
    checks.is_equal(reply["feeds"][0]["entries"], 3 * 65536, "a large version is accepted")
    checks.is_equal(d.answer("1.7.7.12.bl.test"), LISTED, "and answered")
    print(f"# slowest status while it was read: {worst * 1000:.1f} ms")


def main():
    build = sys.argv[1]
    checks = netns.Checks()
    with daemons.Daemons(build, CONFIG, FILES) as d:
        d.start()
        for check in (check_feed_life, check_manual, check_reload, check_deaths, check_damage,
                      check_busy):
            with checks.group(check.__name__):
                check(checks, d)
        checks.is_equal(d.stop(d.control, signal.SIGINT), 0, "SIGINT stops it cleanly")
        checks.is_equal(d.answer(listed(7)) != "none", True, "and not the data plane")
        if checks.failed:
            sys.stderr.write(d.log())
    for check in (check_never_good, check_expiry, check_explain, check_bad_start):
        with checks.group(check.__name__):
            check(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
