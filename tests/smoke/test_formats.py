#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every format as an operator meets it: a list from a sample file, an answer, and where it came from:
list, entry, file and line, as `reputectl lookup` tells it; the same of what is fetched and pushed, and
of compressed files. On the loopback. Prints TAP.

usage: test_formats.py BUILD_DIRECTORY
"""
import hashlib
import json
import os
import signal
import subprocess
import sys

import daemons
import misbehave
import netns

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/feeds")
GUARDS = "{errors: 1, bogons: keep, widest4: 0, widest6: 0, coverage4: 1, labels: 0, lint: false, canaries: false}"

# What the samples have not: one lists everything, one is past its own expiry.
OWN = {"trie.txt": "198.51/16 :2:wide\n!198.51.100/24\n198.51.100.128/25 :3:narrow\n",
       "drop-fresh.txt": "; Spamhaus DROP List\n; Expires: Tue, 26 May 2099 12:14:02 GMT\n"
                         "192.0.2.0/25 ; SBL1\n2001:db8:254::/48 ; SBL3\n"}

# Format, sample, options, what is asked for, the line that lists it (None: such files have no lines).
ROWS = (
    ("plain", "plain.txt", "", "198.51.100.45", 10),
    ("domains", "domains.txt", "", "mixed.example", 7),
    ("hosts", "hosts.txt", "", "three.example", 11),
    ("netset", "firehol.netset", "", "10.1.2.3", 14),
    ("netset", "saved.ipset", "", "192.0.2.9", 5),
    ("csv", "urlhaus.csv", "column: url", "www.bad.example", 10),
    ("csv", "feodo.csv", "column: dst_ip", "198.51.100.10", 8),
    ("csv", "threatfox.csv", 'column: ioc_value, where: ["ioc_type=ip:port|domain"]', "c2.example.net", 8),
    ("dshield", "dshield.txt", "", "198.51.100.7", 8),
    ("rpz", "rpz.zone", "", "drop.example", 12),
    ("dnsbl-zone", "dnsbl.zone", "", "198.51.2.77", 7),
    ("emails", "emails.txt", "", "upper.case+x@bad.example", 3),
    ("spamhaus-drop-json", "drop_v4.json", "", "198.51.100.3", 2),
    ("spamhaus-asndrop-json", "asndrop.json", f"asn_database: {DATA}/nested.mmdb", "192.0.2.1", 1),
    ("spamhaus-sia-json", "sia.json", "", "192.0.2.55", 3),
    ("mmdb", "nested.mmdb", "country: AA", "192.0.2.1", None),
    ("mmdb-asn", "nested.mmdb", "", "192.0.2.1", None),
    ("rbldnsd-ip4set", "ip4set.rbldnsd", "", "192.0.2.5", 11),
    ("rbldnsd-ip4trie", "trie.txt", "", "198.51.100.199", 3),
    ("spamhaus-drop", "drop-fresh.txt", "", "2001:db8:254::1", 4),
    ("rbldnsd-ip4tset", "ip4tset.rbldnsd", "", "192.0.2.3", 6),
    ("rbldnsd-ip6trie", "ip6trie.rbldnsd", "", "2001:db8:5::1", 3),
    ("rbldnsd-ip6tset", "ip6tset.rbldnsd", "", "2001:db8:0:2::5", 3),
    ("rbldnsd-dnset", "dnset.rbldnsd", "", "x.both.example", 5),
    ("rbldnsd-dnhash", "dnhash.rbldnsd", "", "twice.example", 4),
    ("rbldnsd-generic", "generic.rbldnsd", "", "192.0.2.1", 9),
    ("rbldnsd-combined", "combined.rbldnsd", "dataset: spam", "192.0.2.2", 13),
    ("plain", "plain.txt.gz", "", "198.51.100.45", 10),
)


def lookup(d, key, *words):
    return subprocess.run([os.path.join(d.build, "reputectl"), "-c", d.config_path, "lookup", key, *words],
                          capture_output=True, text=True, check=False).stdout


def sources(d, key):
    return {source["list"]: source for source in json.loads(lookup(d, key, "--json"))["sources"]}


def check_rows(checks, build):
    text = "lists:\n"
    for i, (form, name, options, _, _) in enumerate(ROWS):
        text += (f"  - {{name: l{i}, code: 127.0.1.{i + 2}, feed: {{path: {'' if name in OWN else DATA + '/'}{name}, format: {form}, "
                 f"options: {{{options}}}, guards: {GUARDS}}}}}\n".replace("options: {}, ", ""))
    text += "zones:\n" + "".join(f"  - {{name: z{i}.test, lists: [l{i}]}}\n" for i in range(len(ROWS)))
    with daemons.Daemons(build, text, OWN) as d:
        d.start()
        for i, (form, name, _, key, line) in enumerate(ROWS):
            source = sources(d, key).get(f"l{i}", {})
            checks.is_equal((os.path.basename(source.get("feed") or ""), source.get("line")), (name, line),
                            f"{form}: {key} is from line {line} of {name}")
            shown = lookup(d, key)
            wanted = f"{name}, line {line}" if line else name
            checks.is_true(f"l{i}" in shown and wanted in shown, f"{form}: for people, too")
        d.stop(d.control, signal.SIGTERM)


SOURCES = """\
lists:
  - {{name: web, feed: {{url: "{url}?key=open-sesame", format: plain}}}}
  - {{name: batch, feed: {{push: true, format: plain}}}}
  - {{name: local, manual: true}}
zones:
  - {{name: z.test, lists: [web, batch, local]}}
"""


def check_sources(checks, build):
    """What is fetched or pushed is not by hand, and of a URL only the server is told."""
    with misbehave.Server(b"# a list\n198.51.100.1\n") as server, \
            daemons.Daemons(build, SOURCES.format(url=server.url("data")), {}) as d:
        d.start()
        subprocess.run([os.path.join(build, "reputectl"), "-c", d.config_path, "feeds", "push", "batch"],
                       input=b"\n\n198.51.100.2\n", stdout=subprocess.DEVNULL, check=True)
        d.ask("list-add", list="local", key="198.51.100.3", author="me")
        d.wait_answer("1.100.51.198.z.test", "NOERROR 127.0.0.2")
        here = server.url("").rstrip("/")
        for key, name, place, line, shown in (
                ("198.51.100.1", "web", here, 2, f"{here}, line 2"),
                ("198.51.100.2", "batch", "pushed", 3, "pushed, line 3"),
                ("198.51.100.3", "local", None, None, "by hand, by me")):
            source = sources(d, key)[name]
            checks.is_equal((source["feed"], source["line"]), (place, line), f"{name}: {place} line {line}")
            told = lookup(d, key)
            checks.is_true(shown in told and "sesame" not in told, f"{name}: '{shown}'")


def check_emails(checks, build):
    """A mail address is looked up as clients ask for it, in any of its forms."""
    config = "lists: [{name: mail, feed: {path: mail.txt, format: emails}}]\nzones: [{name: m.test, lists: [mail]}]\n"
    with daemons.Daemons(build, config, {"mail.txt": "# senders\nSpammer+1@Bad.Example\na.b@gmail.com\n"}) as d:
        d.start()
        for key, line in (("spammer@bad.example", 2), ("spammer+2@bad.example", 2), ("ab@googlemail.com", 3)):
            checks.is_equal(sources(d, key).get("mail", {}).get("line"), line, f"{key} is listed by line {line}")
        checks.is_equal(sources(d, "other@bad.example"), {}, "another one is not")
        asked = hashlib.sha1(b"spammer@bad.example").hexdigest()
        checks.is_equal(d.answer(f"{asked}._email.m.test"), "NOERROR 127.0.0.2", "and that is what is answered")


def main():
    build, checks = sys.argv[1], netns.Checks()
    for check in (check_rows, check_sources, check_emails):
        with checks.group(check.__name__):
            check(checks, build)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
