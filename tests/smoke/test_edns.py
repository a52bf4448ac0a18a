#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""EDNS as dig sees it: cookies and their secrets, NSID, odd options and what the server says of
itself, with both daemons on the loopback. Prints TAP.

usage: test_edns.py BUILD_DIRECTORY
"""
import os
import re
import signal
import subprocess
import sys

import daemons
import netns

LISTED = "1.2.0.192.bl.test"
OLD, NEW = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
CONFIG = """\
cookies: {{secret_file: secret, require: {require}}}
identity: {{hostname: box7.test, nsid: box7}}
lists: [{{name: l, feed: {{path: feeds/l.txt, format: plain}}}}]
zones: [{{name: bl.test, lists: [l]}}]
"""
PLAIN = re.sub(r"(?m)^(cookies|identity):.*\n", "", CONFIG).format()
BAD_COOKIE = "2464c4abcf10c957010000005cf79f111f8130c3eee29480"  # of 2019


def dig(d, *words):
    """dig's output; a list that ends with the program's own remarks."""
    run = subprocess.run(["dig", "-p", str(d.port), "@127.0.0.1", "+tries=3", "+time=5", *words],
                         text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=netns.DEADLINE_S, check=False)
    return run.stdout


def status(text):
    found = re.search(r"status: (\w+)", text)
    return found and found[1]


def cookie(text):
    """(cookie in hex, dig's opinion: good, bad or None)"""
    found = re.search(r"; COOKIE: ([0-9a-f]+)(?: \((\w+)\))?", text)
    return (found[1], found[2]) if found else (None, None)


def write_secrets(d, *secrets):
    d.write("secret.new", "".join(s + "\n" for s in secrets))
    os.chmod(d.path("secret.new"), 0o600)
    os.rename(d.path("secret.new"), d.path("secret"))


def reload(d, text):
    """SIGHUP, and wait for a line of the log that was not there before."""
    before = d.log().count(text)
    d.control.send_signal(signal.SIGHUP)
    netns.wait_for(lambda: d.log().count(text) > before, f"'{text}' in the log once more")
    netns.wait_for(lambda: d.status().get("dataplane", {}).get("connected"), "the data plane")


def takes(d, value):
    """Whether a server cookie is taken where cookies are required (dig sends it once)."""
    return status(dig(d, "+nobadcookie", f"+cookie={value}", LISTED)) == "NOERROR"


def check_options(checks, d):
    for words, expected, what in (
            (["+noedns", "+nocookie"], None, "no EDNS"),
            (["+edns=0", "+nocookie"], 1232, "EDNS"),
            (["+bufsize=4096"], 1232, "a large buffer"),
            (["+dnssec"], 1232, "DO"),
            (["+ednsopt=65001:0102"], 1232, "an unknown option"),
            (["+padding=128"], 1232, "padding"),
            (["+subnet=192.0.2.0/24"], 1232, "a client subnet"),
            (["+tcp"], 1232, "TCP")):
        text = dig(d, *words, LISTED)
        size = re.search(r"EDNS: version: 0.*udp: (\d+)", text)
        checks.is_equal((status(text), "127.0.0.2" in text, size and int(size[1])),
                        ("NOERROR", True, expected), what)
        checks.is_true("PAD" not in text and "CLIENT-SUBNET" not in text, f"{what}: no echo")
    checks.is_equal(status(dig(d, "+edns=1", "+noednsnegotiation", LISTED)), "BADVERS",
                    "EDNS version 1")
    checks.is_true("127.0.0.2" in dig(d, "+edns=1", LISTED), "dig negotiates version 0")
    checks.is_equal(status(dig(d, "+nocookie", "+ednsopt=10:0102", LISTED)), "FORMERR",
                    "a cookie of two bytes")
    text = dig(d, "+nocookie", "other.test")
    checks.is_equal((status(text), "EDE: 20" in text, "(not a zone of this server)" in text),
                    ("REFUSED", True, True), "an extended error with its text")


def check_identity(checks, d):
    checks.is_true('("box7")' in dig(d, "+nsid", LISTED), "NSID")
    checks.is_true("NSID" not in dig(d, LISTED), "no NSID unasked")
    for name, expected in (("version.bind", '"reputed"'), ("version.server", '"reputed"'),
                           ("hostname.bind", '"box7.test"'), ("id.server", '"box7.test"')):
        checks.is_equal(dig(d, "+short", "CH", "TXT", name).strip(), expected, name)
    checks.is_equal(status(dig(d, "CH", "TXT", "authors.bind")), "REFUSED", "authors.bind")


def check_cookies(checks, d):
    first, opinion = cookie(dig(d, "+cookie", LISTED))
    checks.is_equal((len(first or ""), opinion), (48, "good"), "a first cookie")
    again, opinion = cookie(dig(d, f"+cookie={first}", LISTED))
    checks.is_equal((again, opinion), (first, "good"), "it is kept")
    fresh, _ = cookie(dig(d, f"+cookie={BAD_COOKIE}", LISTED))
    checks.is_true(fresh[:16] == BAD_COOKIE[:16] and fresh != BAD_COOKIE, "a bad one is replaced")
    text = dig(d, "+header-only", "+cookie")
    checks.is_equal((status(text), cookie(text)[1]), ("NOERROR", "good"), "without a question")


def check_required(checks, d):
    d.configure(CONFIG.format(require="true"))
    reload(d, "data plane has generation")
    netns.wait_for(lambda: not takes(d, BAD_COOKIE), "cookies to be required")
    text = dig(d, "+nobadcookie", "+cookie", LISTED)
    checks.is_equal((status(text), len(cookie(text)[0] or "")), ("BADCOOKIE", 48),
                    "a client cookie alone")
    checks.is_true("127.0.0.2" in dig(d, "+badcookie", "+cookie", LISTED), "dig comes again")
    text = dig(d, "+nocookie", "+ignore", LISTED)
    checks.is_true(" tc" in text and "127.0.0.2" not in text, "no cookie: TC")
    checks.is_true("127.0.0.2" in dig(d, "+nocookie", LISTED), "and dig comes over TCP")
    checks.is_true("127.0.0.2" in dig(d, "+noedns", "+nocookie", "+tcp", LISTED), "TCP as it is")


def check_rolling(checks, d):
    """The documented procedure; then a file that is wrong."""
    of_old, _ = cookie(dig(d, "+cookie", LISTED))
    write_secrets(d, OLD, NEW)
    reload(d, "data plane has generation")
    checks.is_true(takes(d, of_old), "the new one is added: the old one is good")
    write_secrets(d, NEW, OLD)
    reload(d, "data plane has generation")
    checks.is_true(takes(d, of_old), "the new one signs: the old one is good")
    of_new, _ = cookie(dig(d, f"+cookie={of_old}", LISTED))
    checks.is_true(of_new != of_old and takes(d, of_new), "and replaced")
    write_secrets(d, NEW)
    reload(d, "data plane has generation")
    checks.is_equal((takes(d, of_old), takes(d, of_new)), (False, True), "the old one is gone")
    d.stop(d.dataplane, signal.SIGKILL)
    d.start_dataplane()
    netns.wait_for(lambda: d.answer(LISTED) != "none" and d.status()["dataplane"]["connected"],
                   "the data plane to be back")
    netns.wait_for(lambda: takes(d, of_new), "cookies outlive the data plane")
    checks.is_true(not takes(d, of_old), "and only those of the secret")
    os.chmod(d.path("secret"), 0o644)
    reload(d, "everybody may read it (mode 0644)")
    checks.is_true(takes(d, of_new), "a bad file: the configuration in force stays")
    checks.is_true(NEW not in d.log() and OLD not in d.log(), "no secret is in the log")


def check_without(checks, build):
    with daemons.Daemons(build, PLAIN, {"feeds/l.txt": "192.0.2.1\n"}) as d:
        d.start()
        d.wait_answer(LISTED, "NOERROR 127.0.0.2")
        first, opinion = cookie(dig(d, "+cookie", LISTED))
        checks.is_equal((opinion, cookie(dig(d, f"+cookie={first}", LISTED))[0]), ("good", first),
                        "nothing configured: cookies all the same")
        checks.is_true("NSID" not in dig(d, "+nsid", LISTED), "no NSID")
        checks.is_equal(status(dig(d, "CH", "TXT", "hostname.bind")), "REFUSED", "no hostname")
        checks.is_equal(dig(d, "+short", "CH", "TXT", "version.bind").strip(), '"reputed"',
                        "a version")


def main(build):
    checks = netns.Checks()
    with daemons.Daemons(build, CONFIG.format(require="false"),
                         {"feeds/l.txt": "192.0.2.1\n"}) as d:
        write_secrets(d, OLD)
        d.start()
        d.wait_answer(LISTED, "NOERROR 127.0.0.2")
        for check in (check_options, check_identity, check_cookies, check_required, check_rolling):
            with checks.group(check.__name__):
                check(checks, d)
    with checks.group("check_without"):
        check_without(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
