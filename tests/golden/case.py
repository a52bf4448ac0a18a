# SPDX-License-Identifier: BSD-3-Clause
"""A golden case: the query, and the answer that it must get; part of compose.py."""
import ipaddress

from wire import CLASSES, NOERROR, NXDOMAIN, TYPES, opt, option, pointer, record, u16, wire
from zones import NEGATIVE_TTL, TTL

EDE_TEXTS = {14: "zone not loaded yet", 18: "not in the access list",
             20: "not a zone of this server", 24: "zone data expired"}


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


def size_of(lines):
    return sum(len(data) for data, _ in lines)


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


def with_additional(lines, additional):
    """The answer with a section more: its count is the last field of the header."""
    data, comment = lines[0]
    count = int.from_bytes(data[10:], "big") + len(additional)
    return [(data[:10] + u16(count), comment + f", {count} additional")] + lines[1:] + additional


def error(query, rcode, **more):
    return reply(query, rcode, aa=False, **more)


def a(*codes):
    return [(record(pointer(12), "A", TTL, ipaddress.ip_address(c).packed), f"A {c}")
            for c in codes]


def txt(text):
    data = text if isinstance(text, bytes) else text.encode()
    return [(record(pointer(12), "TXT", TTL, bytes([len(data)]) + data), "TXT")]


def rr(rtype, ttl, data, owner=pointer(12)):
    return (record(owner, rtype, ttl, data), rtype)


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
