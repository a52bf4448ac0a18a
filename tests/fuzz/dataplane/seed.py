#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write base.inc and the first corpus of fuzz_update: corpus/update/seed-* beside this file."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "smoke"))
from push import (REQUESTS, Batch, blob, fixed32, number, packed,  # noqa: E402
                  packed_fixed, paint6_body, wire_name)

EVERYBODY = ("access", paint6_body([(0, (1 << 128) - 1, 0)]))
HELLO = ("hello", number(1, 1) + number(2, 1))
BASE, SHORT = 1, 2  # bits of the first byte
KINDS = {kind: i + 1 for i, kind in enumerate(REQUESTS)} | {"rate_limit": 20, "keys": 21}


def message(kind, body):
    return blob(KINDS[kind], body)


def stream(messages, is_short):
    packed_messages = [message(*m) for m in messages]
    letter = ">B" if is_short else ">I"
    return b"".join(struct.pack(letter, len(m)) + m for m in packed_messages)


def begin(generation, is_full=False):
    return "begin", number(1, generation) + number(2, is_full)


def commit(generation):
    return "commit", number(1, generation) + number(2, 3)


def define(number_, code=2, text=b"$ is listed"):
    listing = number(1, number_) + number(2, 1) + fixed32(3, 0x7F000000 | code) + blob(4, text)
    return "define", blob(1, listing) + blob(2, number(1, number_) + packed(2, [number_]))


def paint4(first, last, verdict):
    return "paint4", (packed_fixed(1, [first], "I") + packed_fixed(2, [last], "I") +
                      packed(3, [verdict]))


def names(text, verdict, is_delete=None):
    body = blob(1, wire_name(text)) + packed(2, [verdict]) + packed(3, [verdict])
    return "put_names", body + (b"" if is_delete is None else packed(4, [is_delete]))


def zones(*apexes):
    batch = Batch()
    for apex in apexes:
        batch.add_zone(apex)
    return "zones", b"".join(blob(1, batch.zone_body(z, 300, 60)) for z in batch.zones)


def zone_with(fields, is_addition=False):
    """One zone with more than most have."""
    return "zones", blob(1, Batch().zone_body(("k.test", 1), 300, 60) + fields) + number(2, is_addition)


def keys(apex, *labels):
    return "keys", (blob(1, wire_name(apex)) + blob(2, b"".join(bytes([len(x)]) + x for x in labels)) +
                    b"".join(blob(3, b"name-%d" % i) for i in range(len(labels))))


def record(name, kind, data):
    return blob(18, blob(1, name) + number(2, kind) + number(3, 60) + blob(4, data))


def rate_limit(*per_s):
    return "rate_limit", (packed(1, per_s) + number(2, 2) + number(3, 24) + number(4, 56) + number(5, 16) +
                          packed_fixed(6, [0], "Q") + packed_fixed(7, [0xFFFF << 32], "Q") +
                          packed_fixed(8, [0], "Q") + packed_fixed(9, [(0xFFFF << 32) + 5], "Q"))


def lookup(key, first_zone=0):
    return "lookup", blob(1, key.encode()) + number(2, first_zone)


def base():
    return [HELLO, begin(1, True), define(1), paint4(0xC0000201, 0xC0000201, 1),
            ("paint6", paint6_body([(0x20010DB8 << 96, (0x20010DB9 << 96) - 1, 1)])),
            names("a.test", 1), zones("bl.test"), EVERYBODY, commit(1)]


def delta(generation, *messages):
    return [begin(generation), *messages, commit(generation)]


LONG = ("full", "delta")  # also with lengths of four bytes
FORGET1 = ("forget", packed(1, [1]) + packed(2, [1]))
SEEDS = {
    "full": base(),
    "delta": delta(2, define(2, 3), paint4(0xC0000200, 0xC00002FF, 2), names("b.test", 2)),
    "delete": delta(2, names("a.test", 0, 1), paint4(0xC0000201, 0xC0000201, 0)),
    "forget": [*delta(2, define(2, 4), paint4(0xC0000201, 0xC0000201, 2), FORGET1,
                      names("a.test", 0, 1),
                      ("paint6", paint6_body([(0, (1 << 128) - 1, 0)]))),
               *delta(3, define(1, 5), paint4(0, 1, 1))],
    "zones": [*delta(2, zones("bl.test=expired", "x.bl.test=not-loaded", "c.test")),
              lookup("192.0.2.1")],
    "access": delta(2, ("access", paint6_body([(0, 5, 1), (6, 9, 2)]))),
    "settings": delta(2, ("settings", blob(1, bytes(16)) + blob(1, bytes(range(16))) +
                          number(2, 1) + blob(3, b"v") + blob(4, b"h") + blob(5, b"n"))),
    "settings-many": delta(2, ("settings", b"".join(blob(1, bytes([i]) * 16) for i in range(4)) +
                               blob(3, bytes(40)) + blob(4, b"h" * 40) + blob(5, b"n" * 40))),
    "keys": [*delta(2, zone_with(number(19, 1)), keys("k.test", b"keykeykey", b"another-key"),
                    keys("k.test", b"third-key-1")),
             lookup("192.0.2.1"), ("stats", b""),
             *delta(3, zone_with(number(19, 1)), keys("k.test", b"keykeykey")), ("stats", b"")],
    "keys-missing": delta(2, zone_with(number(19, 1))),
    "keys-elsewhere": delta(2, zone_with(b""), keys("x.test", b"keykeykey")),
    "keys-twice": delta(2, zone_with(number(19, 1)), keys("k.test", b"keykeykey", b"KEYKEYKEY")),
    "rates": [*delta(2, rate_limit(5, 2, 1)), *delta(3, rate_limit())],
    "rates-bad": delta(2, rate_limit(5)),
    "zone-view": delta(2, zone_with(number(11, 1) + packed(12, [4]))),
    "zone-view-bad": delta(2, zone_with(number(11, 2) + packed(12, [77]))),
    "zone-soa": delta(2, zone_with(blob(13, wire_name("ns.k.test")) + blob(14, wire_name("h.k.test")) +
                                   number(15, 1) + number(16, 2) + number(17, 3) +
                                   blob(5, wire_name("ns.k.test")))),
    "zone-records": [*delta(2, zone_with(record(b"", 1, bytes([192, 0, 2, 9])) +
                                         record(b"\3www", 16, b"\1x"))), lookup("192.0.2.1")],
    "zone-addition": [*delta(2, zone_with(b""), ("zones", zones("z.test")[1] + number(2, 1))),
                      lookup("192.0.2.1", 1), lookup("192.0.2.1", 9), ("stats", b"")],
    "settings-bad": delta(2, ("settings", blob(1, bytes(15)))),
    "lookup4": [lookup("192.0.2.1"), lookup("127.0.0.2"), lookup("10.0.0.1")],
    "lookup6": [lookup("2001:db8::1"), lookup("::ffff:192.0.2.1")],
    "lookup-names": [lookup("x.a.test"), lookup("test"), lookup("b.test."), lookup("..")],
    "status": [("status", b""), ("stats", b""), ("hello", number(1, 2))],
    "refused": [*delta(2, paint4(2, 1, 0)), *delta(2, paint4(1, 2, 99)), *delta(1)],
    "two-fulls": [*base()[1:2], begin(5, True), define(1), paint4(0x7F000000, 0x7F000FFF, 1), commit(5),
                  begin(6, True), commit(6)],
    "wide": delta(2, paint4(0xC0000000, 0xC000FFFF, 1), paint4(0xC0000180, 0xC0000201, 0)),
}


def main():
    data = stream(base(), False)
    with open(os.path.join(HERE, "base.inc"), "w", encoding="ascii") as out:
        for i in range(0, len(data), 16):
            out.write(" ".join(f"0x{byte:02x}," for byte in data[i:i + 16]) + "\n")
    corpus = os.path.join(HERE, "corpus", "update")
    os.makedirs(corpus, exist_ok=True)
    for name, messages in SEEDS.items():
        for is_short in (False, True) if name in LONG else (True,):
            flags = (0 if name == "full" else BASE) | (SHORT if is_short else 0)
            suffix = "-short" if is_short else ""
            with open(os.path.join(corpus, f"seed-{name}{suffix}"), "wb") as out:
                out.write(bytes([flags]) + stream(messages, is_short))


if __name__ == "__main__":
    main()
