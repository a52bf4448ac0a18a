# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of EDNS, its options but cookies, and the size of answers; part of compose.py."""
from case import Case, Query, a, error, negative, reply, size_of, text
from cookie import cookie
from wire import (BADVERS, FORMERR, NOTIMP, NXDOMAIN, REFUSED, SERVFAIL, opt, option, pointer, u16,
                  u32)
from zones import BL, HIT, MISS

LONG = "".join(str(i % 10) for i in range(253)).encode()


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
    exact = size_of(reply(q, answers=a(*codes)))
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
    size = size_of(q.lines())
    Case(f, "room-question", "no room for an answer: TC", q, reply(q, tc=True), capacity=size)
    q = Query(HIT, opt=opt())
    size = size_of(q.lines())
    Case(f, "room-opt", "the same with OPT", q, reply(q, tc=True), capacity=size)
    q = Query("1.2.0.192.elsewhere.example", opt=opt())
    size = size_of(q.lines())
    Case(f, "room-ede", "RFC 8914 section 1: an EDE is dropped before anything else", q,
         error(q, REFUSED), capacity=size)
    q = Query(MISS)
    size = size_of(q.lines())
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


ALL = [edns_cases, size_cases]
