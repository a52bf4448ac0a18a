#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Loads a data plane over its update socket, as control would, and asks it.

  push.py SOCKET --zone bl.test --entry '192.0.2.1=127.0.0.2,why $ is listed' [--delta]
  push.py SOCKET --lookup 192.0.2.1 | --status | --stats

Speaks dataplane/proto/update.proto without a protobuf library, so that it also is a second opinion
on the format. As a module: Channel, Batch.
"""
import argparse
import ipaddress
import json
import re
import socket
import struct
import sys

UPDATE_VERSION = 1
MESSAGE_MAX = 4 << 20
PAINTS = 100000  # ranges in one message
DEFINITIONS = 5000
MAPPED = 0xFFFF << 32  # ::ffff:0.0.0.0

REQUESTS = ("hello begin define forget paint4 paint6 put_names zones access commit lookup stats "
            "status settings").split()
RESPONSES = "welcome committed lookup stats status error".split()

# Fields of the answers: number -> name, type; a type in brackets is repeated.
FIELDS = {
    "welcome": {1: ("version", int), 2: ("generation", int), 3: ("session", int)},
    "committed": {1: ("generation", int)},
    "error": {1: ("text", str), 2: ("generation", int)},
    "status": {1: ("generation", int), 2: ("session", int), 3: ("uptime_s", int),
               4: ("memory_size", int), 5: ("entries", int), 6: ("is_loaded", int),
               7: ("pid", int), 8: ("listen", [str]), 9: ("ports", [str])},
    "stats": {1: ("counters", ["counter"])},
    "counter": {1: ("name", str), 2: ("help", str), 3: ("value", int)},
    "lookup": {1: ("key", str), 2: ("zones", ["lookup_zone"]), 3: ("generation", int)},
    "lookup_zone": {1: ("zone", str), 2: ("name", str), 3: ("rcode", int),
                    4: ("addresses", ["code"]), 5: ("text", str),
                    6: ("listings", ["lookup_listing"])},
    "lookup_listing": {1: ("list", str), 2: ("code", "code"), 3: ("text", str)},
}


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def blob(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def fixed32(field, value):
    return varint(field << 3 | 5) + struct.pack("<I", value)


def packed(field, values):
    return blob(field, b"".join(map(varint, values))) if values else b""


def packed_fixed(field, values, letter):
    return blob(field, struct.pack(f"<{len(values)}{letter}", *values)) if values else b""


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def read_fields(data):
    """Yields (field number, int or bytes)."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        elif tag & 7 == 5:
            value, at = data[at:at + 4], at + 4
        elif tag & 7 == 1:
            value, at = data[at:at + 8], at + 8
        else:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        yield tag >> 3, value


def convert(kind, value):
    if kind is int:
        return [value]
    if kind is str:
        return [value.decode("utf-8", "replace")]
    if kind == "code":
        return [str(ipaddress.IPv4Address(v[0])) for v in struct.iter_unpack("<I", value)]
    return [decode(kind, value)]


def decode(message, data):
    out = {name: [] if isinstance(kind, list) else 0 if kind is int else ""
           for name, kind in FIELDS[message].values()}
    for field, value in read_fields(data):
        name, kind = FIELDS[message].get(field, (None, None))
        if name is None:
            continue
        if isinstance(kind, list):
            out[name].extend(convert(kind[0], value))
        else:
            out[name] = convert(kind, value)[-1]
    return out


def wire_name(text):
    labels = [label for label in text.lower().split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in labels) + b"\0"


class Channel:
    """A client of the update socket."""

    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)

    def close(self):
        self.socket.close()

    def send(self, kind, body=b""):
        message = blob(REQUESTS.index(kind) + 1, body)
        self.socket.sendall(struct.pack(">I", len(message)) + message)

    def receive_bytes(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the data plane closed the connection")
            data += more
        return data

    def receive(self):
        """The next answer: (kind, dict)."""
        size, = struct.unpack(">I", self.receive_bytes(4))
        if size > MESSAGE_MAX:
            raise ValueError(f"an answer of {size} bytes")
        for field, value in read_fields(self.receive_bytes(size)):
            kind = RESPONSES[field - 1]
            return kind, decode(kind, value)
        raise ValueError("an empty answer")

    def call(self, kind, body=b""):
        self.send(kind, body)
        answer, fields = self.receive()
        if answer == "error":
            raise RuntimeError(fields["text"])
        return fields

    def hello(self, is_writer=False):
        return self.call("hello", number(1, UPDATE_VERSION) + number(2, is_writer))

    def lookup(self, key):
        return self.call("lookup", blob(1, key.encode()))

    def status(self):
        return self.call("status")

    def stats(self):
        return {c["name"]: c["value"] for c in self.call("stats")["counters"]}


def parse_range(key):
    """(version, first, last) of an address, a prefix or first-last; None for a name."""
    try:
        address = int.from_bytes(socket.inet_pton(socket.AF_INET, key), "big")
        return 4, address, address  # by far the most, and ten times as fast
    except (OSError, ValueError):
        pass
    try:
        if "-" in key and ":" not in key.split("-")[0] and not re.fullmatch(r"[\d.]+-[\d.]+", key):
            return None
        if "-" in key:
            first, last = map(ipaddress.ip_address, key.split("-"))
            return first.version, int(first), int(last)
        net = ipaddress.ip_network(key, strict=False)
        return net.version, int(net[0]), int(net[-1])
    except ValueError:
        return None


def mapped(access):
    version, first, last = access
    return (first | MAPPED, last | MAPPED) if version == 4 else (first, last)


def paint6_body(ranges, low=(1 << 64) - 1):
    return (packed_fixed(1, [r[0] >> 64 for r in ranges], "Q") +
            packed_fixed(2, [r[0] & low for r in ranges], "Q") +
            packed_fixed(3, [r[1] >> 64 for r in ranges], "Q") +
            packed_fixed(4, [r[1] & low for r in ranges], "Q") +
            packed(5, [r[2] for r in ranges]))


class Batch:
    """Entries painted in the order they are added: of two that overlap, the later one counts."""

    LIST = 1

    def __init__(self):
        self.listings, self.verdicts = {}, {}
        self.ranges4, self.ranges6, self.names = [], [], []
        self.zones, self.access = [], []

    def verdict(self, text):
        """The id of 'CODE[,TEXT][;CODE[,TEXT]...]', from 0 up; None for '-' (not listed)."""
        if text == "-":
            return None
        ids = []
        for listing in text.split(";"):
            code, _, reason = listing.partition(",")
            key = int(ipaddress.IPv4Address(code)), reason
            ids.append(self.listings.setdefault(key, len(self.listings)))
        return self.verdicts.setdefault(tuple(ids), len(self.verdicts))

    def add(self, key, text):
        """key: address, prefix, first-last, name or .name (with all below it)."""
        verdict = self.verdict(text)
        found = parse_range(key)
        if not found:
            self.names.append((wire_name(key), verdict, verdict if key[0] == "." else None))
        elif found[0] == 4:
            self.ranges4.append((found[1], found[2], verdict))
        else:
            self.ranges6.append((found[1], found[2], verdict))

    def add_zone(self, text):
        """APEX or APEX=serving|not-loaded|expired"""
        apex, _, state = text.partition("=")
        self.zones.append((apex, ["not-loaded", "serving", "expired"].index(state or "serving")))

    def add_access(self, text):
        """PREFIX=allow|refuse|drop"""
        prefix, _, action = text.partition("=")
        first, last = mapped(parse_range(prefix))
        self.access.append((first, last, ["allow", "refuse", "drop"].index(action)))

    def zone_body(self, zone, ttl, negative_ttl):
        apex, state = zone
        return (blob(1, wire_name(apex)) + packed(2, [self.LIST]) + number(3, ttl) +
                number(4, negative_ttl) + number(6, state) + number(7, 7) +
                blob(10, b"pushed"))

    def messages(self, base, ttl, negative_ttl):
        """Every message but begin and commit; ids start at base + 1."""
        listings = [number(1, base + i + 1) + number(2, self.LIST) + fixed32(3, code) +
                    blob(4, text.encode()) for (code, text), i in self.listings.items()]
        verdicts = [number(1, base + i + 1) + packed(2, [base + n + 1 for n in ids])
                    for ids, i in self.verdicts.items()]
        for field, parts in ((1, listings), (2, verdicts)):
            for i in range(0, len(parts), DEFINITIONS):
                yield "define", b"".join(blob(field, p) for p in parts[i:i + DEFINITIONS])

        def painted(ranges):
            return [(r[0], r[1], 0 if r[2] is None else base + r[2] + 1) for r in ranges]

        for i in range(0, len(self.ranges4), PAINTS):
            part = painted(self.ranges4[i:i + PAINTS])
            yield "paint4", (packed_fixed(1, [r[0] for r in part], "I") +
                             packed_fixed(2, [r[1] for r in part], "I") +
                             packed(3, [r[2] for r in part]))
        for i in range(0, len(self.ranges6), PAINTS):
            yield "paint6", paint6_body(painted(self.ranges6[i:i + PAINTS]))
        for i in range(0, len(self.names), DEFINITIONS):
            part = self.names[i:i + DEFINITIONS]
            yield "put_names", (
                blob(1, b"".join(n[0] for n in part)) +
                packed(2, [0 if n[1] is None else base + n[1] + 1 for n in part]) +
                packed(3, [0 if n[2] is None else base + n[2] + 1 for n in part]))
        if self.zones:
            yield "zones", b"".join(blob(1, self.zone_body(z, ttl, negative_ttl))
                                    for z in self.zones)
        if self.access:
            yield "access", paint6_body(self.access)

    def push(self, channel, is_full=True, generation=None, ttl=300, negative_ttl=60):
        """Send as the writer; returns the generation. Errors: RuntimeError with the refusal."""
        last = channel.hello(is_writer=True)["generation"]
        generation = generation or last + 1
        if is_full and not self.access:
            self.access = [(0, (1 << 128) - 1, 0)]
        # A delta must not define an id again: each generation has ids of its own.
        base = 0 if is_full else generation % 4095 * 4096 + (1 << 12)
        channel.send("begin", number(1, generation) + number(2, is_full))
        for kind, body in self.messages(base, ttl, negative_ttl):
            channel.send(kind, body)
        entries = len(self.ranges4) + len(self.ranges6) + len(self.names)
        return channel.call("commit", number(1, generation) + number(2, entries))["generation"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("socket")
    parser.add_argument("--zone", action="append", default=[],
                        help="APEX[=serving|not-loaded|expired]")
    parser.add_argument("--entry", action="append", default=[],
                        help="KEY=CODE[,TEXT][;CODE[,TEXT]...]; KEY=- is not listed")
    parser.add_argument("--file", action="append", default=[],
                        help="lines 'KEY CODE[,TEXT]...' ('-': standard input)")
    parser.add_argument("--access", action="append", default=[],
                        help="PREFIX=allow|refuse|drop; without any everybody may ask")
    parser.add_argument("--ttl", type=int, default=300)
    parser.add_argument("--negative-ttl", type=int, default=60)
    parser.add_argument("--delta", action="store_true", help="change instead of replace")
    parser.add_argument("--lookup", metavar="KEY")
    parser.add_argument("--status", action="store_true")
    parser.add_argument("--stats", action="store_true")
    return parser.parse_args()


def fill(options):
    batch = Batch()
    for zone in options.zone:
        batch.add_zone(zone)
    for access in options.access:
        batch.add_access(access)
    for path in options.file:
        with sys.stdin if path == "-" else open(path, encoding="utf-8") as lines:
            for line in lines:
                key, _, text = line.strip().partition(" ")
                if key and key[0] != "#":
                    batch.add(key, text)
    for entry in options.entry:
        key, _, text = entry.partition("=")
        batch.add(key, text)
    return batch


def main():
    options = arguments()
    channel = Channel(options.socket)
    try:
        if options.lookup:
            print(json.dumps(channel.lookup(options.lookup), indent=1))
        elif options.status:
            print(json.dumps(channel.status(), indent=1))
        elif options.stats:
            print(json.dumps(channel.stats(), indent=1))
        else:
            generation = fill(options).push(channel, not options.delta, None, options.ttl,
                                            options.negative_ttl)
            print(f"generation {generation}")
    except (RuntimeError, ConnectionError) as error:
        sys.exit(f"push.py: {error}")


if __name__ == "__main__":
    main()
