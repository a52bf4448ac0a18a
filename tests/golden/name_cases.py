# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of names: listed ones, the apex, static records; part of compose.py."""
import ipaddress

from case import (Case, Query, listed, negative, nodata, nxdomain, reply, rr, text, txt,
                  with_additional)
from wire import NOERROR, opt, pointer, record, reversed_name, u32, wire
from zones import BL, DBL, MIX, NEGATIVE_TTL, REC, SUB, TTL


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


def records_cases():
    f = "records"

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


ALL = [name_cases, apex_cases, records_cases]
