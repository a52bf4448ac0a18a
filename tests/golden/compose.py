#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write the golden cases of the answer core, composed from the RFCs and independent of the C code.

usage: compose.py            writes cases/*.case beside this file

Each case says what is asked, what must be answered and why. The files it writes are what the test
reads; after a change here, read their diff. The data set behind the answers is in dataset.c.
"""
import ipaddress
import os
import sys

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "OPT": 41,
         "DS": 43, "DNSKEY": 48, "SVCB": 64, "HTTPS": 65, "TYPE128": 128, "TKEY": 249,
         "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253, "ANY": 255, "URI": 256,
         "CAA": 257, "TYPE0": 0, "TYPE65400": 65400}
CLASSES = {"IN": 1, "CH": 3, "NONE": 254, "ANY": 255}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS, BADCOOKIE = 0, 1, 2, 3, 4, 5, 16, 23
TTL, NEGATIVE_TTL, SERIAL = 300, 60, 7
EDE_TEXTS = {14: "zone not loaded yet", 18: "not in the access list",
             20: "not a zone of this server", 24: "zone data expired"}
NOW = 1559731985  # RFC 9018 appendix A.1
SECRET = bytes.fromhex("e5e973e5a6b2a43f48e7dc849e37bfcf")
OLD_SECRET = bytes.fromhex("dd3bdf9344b678b185a6f5cb60fca715")
CLIENT_COOKIE = bytes.fromhex("2464c4abcf10c957")


def u16(value):
    return value.to_bytes(2, "big")


def u32(value):
    return value.to_bytes(4, "big")


def wire(name):
    """A name in wire form; a label may hold any byte as \\DDD."""
    out = b""
    for label in name.rstrip(".").split(".") if name not in ("", ".") else []:
        raw, i = b"", 0
        while i < len(label):
            if label[i] == "\\":
                raw += bytes([int(label[i + 1:i + 4])])
                i += 4
            else:
                raw += label[i].encode()
                i += 1
        out += bytes([len(raw)]) + raw
    return out + b"\0"


def reversed_name(address, zone):
    labels = ipaddress.ip_address(address).reverse_pointer.split(".")[:-2]
    return ".".join(labels) + "." + zone


class Query:
    """A question, and what else goes into the message."""

    def __init__(self, name, qtype="A", qclass="IN", opt=None, ident=0x1234, flags=0x0100,
                 counts=None, extra=b"", raw_name=None):
        self.name, self.qtype, self.qclass = name, qtype, qclass
        self.opt, self.ident, self.flags, self.extra = opt, ident, flags, extra
        self.wire = wire(name) if raw_name is None else raw_name
        self.counts = counts or (1, 0, 0, 0 if opt is None else 1)

    def question(self):
        return [(self.wire, self.name), (u16(TYPES[self.qtype]) + u16(CLASSES[self.qclass]),
                                         f"{self.qtype} {self.qclass}")]

    def lines(self):
        lines = [header_line(self.ident, self.flags, self.counts)] + self.question()
        if self.opt is not None:
            lines.append((self.opt, "OPT"))
        if self.extra:
            lines.append((self.extra, "extra"))
        return lines


def header_line(ident, flags, counts):
    return (u16(ident) + u16(flags) + b"".join(u16(c) for c in counts),
            f"id {ident:04x} flags {flags:04x} counts {' '.join(map(str, counts))}")


def opt(size=1232, do=False, version=0, options=b"", owner=b"\0", rcode=0):
    return (owner + u16(41) + u16(size) + bytes([rcode, version]) + u16(0x8000 if do else 0)
            + u16(len(options)) + options)


def option(code, data=b"", size=None):
    return u16(code) + u16(len(data) if size is None else size) + data


def siphash24(key, data):
    """SipHash-2-4 (Aumasson and Bernstein, 2012), 64 bits, in the byte order of their reference."""
    mask = (1 << 64) - 1
    k = [int.from_bytes(key[i:i + 8], "little") for i in (0, 8)]
    v = [k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d,
         k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573]

    def rotate(x, by):
        return (x << by | x >> (64 - by)) & mask

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & mask
            v[2] = (v[2] + v[3]) & mask
            v[1], v[3] = rotate(v[1], 13) ^ v[0], rotate(v[3], 16) ^ v[2]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[1]) & mask
            v[0] = (v[0] + v[3]) & mask
            v[1], v[3] = rotate(v[1], 17) ^ v[2], rotate(v[3], 21) ^ v[0]
            v[2] = rotate(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) % 256])
    for i in range(0, len(padded), 8):
        m = int.from_bytes(padded[i:i + 8], "little")
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    v[2] ^= 0xff
    rounds(4)
    return (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")


def cookie(at=NOW, secret=SECRET, client="127.0.0.1", mine=CLIENT_COOKIE, head=b"\1\0\0\0"):
    """Client and server cookie: RFC 9018 section 4."""
    text = mine + head + u32(at)
    return text + siphash24(secret, text + ipaddress.ip_address(client).packed)


def pointer(offset):
    return u16(0xc000 | offset)


def record(owner, rtype, ttl, data, rclass=1):
    return owner + u16(TYPES[rtype]) + u16(rclass) + u32(ttl) + u16(len(data)) + data


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
BIG = Zone("big.example", synthetic)
TXT = Zone("txt.example", synthetic)
SUB = Zone("sub.bl.example", synthetic)


class Case:
    files = {}

    def __init__(self, where, name, why, query, answer=None, drop=None, **settings):
        lines = [f"case {name}"] + [f"why {line}" for line in why.split("\n")]
        lines += [f"{key} {value}" for key, value in settings.items()]
        lines += ["query"] + hex_lines(query.lines() if isinstance(query, Query) else query)
        lines += [f"drop {drop}"] if drop else ["answer"] + hex_lines(answer)
        Case.files.setdefault(where, []).append("\n".join(lines) + "\n")


def hex_lines(lines):
    out = []
    for data, comment in lines:
        chunks = [data[i:i + 24] for i in range(0, len(data), 24)] or [b""]
        for n, chunk in enumerate(chunks):
            text = "  " + chunk.hex(" ", -2)
            out.append(f"{text:<63} ; {comment}" if n == 0 else text)
    return out


def reply(query, rcode=NOERROR, answers=(), authority=(), aa=True, tc=False, question=True,
          has_opt=None, ede=None, do=False, options=b"", ede_text=None):
    has_opt = query.opt is not None if has_opt is None else has_opt
    flags = 0x8000 | (query.flags & 0x7900) | (rcode & 15)
    flags |= (0x0400 if aa else 0) | (0x0200 if tc else 0)
    counts = (1 if question else 0, len(answers), len(authority), 1 if has_opt else 0)
    lines = [header_line(query.ident, flags, counts)]
    lines += query.question() if question else []
    lines += list(answers) + list(authority)
    if has_opt:
        if ede is not None:
            text = EDE_TEXTS.get(ede, "") if ede_text is None else ede_text
            options += option(15, u16(ede) + text.encode())
        comment = "OPT" if ede is None else f"OPT, EDE {ede}"
        lines.append((opt(do=do, options=options, rcode=rcode >> 4), comment))
    return lines


def error(query, rcode, **more):
    return reply(query, rcode, aa=False, **more)


def a(*codes):
    return [(record(pointer(12), "A", TTL, ipaddress.ip_address(c).packed), f"A {c}")
            for c in codes]


def txt(text):
    data = text if isinstance(text, bytes) else text.encode()
    return [(record(pointer(12), "TXT", TTL, bytes([len(data)]) + data), "TXT")]


def negative(zone, query, rcode, **more):
    return reply(query, rcode, authority=[zone.soa(query, NEGATIVE_TTL)], **more)


def listed(where, name, why, query, *codes, **settings):
    Case(where, name, why, query, reply(query, answers=a(*codes)), **settings)


def text(where, name, why, query, expected):
    Case(where, name, why, query, reply(query, answers=txt(expected)))


def nodata(where, name, why, zone, query):
    Case(where, name, why, query, negative(zone, query, NOERROR))


def nxdomain(where, name, why, zone, query):
    Case(where, name, why, query, negative(zone, query, NXDOMAIN))


HIT = "1.2.0.192.bl.example"
HIT_TEXT = "192.0.2.1 is listed, see https://bl.example/?q=192.0.2.1"
MISS = "1.113.0.203.bl.example"


def ip4_cases():
    f = "ip4"
    listed(f, "listed-a", "RFC 5782 section 2.1: an address that is listed has an A record",
           Query(HIT), "127.0.0.2")
    text(f, "listed-txt", "RFC 5782 section 2.1: the reason is one TXT record of one string,\n"
         "'$' stands for the address", Query(HIT, "TXT"), HIT_TEXT)
    listed(f, "codes", "RFC 5782 section 2.3: one A per sublist, each code once, ascending",
           Query("2.2.0.192.bl.example"), "127.0.0.2", "127.0.0.4", "127.0.0.9")
    text(f, "texts", "the distinct texts joined in one string, '$$' is a dollar",
         Query("2.2.0.192.bl.example", "TXT"),
         "192.0.2.2 is listed, see https://bl.example/?q=192.0.2.2; $ drop: 192.0.2.2")
    listed(f, "no-text-a", "a listing without a text still has its A",
           Query("3.2.0.192.bl.example"), "127.0.0.4")
    nodata(f, "no-text-txt", "a listing without a text has no TXT: RFC 2308 section 2.2", BL,
           Query("3.2.0.192.bl.example", "TXT"))
    listed(f, "some-shown", "only lists of the zone show", Query("4.2.0.192.bl.example"),
           "127.0.0.2")
    nxdomain(f, "none-shown", "listed, but by no list of this zone", BL,
             Query("7.8.9.10.bl.example"))
    nxdomain(f, "not-listed", "RFC 5782 section 2.1: NXDOMAIN; RFC 2308 section 3: with SOA", BL,
             Query(MISS))
    nxdomain(f, "not-listed-txt", "RFC 8020: NXDOMAIN is for the name, whatever the type", BL,
             Query(MISS, "TXT"))
    listed(f, "in-prefix", "RFC 5782 section 2.1: every address of a listed range",
           Query("255.100.51.198.bl.example"), "127.0.0.9")
    nxdomain(f, "excluded", "an exclusion inside a listed range", BL,
             Query("7.100.51.198.bl.example"))
    listed(f, "first-address", "0.0.0.0 is an address like any other",
           Query("0.0.0.0.bl.example"), "127.0.0.2")
    listed(f, "last-address", "255.255.255.255 too", Query("255.255.255.255.bl.example"),
           "127.0.0.2")
    for qtype in ("AAAA", "MX", "CNAME", "DS", "DNSKEY", "HTTPS", "SVCB", "CAA", "URI", "NS",
                  "SOA", "TYPE65400", "TYPE0"):
        nodata(f, f"listed-{qtype.lower()}", "RFC 2308 section 2.2: the name is there, the type "
               "is not (RFC 3597 for unknown types)", BL, Query(HIT, qtype))
    nxdomain(f, "not-listed-aaaa", "RFC 8020: NXDOMAIN for every type", BL, Query(MISS, "AAAA"))
    for labels, why in (("5.1.2.0.192", "five octets"), ("256.2.0.192", "no octet"),
                        ("01.2.0.192", "leading zero"), ("1.2.0.0192", "four digits"),
                        ("1.2.00.192", "leading zero of zero"), ("x.2.0.192", "no number"),
                        ("1-.2.0.192", "a digit and another byte"), ("-1.2.0.192", "a sign"),
                        ("_probe", "rspamd's random label"), ("\\000.2.0.192", "a NUL")):
        nxdomain(f, f"bad-{labels}".replace("\\", ""), f"no address: {why}; RFC 5782 names exactly"
                 " four octets", BL, Query(labels + ".bl.example"))
    for labels in ("192", "0.192", "2.0.192", "51.198", "100.51.198"):
        nodata(f, f"ent-{labels}", "RFC 8020, RFC 9156 section 2.3: a name above a listed one "
               "exists", BL, Query(labels + ".bl.example"))
    nodata(f, "ent-ns", "resolvers that minimise names ask NS or A at each ancestor", BL,
           Query("2.0.192.bl.example", "NS"))
    for labels, why in (("9.10", "listed below, but by no list of this zone"),
                        ("203", "nothing below"), ("113.0.203", "nothing below"),
                        ("256", "not an octet"), ("02.0.192", "not an octet")):
        nxdomain(f, f"no-ent-{labels}", why, BL, Query(labels + ".bl.example"))
    listed(f, "case", "RFC 4343, draft-vixie-dnsext-dns0x20: the question's case is echoed",
           Query("1.2.0.192.bL.ExAmPlE"), "127.0.0.2")
    nxdomain(f, "case-negative", "also where the SOA points into the question", BL,
             Query("1.113.0.203.BL.eXample"))
    Case(f, "any", "RFC 8482 section 4.1: one RRset of those there are", Query(HIT, "ANY"),
         reply(Query(HIT, "ANY"), answers=a("127.0.0.2")))
    nxdomain(f, "any-not-listed", "RFC 8482: nothing special about a name that is not there", BL,
             Query(MISS, "ANY"))
    nodata(f, "any-ent", "an empty non-terminal has nothing to choose from", BL,
           Query("2.0.192.bl.example", "ANY"))
    q = Query(HIT, qclass="ANY")
    Case(f, "class-any", "RFC 1035 section 6.2: an answer to QCLASS=* is not authoritative", q,
         reply(q, answers=a("127.0.0.2"), aa=False))
    q = Query(MISS, qclass="ANY")
    Case(f, "class-any-not-listed", "RFC 1035 section 6.2", q, negative(BL, q, NXDOMAIN, aa=False))
    listed(f, "rd-clear", "RFC 1035 section 4.1.1: RD is copied, RA is ours: 0",
           Query(HIT, flags=0), "127.0.0.2")
    q = Query(HIT, flags=0x07f0)
    Case(f, "flags-cleared", "RFC 4035 section 3.1.6: AD and CD are cleared, Z, RA, TC too", q,
         reply(Query(HIT, flags=0x0100), answers=a("127.0.0.2")))
    listed(f, "longest-zone", "RFC 1034 section 4.3.2: the zone nearest to the name decides",
           Query("9.100.51.198.sub.bl.example"), "127.0.0.9")
    nxdomain(f, "longest-zone-not-listed", "RFC 1034 section 4.3.2", SUB,
             Query("1.2.0.192.sub.bl.example"))
    listed(f, "only-ip4", "the short way of a zone of IPv4 alone", Query("1.2.0.192.v4.example"),
           "127.0.0.2")
    nxdomain(f, "only-ip4-not-listed", "the same, not listed", V4,
             Query("1.113.0.203.v4.example"))
    nxdomain(f, "only-ip4-name", "a zone of IPv4 alone has no names", V4,
             Query("spam.example.v4.example"))
    nxdomain(f, "only-ip4-nibbles", "nor IPv6", V4,
             Query(reversed_name("2001:db8:1::1", "v4.example")))
    nxdomain(f, "only-ip6-octets", "a zone of IPv6 alone has no octets: 127.0.0.2 is no key", V6,
             Query("2.0.0.127.v6.example"))


REC = Zone("rec.example", lambda at: [b"\3ns1" + at, b"\2ns\5other\7example\0"])


def rec_soa(query, ttl):
    at = REC.at(query)
    data = b"\7primary\7example\0" + b"\2me" + at + u32(SERIAL)
    data += u32(7200) + u32(900) + u32(86400) + u32(NEGATIVE_TTL)
    return (record(at, "SOA", ttl, data), f"SOA of rec.example, ttl {ttl}")


REC.soa = rec_soa
BITS = Zone("bits.example", synthetic)


SCORE = Zone("score.example", synthetic)


def with_additional(lines, additional):
    """The answer with a section more: its count is the last field of the header."""
    data, comment = lines[0]
    count = int.from_bytes(data[10:], "big") + len(additional)
    return [(data[:10] + u16(count), comment + f", {count} additional")] + lines[1:] + additional


def records_cases():
    f = "records"

    def rr(rtype, ttl, data, owner=pointer(12)):
        return (record(owner, rtype, ttl, data), rtype)

    for qtype, data, why in (
            ("A", b"\xc0\0\2\x50", "RFC 5782 section 2.1: the apex may have the address of a "
             "web server"),
            ("TXT", b"\5hello\5world", "RFC 1035 section 3.3.14: several strings"),
            ("MX", b"\0\12\4mail\7example\0", "RFC 1035 section 3.3.9"),
            ("CAA", b"\0\5issueca.example", "RFC 8659 section 4.1")):
        q = Query("rec.example", qtype)
        Case(f, f"apex-{qtype.lower()}", why, q, reply(q, answers=[rr(qtype, 600, data)]))
    nodata(f, "apex-aaaa", "RFC 2308 section 2.2: no such type at the apex", REC,
           Query("rec.example", "AAAA"))
    q = Query("rec.example", "SOA")
    Case(f, "apex-soa", "RFC 1035 section 3.3.13: the primary, mailbox and times as configured", q,
         reply(q, answers=[REC.soa(q, TTL)]))
    q = Query("rec.example", "NS")
    first, second = (rr("NS", TTL, name) for name in REC.ns(REC.at(q)))
    at = pointer(len(q.wire) + 12 + 4 + 12)
    glue = [rr("A", 3600, b"\xc0\0\2\x35", at),
            rr("AAAA", 3600, ipaddress.ip_address("2001:db8::53").packed, at)]
    Case(f, "apex-ns", "RFC 1034 section 4.3.2 step 6: addresses of name servers of the zone", q,
         with_additional(reply(q, answers=[first, second]), glue))
    q = Query("rec.example", "NS", opt=opt())
    lines = reply(q, answers=[first, second])
    Case(f, "apex-ns-opt", "RFC 6891 section 6.1.1: the OPT is counted with them", q,
         with_additional(lines[:-1], glue) + lines[-1:])
    q = Query("ns1.rec.example")
    Case(f, "ns-a", "glue is an answer where it is asked for", q,
         reply(q, answers=[rr("A", 3600, b"\xc0\0\2\x35")]))
    q = Query("WEB.rec.example")
    Case(f, "case", "RFC 4343", q, reply(q, answers=[rr("A", 300, b"\xc0\0\2\x51")]))
    nodata(f, "ns-mx", "RFC 2308 section 2.2", REC, Query("ns1.rec.example", "MX"))
    cname = b"\3web\3rec\7example\0"
    for qtype in ("A", "CNAME", "ANY"):
        q = Query("www.rec.example", qtype)
        answers = [rr("CNAME", 300, cname)]
        if qtype == "A":
            answers.append(rr("A", 300, b"\xc0\0\2\x51", pointer(12 + len(q.wire) + 4 + 12)))
        Case(f, f"cname-{qtype.lower()}", "RFC 1034 section 4.3.2 step 3a: a CNAME is followed "
             "in the zone, unless it is asked for", q, reply(q, answers=answers))
    for name, qtype, chain in (("www", "MX", ()), ("four", "AAAA", (cname,))):
        q = Query(f"{name}.rec.example", qtype)
        targets = [cname] if name == "www" else [b"\3www\3rec\7example\0", *chain]
        answers, owner, at = [], pointer(12), 12 + len(q.wire) + 4
        for target in targets:
            answers.append(rr("CNAME", 300, target, owner))
            owner, at = pointer(at + 12), at + 12 + len(target)
        Case(f, f"cname-nodata-{name}", "RFC 2308 section 2.2: the last name of the chain is there, "
             "the type is not:\nthe SOA says so, and for how long",
             q, negative(REC, q, NOERROR, answers=answers))
    q = Query("apex.rec.example", "NS")
    Case(f, "cname-apex", "what the apex has is told who asks for the apex: no SOA, which would "
         "deny its NS", q, reply(q, answers=[rr("CNAME", 300, b"\3rec\7example\0")]))
    q = Query("gap.rec.example", "TXT")
    Case(f, "cname-gap", "a name without records may be listed: it is for who asks for it", q,
         reply(q, answers=[rr("CNAME", 300, b"\3ent\3rec\7example\0")]))
    q = Query("out.rec.example")
    Case(f, "cname-out", "RFC 1034 section 4.3.2: the rest is another zone's", q,
         reply(q, answers=[rr("CNAME", 300, b"\3web\7example\0")]))
    q = Query("deep.ent.rec.example", "TXT")
    Case(f, "deep", "a name of two labels", q, reply(q, answers=[rr("TXT", 300, b"\4deep")]))
    nodata(f, "ent", "RFC 8020: a name above one with records exists", REC,
           Query("ent.rec.example", "TXT"))
    nxdomain(f, "below", "RFC 4592: no wildcards", REC, Query("x.web.rec.example"))
    nxdomain(f, "none", "RFC 2308: neither records nor lists", REC, Query("nothing.rec.example"))
    listed(f, "listed", "lists answer beside records", Query("1.2.0.192.rec.example"),
           "127.0.0.2")


# The sanity table of the model (control/reputation/README.md): address, what it did, score, SRL and
# the level of reputation, of which 10 is worst, 15 neutral and 20 excellent.
LOOK = 1767225600 + 101 * 86400
SENDERS = (("192.0.2.61", "a new address, one pristine trap", 36, 6, 12),
           ("198.51.101.61", "a new address, a harvest", 32, 6, 12),
           ("198.51.102.61", "an office, compromised", 13, 8, 11),
           ("198.51.103.61", "a newsletter with readers that are gone", 95, 0, 19),
           ("198.51.104.61", "one invalid recipient: of less than 5 points the level is neutral",
            76, 2, 15),
           ("2001:db8:61::ffff", "a /64, one pristine trap", 36, 6, 12))


def senders(f):
    for address, why, score, srl, level in SENDERS:
        name = address.replace(":", "-")
        for zone, code in (("score", f"127.0.4.{score}"), ("srl", f"127.0.9.{srl}"),
                           ("rep", f"127.0.0.{level}"), ("why", f"127.0.4.{score}")):
            listed(f, f"{zone}-{name}", why, Query(reversed_name(address, zone + ".example")), code)
    stamp = "2026-04-11T23:59Z"
    text(f, "why-trap", "the contract of reputation: v=1, key=value by ';'; a trap is listed for a day",
         Query("61.2.0.192.why.example", "TXT"),
         f"v=1;score=36;srl=6;n=25;trap=1;list=trap;last={stamp};until=2026-04-12T23:59Z;"
         f"ref={LOOK - 1:x}")
    text(f, "why-harvest", "a harvest for four hours from its window's start",
         Query("61.101.51.198.why.example", "TXT"),
         f"v=1;score=32;srl=6;n=30;dha=1;invalid=10;list=dha;last={stamp};"
         f"until=2026-04-12T03:59Z;ref={LOOK - 1:x}")
    text(f, "why-good", "not listed: no list, until and ref",
         Query("61.104.51.198.why.example", "TXT"), f"v=1;score=76;srl=2;n=1;invalid=1;last={stamp}")
    text(f, "asn", "number, prefix, country and name", Query("61.114.0.203.asn.example", "TXT"),
         "64496 | 192.0.2.0/24 | NO | EXAMPLE-AS")
    nxdomain(f, "score-unknown", "who nobody knows has no score", SCORE,
             Query("1.113.0.203.score.example"))
    nodata(f, "score-above", "RFC 8020: a name above one that is there exists", SCORE,
           Query("2.0.192.score.example"))
    nodata(f, "score-aaaa", "RFC 2308 section 2.2: a score is an A record", SCORE,
           Query("61.2.0.192.score.example", "AAAA"))
    nxdomain(f, "srl-never", "RFC 5782 section 5: 127.0.0.1 is never listed", Zone("srl.example", synthetic),
             Query("1.0.0.127.srl.example"))


def views_cases():
    f = "views"
    listed(f, "bits-one", "RFC 5782 section 2.3: a bit for each list",
           Query("1.2.0.192.bits.example"), "127.0.0.2")
    listed(f, "bits-high", "the highest of 23 bits", Query("9.100.51.198.bits.example"),
           "127.128.0.0")
    listed(f, "bits-two", "RFC 5782 section 2.3: of both lists, one A record",
           Query("2.2.0.192.bits.example"), "127.128.0.2")
    text(f, "bits-txt", "TXT is that of the listings", Query("1.2.0.192.bits.example", "TXT"),
         "192.0.2.1 is listed, see https://bl.example/?q=192.0.2.1")
    listed(f, "bits-test", "RFC 5782 section 5", Query("2.0.0.127.bits.example"), "127.0.0.2")
    nxdomain(f, "bits-never", "RFC 5782 section 5", BITS, Query("1.0.0.127.bits.example"))
    nxdomain(f, "bits-not-listed", "RFC 5782 section 2.1", BITS, Query("1.113.0.203.bits.example"))
    senders(f)
    listed(f, "allow-one", "RFC 8904 section 3.3: 127.0.category.trust",
           Query("1.2.0.192.wl.example"), "127.0.3.1")
    listed(f, "allow-two", "of two lists the one that is trusted most",
           Query("2.2.0.192.wl.example"), "127.0.20.3")


def test_cases():
    f = "test-entries"
    listed(f, "always", "RFC 5782 section 5: 127.0.0.2 MUST be listed",
           Query("2.0.0.127.bl.example"), "127.0.0.2")
    text(f, "always-txt", "RFC 5782 section 5", Query("2.0.0.127.bl.example", "TXT"),
         "test entry (RFC 5782)")
    nodata(f, "always-aaaa", "RFC 2308 section 2.2", BL, Query("2.0.0.127.bl.example", "AAAA"))
    nxdomain(f, "never", "RFC 5782 section 5: 127.0.0.1 MUST NOT be listed, though it is painted",
             BL, Query("1.0.0.127.bl.example"))
    listed(f, "code-9", "RFC 5782 section 5: each code of the zone lists itself",
           Query("9.0.0.127.bl.example"), "127.0.0.9")
    listed(f, "code-4", "RFC 5782 section 5", Query("4.0.0.127.bl.example"), "127.0.0.4")
    listed(f, "no-code", "127.0.0.5 is painted and no test code: the table says", Query(
        "5.0.0.127.bl.example"), "127.0.0.9")
    nxdomain(f, "no-code-6", "127.0.0.6 is neither", BL, Query("6.0.0.127.bl.example"))
    for labels in ("127", "0.127", "0.0.127"):
        nodata(f, f"ent-{labels}", "RFC 8020: above the test entries, where the table has nothing",
               TXT, Query(labels + ".txt.example"))
    nodata(f, "ent-nibbles", "the nibbles above ::ffff:7f00:2 too", TXT,
           Query(".".join(reversed_name("::ffff:127.0.0.2", "txt.example").split(".")[1:])))
    nxdomain(f, "ent-none", "nothing is in 126.0.0.0/8", TXT, Query("126.txt.example"))
    nodata(f, "ent-only-ip6", "an IPv6 zone: the nibbles above ::ffff:7f00:2", V6,
           Query(".".join(reversed_name("::ffff:127.0.0.2", "v6.example").split(".")[5:])))
    for zone, apex in ((BL, "bl.example"), (V6, "v6.example"), (V4, "v4.example")):
        listed(f, f"mapped-always-{apex}", "RFC 5782 section 5: ::FFFF:7F00:2 MUST be listed",
               Query(reversed_name("::ffff:127.0.0.2", apex)), "127.0.0.2")
        nxdomain(f, f"mapped-never-{apex}", "RFC 5782 section 5: ::FFFF:7F00:1 MUST NOT", zone,
                 Query(reversed_name("::ffff:127.0.0.1", apex)))
    listed(f, "name-always", "RFC 5782 section 5: TEST MUST be listed",
           Query("test.dbl.example"), "127.0.0.2")
    listed(f, "name-always-case", "RFC 4343", Query("TEST.dbl.example"), "127.0.0.2")
    text(f, "name-always-txt", "RFC 5782 section 5", Query("test.dbl.example", "TXT"),
         "test entry (RFC 5782)")
    nxdomain(f, "name-never", "RFC 5782 section 5: INVALID MUST NOT be listed, though it was put",
             DBL, Query("other.dbl.example"))
    nodata(f, "name-invalid", "as above; a feed lists the names below it, so that it exists", DBL,
           Query("invalid.dbl.example"))
    nxdomain(f, "name-in-ip-zone", "a zone without names has no name test entry", BL,
             Query("test.bl.example"))
    nxdomain(f, "octets-in-name-zone", "a zone of names has no address test entry", DBL,
             Query("2.0.0.127.dbl.example"))


def ip6_cases():
    f = "ip6"
    hit = reversed_name("2001:db8:1::25", "bl.example")
    listed(f, "listed-a", "RFC 5782 section 2.4: 32 nibbles", Query(hit), "127.0.0.9")
    text(f, "listed-txt", "the address in its text form: RFC 5952", Query(hit, "TXT"),
         "$ drop: 2001:db8:1::25")
    listed(f, "case", "nibbles of either case are one address",
           Query(hit.upper().replace("BL.EXAMPLE", "bl.example")), "127.0.0.9")
    single = reversed_name("2001:db8:2::25", "v6.example")
    listed(f, "only-ip6", "a zone of IPv6 alone, and only its list", Query(single),
           "127.0.0.2", "127.0.0.9")
    nxdomain(f, "not-listed", "RFC 2308 section 3", BL,
             Query(reversed_name("2001:db8:2::26", "bl.example")))
    nxdomain(f, "none-shown", "listed, but by no list of this zone", BL,
             Query(reversed_name("2001:db8:3::1", "bl.example")))
    listed(f, "mapped", "a v4-mapped name is the IPv4 address: RFC 4291 section 2.5.5.2",
           Query(reversed_name("::ffff:192.0.2.1", "bl.example")), "127.0.0.2")
    text(f, "mapped-txt", "and its text is the IPv4 form",
         Query(reversed_name("::ffff:192.0.2.1", "bl.example"), "TXT"), HIT_TEXT)
    nxdomain(f, "mapped-not-listed", "RFC 2308 section 3", BL,
             Query(reversed_name("::ffff:203.0.113.1", "bl.example")))
    labels = hit.split(".")
    for count in (1, 4, 8, 12, 16, 31):
        name = ".".join(labels[32 - count:])
        nodata(f, f"ent-{count}", "RFC 8020: above a listed address", BL, Query(name))
    mapped = reversed_name("::ffff:192.0.2.1", "bl.example").split(".")
    for count in (1, 20, 24, 27, 31):
        nodata(f, f"mapped-ent-{count}", "RFC 8020: above a v4-mapped one", BL,
               Query(".".join(mapped[32 - count:])))
    unlisted = reversed_name("::ffff:203.0.113.1", "bl.example").split(".")
    for count in (26, 31):
        nxdomain(f, f"mapped-no-ent-{count}", "nothing below", BL,
                 Query(".".join(unlisted[32 - count:])))
    other = reversed_name("2001:db8:3::1", "bl.example").split(".")
    for count in (12, 31):
        nxdomain(f, f"no-ent-{count}", "below is only what this zone does not show", BL,
                 Query(".".join(other[32 - count:])))
    nxdomain(f, "33-nibbles", "too long for an address", BL, Query("0." + hit))
    nxdomain(f, "no-nibble", "g is no nibble", BL, Query("g" + hit[1:]))
    nxdomain(f, "wide-label", "two digits are no nibble", BL, Query("55" + hit[1:]))
    nodata(f, "octets-above-nibbles", "4.3.2.1 is the address 1.2.3.4, not listed, and the name "
           "above 1234::/16 too\n(RFC 8020): it exists", BL, Query("1.2.3.4.bl.example"))
    nxdomain(f, "octets-above-nothing", "the same where no nibbles are below", V4,
             Query("1.2.3.4.v4.example"))


def name_cases():
    f = "names"
    deep_cases(f)
    listed(f, "listed", "RFC 5782 section 2.2: names", Query("spam.example.dbl.example"),
           "127.0.1.2")
    text(f, "listed-txt", "'$' is the name that was listed",
         Query("spam.example.dbl.example", "TXT"), "spam.example sends spam")
    listed(f, "below", "a listed name covers those below", Query("a.b.spam.example.dbl.example"),
           "127.0.1.2")
    text(f, "below-txt", "'$' is the listed name, not the one asked for",
         Query("a.b.spam.example.dbl.example", "TXT"), "spam.example sends spam")
    listed(f, "case", "RFC 4343", Query("SPAM.Example.dbl.example"), "127.0.1.2")
    nxdomain(f, "excluded", "the longest put name decides", DBL,
             Query("ok.spam.example.dbl.example"))
    nxdomain(f, "below-excluded", "and for what is below it", DBL,
             Query("www.ok.spam.example.dbl.example"))
    nxdomain(f, "not-listed", "RFC 2308 section 3", DBL, Query("ham.example.dbl.example"))
    listed(f, "exact", "a name alone", Query("a.b.deep.dbl.example"), "127.0.1.4")
    nxdomain(f, "below-exact", "does not cover those below", DBL, Query("x.a.b.deep.dbl.example"))
    for name in ("b.deep", "deep", "example", "below"):
        nodata(f, f"ent-{name}", "RFC 8020: above a listed name", DBL,
               Query(name + ".dbl.example"))
    nodata(f, "ent-wildcard", "RFC 4592 section 2.2.2: only its children are listed, it exists",
           DBL, Query("only.below.dbl.example"))
    listed(f, "wildcard", "and they are", Query("x.only.below.dbl.example"), "127.0.1.2")
    text(f, "wildcard-txt", "'$' is what was put", Query("x.only.below.dbl.example", "TXT"),
         "only.below sends spam")
    text(f, "escapes", "RFC 1035 section 5.1: a dot, a backslash and bytes that do not print",
         Query("d\\046o\\092t.\\195\\169\\001.dbl.example", "TXT"),
         "d\\.o\\\\t.\\195\\169\\001")
    listed(f, "two-codes", "two listings of one name", Query("both.test.dbl.example"),
           "127.0.1.2", "127.0.1.4")
    text(f, "two-texts", "and their texts", Query("both.test.dbl.example", "TXT"),
         "both.test sends spam; both.test")
    listed(f, "mixed-name", "a zone of everything: a name", Query("spam.example.mix.example"),
           "127.0.1.2")
    listed(f, "mixed-ip4", "an IPv4 address", Query("1.2.0.192.mix.example"), "127.0.0.2")
    listed(f, "mixed-ip6", "an IPv6 address",
           Query(reversed_name("2001:db8:1::1", "mix.example")), "127.0.0.9")
    nxdomain(f, "mixed-not-listed", "none of them", MIX, Query("1.113.0.203.mix.example"))
    nodata(f, "ns-synthetic", "the zone's made-up name server is a name of the zone", DBL,
           Query("ns.dbl.example"))
    nodata(f, "ns-configured", "so is one of the configuration", MIX,
           Query("a.ns1.mix.example", "AAAA"))
    nodata(f, "ns-configured-ent", "and what is above it", MIX, Query("ns1.mix.example"))
    nxdomain(f, "ns-not", "no name server of this zone", MIX, Query("ns.mix.example"))
    for label, why in (("_x", "a leading underscore"), ("-x", "a leading hyphen"),
                       ("a" * 63, "a label of 63 bytes"), ("\\000\\255", "any bytes")):
        nxdomain(f, f"odd-{why.split()[-1]}-{len(label)}", f"RFC 2181 section 11: {why} is a name",
                 DBL, Query(label + ".dbl.example"))
    longest = ".".join(["a" * 63] * 3 + ["b" * (255 - 3 * 64 - 13 - 1)]) + ".dbl.example"
    assert len(wire(longest)) == 255
    nxdomain(f, "longest", "RFC 1035 section 3.1: 255 bytes are a name", DBL, Query(longest))


def deep_cases(f):
    """Names of very many labels, where some are put and where none are."""
    many = ".".join("abcdefghijklmnopqrs") + ".many"
    spam = "spam.example sends spam"
    q = Query(many + ".dbl.example")
    listed(f, "deep-listed", "a listed name of 20 labels", q, "127.0.1.2")
    listed(f, "deep-below", "and below it, which is listed otherwise", Query(
        "x.y.z." + many + ".dbl.example"), "127.0.1.4")
    text(f, "deep-below-txt", "named as what was listed", Query(
        "x.y.z." + many + ".dbl.example", "TXT"), many)
    for labels in (1, 2, 3, 4, 5, 18, 19):
        nodata(f, f"deep-ent-{labels}", "RFC 8020: names above it exist, however many labels they "
               "have", DBL, Query(many.split(".", labels)[labels] + ".dbl.example"))
    nxdomain(f, "deep-beside", "not the names beside them", DBL,
             Query("x." + many.split(".", 2)[2] + ".dbl.example"))
    nxdomain(f, "deep-beside-below", "nor what is below those", DBL,
             Query("x.y.z." + many.split(".", 2)[2] + ".dbl.example"))
    text(f, "deep-in-subtree", "RFC 4592: a subtree has any depth",
         Query(100 * "x." + "spam.example.dbl.example", "TXT"), spam)
    nxdomain(f, "deep-excluded", "an exclusion too", DBL,
             Query(30 * "x." + "ok.spam.example.dbl.example"))
    nxdomain(f, "deep-nothing", "the longest name of the shortest labels", DBL,
             Query(120 * "x." + "dbl.example"))
    nxdomain(f, "deep-never", "below INVALID nothing is put either", DBL,
             Query(30 * "x." + "b.deep.dbl.example"))


def apex_cases():
    f = "apex"
    for zone, apex in ((BL, "bl.example"), (DBL, "dbl.example"), (MIX, "mix.example")):
        q = Query(apex, "SOA")
        Case(f, f"soa-{apex}", "RFC 1035 section 3.3.13; serial: the generation's low 32 bits", q,
             reply(q, answers=[zone.soa(q, TTL)]))
        q = Query(apex, "NS")
        Case(f, f"ns-{apex}", "RFC 1035 section 3.3.11", q,
             reply(q, answers=[(record(pointer(12), "NS", TTL, ns), "NS")
                               for ns in zone.ns(pointer(12))]))
    q = Query("bl.example", "TXT")
    Case(f, "txt", "what the operator says of the zone", q, reply(q, answers=txt(
        "see https://bl.example/")))
    nodata(f, "txt-none", "RFC 2308 section 2.2: nothing said", DBL, Query("dbl.example", "TXT"))
    for qtype in ("A", "AAAA", "DNSKEY", "CAA"):
        nodata(f, qtype.lower(), "RFC 2308 section 2.2", BL, Query("bl.example", qtype))
    q = Query("bl.example", "ANY")
    Case(f, "any", "RFC 8482 section 4.1: one RRset", q, reply(q, answers=[BL.soa(q, TTL)]))
    q = Query("Bl.EXAMPLE", "SOA")
    Case(f, "case", "RFC 4343: the owner is the question's name", q,
         reply(q, answers=[BL.soa(q, TTL)]))
    q = Query("sub.bl.example", "SOA")
    Case(f, "nested", "RFC 1034 section 4.3.2: a zone below another", q,
         reply(q, answers=[SUB.soa(q, TTL)]))
    name = ".".join(["a" * 63] * 3 + ["a" * 60])
    q = Query(name, "SOA")
    at = pointer(12)
    data = at + at + u32(0) + u32(0) + u32(0) + u32(0) + u32(NEGATIVE_TTL)
    Case(f, "long-soa", "RFC 1035 section 3.1: no name longer than 255 bytes is made up below a\n"
         "long apex", q, reply(q, answers=[(record(at, "SOA", TTL, data), "SOA")]),
         tables="long-apex")


def edns_cases():
    f = "edns"

    def with_opt(name, why, do=False, **kind):
        q = Query(HIT, opt=opt(do=do, **kind))
        Case(f, name, why, q, reply(q, answers=a("127.0.0.2"), do=do))

    with_opt("plain", "RFC 6891 section 6.1.1: an OPT is answered with an OPT, of our size")
    with_opt("size-0", "RFC 6891 section 6.2.3: below 512 is 512", size=0)
    with_opt("size-4096", "RFC 6891 section 6.2.5: our own limit is 1232", size=4096)
    with_opt("do", "RFC 3225 section 3: DO is copied", do=True)
    with_opt("unknown-option", "RFC 6891 section 6.1.2: unknown options are ignored",
             options=option(65001, b"\1\2\3"))
    Case(f, "none", "RFC 6891 section 7: no OPT is sent unasked", Query(HIT),
         reply(Query(HIT), answers=a("127.0.0.2")))
    with_opt("size-512", "the smallest size there is", size=512)
    with_opt("size-65535", "the largest", size=65535)
    with_opt("padding", "RFC 7830 section 4: a plain answer over UDP is not padded",
             options=option(12, bytes(20)))
    with_opt("padding-empty", "RFC 7830 section 3: no padding bytes", options=option(12))
    with_opt("ecs", "RFC 7871 section 7.2.1: without it, it is as if not sent",
             options=option(8, b"\0\1\x18\0\xc0\0\2"))
    with_opt("ecs-malformed", "what is ignored is not judged", options=option(8, b"\0"))
    with_opt("unknown-empty", "an option without data", options=option(65534))
    with_opt("many-options", "forty of them", options=option(65001, b"xy") * 40)
    keepalive_cases(f)
    nsid = option(3, b"gold-1")
    for name, options, why in (
            ("nsid", option(3), "RFC 5001 section 2.1: asked for with an empty option"),
            ("nsid-data", option(3, b"abc"), "RFC 5001 section 2.1: data are ignored"),
            ("nsid-twice", option(3) + option(3), "asked for twice, told once"),
            ("nsid-ecs-padding", option(3) + option(8, b"\0\1\x18\0\xc0\0\2") + option(
                12, bytes(20)), "among others")):
        q = Query(HIT, opt=opt(options=options))
        Case(f, name, why, q, reply(q, answers=a("127.0.0.2"), options=nsid))
    q = Query(HIT, opt=opt(options=option(3)))
    Case(f, "nsid-tcp", "over TCP the same", q, reply(q, answers=a("127.0.0.2"), options=nsid),
         transport="tcp")
    Case(f, "nsid-not-set", "RFC 5001 section 2.2: a server without one leaves it out",
         Query(HIT, opt=opt(options=option(3) + option(10, cookie()))),
         reply(q, answers=a("127.0.0.2"), options=option(10, cookie())), tables="strict")
    q = Query("elsewhere.example", opt=opt(options=option(3)))
    Case(f, "nsid-refused", "with an EDE", q, error(q, REFUSED, ede=20, options=nsid))
    q = Query(HIT, flags=5 << 11, opt=opt(options=option(3)))
    Case(f, "nsid-notimp", "in an error too", q, error(q, NOTIMP, ede=21, options=nsid))
    q = Query(HIT, opt=b"\0" + u16(41) + u16(1232) + bytes([0xff, 0]) + u16(0x7fff) + u16(0))
    Case(f, "z-bits", "RFC 6891 section 6.1.4: unknown flags are ignored and not copied", q,
         reply(q, answers=a("127.0.0.2")))
    for version in (1, 255):
        q = Query(HIT, opt=opt(version=version))
        Case(f, f"version-{version}", "RFC 6891 section 6.1.3: BADVERS, we speak version 0", q,
             error(q, BADVERS))
    q = Query(HIT, opt=opt(version=1, do=True))
    Case(f, "version-1-do", "DO is copied into BADVERS too", q, error(q, BADVERS, do=True))
    q = Query(HIT, opt=opt(version=1, options=b"\1"))
    Case(f, "version-1-options", "the form of another version's options is not ours to judge", q,
         error(q, BADVERS))
    q = Query(HIT, opt=opt(), extra=opt(), counts=(1, 0, 0, 2))
    Case(f, "two-opt", "RFC 6891 section 6.1.1: FORMERR", q, error(q, FORMERR))
    q = Query(HIT, opt=opt(owner=b"\1a\0"))
    Case(f, "owner", "RFC 6891 section 6.1.2: the owner MUST be the root", q, error(q, FORMERR))
    q = Query(HIT, opt=opt(owner=pointer(12)))
    Case(f, "owner-pointer", "the same by a pointer", q, error(q, FORMERR))
    q = Query(HIT, opt=opt(options=option(10, b"\1\2", size=3)))
    Case(f, "option-overrun", "RFC 6891 section 7: a malformed option is FORMERR with an OPT", q,
         error(q, FORMERR))
    q = Query(HIT, opt=opt(options=b"\0\12\0"))
    Case(f, "option-short", "RFC 6891 section 7", q, error(q, FORMERR))
    q = Query(HIT, opt=opt()[:-1])
    Case(f, "opt-cut", "an OPT that ends before its length", q, error(q, FORMERR, has_opt=False))
    q = Query(HIT, opt=opt(options=b"\0\0\0\0")[:-1])
    Case(f, "opt-data-cut", "an OPT whose data are missing", q, error(q, FORMERR, has_opt=False))
    tsig = b"\3key\0" + u16(250) + u16(255) + u32(0) + u16(3) + b"abc"
    q = Query(HIT, opt=opt(), extra=tsig, counts=(1, 0, 0, 2))
    Case(f, "opt-then-other", "other additional records are skipped: RFC 1035 section 4.1", q,
         reply(q, answers=a("127.0.0.2")))
    q = Query(HIT, extra=tsig + opt(), counts=(1, 0, 0, 2))
    Case(f, "other-then-opt", "the OPT may be anywhere: RFC 6891 section 6.1.1", q,
         reply(q, answers=a("127.0.0.2"), has_opt=True))
    q = Query(MISS, opt=opt(do=True))
    Case(f, "not-listed", "RFC 6891 section 6.1.1: in every reply", q,
         negative(BL, q, NXDOMAIN, do=True))


def keepalive_cases(f):
    """edns-tcp-keepalive; golden.c says that connections may be idle for 10 s."""
    ours = option(11, u16(100))

    def over(transport, name, why, theirs, expected, **more):
        q = Query(HIT, opt=opt(options=theirs))
        Case(f, f"keepalive-{name}", why, q,
             reply(q, answers=a("127.0.0.2"), options=expected, **more), transport=transport)

    over("tcp", "tcp", "RFC 7828 section 3.3.2: the idle timeout, in units of 100 ms", option(11),
         ours)
    over("tcp", "tcp-twice", "asked for twice, told once", option(11) * 2, ours)
    over("tcp", "tcp-nsid", "among others", option(3) + option(11), ours + option(3, b"gold-1"))
    over("tcp", "tcp-unasked", "RFC 7828 section 3.3.2 allows it, RFC 6891 section 6.1.2 does not "
         "ask for it", b"", b"")
    over("udp", "udp", "RFC 7828 section 3.3.1: ignored over UDP, and MUST NOT be sent",
         option(11), b"")
    over("udp", "udp-data", "ignored, whatever is in it", option(11, u16(100)), b"")
    for size in (1, 2, 3):
        q = Query(HIT, opt=opt(options=option(11, bytes(size))))
        Case(f, f"keepalive-size-{size}", "RFC 7828 section 3.2.1: a query MUST have no timeout", q,
             error(q, FORMERR, options=ours), transport="tcp")
    q = Query("elsewhere.example", opt=opt(options=option(11)))
    Case(f, "keepalive-refused", "in an error too", q, error(q, REFUSED, ede=20, options=ours),
         transport="tcp")


def cookie_cases():
    f = "cookie"

    def asked(data, name=HIT, **more):
        return Query(name, opt=opt(options=option(10, data)), **more)

    def with_cookie(name, why, data, expected, **settings):
        q = asked(data)
        Case(f, name, why, q, reply(q, answers=a("127.0.0.2"), options=option(10, expected)),
             **settings)

    def bad_cookie(name, why, data, client="127.0.0.1", **settings):
        """Answered all the same, but not where cookies are required."""
        fresh = option(10, cookie(client=client, mine=data[:8]))
        q = asked(data)
        Case(f, name, why, q, reply(q, answers=a("127.0.0.2"), options=fresh), client=client,
             **settings)
        Case(f, name + "-required", why + "; RFC 7873 section 5.2.3", q,
             error(q, BADCOOKIE, options=fresh), client=client, tables="strict", **settings)

    def good_cookie(name, why, data, expected, **settings):
        with_cookie(name, why, data, expected, **settings)
        with_cookie(name + "-required", why, data, expected, tables="strict", **settings)

    # RFC 9018 appendix A.1, composed by the functions of this file
    assert cookie(client="198.51.100.100").hex() == (
        "2464c4abcf10c957010000005cf79f111f8130c3eee29480")
    bad_cookie("client-only", "RFC 7873 section 5.2.3: answered with a server cookie",
               CLIENT_COOKIE)
    good_cookie("good", "RFC 9018 section 4.3: younger than half an hour: it stays",
                cookie(NOW - 60), cookie(NOW - 60))
    good_cookie("good-now", "of this second", cookie(), cookie())
    good_cookie("good-1800", "half an hour old", cookie(NOW - 1800), cookie(NOW - 1800))
    good_cookie("good-1801", "RFC 9018 section 4.3: older than half an hour: a new one",
                cookie(NOW - 1801), cookie())
    good_cookie("good-3600", "an hour old", cookie(NOW - 3600), cookie())
    bad_cookie("old-3601", "RFC 9018 section 4.3: older than an hour", cookie(NOW - 3601))
    good_cookie("ahead-300", "RFC 9018 section 4.3: five minutes ahead", cookie(NOW + 300),
                cookie(NOW + 300))
    bad_cookie("ahead-301", "RFC 9018 section 4.3: more than five minutes ahead",
               cookie(NOW + 301))
    good_cookie("wrap", "RFC 1982: the time wraps around in 2106", cookie(2**32 - 5),
                cookie(2**32 - 5), now=10)
    good_cookie("old-secret", "RFC 9018 section 5: signed by the secret before: taken, renewed",
                cookie(NOW - 60, OLD_SECRET), cookie())
    good_cookie("reserved", "RFC 9018 section 4.2: reserved bytes are hashed; ours are 0",
                cookie(NOW - 60, head=b"\1\xab\xcd\xef"), cookie())
    good_cookie("ip6", "RFC 9018 section 4.4: the 16 bytes of an IPv6 address",
                cookie(NOW - 60, client="::1"), cookie(NOW - 60, client="::1"), client="::1")
    bad_cookie("ip6-client-only", "a fresh one for IPv6", CLIENT_COOKIE, client="fd53::42")
    bad_cookie("other-client", "RFC 7873 section 6: of another address",
               cookie(client="127.0.0.2"))
    bad_cookie("other-client-cookie", "of another client cookie",
               b"\0" * 8 + cookie()[8:])
    bad_cookie("other-secret", "signed by nobody we know", cookie(secret=bytes(16)))
    bad_cookie("version-2", "RFC 9018 section 4.1: a version we do not speak",
               cookie(head=b"\2\0\0\0"))
    bad_cookie("version-0", "the same", cookie(head=bytes(4)))
    bad_cookie("hash-bit", "one bit of the hash", cookie()[:-1] + bytes([cookie()[-1] ^ 1]))
    bad_cookie("time-bit", "one bit of the time", cookie()[:15] + bytes([cookie()[15] ^ 1])
               + cookie()[16:])
    for size in (16, 17, 23, 25, 40):
        bad_cookie(f"size-{size}", "RFC 7873 section 4: a size there may be, but not ours",
                   (cookie() + bytes(16))[:size])
    for size in (0, 1, 7, 9, 15, 41):
        data = (cookie() + bytes(32))[:size]
        q = asked(data)
        Case(f, f"malformed-{size}", "RFC 7873 section 5.2.2: FORMERR", q, error(q, FORMERR))
        Case(f, f"malformed-{size}-none", "whatever is loaded", q, error(q, FORMERR),
             tables="none")
    q = Query(HIT, opt=opt(options=option(10, cookie()) + option(10, b"x")))
    Case(f, "two", "RFC 7873 section 5.2: only the first counts", q,
         reply(q, answers=a("127.0.0.2"), options=option(10, cookie())), tables="strict")
    q = Query(HIT, opt=opt(options=option(3) + option(65001, b"x") + option(10, cookie())))
    Case(f, "among-others", "anywhere among the options", q, reply(
        q, answers=a("127.0.0.2"), options=option(10, cookie()) + option(3, b"gold-1")))
    good = option(10, cookie())
    q = asked(cookie(), MISS)
    Case(f, "not-listed", "RFC 7873 section 5.2: in every answer", q,
         negative(BL, q, NXDOMAIN, options=good))
    q = asked(cookie(), "elsewhere.example")
    Case(f, "refused", "with an EDE", q, error(q, REFUSED, ede=20, options=good))
    q = asked(CLIENT_COOKIE)
    Case(f, "stranger", "who may not ask gets a cookie too", q, error(
        q, REFUSED, ede=18, options=option(10, cookie(client="10.66.1.1"))), client="10.66.1.1")
    Case(f, "stranger-required", "and is not told to come again", q, error(
        q, REFUSED, ede=18, options=option(10, cookie(client="10.66.1.1"))), client="10.66.1.1",
         tables="strict")
    q = asked(cookie(), flags=4 << 11)
    Case(f, "notimp", "an opcode we do not have", q, error(q, NOTIMP, ede=21, options=good))
    q = Query(HIT, opt=opt(version=1, options=option(10, cookie())))
    Case(f, "badvers", "the options of another version are not read", q, error(q, BADVERS))
    q = asked(cookie(), extra=b"x")
    Case(f, "formerr", "nor those of a message that is malformed", q, error(q, FORMERR))
    q = asked(cookie(), "1.2.0.192.off.example")
    Case(f, "servfail", "a zone that is not loaded", q, error(q, SERVFAIL, ede=14, options=good))
    q = asked(CLIENT_COOKIE)
    Case(f, "nothing-loaded", "RFC 7873 section 5.2: before the first load there is no secret", q,
         error(q, SERVFAIL, ede=14), tables="none")
    q = Query(".".join(["a" * 63] * 3 + ["a" * 60]), "A", opt=opt(options=good))
    soa = pointer(12) * 2 + u32(0) * 4 + u32(NEGATIVE_TTL)
    Case(f, "no-settings", "RFC 7873 section 5.2: a server without a secret ignores it", q,
         reply(q, authority=[(record(pointer(12), "SOA", NEGATIVE_TTL, soa), "SOA")]),
         tables="long-apex")
    required_cases(f, asked)
    no_question_cases(f)
    room_cases(f, asked, good)


def required_cases(f, asked):
    q = Query(HIT)
    Case(f, "required-no-opt", "no OPT, no cookie: TC, for over TCP nobody forges", q,
         reply(q, aa=False, tc=True), tables="strict")
    Case(f, "required-no-opt-tcp", "and there it is answered", q,
         reply(q, answers=a("127.0.0.2")), tables="strict", transport="tcp")
    q = Query(HIT, opt=opt())
    Case(f, "required-no-cookie", "an OPT without a cookie: TC too", q,
         reply(q, aa=False, tc=True), tables="strict")
    q = Query(HIT, "AXFR")
    Case(f, "required-first", "before the type is looked at", q, reply(q, aa=False, tc=True),
         tables="strict")
    q = Query(HIT, extra=b"x")
    Case(f, "required-formerr", "but not before the form is", q, error(q, FORMERR),
         tables="strict")
    for name, data in (("client-only", CLIENT_COOKIE), ("invalid", cookie(NOW - 5000))):
        q = asked(data)
        Case(f, f"required-{name}-tcp", "RFC 7873 section 5.2.3: TCP needs no cookie", q,
             reply(q, answers=a("127.0.0.2"), options=option(10, cookie())), tables="strict",
             transport="tcp")


def no_question_cases(f):
    def asked(options, **more):
        return Query("", opt=opt(options=options), counts=(0, 0, 0, 1), **more)

    def case(name, why, options, rcode, expected=b"", tables="full", **more):
        q = asked(options, **more)
        lines = [q.lines()[0], q.lines()[-1]]
        ede = 21 if rcode == NOTIMP else None
        Case(f, "no-question-" + name, why, lines,
             error(q, rcode, question=False, options=expected, ede=ede), tables=tables)

    good = option(10, cookie())
    why = "RFC 7873 section 5.4: QDCOUNT 0 asks for a cookie"
    for tables in ("full", "strict"):
        case(f"client-only-{tables}", why, option(10, CLIENT_COOKIE), NOERROR, good, tables)
        case(f"good-{tables}", why, good, NOERROR, good, tables)
        case(f"bad-{tables}", why + "; BADCOOKIE", option(10, cookie(NOW - 5000)), BADCOOKIE,
             good, tables)
    case("malformed", "RFC 7873 section 5.2.2", option(10, b"x"), FORMERR)
    case("no-cookie", "RFC 9619: QDCOUNT 0 and an OPT alone", b"", FORMERR)
    case("none", "RFC 9619: a server without a secret", good, FORMERR, tables="none")
    case("opcode", "RFC 7873 section 5.4: of the opcode QUERY only", good, NOTIMP, good,
         flags=4 << 11)


def room_cases(f, asked, good):
    def size(q):
        return len(b"".join(line[0] for line in q.lines()))

    q = asked(CLIENT_COOKIE, "elsewhere.example")
    Case(f, "room-none", "RFC 8914 section 1: of little room, the code of an EDE comes before a\n"
         "cookie that does not fit", q, error(q, REFUSED, ede=20, ede_text=""),
         capacity=size(q))
    for more, settings, why in (
            (0, {"ede": None}, "a cookie that fits goes before the EDE"),
            (5, {"ede": None}, "one byte less than an EDE takes"),
            (6, {"ede": 20, "ede_text": ""}, "the code fits, the text does not"),
            (30, {"ede": 20, "ede_text": ""}, "one byte less than the text takes"),
            (31, {"ede": 20}, "all fits")):
        q = asked(cookie(), "elsewhere.example")
        Case(f, f"room-{more}", f"RFC 8914 section 3: {why}", q,
             error(q, REFUSED, options=good, **settings), capacity=size(q) + more)
    q = asked(cookie())
    Case(f, "room-tc", "an answer that the cookie leaves no room for is cut, the cookie stays", q,
         reply(q, tc=True, options=good), capacity=size(q))
    name = "1.0.64.100.big.example"
    codes = [f"127.0.2.{2 + i}" for i in range(64)]
    exact = len(b"".join(line[0] for line in reply(asked(cookie(), name), answers=a(*codes),
                                                   options=good)))
    for less in (0, 1):
        q = Query(name, opt=opt(size=exact - less, options=good))
        answer = reply(q, tc=True, options=good) if less else \
            reply(q, answers=a(*codes), options=good)
        Case(f, f"size-{'one-less' if less else 'exact'}", "RFC 6891 section 6.2.3: the cookie "
             "counts for the client's size", q, answer)
    q = Query(HIT, opt=opt(options=option(3)))
    Case(f, "room-nsid", "an NSID that does not fit is left out", q, reply(q, tc=True),
         capacity=size(q) + 5)


def chaos_cases():
    f = "chaos"

    def told(name, asked, expected, why, qtype="TXT", **settings):
        q = Query(asked, qtype, "CH")
        data = bytes([len(expected)]) + expected.encode()
        Case(f, name, why, q, reply(q, answers=[(record(pointer(12), "TXT", 0, data, 3), "TXT")]),
             **settings)

    def refused(name, asked, why, qtype="TXT", **settings):
        q = Query(asked, qtype, "CH", opt=opt())
        Case(f, name, why, q, error(q, REFUSED, ede=20), **settings)

    told("version-bind", "version.bind", "reputed", "the name of BIND's habit")
    told("version-server", "version.server", "reputed", "RFC 4892 section 1: its twin")
    told("hostname-bind", "hostname.bind", "gold.example", "which of the servers of an address")
    told("id-server", "id.server", "gold.example", "RFC 4892 section 2")
    told("case", "VeRsIoN.BinD", "reputed", "RFC 4343: in any case, echoed as it came")
    told("any", "version.bind", "reputed", "RFC 8482: the one RRset there is", "ANY")
    told("tcp", "version.bind", "reputed", "over TCP the same", transport="tcp")
    q = Query("version.bind", "TXT", "CH", opt=opt(options=option(3) + option(10, cookie())))
    data = b"\7reputed"
    Case(f, "options", "with the options that were asked for", q, reply(
        q, answers=[(record(pointer(12), "TXT", 0, data, 3), "TXT")],
        options=option(10, cookie()) + option(3, b"gold-1")))
    for qtype in ("A", "SOA", "NS", "CAA"):
        q = Query("version.bind", qtype, "CH")
        Case(f, f"nodata-{qtype.lower()}", "RFC 2308 section 2.2: the name is there, the type is "
             "not; no zone is, whose SOA could say so", q, reply(q))
    for name in ("authors.bind", "bind", "x.version.bind", "version.bin", "version.binds", "",
                 "bl.example", "version.hostname"):
        refused(f"other-{name or 'root'}", name, "RFC 1035 section 4.1.1: nothing of ours")
    refused("strict-version", "version.bind", "not to be told", tables="strict",
            transport="tcp")
    refused("strict-hostname", "id.server", "not to be told", tables="strict", transport="tcp")
    refused("nothing-loaded", "version.bind", "before the first load nothing is set",
            tables="none")
    q = Query("version.bind", "AXFR", "CH", opt=opt())
    Case(f, "axfr", "RFC 5936 section 2.2.1", q, error(q, REFUSED))
    q = Query("version.bind", "TXT", "CH", opt=opt())
    Case(f, "stranger", "RFC 8914 section 4.19: nothing is told to strangers", q,
         error(q, REFUSED, ede=18), client="10.66.1.1")
    Case(f, "required", "cookies are required here too", q, reply(q, aa=False, tc=True),
         tables="strict")
    for qclass in ("IN", "ANY"):
        q = Query("version.bind", "TXT", qclass, opt=opt())
        Case(f, f"class-{qclass.lower()}", "in another class it is a name like any other", q,
             error(q, REFUSED, ede=20))
    q = Query("version.bind", "TXT", "CH", opt=opt())
    size = len(b"".join(line[0] for line in q.lines()))
    Case(f, "room", "RFC 2181 section 9: no room: TC", q, reply(q, tc=True), capacity=size)


def size_cases():
    f = "size"
    codes = [f"127.0.2.{2 + i}" for i in range(64)]
    name = "1.0.64.100.big.example"
    q = Query(name)
    Case(f, "tc-512", "RFC 2181 section 9: 64 records do not fit in 512 bytes: TC and nothing", q,
         reply(q, tc=True))
    q = Query(name, opt=opt(size=1000))
    Case(f, "tc-1000", "RFC 6891 section 6.2.3: nor in the 1000 that the client takes", q,
         reply(q, tc=True))
    q = Query(name, opt=opt(size=4096))
    Case(f, "fits-1232", "but in ours", q, reply(q, answers=a(*codes)))
    exact = len(b"".join(line[0] for line in reply(q, answers=a(*codes))))
    q = Query(name, opt=opt(size=exact))
    Case(f, "exact", "an answer of exactly the client's size", q, reply(q, answers=a(*codes)))
    q = Query(name, opt=opt(size=exact - 1))
    Case(f, "one-less", "and of one byte more", q, reply(q, tc=True))
    q = Query(name)
    Case(f, "tcp", "RFC 7766 section 5: over TCP nothing is cut", q, reply(q, answers=a(*codes)),
         transport="tcp")
    q = Query(name, opt=opt(size=512))
    Case(f, "tcp-opt", "RFC 6891 section 6.2.3: the size in OPT is for UDP", q,
         reply(q, answers=a(*codes)), transport="tcp")
    q = Query(HIT)
    size = len(b"".join(line[0] for line in q.lines()))
    Case(f, "room-question", "no room for an answer: TC", q, reply(q, tc=True), capacity=size)
    q = Query(HIT, opt=opt())
    size = len(b"".join(line[0] for line in q.lines()))
    Case(f, "room-opt", "the same with OPT", q, reply(q, tc=True), capacity=size)
    q = Query("1.2.0.192.elsewhere.example", opt=opt())
    size = len(b"".join(line[0] for line in q.lines()))
    Case(f, "room-ede", "RFC 8914 section 1: an EDE is dropped before anything else", q,
         error(q, REFUSED), capacity=size)
    q = Query(MISS)
    size = len(b"".join(line[0] for line in q.lines()))
    Case(f, "room-negative", "an SOA does not fit either: TC, NXDOMAIN stays", q,
         reply(q, NXDOMAIN, tc=True), capacity=size)
    q = Query(HIT)
    Case(f, "tcp-no-room", "no TC over TCP: there is nothing to retry with", q,
         error(q, SERVFAIL), transport="tcp", capacity=size)
    text(f, "txt-cut", "RFC 1035 section 3.3: 255 bytes are the most of a string; RFC 3629: no\n"
         "character of two bytes is torn, 254 are left", Query("53.2.0.192.txt.example", "TXT"),
         b"192.0.2.53" + LONG[:244])
    text(f, "txt-cut-joined", "what does not fit after the first text is left out",
         Query("52.2.0.192.txt.example", "TXT"), LONG + b"\xc3\xa9")
    text(f, "txt-long", "the longest text there is", Query("50.2.0.192.txt.example", "TXT"),
         LONG + b"\xc3\xa9")
    text(f, "txt-dollar", "'$$' at the end of a text", Query("51.2.0.192.txt.example", "TXT"),
         "costs 5$")


LONG = "".join(str(i % 10) for i in range(253)).encode()


def error_cases():
    f = "errors"
    for count in (127, 128, 129):
        q = Query("", raw_name=count * b"\1a" + b"\0")
        q.name = f"{count} labels"
        if count == 127:
            Case(f, "labels-127", "RFC 1035 section 3.1: as many labels as there can be", q,
                 error(q, REFUSED))
        else:
            Case(f, f"labels-{count}", "RFC 1035 section 3.1: longer than 255 bytes", q,
                 error(q, FORMERR, question=False))
    good = Query(HIT)
    Case(f, "empty", "RFC 1035 section 4.1.1: no header, no id to answer with", [(b"", "nothing")],
         drop="dns_short")
    Case(f, "short", "eleven bytes are no header", [(bytes(11), "")], drop="dns_short")
    Case(f, "response", "RFC 1035 section 4.1.1: a response is never answered, lest servers loop",
         Query(HIT, flags=0x8100), drop="dns_response")
    header = Query("", counts=(0, 0, 0, 0))
    Case(f, "header-only", "RFC 9619: QDCOUNT 0", header.lines()[:1],
         error(header, FORMERR, question=False))
    q = Query(HIT, counts=(0, 0, 0, 0))
    Case(f, "qdcount-0", "RFC 9619: no question, though bytes are there", q,
         error(q, FORMERR, question=False))
    q = Query(HIT, counts=(2, 0, 0, 0), extra=good.wire + u16(1) + u16(1))
    Case(f, "qdcount-2", "RFC 9619: two questions", q, error(q, FORMERR, question=False))
    q = Query(HIT, counts=(1, 1, 0, 0), extra=record(pointer(12), "A", 0, bytes(4)))
    Case(f, "ancount", "a query has no answer section", q, error(q, FORMERR))
    q = Query(HIT, counts=(1, 0, 1, 0), extra=record(pointer(12), "A", 0, bytes(4)))
    Case(f, "nscount", "nor an authority section", q, error(q, FORMERR))
    q = Query(HIT, extra=b"\0")
    Case(f, "trailing", "bytes after the message", q, error(q, FORMERR))
    q = Query(HIT, counts=(1, 0, 0, 1))
    Case(f, "arcount", "an additional record that is not there", q, error(q, FORMERR))
    q = Query(HIT, counts=(1, 0, 0, 65535), opt=opt())
    Case(f, "arcount-many", "nor 65535 of them", q, error(q, FORMERR))
    for name, raw, why in (
            ("pointer", b"\3192" + pointer(12), "RFC 9267: a pointer in the question"),
            ("pointer-self", pointer(12), "RFC 9267: a pointer to itself"),
            ("label-64", b"\x40" + b"a" * 64 + b"\0", "RFC 6891 section 5: label type 01"),
            ("label-80", b"\x80a\0", "RFC 1035 section 4.1.4: label type 10"),
            ("label-cut", b"\x3fabc", "a label that runs past the end"),
            ("name-256", (b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"a" * 62 + b"\0",
             "RFC 1035 section 3.1: 256 bytes are no name")):
        q = Query("", raw_name=raw)
        q.name = "malformed name"
        Case(f, name, why, q, error(q, FORMERR, question=False))
    q = Query(HIT)
    Case(f, "no-type", "a question without its type", q.lines()[:2],
         error(q, FORMERR, question=False))
    Case(f, "half-class", "a question with half a class",
         q.lines()[:2] + [(b"\0\1\0", "type, half a class")],
         error(q, FORMERR, question=False))
    for opcode, name in ((1, "iquery"), (2, "status"), (4, "notify"), (5, "update"), (15, "15")):
        q = Query(HIT, flags=0x0100 | opcode << 11)
        Case(f, f"opcode-{name}", "RFC 1035 section 4.1.1: NOTIMP, the opcode copied", q,
             error(q, NOTIMP))
    q = Query(HIT, flags=5 << 11, opt=opt())
    Case(f, "opcode-ede", "RFC 8914 section 4.22: Not Supported", q, error(q, NOTIMP, ede=21))
    q = Query("bl.example", "SOA", flags=0x2400, counts=(1, 1, 0, 0),
              extra=record(pointer(12), "SOA", 0, bytes(22)))
    Case(f, "notify-soa", "RFC 1996: a NOTIFY with its SOA", q, error(q, NOTIMP))
    q = Query("", flags=0x2800, counts=(0, 0, 0, 0))
    Case(f, "opcode-no-question", "the opcode is wrong before the count is", q.lines()[:1],
         error(q, NOTIMP, question=False))
    for qclass in ("CH", "NONE"):
        q = Query(HIT, "TXT", qclass, opt=opt())
        Case(f, f"class-{qclass.lower()}", "no zone of this class is served", q,
             error(q, REFUSED, ede=20))
    q = Query("1.2.0.192.elsewhere.example")
    Case(f, "out-of-zone", "RFC 1035 section 4.1.1, as NSD and Knot: REFUSED", q,
         error(q, REFUSED))
    q = Query("1.2.0.192.elsewhere.example", opt=opt())
    Case(f, "out-of-zone-ede", "RFC 8914 section 4.21: Not Authoritative", q,
         error(q, REFUSED, ede=20))
    for name in ("", "example", "xbl.example", "ample"):
        q = Query(name)
        Case(f, f"out-of-zone-{name or 'root'}", "not at a label boundary, or above our zones", q,
             error(q, REFUSED))
    for qtype in ("AXFR", "IXFR"):
        q = Query("bl.example", qtype, opt=opt())
        Case(f, qtype.lower(), "RFC 5936 section 2.2.1: zone transfer refused", q,
             error(q, REFUSED))
    for qtype in ("TYPE128", "TKEY", "TSIG", "MAILB"):
        q = Query(HIT, qtype, opt=opt())
        Case(f, f"meta-{qtype.lower()}", "RFC 6895 section 3.1: a meta type we do not have", q,
             error(q, NOTIMP, ede=21))
    q = Query(HIT, "OPT")
    Case(f, "qtype-opt", "RFC 6891 section 6.1.1: OPT is not asked for", q, error(q, FORMERR))


def state_cases():
    f = "state"
    for apex, ede in (("off.example", 14), ("old.example", 24)):
        why = "RFC 8914 section 4.15: Not Ready" if ede == 14 else "RFC 8914 section 4.25: " \
            "Invalid Data"
        for name, qtype in (("1.2.0.192." + apex, "A"), ("2.0.0.127." + apex, "A"),
                            (apex, "SOA"), (apex, "NS")):
            q = Query(name, qtype, opt=opt())
            Case(f, f"{apex}-{qtype.lower()}-{name.split('.')[0]}",
                 f"{why}: never \"not listed\"", q, error(q, SERVFAIL, ede=ede))
    q = Query("1.2.0.192.off.example")
    Case(f, "no-opt", "RFC 8914 section 2: no EDE without OPT", q, error(q, SERVFAIL))
    q = Query("2.0.0.127.bl.example", opt=opt())
    Case(f, "nothing-loaded", "RFC 8914 section 4.15: no zones yet", q,
         error(q, SERVFAIL, ede=14), tables="none")
    q = Query(HIT, opt=opt(version=1))
    Case(f, "nothing-loaded-badvers", "what is wrong with a query stays wrong", q,
         error(q, BADVERS), tables="none")
    q = Query(HIT, flags=5 << 11)
    Case(f, "nothing-loaded-opcode", "the same", q, error(q, NOTIMP), tables="none")
    q = Query(HIT, extra=b"x")
    Case(f, "nothing-loaded-formerr", "the same", q, error(q, FORMERR), tables="none")
    q = Query(HIT, opt=opt())
    Case(f, "nothing-loaded-stranger", "RFC 8914 section 4.19: only local clients before the rules"
         " are known", q, error(q, REFUSED, ede=18), tables="none", client="192.0.2.1")
    for client in ("10.1.2.3", "172.31.255.255", "192.168.0.1", "::1", "fd00::1", "fe80::1"):
        Case(f, f"nothing-loaded-{client}", "loopback, private and link-local networks", q,
             error(q, SERVFAIL, ede=14), tables="none", client=client)
    for client in ("172.32.0.0", "2001:db8::1", "::2", "11.0.0.0"):
        Case(f, f"nothing-loaded-{client}", "all others", q, error(q, REFUSED, ede=18),
             tables="none", client=client)


def access_cases():
    f = "access"
    listed(f, "allow", "the default of this data set", Query(HIT), "127.0.0.2", client="10.1.1.1")
    q = Query(HIT, opt=opt())
    Case(f, "refuse", "RFC 8914 section 4.19: Prohibited; RFC 8904 section 5.1 endorses REFUSED",
         q, error(q, REFUSED, ede=18), client="10.66.1.1")
    q = Query(HIT)
    Case(f, "refuse-no-opt", "RFC 8914 section 2", q, error(q, REFUSED), client="10.66.1.1")
    Case(f, "drop", "the most specific rule", q, drop="access", client="10.66.6.6")
    q = Query(HIT, opt=opt())
    Case(f, "no-rule", "a client of no rule is refused", q, error(q, REFUSED, ede=18),
         client="192.0.2.99")
    Case(f, "no-rule-ip6", "IPv6 too", q, error(q, REFUSED, ede=18), client="2001:db8::1")
    listed(f, "allow-ip6", "an IPv6 rule", Query(HIT), "127.0.0.2", client="fd53::42")
    q = Query("elsewhere.example", opt=opt())
    Case(f, "refuse-before-zone", "asking for another zone tells a stranger nothing more", q,
         error(q, REFUSED, ede=18), client="10.66.1.1")
    q = Query("", raw_name=pointer(12))
    q.name = "malformed name"
    Case(f, "refuse-malformed", "access is decided before the name is looked at", q,
         error(q, REFUSED, question=False), client="10.66.1.1")
    Case(f, "drop-malformed", "dropped before the name is looked at", q, drop="access",
         client="10.66.6.1")
    Case(f, "short-before-access", "no header comes first", [(bytes(5), "")], drop="dns_short",
         client="10.66.6.1")
    Case(f, "response-before-access", "QR comes first", Query(HIT, flags=0x8000),
         drop="dns_response", client="10.66.6.1")


def main():
    import limit_cases  # it imports this file, which must be whole by then
    for write in (ip4_cases, test_cases, ip6_cases, name_cases, apex_cases, edns_cases,
                  cookie_cases, chaos_cases, size_cases, error_cases, state_cases, access_cases,
                  records_cases, views_cases, *limit_cases.ALL):
        write()
    where = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
    os.makedirs(where, exist_ok=True)
    for name, cases in Case.files.items():
        with open(os.path.join(where, name + ".case"), "w", encoding="utf-8") as out:
            out.write("\n".join(cases))
    print(sum(map(len, Case.files.values())), "cases")


if __name__ == "__main__":
    sys.modules["compose"] = sys.modules["__main__"]
    main()
