#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a zone and the server say of themselves and who may ask, from YAML to answers, and each of it
changed with SIGHUP while somebody asks all the time: no question may be lost. Prints TAP.

usage: test_reload.py BUILD_DIRECTORY
"""
import json
import os
import signal
import socket
import subprocess
import sys
import threading

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode

import daemons
import netns

ACCESS = "[{from: 127.0.0.0/8, action: allow}, {from: 127.0.9.0/24, action: %s}]"
PARTS = {
    "access": ACCESS % "allow",
    "identity": "{version: one, hostname: box1}",
    "rate_limit": "{responses_per_s: 0, ipv4_length: 32}",
    "text": '"$ is one"',
    "zone": "ttl: 77, negative_ttl: 33, ns: [ns1.bl.test, ns.other.example]",
    "key_zone": "keys: keys",
}
CONFIG = """\
access: {access}
identity: {identity}
rate_limit: {rate_limit}
lists:
  - {{name: l, feed: {{path: feeds/l, format: plain}}, code: 127.0.0.9, text: {text}}}
zones:
  - {{name: bl.test, lists: [l], records: records, {zone}}}
  - {{name: two.test, lists: [l], records: generic}}
  - {{name: key.test, lists: [l], {key_zone}}}
"""
RECORDS = "$TTL 600\n@ A 192.0.2.80\nns1 A 192.0.2.53\nns1 2h AAAA 2001:db8::53\nwww CNAME bl.test.\n"
GENERIC = ("$SOA 0 ns.two.test. who.two.test. 0 2h 10m 1w 5\n$NS 0 ns.two.test -ns.off.test\n"
           "ns 3000 A 192.0.2.54\nabout TXT \"two.test combined blocklist\"\n")
KEYS = "".join(f"secret-{i} client-{i}\n" for i in range(100000))
NAME = "1.2.0.192.bl.test"


def write_keys(d, text):
    with open(d.path("keys.new"), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
    os.rename(d.path("keys.new"), d.path("keys"))


def ask(d, name, kind="A", source="127.0.0.1", rdclass="IN", options=()):
    query = dns.message.make_query(name, kind, rdclass, use_edns=0, options=list(options))
    try:
        return dns.query.udp(query, "127.0.0.1", timeout=2, port=d.port, source=source)
    except dns.exception.Timeout:
        return None


def told(d, name, kind="A", source="127.0.0.1", rdclass="IN"):
    reply = ask(d, name, kind, source, rdclass)
    return netns.summary(reply) if reply else "none"


def is_dropped(d, source):
    """Whether a client gets nothing, without waiting long for it."""
    query = dns.message.make_query(NAME, "A")
    try:
        dns.query.udp(query, "127.0.0.1", timeout=0.3, port=d.port, source=source)
    except dns.exception.Timeout:
        return True
    return False


class Asker(threading.Thread):
    """Asks for the same listing all the time, and minds every answer that is late or another."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.is_over = False
        self.count = self.lost = 0
        self.wrong = set()

    def run(self):
        query = dns.message.make_query(NAME, "A")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.connect(("127.0.0.1", self.port))
            while not self.is_over:
                query.id = self.count & 0xffff
                client.send(query.to_wire())
                try:
                    answer = netns.summary(dns.message.from_wire(client.recv(4096)))
                except socket.timeout:
                    self.lost += 1
                    continue
                self.count += 1
                if answer != "NOERROR 127.0.0.9":
                    self.wrong.add(answer)


def use(d, **parts):
    """Another configuration, with SIGHUP, until it is in force."""
    PARTS.update(parts)
    d.configure(CONFIG.format(**PARTS))
    before = d.log().count("data plane has generation")
    d.control.send_signal(signal.SIGHUP)
    netns.wait_for(lambda: d.log().count("data plane has generation") > before, "the reload")


def check_zone(checks, d):
    """RFC 1035 data of a zone: TTLs, SOA, NS with their addresses, static records."""
    reply = ask(d, NAME)
    checks.is_equal(reply.answer[0].ttl, 77, "the TTL of the zone")
    checks.is_equal(ask(d, "1.2.0.192.two.test").answer[0].ttl, 300, "another zone has the default")
    reply = ask(d, "2.2.0.192.bl.test")
    soa = reply.authority[0]
    checks.is_equal((reply.rcode(), soa.ttl, soa[0].minimum), (dns.rcode.NXDOMAIN, 33, 33),
                    "its negative TTL, twice")
    checks.is_equal(soa[0].mname.to_text(), "ns1.bl.test.", "the primary is the first of ns")
    checks.is_equal(soa[0].serial, d.status()["dataplane"]["generation"],
                    "the serial is the generation")
    d.write("feeds/l", "192.0.2.1\n192.0.2.9\n")
    d.wait_answer("9.2.0.192.bl.test", "NOERROR 127.0.0.9")
    newer = ask(d, "bl.test", "SOA").answer[0][0].serial
    checks.is_true(newer > soa[0].serial, f"and grows with it: {soa[0].serial}, then {newer}")
    netns.wait_for(lambda: d.status()["dataplane"]["generation"] == newer, "the same generation")
    reply = ask(d, "bl.test", "NS")
    checks.is_equal(sorted(record.to_text() for record in reply.answer[0]),
                    ["ns.other.example.", "ns1.bl.test."], "NS")
    checks.is_equal(sorted((rrset.ttl, rrset[0].to_text()) for rrset in reply.additional),
                    [(600, "192.0.2.53"), (7200, "2001:db8::53")], "with their addresses")
    for name, kind, expected in (("bl.test", "A", "192.0.2.80"), ("www.bl.test", "A", "192.0.2.80 bl.test."),
                                 ("www.bl.test", "CNAME", "bl.test."), ("bl.test", "AAAA", "")):
        checks.is_equal(told(d, name, kind), f"NOERROR {expected}".rstrip(),
                        f"static record {name} {kind}")
    reply = ask(d, "two.test", "NS")
    checks.is_equal((reply.answer[0].to_text(), reply.additional[0].to_text()),
                    ("two.test. 300 IN NS ns.two.test.", "ns.two.test. 3000 IN A 192.0.2.54"),
                    "NS of a file of rbldnsd")
    soa = ask(d, "two.test", "SOA").answer[0][0]
    checks.is_equal((soa.rname.to_text(), soa.refresh, soa.minimum), ("who.two.test.", 7200, 60),
                    "and its SOA")
    checks.is_equal(told(d, "about.two.test", "TXT"), 'NOERROR "two.test combined blocklist"',
                    "and its TXT")
    use(d, zone="ttl: 78, negative_ttl: 34, ns: [ns1.bl.test]")
    reply = ask(d, "2.2.0.192.bl.test")
    checks.is_equal((ask(d, NAME).answer[0].ttl, reply.authority[0].ttl), (78, 34),
                    "after SIGHUP both are others")


def check_identity(checks, d):
    for name, text in (("version.bind", "one"), ("hostname.bind", "box1"), ("id.server", "box1")):
        checks.is_equal(told(d, name, "TXT", rdclass="CH"), f'NOERROR "{text}"', f"CH {name}")
    use(d, identity='{version: ""}')
    for name in ("version.bind", "hostname.bind"):
        checks.is_equal(told(d, name, "TXT", rdclass="CH"), "REFUSED EDE20",
                        f"CH {name} is not told after SIGHUP")


def check_access(checks, d):
    source = "127.0.9.7"
    checks.is_equal(told(d, NAME, source=source), "NOERROR 127.0.0.9", "allow")
    use(d, access=ACCESS % "refuse")
    checks.is_equal(told(d, NAME, source=source), "REFUSED EDE18", "refuse after SIGHUP")
    use(d, access=ACCESS % "drop")
    checks.is_true(is_dropped(d, source), "drop after SIGHUP")
    use(d, access=ACCESS % "empty")
    checks.is_equal(told(d, NAME, source=source), "NXDOMAIN", "empty after SIGHUP")
    use(d, access=ACCESS % 'always, code: 127.0.0.20, text: "ask $"')
    checks.is_equal(told(d, "9.9.9.9.bl.test", source=source), "NOERROR 127.0.0.20",
                    "always after SIGHUP")
    checks.is_equal(told(d, NAME, "TXT", source=source), f'NOERROR "ask {source}"', "with its text")
    use(d, access="[{from: 127.0.0.0/16, action: allow}, {from: 127.0.9.0/24, action: refuse}, "
                  "{from: 127.0.9.8/32, action: allow}]")
    for client, expected in (("127.0.9.8", "NOERROR 127.0.0.9"), ("127.0.9.9", "REFUSED EDE18"),
                             ("127.1.0.1", "REFUSED EDE18")):
        checks.is_equal(told(d, NAME, source=client), expected, f"the longest prefix of {client}")


def burst(d, source, cookie=b""):
    """How many of 20 questions at once are answered in full."""
    options = [dns.edns.GenericOption(10, cookie)] if cookie else []
    wire = dns.message.make_query(NAME, "A", use_edns=0, options=options).to_wire()
    full = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        client.settimeout(0.5)
        for _ in range(20):
            client.sendto(wire, ("127.0.0.1", d.port))
        try:
            while full < 20:
                full += not dns.message.from_wire(client.recv(4096)).flags & dns.flags.TC
        except socket.timeout:
            pass
    return full


def check_limits(checks, d):
    checks.is_equal(burst(d, "127.0.7.1"), 20, "no limit yet")
    limit = "{responses_per_s: 2, slip: 0, ipv4_length: 32, exempt: [127.0.0.1/32, 127.0.7.2]}"
    use(d, rate_limit=limit)
    full = burst(d, "127.0.7.1")
    checks.is_true(2 <= full <= 5, f"two a second after SIGHUP: {full}")
    checks.is_equal(burst(d, "127.0.7.2"), 20, "who is exempt is not limited")
    # another client, so that the answer with the cookie is not one too many
    reply = ask(d, NAME, source="127.0.7.3", options=[dns.edns.GenericOption(10, b"12345678")])
    cookie = next(o.data for o in reply.options if int(o.otype) == 10)
    checks.is_equal(burst(d, "127.0.7.3", cookie), 20, "nor who has a cookie")
    full = burst(d, "127.0.7.4", cookie)
    checks.is_true(full <= 5, f"the cookie of another is worth nothing: {full}")
    before = d.log().count("full load")
    use(d, rate_limit="{responses_per_s: 0}")
    checks.is_equal(burst(d, "127.0.7.1"), 20, "no limit again after SIGHUP")
    checks.is_equal(d.log().count("full load"), before, "and no list was sent for it")


def counters(d):
    """What reputectl stats --json shows."""
    run = subprocess.run([os.path.join(d.build, "reputectl"), "-c", d.config_path, "--json",
                          "stats"], check=True, stdout=subprocess.PIPE)
    return {c["name"]: c["value"] for c in json.loads(run.stdout)["counters"]}


def keyed(key):
    return f"1.2.0.192.{key}.key.test"


def check_keys(checks, d):
    """100,000 keys: asked, counted, one more and one less; the counters go on."""
    for key, expected in (("secret-0", "NOERROR 127.0.0.9"), ("SECRET-99999", "NOERROR 127.0.0.9"),
                          ("secret-100000", "REFUSED EDE18")):
        checks.is_equal(told(d, keyed(key)), expected, f"key {key} of 100,000")
    name = 'key_queries{zone="key.test",key="client-%d"}'
    for _ in range(3):
        ask(d, keyed("secret-77"))
    found = counters(d)
    for number, expected in ((0, 1), (77, 3), (99999, 1), (5, None)):
        checks.is_equal(found.get(name % number), expected, f"queries of client-{number}")
    checks.is_true(not any("secret" in counter for counter in found), "no key is in a counter")
    before = d.log().count("full load")
    write_keys(d, KEYS.replace("secret-5 client-5\n", "") + "secret-of-new client-new\n")
    netns.wait_for(lambda: told(d, keyed("secret-of-new")) == "NOERROR 127.0.0.9", "the new key")
    checks.is_equal(told(d, keyed("secret-5")), "REFUSED EDE18", "a key that was taken away")
    checks.is_equal(told(d, keyed("secret-77")), "NOERROR 127.0.0.9", "a key that stayed")
    found = counters(d)
    checks.is_equal(found.get(name % 77), 4, "counts go on with the new file")
    checks.is_equal(d.log().count("full load"), before, "no list was sent for two keys")
    use(d, key_zone="ttl: 300")
    checks.is_equal(told(d, "1.2.0.192.key.test"), "NOERROR 127.0.0.9", "no key needed any more")


def check_lists(checks, d):
    """What is listed is another: that takes a full load, and loses nothing either."""
    before = d.log().count("full load")
    use(d, text='"$ is two"')
    checks.is_equal(told(d, NAME, "TXT"), 'NOERROR "192.0.2.1 is two"', "another text after SIGHUP")
    checks.is_equal(d.log().count("full load"), before + 1, "with a full load")


def main():
    checks = netns.Checks()
    files = {"feeds/l": "192.0.2.1\n", "records": RECORDS, "generic": GENERIC}
    with daemons.Daemons(sys.argv[1], CONFIG.format(**PARTS), files) as d:
        write_keys(d, KEYS)
        d.start()
        asker = Asker(d.port)
        asker.start()
        for check in (check_zone, check_identity, check_access, check_limits, check_keys,
                      check_lists):
            with checks.group(check.__name__):
                before = asker.count
                check(checks, d)
                netns.wait_for(lambda least=before: asker.count > least, "the asker")
        asker.is_over = True
        asker.join(netns.DEADLINE_S)
        checks.is_equal((asker.lost, asker.wrong), (0, set()),
                        f"none of {asker.count} questions was lost or answered otherwise")
        checks.is_equal(d.stop(d.control, signal.SIGINT), 0, "SIGINT stops it cleanly")
        checks.is_equal(d.stop(d.dataplane, signal.SIGTERM), 0, "SIGTERM the data plane")
        if checks.failed:
            sys.stderr.write(d.log())
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
