#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Who gets how much: access rules, key labels, rate limits and TCP, from configuration to answers,
on the loopback, whose many addresses are the clients. Prints TAP.

usage: test_limits.py BUILD_DIRECTORY
"""
import os
import signal
import socket
import struct
import subprocess
import sys

import dns.exception
import dns.flags
import dns.message
import dns.query

import daemons
import netns

MANY = 40  # codes of one address: more than fit 512 bytes
CONFIG = """\
access:
  - {from: 127.0.0.0/8, action: allow}
  - {from: 127.0.2.0/24, action: refuse}
  - {from: 127.0.3.0/24, action: drop}
  - {from: 127.0.4.0/24, action: empty}
  - {from: 127.0.5.0/24, action: always, code: 127.0.0.10, text: "$ asks too much"}
rate_limit: {responses_per_s: 5, nxdomains_per_s: 3, slip: 2, ipv4_length: 32, exempt: [127.0.0.0/24]}
lists:
  - name: drop
    feed: {path: feeds/drop.txt, format: plain}
    code: 127.0.0.9
    text: "$ is dropped"
%szones:
  - {name: bl.test, lists: [drop]}
  - {name: big.test, lists: [%s]}
  - {name: key.test, lists: [drop], keys: keys.txt, records: records.txt}
  - {name: gate.test, lists: [drop], access_file: gate.acl}
  - name: own.test
    lists: [drop]
    access:
      - {from: 127.0.0.0/8, action: allow}
      - {from: 127.0.7.0/24, action: always, code: 127.0.0.11, text: "only here, $"}
      - {from: 127.0.8.0/24, action: empty}
""" % ("".join(f"  - {{name: b{i}, manual: true, code: 127.1.{i}.2}}\n" for i in range(MANY)),
       ", ".join(f"b{i}" for i in range(MANY)))
LISTED, REFUSED = "NOERROR 127.0.0.9", "REFUSED EDE18"
NAME = "1.2.0.192.bl.test"
GATE = "127.0.7 :refuse\n127.0.8 :empty\n"
KEY_NAME = "1.2.0.192.{}.key.test"


def write_keys(d, text, mode=0o600):
    path = d.path("keys.txt")
    with open(path + ".new", "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
    os.rename(path + ".new", path)


def ask(d, source, name, kind="A", timeout=2, **how):
    """An answer as a message, None when there is none."""
    query = netns.query(name, kind)
    try:
        return dns.query.udp(query, "127.0.0.1", timeout=timeout, port=d.port, source=source, **how)
    except dns.exception.Timeout:
        return None


def answer(d, source, name, kind="A"):
    reply = ask(d, source, name, kind)
    return "none" if reply is None else netns.summary(reply)


def check_access(checks, d):
    rows = (("127.0.0.9", LISTED, "allow"), ("127.0.2.9", REFUSED, "refuse"),
            ("127.0.4.9", "NXDOMAIN", "empty"), ("127.0.5.9", "NOERROR 127.0.0.10", "always"))
    for source, expected, text in rows:
        checks.is_equal(answer(d, source, NAME), expected, f"access rule {text}")
    checks.is_true(ask(d, "127.0.3.9", NAME, timeout=0.3) is None, "access rule drop")
    reply = ask(d, "127.0.5.8", NAME, "TXT")
    checks.is_true("127.0.5.8 asks too much" in reply.to_text(), "'$' of always is the client")
    checks.is_equal(answer(d, "127.0.5.7", "1.0.0.127.bl.test"), "NOERROR 127.0.0.10",
                    "always covers 127.0.0.1")


def check_zone_access(checks, d):
    gate, own = (NAME.replace("bl.", zone) for zone in ("gate.", "own."))
    for source, name, expected, text in (
            ("127.0.0.9", gate, LISTED, "an acl of a zone: who is in none of its lines"),
            ("127.0.7.9", gate, REFUSED, "who is refused"),
            ("127.0.7.9", NAME, LISTED, "but not in other zones"),
            ("127.0.8.9", gate, "NXDOMAIN", "for whom nothing is listed"),
            ("127.0.2.9", gate, REFUSED, "whom the server refuses"),
            ("127.0.7.9", own, "NOERROR 127.0.0.11", "access of a zone: always"),
            ("127.0.8.9", own, "NXDOMAIN", "empty"),
            ("127.0.5.9", own, "NOERROR 127.0.0.10", "the server's always"),
            ("127.0.4.9", own, "NXDOMAIN", "the server's empty")):
        checks.is_equal(answer(d, source, name), expected, text)
    checks.is_equal(netns.summary(ask(d, "127.0.7.9", own, "TXT")), 'NOERROR "only here, 127.0.7.9"',
                    "with its text")
    shown = subprocess.run([os.path.join(d.build, "reputectl"), "-c", d.config_path, "lookup", "192.0.2.1"],
                           capture_output=True, text=True, check=False).stdout
    checks.is_true("gate.test" in shown and "REFUSED" not in shown, "the operator's look-up is of all zones")
    d.write("gate.acl", "127.0.0.77 :refuse\n")
    checks.is_equal((netns.wait_for(lambda: answer(d, "127.0.0.77", gate) == REFUSED, "the new acl"),
                     answer(d, "127.0.0.78", gate)), (True, LISTED), "a changed file is in force by itself")
    d.write("gate.acl", "127.0.0.77 :no such thing:\n")
    d.wait_log("gate.acl:1: bad value")
    checks.is_equal(answer(d, "127.0.0.77", gate), REFUSED, "one with a mistake is told and changes nothing")
    d.write("gate.acl", GATE)


def check_keys(checks, d):
    name = "www.secret-of-mail1.key.test"
    checks.is_equal(answer(d, "127.0.0.9", name), "NOERROR 192.0.2.7", "a record behind a key")
    d.write("records.txt", "www A 192.0.2.8\n")
    checks.is_equal(d.wait_answer(name, "NOERROR 192.0.2.8"), "NOERROR 192.0.2.8",
                    "the keys are still there when the records changed")
    checks.is_equal(answer(d, "127.0.0.9", "www.key.test"), REFUSED, "no record without a key")
    checks.is_equal(answer(d, "127.0.0.9", KEY_NAME.format("secret-of-mail1")), LISTED, "a key")
    checks.is_equal(answer(d, "127.0.0.9", KEY_NAME.format("SECRET-of-mail1")), LISTED,
                    "in another case")
    checks.is_equal(answer(d, "127.0.0.9", KEY_NAME.format("secret-of-mail2")), REFUSED,
                    "a key that nobody has")
    checks.is_equal(answer(d, "127.0.0.9", "1.2.0.192.key.test"), REFUSED, "no key")
    checks.is_equal(answer(d, "127.0.0.9", "secret-of-mail1.key.test"), "NOERROR", "the key alone")
    write_keys(d, "secret-of-mail2 mail2\nSecret-of-mail1 mail1\n")
    checks.is_equal(d.wait_answer(KEY_NAME.format("secret-of-mail2"), LISTED), LISTED,
                    "a key that is added to the file is noticed")
    write_keys(d, "secret-of-mail2 mail2\nbad key\nnot_a_key\n")
    netns.wait_for(lambda: d.status()["config_error"], "the bad keys to be told")
    checks.is_equal(answer(d, "127.0.0.9", KEY_NAME.format("secret-of-mail1")), LISTED,
                    "a bad file changes nothing")
    checks.is_true("keys.txt:2: bad key" in d.log(), "and is told with its line")
    write_keys(d, "secret-of-mail2 mail2\n", 0o644)
    netns.wait_for(lambda: "everybody may read" in d.log(), "the mode to be told")
    write_keys(d, "secret-of-mail2 mail2\n")
    checks.is_equal(d.wait_answer(KEY_NAME.format("secret-of-mail1"), REFUSED), REFUSED,
                    "a key that is taken away")
    checks.is_true("secret-of" not in d.log().lower(), "no key is in the log")


def burst(d, source, name, count):
    """Send that many at once and sort what comes: full answers, truncated ones, nothing."""
    full = cut = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        client.settimeout(1)
        wire = netns.query(name).to_wire()
        for _ in range(count):
            client.sendto(wire, ("127.0.0.1", d.port))
        try:
            while full + cut < count:
                reply = dns.message.from_wire(client.recv(4096))
                cut += bool(reply.flags & dns.flags.TC)
                full += not reply.flags & dns.flags.TC
        except socket.timeout:
            pass
    return full, cut


def check_rates(checks, d):
    full, cut = burst(d, "127.0.1.9", NAME, 60)
    checks.is_true(5 <= full <= 12, f"a burst is held to the rate: {full} answered")
    checks.is_true(20 <= cut <= 28, f"half of the rest slips: {cut}")
    full, _ = burst(d, "127.0.1.8", "1.113.0.203.bl.test", 60)
    checks.is_true(3 <= full <= 8, f"what is not listed has its own rate: {full}")
    full, cut = burst(d, "127.0.0.7", NAME, 60)
    checks.is_equal((full, cut), (60, 0), "exempt clients get all")
    reply = dns.query.tcp(netns.query(NAME), "127.0.0.1", port=d.port, timeout=5,
                          source="127.0.1.9")
    checks.is_equal(netns.summary(reply), LISTED, "who is limited gets it over TCP")


def connect(d, source="127.0.0.1"):
    client = socket.create_connection(("127.0.0.1", d.port), 5, (source, 0))
    return client


def framed(wire):
    return struct.pack("!H", len(wire)) + wire


def is_closed(client):
    try:
        return client.recv(1) == b""
    except (ConnectionResetError, BrokenPipeError):
        return True


def check_tcp(checks, d):
    wire = netns.query(NAME).to_wire()
    idle = [connect(d, f"127.0.6.{i // 50 + 1}") for i in range(1000)]
    reply = dns.query.tcp(netns.query(NAME), "127.0.0.1", port=d.port, timeout=5)
    checks.is_equal(netns.summary(reply), LISTED, "served beside a thousand silent connections")
    for client in idle:
        client.close()
    crowd = [connect(d, "127.0.6.200") for _ in range(65)]
    checks.is_true(is_closed(crowd[64]), "the 65th connection of one client is closed")
    crowd[0].sendall(framed(wire))
    checks.is_true(len(crowd[0].recv(4096)) > 20, "the others are served")
    for client in crowd:
        client.close()
    with connect(d) as client:
        client.sendall(framed(wire) * 50 + b"\0")
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as stream:
            data = stream.read()
    size = struct.unpack("!H", data[:2])[0] + 2
    checks.is_equal(len(data), 50 * size, "pipelined and half-closed: all whole ones are answered")
    with connect(d) as client:
        client.sendall(b"\0\0")
        checks.is_true(is_closed(client), "an empty message ends the connection")
    with connect(d) as client:
        client.sendall(framed(wire + b"more than the message has"))
        checks.is_equal(client.recv(4096)[5] & 15, 1, "more than the question: FORMERR")


def check_truncation(checks, d):
    query = dns.message.make_query("1.2.0.192.big.test", "A", use_edns=False)
    reply = dns.query.udp(query, "127.0.0.1", port=d.port, timeout=5)
    checks.is_equal((bool(reply.flags & dns.flags.TC), len(reply.answer)), (True, 0),
                    "too large for 512 bytes: TC and nothing else")
    reply = dns.query.tcp(query, "127.0.0.1", port=d.port, timeout=5)
    checks.is_equal(len(reply.answer[0]), MANY, "and whole over TCP")
    reply, was_tcp = dns.query.udp_with_fallback(query, "127.0.0.1", port=d.port, timeout=5)
    checks.is_equal((was_tcp, len(reply.answer[0])), (True, MANY), "as a client does it by itself")


def main():
    build = sys.argv[1]
    checks = netns.Checks()
    with daemons.Daemons(build, CONFIG, {"feeds/drop.txt": "192.0.2.1\n", "records.txt": "www A 192.0.2.7\n",
                                          "gate.acl": GATE}) as d:
        write_keys(d, "# keys\nSecret-of-mail1 mail1  # the first\n")
        d.start()
        for i in range(MANY):
            d.ask("list-add", list=f"b{i}", key="192.0.2.1")
        for check in (check_access, check_zone_access, check_keys, check_rates, check_tcp, check_truncation):
            with checks.group(check.__name__):
                check(checks, d)
        checks.is_equal(d.stop(d.control, signal.SIGINT), 0, "SIGINT stops it cleanly")
        checks.is_equal(d.stop(d.dataplane, signal.SIGTERM), 0, "SIGTERM the data plane")
        if checks.failed:
            sys.stderr.write(d.log())
    return checks.done()


if __name__ == "__main__":
    sys.exit(main())
