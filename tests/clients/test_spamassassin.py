#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""SpamAssassin with Debian's whole rule set and ours: its own check tool on messages."""
import re
import subprocess

import lab

# .example is no top-level domain to SpamAssassin.
BASE = """\
util_rb_tld example
internal_networks 127.0.0.0/8 10.0.0.0/8
use_bayes 0
use_razor2 0
use_pyzor 0
"""
MESSAGE = """\
Received: from client.fine.example (client.fine.example [{address}])
	by mail.example (Postfix) with ESMTP id 4X; Sun, 22 Nov 2026 01:00:00 +0000 (UTC)
From: someone@fine.example
To: user@mail.example
Subject: hello there
Date: Sun, 22 Nov 2026 01:00:00 +0000
Message-ID: <1@fine.example>

This is about our meeting, see {link} please.
"""
OURS = {"BL_HIJACKED", "BL_SPAM", "BL_TEXT", "DBL_LINK", "WL_PARTNER"}
CASES = [
    (lab.RANGE, "http://fine.example/", {"BL_HIJACKED", "BL_TEXT"}, "a listed network"),
    (lab.SINGLE, "http://fine.example/", {"BL_SPAM", "BL_TEXT"}, "a listed address, by bit"),
    (lab.SINGLE6, "http://fine.example/", {"BL_SPAM", "BL_TEXT"}, "a listed IPv6 address"),
    (lab.CLEAN, "http://fine.example/", set(), "a clean address"),
    (lab.CLEAN6, "http://fine.example/", set(), "a clean IPv6 address"),
    (lab.CLEAN, "http://www.bad.example/x", {"DBL_LINK"}, "a link to a host of a listed domain"),
    (lab.CLEAN, "http://worse.example/x", {"DBL_LINK"}, "a link to a listed domain"),
    (lab.BOTH, "http://fine.example/", {"BL_SPAM", "BL_TEXT", "WL_PARTNER"}, "a partner"),
]


def report(box, address, link):
    """What spamassassin -t says about a message from an address."""
    result = subprocess.run(["spamassassin", "-t", "-x", f"--siteconfigpath={box.path('site')}"],
                            input=MESSAGE.format(address=address, link=link), text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True,
                            env={"HOME": lab.FOLDER, "PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C"})
    return result.stdout


def test(box, checks):
    box.serve()
    subprocess.run(["cp", "-r", "/etc/spamassassin", box.path("site")], check=True)
    box.write("site/local.cf", BASE + box.block("local.cf"))
    for address, link, expected, why in CASES:
        text = report(box, address, link)
        rules = set(re.findall(r"^ *-?[\d.]+ (\w+)", text, re.M)) & OURS
        checks.is_equal(rules, expected, f"SpamAssassin on {why} ({address}, {link})")
        is_spam = bool(re.search(r"^X-Spam-Flag: YES", text, re.M))
        checks.is_equal(is_spam, bool(expected) and "WL_PARTNER" not in expected,
                        f"and its verdict on {why}")
        if address == lab.RANGE:
            checks.is_true("192.0.2.77 is in a hijacked network" in " ".join(text.split()),
                           "our text is in its report")


if __name__ == "__main__":
    lab.main("spamassassin", ["spamassassin"], test)
