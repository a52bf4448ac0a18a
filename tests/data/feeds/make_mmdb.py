#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Make the MaxMind databases of this folder.

usage: make_mmdb.py FOLDER
"""
import ipaddress
import struct
import sys

EXTENDED, UTF8, UINT16, UINT32, MAP, UINT64, ARRAY = 0, 2, 5, 6, 7, 9, 11


def control(kind, size):
    assert size < 29
    if kind > 7:
        return bytes([size, kind - 7])
    return bytes([kind << 5 | size])


def encode(value, kind=None):
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(encode(v) for v in value)
    if isinstance(value, tuple):
        return encode(*value)
    if isinstance(value, str):
        raw = value.encode()
        return control(UTF8, len(raw)) + raw
    raw = value.to_bytes(8, "big").lstrip(b"\0")
    return control(kind or UINT32, len(raw)) + raw


class Tree:
    def __init__(self, version):
        self.version = version
        self.nodes = [[None, None]]
        self.data, self.offsets = bytearray(), {}

    def bits(self, network):
        address = int(network.network_address)
        width = 32 if network.version == 4 else 128
        text = format(address, f"0{width}b")[:network.prefixlen]
        return text if network.version == self.version else "0" * 96 + text

    def descend(self, bits):
        node = 0
        for bit in bits:
            if self.nodes[node][int(bit)] is None:
                self.nodes.append([None, None])
                self.nodes[node][int(bit)] = len(self.nodes) - 1
            node = self.nodes[node][int(bit)]
        return node

    def store(self, record):
        """Equal records are stored once."""
        raw = encode(record)
        if raw not in self.offsets:
            self.offsets[raw] = len(self.data)
            self.data += raw
        return "data", self.offsets[raw]

    def add(self, network, record):
        bits = self.bits(ipaddress.ip_network(network))
        self.nodes[self.descend(bits[:-1])][int(bits[-1])] = self.store(record)

    def alias(self, network):
        """Another way to the IPv4 addresses."""
        bits = self.bits(ipaddress.ip_network(network))
        self.nodes[self.descend(bits[:-1])][int(bits[-1])] = self.descend("0" * 96)

    def dump(self, kind):
        count = len(self.nodes)
        tree = bytearray()
        for node in self.nodes:
            for side in node:
                value = count if side is None else side
                if isinstance(side, tuple):
                    value = count + 16 + side[1]
                tree += value.to_bytes(3, "big")
        metadata = {
            "binary_format_major_version": (2, UINT16), "binary_format_minor_version": (0, UINT16),
            "build_epoch": (1790072042, UINT64), "database_type": kind, "description": {"en": "sample"},
            "ip_version": (self.version, UINT16), "languages": ["en"], "node_count": (count, UINT32),
            "record_size": (24, UINT16)}
        return bytes(tree) + bytes(16) + bytes(self.data) + b"\xab\xcd\xefMaxMind.com" + encode(metadata)


def nested():
    tree = Tree(6)
    for network, code, number in [
            ("192.0.2.0/25", "AA", 64496), ("192.0.2.128/25", "BB", 64496), ("198.51.100.0/24", "AA", 64497),
            ("203.0.113.0/26", "CC", 64498), ("203.0.113.64/27", "CC", 64496),
            ("2001:db8::/48", "AA", 64497), ("2001:db8:1::/48", "DD", 64499)]:
        tree.add(network, {"country": {"iso_code": code, "names": {"en": code}}, "autonomous_system_number": number})
    tree.add("2001:db8:2::/48", {"continent": {"code": "EU"}})
    for network in ("::ffff:0:0/96", "2002::/16"):
        tree.alias(network)
    return tree


def flat():
    tree = Tree(4)
    for network, code, number in [
            ("192.0.2.0/24", "aa", "AS64496"), ("198.51.100.0/24", "BB", "AS64500"), ("203.0.113.7/32", "AA", "none")]:
        tree.add(network, {"country_code": code, "asn": number})
    return tree


def loop():
    tree = Tree(4)
    tree.add("192.0.2.0/24", {"country_code": "AA"})
    tree.nodes[3][1] = 1
    return tree


def main():
    for name, tree in (("nested", nested()), ("flat", flat()), ("loop", loop())):
        with open(f"{sys.argv[1]}/{name}.mmdb", "wb") as file:
            file.write(tree.dump(f"sample-{name}"))


if __name__ == "__main__":
    main()
