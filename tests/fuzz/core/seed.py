#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write the first corpus of the answer core's fuzz targets: golden queries, plain and in frames.

usage: seed.py            writes corpus/answer/seed-* and corpus/frame/seed-* beside this file
"""
import ipaddress
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "..", "..", "golden", "cases")
OURS, THEIRS = bytes([2, 0, 0, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 2])
# enough to reach each branch; all of them would be too many files
FILES = {"apex": 4, "chaos": 9, "cookie": 20, "edns": 8, "errors": 4, "ip4": 6, "ip6": 4, "keys": 8, "names": 4,
         "open": 4, "records": 5, "size": 3, "test-entries": 7, "views": 6}
# for a port whose other frames the kernel gets
PUNTED = ("arp-answer", "fragment", "tag-tcp", "advertise", "all-hosts", "mld", "unreachable")


def queries(path, step):
    with open(path, encoding="utf-8") as cases:
        blocks = cases.read().split("\ncase ")
    for block in blocks[::step]:
        name = re.match(r"(?:case )?(\S+)", block)[1]
        lines = re.search(r"\nquery\n((?:  .*\n)*)", block)[1].split("\n")
        yield name, bytes.fromhex("".join(line.split(";")[0] for line in lines))


def udp(source, destination, payload):
    datagram = (5353).to_bytes(2, "big") + (53).to_bytes(2, "big")
    datagram += (8 + len(payload)).to_bytes(2, "big") + b"\0\0" + payload
    return ip(17, source, destination, datagram)


def ip(protocol, source, destination, payload, hops=64):
    source, destination = map(ipaddress.ip_address, (source, destination))
    if source.version == 4:
        return (b"\x08\0\x45\0" + (20 + len(payload)).to_bytes(2, "big") + bytes(4)
                + bytes([hops, protocol, 0, 0]) + source.packed + destination.packed + payload)
    return (b"\x86\xdd\x60\0\0\0" + len(payload).to_bytes(2, "big") + bytes([protocol, hops])
            + source.packed + destination.packed + payload)


def frames():
    hit = next(queries(os.path.join(CASES, "ip4.case"), 1))[1]
    opt = next(queries(os.path.join(CASES, "edns.case"), 1))[1]
    here, there = "10.53.0.1", "10.53.0.77"
    here6, there6, group = "fd53::1", "fd53::77", "ff02::1:ff00:1"
    unicast, broadcast = OURS + THEIRS, b"\xff" * 6 + THEIRS
    multicast = bytes([0x33, 0x33, 0xff, 0, 0, 1]) + THEIRS
    arp = bytes.fromhex("0806000108000604") + b"\0\1" + THEIRS
    arp += ipaddress.ip_address(there).packed + bytes(6) + ipaddress.ip_address(here).packed
    target = ipaddress.ip_address(here6).packed
    solicit = bytes([135]) + bytes(7) + target
    echo = bytes(3) + b"\0\0\1\0\2ping"
    yield "udp4", unicast + udp(there, here, hit)
    yield "udp4-opt", unicast + udp(there, here, opt)
    yield "udp6", unicast + udp(there6, here6, hit)
    yield "udp6-opt", unicast + udp(there6, here6, opt)
    yield "tag4", unicast + b"\x81\0\0\x42" + udp(there, here, hit)
    yield "tag6", unicast + b"\x81\0\0\x42" + udp(there6, here6, hit)
    yield "tag2", unicast + b"\x81\0\0\x42\x81\0\0\1" + udp(there, here, hit)
    yield "arp", broadcast + arp + bytes(18)
    yield "echo4", unicast + ip(1, there, here, b"\x08" + echo)
    yield "echo6", unicast + ip(58, there6, here6, b"\x80" + echo)
    yield "solicit", multicast + ip(58, there6, group, solicit + b"\1\1" + THEIRS, 255)
    yield "probe", multicast + ip(58, "::", group, solicit, 255)
    yield "tcp", unicast + ip(6, there, here, bytes(20))
    yield "options", unicast + ip(0, there6, here6, b"\x11\0" + bytes(6) + bytes(8))
    yield "short", unicast
    answer = arp[:9] + b"\2" + arp[10:]
    yield "arp-answer", unicast + answer + bytes(18)
    yield "fragment", unicast + fragment(ip(17, there, here, bytes(24)))
    yield "tag-tcp", unicast + b"\x81\0\0\x42" + ip(6, there, here, bytes(20))
    yield "advertise", multicast + ip(58, there6, here6, bytes([136]) + solicit[1:], 255)
    yield "all-hosts", broadcast + ip(17, there, "255.255.255.255", bytes(20))
    yield "mld", multicast + ip(0, "fe80::77", "ff02::1", b"\x3a\0\5\2\0\0\1\0" + bytes(24))
    yield "unreachable", unicast + ip(1, there, here, b"\3" + echo)


def fragment(packet):
    """The first one: more are to come."""
    return packet[:8] + b"\x20" + packet[9:]


def write(target, name, data):
    where = os.path.join(HERE, "corpus", target)
    os.makedirs(where, exist_ok=True)
    with open(os.path.join(where, "seed-" + name), "wb") as out:
        out.write(data)


def main():
    for stem, step in FILES.items():
        for name, message in queries(os.path.join(CASES, stem + ".case"), step):
            write("answer", f"{stem}-{name}", bytes([2, 80]) + message)
    hit = next(queries(os.path.join(CASES, "ip4.case"), 1))[1]
    for name, head in (("none", [0, 80]), ("long-apex", [1, 80]), ("tcp", [10, 255]),
                       ("no-room", [2, 0]), ("refuse", [34, 80]), ("drop", [50, 80]),
                       ("strict", [7, 80])):
        write("answer", name, bytes(head) + hit)
    for name, message in queries(os.path.join(CASES, "cookie.case"), 30):
        write("answer", f"strict-{name}", bytes([7, 80]) + message)
    for name, frame in frames():
        flags = 0xc0 if name in PUNTED else 0x80
        write("frame", name, bytes([160, flags]) + frame)


if __name__ == "__main__":
    main()
