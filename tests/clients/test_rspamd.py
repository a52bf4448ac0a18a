#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""rspamd as Debian configures it, with our lists: rspamc on messages, and its health probe."""
import os
import re
import subprocess

import lab
import netns
from test_spamassassin import MESSAGE

OPTIONS = """\
dns { nameserver = ["127.0.0.1"]; }
monitoring_watch_interval = 1s;
url_tld = "/run/lab/tld";
"""
LOGGING = 'type = "console"; level = "info"; debug_modules = ["monitored"];\n'
OURS = {"BL_SPAM", "BL_HIJACKED", "DBL_EXAMPLE_LINK", "DBL_EXAMPLE_HELO", "WL_PARTNER"}
FINE = "http://fine.example/"
CASES = [
    (lab.RANGE, FINE, {"BL_HIJACKED"}, "a listed network"),
    (lab.SINGLE, FINE, {"BL_SPAM"}, "a listed address"),
    (lab.SINGLE6, FINE, {"BL_SPAM"}, "a listed IPv6 address"),
    (lab.CLEAN, FINE, set(), "a clean address"),
    (lab.CLEAN6, FINE, set(), "a clean IPv6 address"),
    (lab.CLEAN, "http://bad.example/x", {"DBL_EXAMPLE_LINK"}, "a link to a listed domain"),
    (lab.BOTH, FINE, {"WL_PARTNER"}, "a partner, listed too"),
]


def scan(address, link, helo="client.fine.example"):
    """What rspamc prints about a message from an address."""
    return subprocess.run(["rspamc", "-h", "127.0.0.1:11333", "--ip", address, "--helo",
                           helo, "symbols"], text=True, check=True,
                          input=MESSAGE.format(address=address, link=link),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def check_probe(box, checks):
    """Each of our lists passes rspamd's health probe; lists that refuse fail it in the same log."""
    for zone in ("bl.example", "dbl.example", "wl.example"):
        found = box.wait_log("rspamd", rf"dns callback for {zone} in .*: (.*)$")
        checks.is_equal(found.group(1), "no records with this name", f"rspamd's probe of {zone}")
    errors = re.findall(r"monitored_propagate_error: (.*)", box.log("rspamd"))
    checks.is_true(errors and not any(".example" in line for line in errors),
                   "the probe fails for zones that are not ours only")


def test(box, checks):
    box.serve()
    for folder in ("/var/lib/rspamd", "/var/log/rspamd", "/run/rspamd"):
        os.makedirs(folder, exist_ok=True)
    for name in ("rbl.conf", "rbl_group.conf"):
        box.write("/etc/rspamd/local.d/" + name, box.block(name))
    box.write("/etc/rspamd/local.d/options.inc", OPTIONS)
    box.write("/etc/rspamd/local.d/logging.inc", LOGGING)
    # .example is no top-level domain to rspamd.
    box.write("tld", "example\ncom\n")
    process = box.start("rspamd", "-f", "-i", "-u", "root", "-g", "root")
    box.wait_port(11333, process)
    for address, link, expected, why in CASES:
        text = scan(address, link)
        rules = set(re.findall(r"^Symbol: (\w+)", text, re.M)) & OURS
        checks.is_equal(rules, expected, f"rspamd on {why} ({address}, {link})")
        action = re.search(r"^Action: (.*)$", text, re.M)
        checks.is_equal(bool(action) and action.group(1) == "reject",
                        bool(expected - {"WL_PARTNER"}), f"and its action on {why}")
    checks.is_true("DBL_EXAMPLE_HELO" in scan(lab.CLEAN, FINE, "mx.worse.example"),
                   "rspamd on a listed HELO name")
    check_probe(box, checks)


if __name__ == "__main__":
    lab.main("rspamd", ["rspamd"], test, users=["_rspamd"])
