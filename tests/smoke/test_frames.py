#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every frame that comes to a DPDK port is answered or counted once, with its reason. Prints TAP.

usage: test_frames.py BUILD_DIRECTORY

Frames are read from one pcap file and answers written to another (net_pcap), so nothing is lost
and nothing else is on the wire.
"""
import os
import socket
import struct
import sys
import tempfile

import dns.message

import netns
import push

OUR_MAC, PEER_MAC = bytes.fromhex("027063617000"), bytes.fromhex("020000000002")
OUR4, PEER4 = "10.53.0.1", "10.53.0.2"
OUR6, PEER6 = "fd53::1", "fd53::2"
NAME = "2.0.0.127.bl.test"
LISTED_FROM = 1024


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp(payload, pseudo, to=53, damage=0):
    size = 8 + len(payload)
    head = struct.pack(">HHHH", LISTED_FROM, to, size, 0)
    value = checksum(pseudo + struct.pack(">BBH", 0, 17, size) + head + payload) or 0xFFFF
    return head[:6] + struct.pack(">H", value ^ damage) + payload


def ip4(payload, protocol=17, to=OUR4, fragment=0, damage=0):
    ends = socket.inet_aton(PEER4) + socket.inet_aton(to)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 7, fragment, 64, protocol, 0) + ends
    return head[:10] + struct.pack(">H", checksum(head) ^ damage) + head[12:] + payload


def ethernet(payload, kind=0x0800, to=OUR_MAC, tag=b""):
    return (to + PEER_MAC + tag + struct.pack(">H", kind) + payload).ljust(60, b"\0")


def dns4(message, **how):
    pseudo = socket.inet_aton(PEER4) + socket.inet_aton(OUR4)
    return ip4(udp(message, pseudo, **how))


def dns6(message):
    ends = socket.inet_pton(socket.AF_INET6, PEER6) + socket.inet_pton(socket.AF_INET6, OUR6)
    datagram = udp(message, ends)
    return struct.pack(">IHBB", 6 << 28, len(datagram), 17, 64) + ends + datagram


def arp(target):
    return struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + PEER_MAC + socket.inet_aton(PEER4) + \
        b"\0" * 6 + socket.inet_aton(target)


def echo():
    body = b"\x08\0\0\0\0\1\0\1" + b"ping" * 8
    return ip4(body[:2] + struct.pack(">H", checksum(body)) + body[4:], protocol=1)


def rows():
    """(frame, outcome, why): the outcome is a drop's counter, 'dns' or 'neighbor'."""
    message = netns.query(NAME).to_wire()
    response = bytearray(message)
    response[2] |= 0x80
    return [
        (ethernet(dns4(message)), "dns", "IPv4"),
        (ethernet(dns6(message), 0x86DD), "dns", "IPv6"),
        (ethernet(dns4(message), tag=b"\x81\0\0\x07"), "dns", "IPv4 with a VLAN tag"),
        (ethernet(arp(OUR4), 0x0806, b"\xff" * 6), "neighbor", "ARP"),
        (ethernet(echo()), "neighbor", "echo"),
        (ethernet(arp("10.53.0.9"), 0x0806, b"\xff" * 6), "neighbor_drop", "ARP for another"),
        (ethernet(dns4(message, damage=1)), "udp_checksum", "damaged UDP checksum"),
        (ethernet(ip4(b"x" * 16, damage=1)), "ip_checksum", "damaged IP checksum"),
        (ethernet(ip4(b"x" * 16, fragment=0x2000)), "fragment", "a fragment"),
        (ethernet(ip4(b"x" * 16, protocol=6)), "ip_protocol", "TCP"),
        (ethernet(ip4(b"x" * 16, to="10.53.0.9")), "not_our_address", "another's address"),
        (ethernet(dns4(message), to=b"\x02" * 6), "not_our_mac", "another's MAC"),
        (ethernet(dns4(message, to=54)), "udp_port", "another port"),
        (ethernet(b"x" * 50, 0x88CC), "ethertype", "LLDP"),
        (ethernet(dns4(b"short")), "dns_short", "less than a DNS header"),
        (ethernet(dns4(bytes(response))), "dns_response", "a response"),
        (ethernet(dns4(message + b"\0" * 4000)), "jumbo", "in several buffers, too long for one"),
    ]


def write_pcap(path, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            out.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


def read_pcap(path):
    with open(path, "rb") as data:
        data.read(24)
        while True:
            head = data.read(16)
            if not head:
                return
            yield data.read(struct.unpack("<IIII", head)[2])


def check_sent(checks, frames):
    """The frames written: every one is addressed back, and the DNS ones hold an answer."""
    checks.is_true(all(f[:6] == PEER_MAC and f[6:12] == OUR_MAC for f in frames),
                   "answers go back to the sender's MAC")
    offsets = {b"\x08\0": 42, b"\x86\xdd": 62, b"\x81\0": 46}
    seen = {}
    for frame in frames:
        kind = frame[12:14]
        if kind == b"\x08\0" and frame[23] == 1:
            seen["echo"] = frame[34] == 0
        elif kind == b"\x08\x06":
            seen["arp"] = frame[20:22] == b"\0\2" and frame[22:28] == OUR_MAC
        else:
            answer = dns.message.from_wire(frame[offsets[kind]:], ignore_trailing=True)
            seen[kind] = netns.summary(answer)
    checks.is_equal(seen, {"arp": True, "echo": True, b"\x08\0": "SERVFAIL EDE14",
                           b"\x86\xdd": "SERVFAIL EDE14", b"\x81\0": "SERVFAIL EDE14"},
                    "one answer of each kind")


def check_counted(checks, stats, table):
    for frame, outcome, why in table:
        if outcome in ("dns", "neighbor"):
            continue
        name = f'drops{{reason="{outcome.removesuffix("_drop")}"}}'
        checks.is_equal(stats[name], 1, f"{why} ({len(frame)} bytes)")
    checks.is_equal(stats['queries{transport="dpdk"}'], 5, "queries: 3 answered, 2 dropped")
    checks.is_equal(stats['replies{transport="dpdk"}'], 3, "answers")
    checks.is_equal(stats["neighbor_replies"], 2, "replies to neighbours")
    checks.is_equal(handled(stats), len(table), "every frame is counted once")


def handled(stats):
    drops = sum(value for name, value in stats.items() if name.startswith("drops{"))
    return stats['replies{transport="dpdk"}'] + stats["neighbor_replies"] + drops


def check_frames(checks, build, folder):
    table = rows()
    received, sent = os.path.join(folder, "in.pcap"), os.path.join(folder, "out.pcap")
    write_pcap(received, [row[0] for row in table])
    with netns.Dataplane(build, ["--port", f"net_pcap0,rx_pcap={received},tx_pcap={sent}",
                                 "--address", f"{OUR4}/24", "--address", f"{OUR6}/64"]) as dataplane:
        netns.wait_for(lambda: handled(push.Channel(dataplane.socket).stats()) >= len(table),
                       "all frames to be handled")
        check_counted(checks, push.Channel(dataplane.socket).stats(), table)
        checks.is_equal(dataplane.stop(), 0, "SIGTERM: exit status")
    check_sent(checks, list(read_pcap(sent)))


def main(build):
    netns.skip_unless_possible()
    checks = netns.Checks()
    with checks.group("frames"), tempfile.TemporaryDirectory(prefix="reputed-smoke-") as folder:
        check_frames(checks, build, folder)
    return checks.done()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
