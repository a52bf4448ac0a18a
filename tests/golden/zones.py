# SPDX-License-Identifier: BSD-3-Clause
"""The zones of dataset.c, as far as answers tell of them; part of compose.py."""
from wire import pointer, record, u32, wire

TTL, NEGATIVE_TTL, SERIAL = 300, 60, 7

# What most cases ask for.
HIT = "1.2.0.192.bl.example"
HIT_TEXT = "192.0.2.1 is listed, see https://bl.example/?q=192.0.2.1"
MISS = "1.113.0.203.bl.example"


class Zone:
    """What an answer says of a zone; at: the offset of its apex in the question."""

    def __init__(self, apex, ns):
        self.apex, self.ns = apex, ns  # ns: function of the apex pointer -> wire name

    def at(self, query):
        name = query.name.lower()
        assert name == self.apex or name.endswith("." + self.apex)
        return pointer(12 + len(query.wire) - len(wire(self.apex)))

    def soa(self, query, ttl):
        at = self.at(query)
        data = self.ns(at)[0] + b"\x0ahostmaster" + at + u32(SERIAL)
        data += u32(3600) + u32(600) + u32(604800) + u32(NEGATIVE_TTL)
        return (record(at, "SOA", ttl, data), f"SOA of {self.apex}, ttl {ttl}")


def synthetic(at):
    return [b"\2ns" + at]


BL = Zone("bl.example", lambda at: [b"\3ns1\7example\0"])
DBL = Zone("dbl.example", synthetic)
MIX = Zone("mix.example", lambda at: [b"\1a\3ns1" + at, b"\3NS2\7Example\0"])
V4 = Zone("v4.example", synthetic)
V6 = Zone("v6.example", synthetic)
TXT = Zone("txt.example", synthetic)
SUB = Zone("sub.bl.example", synthetic)
BITS = Zone("bits.example", synthetic)
SCORE = Zone("score.example", synthetic)
REC = Zone("rec.example", lambda at: [b"\3ns1" + at, b"\2ns\5other\7example\0"])


def rec_soa(query, ttl):
    at = REC.at(query)
    data = b"\7primary\7example\0" + b"\2me" + at + u32(SERIAL)
    data += u32(7200) + u32(900) + u32(86400) + u32(NEGATIVE_TTL)
    return (record(at, "SOA", ttl, data), f"SOA of rec.example, ttl {ttl}")


REC.soa = rec_soa
