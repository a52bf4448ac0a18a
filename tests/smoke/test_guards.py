#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an operator can do about a feed: switch it off and on, only observe it, take it from the others,
go back to a version, ask for a checksum, and say what must and must not be listed. Prints TAP.

usage: test_guards.py BUILD_DIRECTORY
"""
import hashlib
import json
import os
import signal
import subprocess
import sys

import daemons
import netns

CONFIG = """\
guard: {never_list: ["192.0.2.128/25", own.test], canaries: ["203.0.113.5", mx.partner.test]}
lists:
  - name: drop
    feed:
      path: feeds/drop.txt
      format: plain
      keep: 5
      guards: {must_list: [127.0.0.2]}
    code: 127.0.0.9
  - name: names
    feed: {path: feeds/names.txt, format: rbldnsd-dnset}
    code: 127.0.0.3
  - name: watched
    observe: true
    feed: {path: feeds/watched.txt, format: plain}
    code: 127.0.0.7
    text: "$ would be listed"
  - name: friends
    manual: true
    subtract: true
zones:
  - {name: bl.test, lists: [drop, names, watched]}
  - {name: other.test, lists: [drop]}
"""


def lines(count):
    return "127.0.0.2\n" + "".join(f"198.51.{i // 250}.{i % 250 + 1}\n" for i in range(count))


FILES = {"feeds/drop.txt": lines(200) + "192.0.2.200\n",
         "feeds/names.txt": ".spam.test\n.own.test\nbad.own.test\n.partner-a.test\n",
         "feeds/watched.txt": "198.51.0.8\n203.0.113.77\n"}
LISTED, NOT_LISTED = "NOERROR 127.0.0.9", "NXDOMAIN"
ASKED, WATCHED = "8.0.51.198.bl.test", "77.113.0.203.bl.test"


def ctl(d, *words):
    return subprocess.run([os.path.join(d.build, "reputectl"), "-c", d.config_path, *words],
                          capture_output=True, text=True, check=False)


def counter(d, name):
    counters = json.loads(ctl(d, "stats", "--json").stdout)["counters"]
    return next((c["value"] for c in counters if c["name"] == name), None)


def check_switch(checks, d):
    done = ctl(d, "feeds", "disable", "drop", "--reason", "lists our customers", "--author", "amy")
    checks.is_equal((done.returncode, d.answer(ASKED), d.answer("8.0.51.198.other.test"),
                     d.answer("spam.test.bl.test")),
                    (0, NOT_LISTED, NOT_LISTED, "NOERROR 127.0.0.3"),
                    "a disabled list answers nothing when the command is back, the others go on")
    checks.is_true("nothing: it is disabled by amy: lists our customers" in done.stdout,
                   "why is shown")
    before = counter(d, 'observed_hits{zone="bl.test",list="watched"}')
    checks.is_equal((d.answer("2.0.0.127.bl.test"), d.answer(WATCHED),
                     counter(d, 'observed_hits{zone="bl.test",list="watched"}') - before),
                    ("NOERROR 127.0.0.2", NOT_LISTED, 1),
                    "its zone is still one of addresses, with its test entry and what it observes")
    feed = d.feed("drop")
    checks.is_equal((feed["state"], feed["is_answered"], d.status()["state"],
                     d.status()["not_loaded"]), ("disabled", False, "serving", []),
                    "in the status, too")
    d.write("feeds/drop.txt", lines(210))
    d.wait_feed("drop", version=2)
    checks.is_equal(d.answer(ASKED), NOT_LISTED, "new versions of it are read and not answered")
    d.stop(d.control, signal.SIGKILL)
    d.start_control()
    d.wait_ready()
    checks.is_equal((d.feed("drop")["state"], d.answer(ASKED)), ("disabled", NOT_LISTED),
                    "a restart does not switch it on")
    d.kill_both()
    d.start()
    checks.is_equal((d.answer(ASKED), d.answer("spam.test.bl.test")),
                    (NOT_LISTED, "NOERROR 127.0.0.3"), "nor one of both")
    d.control.send_signal(signal.SIGHUP)
    d.wait_log("is in force")
    checks.is_equal(d.answer(ASKED), NOT_LISTED, "nor a reload")
    checks.is_equal((ctl(d, "feeds", "enable", "drop").returncode, d.answer(ASKED),
                     d.answer("210.0.51.198.bl.test")), (0, LISTED, LISTED), "it is switched on")
    checks.is_equal((ctl(d, "feeds", "disable", "nosuch").returncode,
                     "there is no feed" in ctl(d, "feeds", "enable", "nosuch").stderr), (1, True),
                    "a feed that is none")
    d.configure(CONFIG.replace("- name: drop", "- name: drop\n    enabled: false"))
    d.control.send_signal(signal.SIGHUP)
    checks.is_equal(d.wait_answer(ASKED, NOT_LISTED), NOT_LISTED, "enabled: false does the same")
    done = ctl(d, "feeds", "enable", "drop")
    checks.is_equal((done.returncode, "enabled: false" in done.stderr), (1, True),
                    "and is not overridden")
    d.configure(CONFIG)
    d.control.send_signal(signal.SIGHUP)
    checks.is_equal(d.wait_answer(ASKED, LISTED), LISTED, "until it is gone")


def check_observe(checks, d):
    name = 'observed_hits{zone="bl.test",list="watched"}'
    before = counter(d, name)
    checks.is_equal((d.answer(WATCHED), d.answer(WATCHED, "TXT"), d.answer("113.0.203.bl.test")),
                    (NOT_LISTED, NOT_LISTED, NOT_LISTED), "an observed list is not answered")
    checks.is_equal(d.answer(ASKED), LISTED, "nor does it add to what another list says")
    checks.is_equal(counter(d, name) - before, 3, "but counted, for each query it would answer")
    looked = json.loads(ctl(d, "lookup", "203.0.113.77", "--json").stdout)
    listings = looked["zones"][0]["listings"]
    checks.is_equal([(i["list"], i["code"], i["text"], i["is_observed"]) for i in listings],
                    [("watched", "127.0.0.7", "203.0.113.77 would be listed", True)],
                    "lookup shows what it would have said")
    checks.is_true("observed, not answered" in ctl(d, "lookup", "203.0.113.77").stdout,
                   "and that it was not")
    feed = d.feed("watched")
    checks.is_equal((feed["is_observed"], feed["serves"]),
                    (True, "nothing: version 1 is observed only"), "the status says so")
    d.configure(CONFIG.replace("    observe: true\n", ""))
    d.control.send_signal(signal.SIGHUP)
    checks.is_equal(d.wait_answer(WATCHED, "NOERROR 127.0.0.7"), "NOERROR 127.0.0.7", "enforced")
    d.configure(CONFIG)
    d.control.send_signal(signal.SIGHUP)
    checks.is_equal(d.wait_answer(WATCHED, NOT_LISTED), NOT_LISTED, "and observed again")


def check_never(checks, d):
    checks.is_equal((d.answer("200.2.0.192.bl.test"), d.answer("own.test.bl.test"),
                     d.answer("bad.own.test.bl.test"), d.answer("a.b.own.test.bl.test"),
                     d.answer("spam.test.bl.test")),
                    (NOT_LISTED, NOT_LISTED, NOT_LISTED, NOT_LISTED, "NOERROR 127.0.0.3"),
                    "own networks and own domains are never listed")
    d.ask("list-add", list="friends", key="198.51.0.0/28")
    checks.is_equal((d.answer(ASKED), d.answer("16.0.51.198.bl.test")), (NOT_LISTED, LISTED),
                    "what is on a list that is subtracted is not listed by others")
    d.ask("list-add", list="friends", key="good.spam.test")
    checks.is_equal((d.answer("good.spam.test.bl.test"), d.answer("x.good.spam.test.bl.test"),
                     d.answer("evil.spam.test.bl.test")),
                    (NOT_LISTED, NOT_LISTED, "NOERROR 127.0.0.3"), "names likewise")
    for key in ("198.51.0.0/28", "good.spam.test"):
        d.ask("list-del", list="friends", key=key)
    checks.is_equal((d.answer(ASKED), d.answer("good.spam.test.bl.test")),
                    (LISTED, "NOERROR 127.0.0.3"), "until it is taken off")
    d.write("feeds/names.txt", FILES["feeds/names.txt"] + ".partner.test\n")
    feed = d.wait_feed("names", state="held")
    checks.is_equal(feed["guard"], "canary", f"a canary below a listed name: {feed['reason']}")
    d.write("feeds/names.txt", FILES["feeds/names.txt"])
    d.wait_feed("names", state="serving")
    d.write("feeds/drop.txt", lines(220).replace("127.0.0.2\n", ""))
    feed = d.wait_feed("drop", state="held")
    checks.is_equal(feed["reason"], "does not list 127.0.0.2, which it must (guard 'must_list')",
                    "a list without its test entry is held")
    d.write("feeds/drop.txt", lines(210))
    d.wait_feed("drop", state="serving")


def check_versions(checks, d):
    for count in (211, 212, 213, 214):
        d.write("feeds/drop.txt", lines(count))
        d.wait_feed("drop", entries=count, state="serving")
    kept = [v["version"] for v in d.feed("drop")["versions"]]
    checks.is_equal(len(kept), 5, f"as many versions are kept as asked for: {kept}")
    done = ctl(d, "feeds", "rollback", "drop", str(kept[3]))
    feed = d.feed("drop")
    checks.is_equal((done.returncode, feed["version"], feed["state"], feed["entries"]),
                    (0, kept[3], "held", 211), "back to a version by its number")
    checks.is_equal((d.answer("211.0.51.198.bl.test"), d.answer("212.0.51.198.bl.test")),
                    (LISTED, NOT_LISTED), "answered so")
    done = ctl(d, "feeds", "rollback", "drop", "99")
    checks.is_equal((done.returncode, "no good version 99" in done.stderr), (1, True),
                    "not to one that is not there")
    checks.is_equal(ctl(d, "feeds", "rollback", "drop", "first").returncode, 2, "nor to a word")
    checks.is_equal((ctl(d, "feeds", "accept", "drop").returncode,
                     d.answer("214.0.51.198.bl.test")), (0, LISTED), "and forward again")


def check_diff(checks, d):
    done = ctl(d, "feeds", "diff", "drop")
    checks.is_equal((done.returncode, "no version is held" in done.stderr), (1, True),
                    "nothing is held: there is nothing to compare")
    before = d.feed("drop")["entries"]
    d.write("feeds/drop.txt", lines(60) + "203.0.112.0/24\n")
    d.wait_feed("drop", state="held")
    keys = "198.51.0.8\n# a comment\n\n198.51.0.70\n203.0.112.99\n192.0.2.1\n"
    d.write("keys", keys)
    diff = json.loads(ctl(d, "feeds", "diff", "drop", d.path("keys"), "--json").stdout)
    removed = before - 60
    checks.is_equal(
        (diff["guard"], diff["good_entries"], diff["entries"], diff["added"]["addresses4"],
         diff["added"]["widest4"], diff["removed"]["addresses4"], diff["changed"]["ranges4"],
         diff["keys"]),
        ("shrink", before, 61, 256, "203.0.112.0/24", removed, 0,
         [{"key": "198.51.0.70", "is_listed": True, "would_be_listed": False},
          {"key": "203.0.112.99", "is_listed": False, "would_be_listed": True}]),
        "what accepting would change, with the addresses that were asked about")
    checks.is_equal((d.answer("70.0.51.198.bl.test"), d.answer("99.112.0.203.bl.test"),
                     d.feed("drop")["entries"]), (LISTED, NOT_LISTED, before),
                    "asking changes nothing")
    shown = ctl(d, "feeds", "diff", "drop").stdout
    checks.is_true("held: 61 entries after" in shown and "  + 203.0.112.0/24" in shown and
                   "accepted: 61" in shown,
                   f"and for people: {shown}")
    for words, reason in ((("nosuch",), "there is no feed"),
                          (("drop", "/nosuch"), "No such file"),
                          (("drop", d.path("reputed.yaml")), "bad key")):
        done = ctl(d, "feeds", "diff", *words)
        checks.is_equal((done.returncode, reason in done.stderr), (1, True),
                        f"refused: {words}: {done.stderr.strip()}")
    ctl(d, "feeds", "accept", "drop")
    checks.is_equal((d.answer("70.0.51.198.bl.test"), d.answer("99.112.0.203.bl.test")),
                    (NOT_LISTED, LISTED), "accepted, it is so")
    ctl(d, "feeds", "rollback", "drop")
    diff = json.loads(ctl(d, "feeds", "diff", "drop", "--json").stdout)
    checks.is_equal((diff["added"]["addresses4"], diff["removed"]["addresses4"]), (256, removed),
                    "a version that was gone back from is compared likewise")
    d.write("feeds/drop.txt", lines(214))
    d.wait_feed("drop", state="serving")


def check_checksum(checks, d):
    def sums(text):
        return hashlib.sha256(text.encode()).hexdigest() + "  drop.txt\n"

    d.write("feeds/drop.sums", sums(lines(214)))
    d.configure(CONFIG.replace("keep: 5", "checksum: feeds/drop.sums"))
    before = d.log().count("is in force")
    d.control.send_signal(signal.SIGHUP)
    netns.wait_for(lambda: d.log().count("is in force") > before, "the configuration")
    d.write("feeds/drop.txt", lines(230))
    feed = d.wait_feed("drop", state="held")
    checks.is_equal((feed["guard"], "its SHA-256 is not the one in" in feed["reason"],
                     d.answer("230.0.51.198.bl.test")), ("checksum", True, NOT_LISTED),
                    f"not what its checksum says: {feed['reason']}")
    d.write("feeds/drop.sums", sums(lines(230)))
    checks.is_equal(d.wait_answer("230.0.51.198.bl.test", LISTED), LISTED,
                    "when the checksum has come, too, it is taken without being asked")


def main():
    checks = netns.Checks()
    with daemons.Daemons(sys.argv[1], CONFIG, FILES) as d:
        d.start()
        for check in (check_switch, check_observe, check_never, check_versions, check_diff,
                      check_checksum):
            with checks.group(check.__name__):
                check(checks, d)
        checks.is_equal((d.stop(d.control, signal.SIGTERM), d.stop(d.dataplane, signal.SIGTERM)),
                        (0, 0), "both stop cleanly")
        if checks.failed:
            sys.stderr.write(d.log())
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
