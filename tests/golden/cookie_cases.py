# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of cookies; part of compose.py."""
from case import Case, Query, a, error, negative, reply, size_of
from cookie import CLIENT_COOKIE, NOW, OLD_SECRET, cookie
from wire import (BADCOOKIE, BADVERS, FORMERR, NOERROR, NOTIMP, NXDOMAIN, REFUSED, SERVFAIL, opt,
                  option, pointer, record, u32)
from zones import BL, HIT, MISS, NEGATIVE_TTL


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

    # RFC 9018 appendix A.1, composed by cookie.py
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
    q = asked(CLIENT_COOKIE, "elsewhere.example")
    Case(f, "room-none", "RFC 8914 section 1: of little room, the code of an EDE comes before a\n"
         "cookie that does not fit", q, error(q, REFUSED, ede=20, ede_text=""),
         capacity=size_of(q.lines()))
    for more, settings, why in (
            (0, {"ede": None}, "a cookie that fits goes before the EDE"),
            (5, {"ede": None}, "one byte less than an EDE takes"),
            (6, {"ede": 20, "ede_text": ""}, "the code fits, the text does not"),
            (30, {"ede": 20, "ede_text": ""}, "one byte less than the text takes"),
            (31, {"ede": 20}, "all fits")):
        q = asked(cookie(), "elsewhere.example")
        Case(f, f"room-{more}", f"RFC 8914 section 3: {why}", q,
             error(q, REFUSED, options=good, **settings), capacity=size_of(q.lines()) + more)
    q = asked(cookie())
    Case(f, "room-tc", "an answer that the cookie leaves no room for is cut, the cookie stays", q,
         reply(q, tc=True, options=good), capacity=size_of(q.lines()))
    name = "1.0.64.100.big.example"
    codes = [f"127.0.2.{2 + i}" for i in range(64)]
    exact = size_of(reply(asked(cookie(), name), answers=a(*codes), options=good))
    for less in (0, 1):
        q = Query(name, opt=opt(size=exact - less, options=good))
        answer = reply(q, tc=True, options=good) if less else \
            reply(q, answers=a(*codes), options=good)
        Case(f, f"size-{'one-less' if less else 'exact'}", "RFC 6891 section 6.2.3: the cookie "
             "counts for the client's size", q, answer)
    q = Query(HIT, opt=opt(options=option(3)))
    Case(f, "room-nsid", "an NSID that does not fit is left out", q, reply(q, tc=True),
         capacity=size_of(q.lines()) + 5)


ALL = [cookie_cases]
