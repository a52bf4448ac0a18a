# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of what is malformed, not ours or not ready; part of compose.py."""
from case import Case, Query, error, listed, reply, size_of
from cookie import cookie
from wire import BADVERS, FORMERR, NOTIMP, REFUSED, SERVFAIL, opt, option, pointer, record, u16
from zones import HIT


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
    size = size_of(q.lines())
    Case(f, "room", "RFC 2181 section 9: no room: TC", q, reply(q, tc=True), capacity=size)


ALL = [error_cases, state_cases, access_cases, chaos_cases]
