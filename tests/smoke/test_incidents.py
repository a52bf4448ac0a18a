#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What has happened to DNSBLs and their users, replayed: a list that is emptied, wildcarded, lists
127.0.0.1, becomes a parking page or a notice, comes in part, or when the clock is wrong, the disk is
full and everything is due at once. Each time nobody is answered wrongly. Prints TAP.

usage: test_incidents.py BUILD_DIRECTORY
"""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import daemons
import misbehave
import netns
import test_fetch

CLONE_NEWNS = 0x20000
CONFIG = """\
lists:
  - name: drop
    feed: {path: feeds/drop.txt, format: plain}
    code: 127.0.0.9
  - name: names
    feed: {path: feeds/names.txt, format: rbldnsd-dnset}
    code: 127.0.0.3
zones:
  - {name: bl.test, lists: [drop]}
  - {name: dbl.test, lists: [names]}
"""


def lines(count):
    return "".join(f"198.51.{i // 250}.{i % 250 + 1}\n" for i in range(count))


def names(count):
    return "".join(f".spam{i}.test\n" for i in range(count))


FILES = {"feeds/drop.txt": lines(200), "feeds/names.txt": names(200)}
LISTED, NAME_LISTED, NOT_LISTED = "NOERROR 127.0.0.9", "NOERROR 127.0.0.3", "NXDOMAIN"
LIST_ASKED, NAME_ASKED = "8.0.51.198.bl.test", "spam7.test.dbl.test"
OTHER_ASKED, OTHER_NAME = "1.113.0.203.bl.test", "innocent.test.dbl.test"

# List, what its file becomes, the guard, a part of the reason, why.
BAD = (
    ("drop", "", "empty", "no entries", "emptied (EDROP, and many a failed export)"),
    ("drop", "# list discontinued\n", "empty", "notice, not data: '# list discontinued'",
     "emptied, with a word of farewell"),
    ("drop", lines(200) + "0.0.0.0/0\n", "everything", "lists everything",
     "wildcarded, as ORDB and AHBL were"),
    ("drop", lines(200) + "".join(f"{i}.0.0.0/8\n" for i in range(11, 20)), "coverage4",
     "of all IPv4 addresses", "wildcarded in pieces"),
    ("drop", lines(200) + "8.8.8.8\n", "canary", "lists the canary 8.8.8.8", "a resolver of all"),
    ("drop", lines(90), "shrink", "guard 'shrink'", "cut in half"),
    ("drop", "<html>\n" + lines(200), "notice", "'<html>'", "a page that holds the list"),
    ("drop", "You have been blocked for excessive downloads. Contact us.\n", "notice",
     "notice, not data: 'You have been blocked", "the misuse notice of a provider"),
    ("names", "Too many requests\n", "notice", "notice, not data: 'Too many requests'",
     "a note that would be a name with a text"),
    ("names", '{"error":"rate limited"}\n', "notice", "notice, not data: '{", "an API's error"),
    ("names", names(200) + ".com\n", "labels", "lists 'com' with all below it", "a whole TLD"),
    ("names", names(200) + ".gmail.com\n", "canary", "canary gmail.com", "everybody's mail"),
)


def check_bad_versions(checks, d):
    version = {"drop": 1, "names": 1}
    for name, text, guard, reason, why in BAD:
        d.write(f"feeds/{name}.txt", text)
        feed = d.wait_feed(name, state="held")
        is_told = reason in feed["reason"] and feed["guard"] == guard
        checks.is_true(is_told, f"{why}: held, {feed['guard']}: {feed['reason']}")
        checks.is_equal((feed["serves"], d.answer(LIST_ASKED), d.answer(NAME_ASKED),
                         d.answer(OTHER_ASKED), d.answer(OTHER_NAME)),
                        (f"version {version[name]}", LISTED, NAME_LISTED, NOT_LISTED, NOT_LISTED),
                        "what serves is the version before, and the status says so")
        checks.is_true(f"feed '{name}' held: {feed['reason']}, keeping version" in d.log(),
                       "the log, too")
        d.write(f"feeds/{name}.txt", FILES[f"feeds/{name}.txt"])
        d.wait_feed(name, state="serving")
    d.write("feeds/names.txt", names(200) + ".\n*.\n")
    feed = d.wait_feed("names", bad_lines=2)
    checks.is_equal((feed["state"], d.answer(OTHER_NAME), d.answer(NAME_ASKED)),
                    ("serving", NOT_LISTED, NAME_LISTED), "the root is no name that can be listed")
    checks.is_equal(sum(f["refused"] for f in d.status()["feeds"]), len(BAD),
                    "each refusal is counted once")


def check_localhost(checks, build):
    """Even where bogons are kept and the operator accepts."""
    config = CONFIG.replace("format: plain", "format: plain, guards: {bogons: keep}")
    with daemons.Daemons(build, config, dict(FILES, **{
            "feeds/drop.txt": lines(200) + "127.0.0.0/8\n::ffff:127.0.0.1\n"})) as d:
        d.start()
        checks.is_equal((d.answer("1.0.0.127.bl.test"), d.answer("2.0.0.127.bl.test")),
                        (NOT_LISTED, "NOERROR 127.0.0.2"),
                        "a list with 127.0.0.0/8: 127.0.0.1 is not listed, the test entry is")
        checks.is_equal((d.answer("1.0.0.127.bl.test", "TXT"), d.answer("9.9.0.127.bl.test")),
                        (NOT_LISTED, LISTED), "the rest of it is, as asked for")
    with daemons.Daemons(build, CONFIG, dict(FILES, **{
            "feeds/drop.txt": lines(200) + "127.0.0.1\n10.0.0.0/8\n"})) as d:
        d.start()
        checks.is_equal((d.answer("1.0.0.127.bl.test"), d.answer("1.0.0.10.bl.test")),
                        (NOT_LISTED, NOT_LISTED), "by default no private space is listed")


FETCHED = """\
lists:
  - {{name: web, feed: {{url: "{url}", format: plain, timeout: 5s}}}}
  - {{name: mirror, feed: {{rsync: "{rsync}", format: plain}}}}
zones:
  - {{name: web.test, lists: [web]}}
  - {{name: mirror.test, lists: [mirror]}}
"""


def check_fetched(checks, build, folder):
    data = lines(200).encode()
    with misbehave.Server(data) as server, test_fetch.Rsyncd(folder) as rsyncd:
        rsyncd.write("feed.txt", data)

        def config(path):
            return FETCHED.format(url=server.url(path), rsync=rsyncd.url("lists", "feed.txt"))

        with daemons.Daemons(build, config("data"), {}) as d:
            d.start()
            asked = ("8.0.51.198.web.test", "8.0.51.198.mirror.test")
            for name in asked:
                checks.is_equal(d.wait_answer(name, "NOERROR 127.0.0.2"), "NOERROR 127.0.0.2",
                                f"{name}: fetched and answered")
            for path, is_held, reason, why in (
                    ("parking", True, "notice, not data: '<!DOCTYPE html>'",
                     "the domain lapsed: a parking page (SpamCop, 2021)"),
                    ("truncated", False, "remaining", "a download that breaks off")):
                d.configure(config(path))
                d.control.send_signal(signal.SIGHUP)
                feed = netns.wait_for(
                    lambda: reason in ((d.feed("web").get("reason") or "") +
                                       (d.feed("web").get("fetch", {}).get("error") or "")) and
                    d.feed("web"), why)
                checks.is_equal((feed["state"] == "held", feed["serves"], d.answer(asked[0])),
                                (is_held, "version 1", "NOERROR 127.0.0.2"), why)
                d.configure(config("data"))
                d.control.send_signal(signal.SIGHUP)
                d.wait_feed("web", state="serving")
            rsyncd.write("feed.txt", b"# Too many connections from your address; misuse\n",
                         1795305700)
            d.ask("feeds-refresh", feed="mirror")
            feed = d.wait_feed("mirror", state="held")
            checks.is_equal(("notice, not data: '# Too many" in feed["reason"], feed["serves"],
                             d.answer(asked[1])), (True, "version 1", "NOERROR 127.0.0.2"),
                            f"the provider replaced the file by a note: {feed['reason']}")


def check_cut_json(checks, build):
    """A DROP file that lost its end, where the count is."""
    record = '{{"cidr":"198.51.{}.0/24","sblid":"SBL1","rir":"arin"}}\n'
    records = "".join(record.format(i) for i in range(200))
    meta = '{"type":"metadata","timestamp":1790072042,"size":1,"records":200}\n'
    config = CONFIG.replace("format: plain", "format: spamhaus-drop-json")
    with daemons.Daemons(build, config, dict(FILES, **{"feeds/drop.txt": records + meta})) as d:
        d.start()
        for text, why in ((records[:-20], "cut off in a record"), (records[:9000], "and a good deal more"),
                          (record.format(1) * 199 + meta, "a record missing")):
            d.write("feeds/drop.txt", text)
            feed = d.wait_feed("drop", state="held")
            checks.is_equal((feed["guard"], feed["serves"], d.answer(LIST_ASKED)),
                            ("count", "version 1", LISTED), f"{why}: {feed['reason']}")
            d.write("feeds/drop.txt", records + meta)
            d.wait_feed("drop", state="serving")


def check_clock(checks, build):
    """
    A clock cannot be set for one test alone, so the data move instead: a file dated far back is
    what a clock that jumped forward makes of every file, one dated ahead what one that jumped back
    does. test_feed.c has the same with the time as a parameter.
    """
    config = CONFIG.replace("format: plain", "format: plain, max_age: 1d, expired: servfail") \
                   .replace("format: rbldnsd-dnset", "format: rbldnsd-dnset, max_age: 1d")
    with daemons.Daemons(build, config, FILES) as d:
        d.start()
        for name, extra in (("drop", "203.0.113.9\n"), ("names", ".more.test\n")):
            path = d.path(f"feeds/{name}.txt")
            with open(path + ".new", "w", encoding="utf-8") as file:
                file.write(FILES[f"feeds/{name}.txt"] + extra)
            os.utime(path + ".new", (1000000000, 1000000000))
            os.rename(path + ".new", path)
        checks.is_equal(d.wait_answer(LIST_ASKED, "SERVFAIL EDE24"), "SERVFAIL EDE24",
                        "suddenly everything is out of date: SERVFAIL where that is configured")
        feed = d.wait_feed("names", is_stale=True, version=2)
        checks.is_equal((d.answer(NAME_ASKED), feed["serves"], d.feed("drop")["state"]),
                        (NAME_LISTED, "version 2, out of date", "expired"),
                        "and where it is not, it goes on serving and is told")
        d.wait_log("feed 'drop' is out of date, serving nothing: it is out of date, its zones "
                   "answer SERVFAIL")
        os.utime(d.path("feeds/drop.txt"), (4000000000, 4000000000))
        d.ask("feeds-refresh", feed="drop")
        checks.is_equal(d.wait_answer(LIST_ASKED, LISTED), LISTED,
                        "data from the future are not out of date")
        checks.is_equal(d.feed("drop")["state"], "serving", "and the status says so")
        d.stop(d.control, signal.SIGKILL)
        os.utime(d.path("feeds/drop.txt"), (1000000000, 1000000000))
        d.start_control()
        d.wait_ready()
        checks.is_equal(d.wait_answer(LIST_ASKED, "SERVFAIL EDE24"), "SERVFAIL EDE24",
                        "after a restart likewise")


def own_mounts():
    """A mount namespace of our own, or False."""
    if os.geteuid() != 0 or netns.LIBC.unshare(ctypes.c_int(CLONE_NEWNS)) != 0:
        return False
    return subprocess.run(["mount", "--make-rprivate", "/"], check=False,
                          capture_output=True).returncode == 0


def fill(path):
    """Write a file until there is no room for a byte more."""
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass


DISK = CONFIG.replace("zones:", "  - {name: local, manual: true, code: 127.0.0.2}\nzones:") \
             .replace("lists: [drop]", "lists: [drop, local]")


def check_full_disk(checks, build):
    if not own_mounts():
        checks.skip("a full disk", "needs root and mount namespaces")
        return
    with daemons.Daemons(build, DISK, FILES) as d:
        state = d.path("state")
        os.mkdir(state)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8M", "none", state], check=True)
        try:
            d.start()
            d.ask("list-add", list="local", key="203.0.113.5")
            fill(os.path.join(state, "filler"))
            d.write("feeds/drop.txt", lines(220))
            feed = d.wait_feed("drop", state="held")
            checks.is_true("No space left" in feed["reason"], f"full: {feed['reason']}")
            checks.is_equal((feed["serves"], d.answer(LIST_ASKED), d.answer("5.113.0.203.bl.test")),
                            ("version 1", LISTED, "NOERROR 127.0.0.2"), "serving goes on")
            reply = d.ask("list-add", list="local", key="203.0.113.6", reason="x" * 900)
            for i in range(200):
                if not reply["ok"]:
                    break
                reply = d.ask("list-add", list="local", key=f"203.0.113.{i}", reason="x" * 900)
            checks.is_true("cannot save" in reply.get("error", ""),
                           f"what cannot be saved is not acknowledged: {reply.get('error')}")
            reply = d.ask("feeds-disable", feed="names", reason="no room")
            checks.is_equal((reply["answered"], d.answer(NAME_ASKED)), (True, NOT_LISTED),
                            f"the kill switch works all the same: {reply['warning']}")
            d.ask("feeds-enable", feed="names")
            d.stop(d.control, signal.SIGKILL)
            d.start_control()
            d.wait_ready()
            checks.is_equal((d.feed("drop")["version"], d.answer(LIST_ASKED),
                             d.answer(NAME_ASKED), d.answer("5.113.0.203.bl.test")),
                            (1, LISTED, NAME_LISTED, "NOERROR 127.0.0.2"),
                            "a restart on the full disk finds everything")
            os.unlink(os.path.join(state, "filler"))
            feed = d.wait_feed("drop", state="serving", version=2)
            checks.is_equal((feed["entries"], d.wait_answer("220.0.51.198.bl.test", LISTED)), (220, LISTED),
                            "with room again it goes on by itself")
            checks.is_true(d.ask("list-add", list="local", key="203.0.113.8")["answered"],
                           "and manual entries, too")
            checks.is_true(".damaged" not in d.log(), "nothing was damaged")
        finally:
            for process in (d.control, d.dataplane):
                if process:
                    process.kill()
                    process.wait()
            subprocess.run(["umount", state], check=True)


def check_all_due(checks, build):
    count, at_a_time = 100, 8
    with misbehave.Server() as server:
        config = "lists:\n" + "".join(
            f'  - {{name: f{i}, feed: {{url: "{server.url(f"slow?{i}")}", format: plain}}}}\n'
            for i in range(count)) + "zones:\n" + "".join(
                f"  - {{name: z{i}.test, lists: [f{i}]}}\n" for i in range(count))
        with daemons.Daemons(build, config, {}) as d:
            d.start()
            netns.wait_for(lambda: server.held == at_a_time, "fetches to begin")
            status = [d.status() for _ in range(20)]
            checks.is_equal((all(s["ok"] and len(s["feeds"]) == count for s in status),
                             server.held_most), (True, at_a_time),
                            f"{count} feeds due at once: {at_a_time} at a time, status answers")
            checks.is_equal(d.answer("0.113.0.203.z0.test"), "SERVFAIL EDE14", "not listed is not said")
            server.go.set()
            netns.wait_for(lambda: all(f["state"] == "serving" for f in d.status()["feeds"]),
                           "all feeds")
            checks.is_equal((d.wait_answer("99.113.0.203.z99.test", "NOERROR 127.0.0.2"),
                             server.held_most), ("NOERROR 127.0.0.2", at_a_time),
                            "all are fetched and answered")


def main():
    build, checks = sys.argv[1], netns.Checks()
    folder = tempfile.mkdtemp(prefix="reputed-incidents-")
    try:
        with daemons.Daemons(build, CONFIG, FILES) as d:
            d.start()
            with checks.group("check_bad_versions"):
                check_bad_versions(checks, d)
        with checks.group("check_fetched"):
            check_fetched(checks, build, folder)
        for check in (check_localhost, check_cut_json, check_clock, check_full_disk,
                      check_all_due):
            with checks.group(check.__name__):
                check(checks, build)
    finally:
        shutil.rmtree(folder)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
