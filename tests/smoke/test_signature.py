#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Feeds with an OpenPGP signature: fetched over HTTP, and a file with one beside it. The keys are real
ones, made by gpg. On the loopback. Prints TAP.

usage: test_signature.py BUILD_DIRECTORY
"""
import os
import shutil
import signal
import sys
import tempfile

import daemons
import misbehave
import netns
import signer

LISTED = "NOERROR 127.0.0.2"
BLOCK = b"# a list of networks\n192.0.2.0\t192.0.2.255\t24\t7\tNet\tAQ\tx@net.test\n"

CONFIG = """\
lists:
  - name: web
    feed:
      url: "{url}"
      signature_url: "{signature_url}"
      keyring: keys/web.gpg
      format: dshield
  - name: file
    feed: {{path: feeds/f.txt, signature: feeds/f.txt.asc, keyring: keys/file.gpg, format: plain}}
zones:
  - {{name: web.test, lists: [web]}}
  - {{name: file.test, lists: [file]}}
"""


def block(number):
    return BLOCK.replace(b"192.0.2.", b"198.51.%d." % number)


def put(d, name, data):
    """Replace a file in one step."""
    os.makedirs(os.path.dirname(d.path(name)), exist_ok=True)
    with open(d.path(name) + ".new", "wb") as file:
        file.write(data)
    os.rename(d.path(name) + ".new", d.path(name))


def publish(d, server, data, signature):
    server.data, server.signature = data, signature
    server.version += 1
    return d.ask("feeds-refresh", feed="web")


def check_fetched(checks, d, server, keys):
    checks.is_equal(d.wait_answer("1.2.0.192.web.test", LISTED), LISTED,
                    "signed by a key of the keyring: answered")
    for number, data, signature, reason, why in (
            (1, block(0), keys.sign("good", block(1)), "it is not what key", "altered data"),
            (2, block(2), keys.sign("other", block(2)), "which is not in '", "another key"),
            (3, block(3), keys.sign("old", block(3), year=2020), "has expired", "an expired key"),
            (4, block(4), keys.sign("good", block(4), armor=False)[:20], "signature", "half of one"),
            (5, block(5), b"<html>not here</html>\n", "no detached OpenPGP signature", "a web page"),
            (6, block(6), b"", "no detached OpenPGP signature", "an empty signature")):
        publish(d, server, data, signature)
        feed = d.wait_feed("web", refused=number)
        checks.is_equal((feed["state"], feed["guard"], reason in feed["reason"], feed["serves"],
                         d.answer("1.2.0.192.web.test")),
                        ("held", "signature", True, "version 1", LISTED),
                        f"{why} is held and counted: {feed['reason']}")
    server.asked.clear()
    reply = publish(d, server, block(7), None)
    checks.is_equal(("the signature: HTTP status 404" in reply["error"], d.feed("web")["version"],
                     [name for name, _ in server.asked if name.startswith("/data")]),
                    (True, 1, []), "without a signature the source is not asked for")
    publish(d, server, block(7), keys.sign("good", block(7), armor=False))
    checks.is_equal((d.wait_feed("web", state="serving")["version"],
                     d.answer("1.7.51.198.web.test"), d.answer("1.2.0.192.web.test")),
                    (2, LISTED, "NXDOMAIN"), "a good one, binary, is taken")


def check_lists_of_keys(checks, d, server, keys):
    put(d, "keys/web.gpg", keys.keys("good", armor=True))
    publish(d, server, block(8), keys.sign("good", block(8)))
    feed = d.wait_feed("web", state="held")
    checks.is_true("gpg --dearmor" in feed["reason"], f"an armored keyring: {feed['reason']}")
    put(d, "keys/web.gpg", keys.keys("old", "other", "good"))
    d.ask("feeds-refresh", feed="web")
    checks.is_equal(d.wait_feed("web", state="serving")["version"], 3,
                    "one with more keys, when it is asked for again")
    publish(d, server, block(9), keys.sign("old", block(9), year=2020))
    d.wait_feed("web", state="held")
    d.ask("feeds-accept", feed="web")
    checks.is_equal((d.feed("web")["version"], d.answer("1.9.51.198.web.test")), (4, LISTED),
                    "what is held may be accepted by hand")


def check_file(checks, d, keys):
    checks.is_equal(d.answer("1.2.0.192.file.test"), LISTED, "a file with its signature beside it")
    data = b"192.0.2.1\n192.0.2.2\n"
    put(d, "feeds/f.txt", data)
    feed = d.wait_feed("file", state="held")
    checks.is_equal((feed["guard"], "it is not what key" in feed["reason"],
                     d.answer("2.2.0.192.file.test")), ("signature", True, "NXDOMAIN"),
                    f"a file that is not what was signed: {feed['reason']}")
    put(d, "feeds/f.txt.asc", keys.sign("good", data))
    checks.is_equal(d.wait_answer("2.2.0.192.file.test", LISTED), LISTED,
                    "when its signature has come, too, it is taken without being asked")
    os.unlink(d.path("feeds/f.txt.asc"))
    put(d, "feeds/f.txt", data + b"192.0.2.3\n")
    feed = d.wait_feed("file", state="held")
    checks.is_true("No such file" in feed["reason"], f"no signature: {feed['reason']}")


def check_not_installed(checks, d, server, keys):
    """A reputed that sees nothing in /usr/bin."""
    d.stop(d.control, signal.SIGTERM)
    d.control = d.spawn("unshare", "--mount", "sh", "-c",
                        'mount -t tmpfs none /usr/bin && exec "$@"', "sh",
                        os.path.join(d.build, "reputed"), "-c", d.config_path)
    d.wait_ready()
    checks.is_equal(d.answer("1.9.51.198.web.test"), LISTED, "without gpgv what was good serves")
    publish(d, server, block(10), keys.sign("good", block(10)))
    feed = d.wait_feed("web", state="held")
    checks.is_equal(("package gpgv" in feed["reason"], d.answer("1.9.51.198.web.test")),
                    (True, LISTED), f"and what is new is held: {feed['reason']}")
    d.stop(d.control, signal.SIGTERM)
    d.start_control()
    d.wait_ready()
    d.ask("feeds-refresh", feed="web")
    checks.is_equal(d.wait_answer("1.10.51.198.web.test", LISTED), LISTED,
                    "until it is there again")


def main():
    checks, folder = netns.Checks(), tempfile.mkdtemp(prefix="reputed-signature-")
    try:
        with signer.Signer(folder, ("good", "other"), ("old",)) as keys, \
                misbehave.Server(BLOCK) as server:
            server.signature = keys.sign("good", BLOCK)
            config = CONFIG.format(url=server.url("data"), signature_url=server.url("signature"))
            with daemons.Daemons(sys.argv[1], config, {"feeds/f.txt": "192.0.2.1\n"}) as d:
                put(d, "feeds/f.txt.asc", keys.sign("good", b"192.0.2.1\n"))
                put(d, "keys/web.gpg", keys.keys("good", "old"))
                put(d, "keys/file.gpg", keys.keys("good"))
                d.start()
                check_fetched(checks, d, server, keys)
                check_lists_of_keys(checks, d, server, keys)
                check_file(checks, d, keys)
                if os.geteuid() == 0:
                    check_not_installed(checks, d, server, keys)
                else:
                    checks.skip("without gpgv", "needs root to hide it")
                checks.is_equal(d.stop(d.control, signal.SIGTERM), 0, "it stops cleanly")
    finally:
        shutil.rmtree(folder)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
