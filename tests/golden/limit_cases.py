# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of clients who get less or more than the lists say; part of compose.py."""
from case import Case, Query, a, error, negative, reply, rr, txt, with_additional
from wire import NOERROR, NXDOMAIN, REFUSED, SERVFAIL, opt, pointer, reversed_name
from zones import BL, DBL, HIT, HIT_TEXT, MISS, MIX, REC, V4, Zone, synthetic

WEB = (b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\x51", "A 192.0.2.81")
EMPTY, ALWAYS, ALWAYS6 = "10.66.7.1", "10.66.8.1", "fd66::8"


def empty_cases():
    f = "access-empty"

    def miss(name, why, zone, query, rcode=NXDOMAIN):
        Case(f, name, why, query, negative(zone, query, rcode), client=EMPTY)

    miss("listed", "rbldnsd(8), acl: `empty`: the lists are as if they were empty", BL, Query(HIT))
    miss("listed-txt", "for every type", BL, Query(HIT, "TXT"))
    miss("listed-ip6", "IPv6 too", BL, Query(reversed_name("2001:db8:1::25", "bl.example")))
    miss("listed-name", "names too", DBL, Query("spam.example.dbl.example"))
    miss("test-entry", "a test entry is an entry of a list: 127.0.0.2 is not there", BL,
         Query("2.0.0.127.bl.example"))
    miss("test-name", "nor is TEST", DBL, Query("test.dbl.example"))
    miss("ent", "RFC 8020: nothing is below, so the name above it does not exist", BL,
         Query("2.0.192.bl.example"))
    miss("not-listed", "as before", BL, Query(MISS))
    q = Query("bl.example", "SOA")
    Case(f, "apex-soa", "what is not of a list is as ever", q,
         reply(q, answers=[BL.soa(q, 300)]), client=EMPTY)
    q = Query("bl.example", "TXT")
    Case(f, "apex-txt", "the text of the zone too", q,
         reply(q, answers=[(b"\xc0\x0c\0\x10\0\1\0\0\1\x2c\0\x18\x17see https://bl.example/",
                            "TXT")]), client=EMPTY)
    miss("ns", "the name server is a name of the zone", MIX, Query("a.ns1.mix.example"), NOERROR)
    q = Query("web.rec.example")
    Case(f, "record", "static records are not of a list", q,
         reply(q, answers=[WEB]), client=EMPTY)
    miss("record-ent", "RFC 8020: the name above one with records is still there", REC,
         Query("ent.rec.example"), NOERROR)
    miss("record-listed", "what lists have beside records is not", REC,
         Query("1.2.0.192.rec.example"))
    q = Query("1.2.0.192.off.example", opt=opt())
    Case(f, "not-loaded", "a zone that is not loaded cannot say that nothing is listed", q,
         error(q, SERVFAIL, ede=14), client=EMPTY)


def always_cases():
    f = "access-always"

    def hit(name, why, query, code="127.0.0.10", client=ALWAYS):
        Case(f, name, why, query, reply(query, answers=a(code)), client=client)

    def miss(name, why, zone, query, rcode=NXDOMAIN):
        Case(f, name, why, query, negative(zone, query, rcode), client=ALWAYS)

    hit("listed", "rbldnsd(8), acl: every address is listed as the rule says", Query(HIT))
    hit("not-listed", "also what no list has", Query(MISS))
    hit("ip6", "IPv6 too", Query(reversed_name("2001:db8:ffff::1", "bl.example")))
    hit("mapped", "and v4-mapped", Query(reversed_name("::ffff:203.0.113.1", "bl.example")))
    hit("name", "names too", Query("anything.at.all.dbl.example"))
    hit("excluded", "an exclusion of a list does not count", Query("7.100.51.198.bl.example"))
    hit("never", "127.0.0.1 too: a client that checks it sees that the list is not to be used",
        Query("1.0.0.127.bl.example"))
    hit("test-entry", "127.0.0.2 with the code of the rule", Query("2.0.0.127.bl.example"))
    hit("second-rule", "each rule has its own code", Query(HIT), "127.0.0.11", ALWAYS6)
    hit("any", "RFC 8482 section 4.1: one RRset", Query(HIT, "ANY"))
    for client, text in ((ALWAYS, f"{ALWAYS} asks too much, see $"), (ALWAYS6, f"you, {ALWAYS6}")):
        q = Query(HIT, "TXT")
        Case(f, f"txt-{client}", "'$' is the client, '$$' a dollar", q,
             reply(q, answers=txt(text)), client=client)
    miss("aaaa", "RFC 2308 section 2.2: the type is not there", BL, Query(HIT, "AAAA"), NOERROR)
    miss("ent", "RFC 8020: everything below is listed", BL, Query("113.0.203.bl.example"), NOERROR)
    miss("ent-nibble", "RFC 8020: in nibbles too", BL, Query("8.b.d.0.bl.example"), NOERROR)
    miss("bad-address", "not a well-formed address: RFC 5782 names exactly four octets", BL,
         Query("256.2.0.192.bl.example"))
    miss("five-octets", "nor this", BL, Query("5.1.2.0.192.bl.example"))
    miss("name-in-ip-zone", "a zone of addresses has no names", BL,
         Query("spam.example.bl.example"))
    miss("nibbles-in-ip4-zone", "a zone of IPv4 has no IPv6 addresses", V4,
         Query(reversed_name("2001:db8:1::25", "v4.example")))
    q = Query("bl.example", "SOA")
    Case(f, "apex-soa", "what is not of a list is as ever", q,
         reply(q, answers=[BL.soa(q, 300)]), client=ALWAYS)
    q = Query("web.rec.example")
    Case(f, "record", "a name with static records is not of a list", q,
         reply(q, answers=[WEB]), client=ALWAYS)
    hit("record-zone", "others of that zone are", Query("x.web.rec.example"))
    hit("bits", "whatever the view of the zone, the code is that of the rule",
        Query("1.113.0.203.bits.example"))
    hit("bits-test-entry", "and for test entries", Query("2.0.0.127.bits.example"))
    q = Query("1.2.0.192.elsewhere.test", opt=opt())
    Case(f, "elsewhere", "only in our zones", q, error(q, REFUSED, ede=20), client=ALWAYS)
    q = Query("1.2.0.192.old.example", opt=opt())
    Case(f, "expired", "only where there is something to answer from", q,
         error(q, SERVFAIL, ede=24), client=ALWAYS)


def zone_access_cases():
    f = "access-zone"
    gate = Zone("gate.example", synthetic)
    hit, miss = "1.2.0.192.gate.example", "1.113.0.203.gate.example"
    opted, plain = Query(hit, opt=opt()), Query(hit)
    txt_query, elsewhere = Query(hit, "TXT"), Query(HIT)

    Case(f, "allowed", "whom both let in is answered as ever", plain,
         reply(plain, answers=a("127.0.0.2")), client="10.1.1.1")
    q = Query(miss)
    Case(f, "allowed-miss", "as ever", q, negative(gate, q, NXDOMAIN), client="10.1.1.1")
    for name, client, why in (
            ("refused", "10.9.1.1", "RFC 8914 section 4.19: whom the zone refuses"),
            ("no-rule", "fd53::42", "whom the zone has no rule for"),
            ("local", "127.0.0.1", "also if it is of this machine"),
            ("refused-by-server", "10.66.1.1", "what the zone says does not help whom the server "
             "refuses")):
        Case(f, name, why, opted, error(opted, REFUSED, ede=18), client=client)
    q = Query("gate.example", "SOA", opt=opt())
    Case(f, "refused-soa", "rbldnsd: `refuse` is for all of the zone", q,
         error(q, REFUSED, ede=18), client="10.9.1.1")
    q = Query("no.such.name.gate.example", opt=opt())
    Case(f, "refused-other", "whatever is asked for in it", q, error(q, REFUSED, ede=18),
         client="10.9.1.1")
    for name, client in (("elsewhere", "10.9.1.1"), ("elsewhere-drop", "10.9.2.1"),
                         ("elsewhere-empty", "10.9.3.1"), ("elsewhere-always", "10.9.4.1")):
        Case(f, name, "other zones are not concerned", elsewhere,
             reply(elsewhere, answers=a("127.0.0.2")), client=client)
    Case(f, "dropped", "whom the zone drops", plain, drop="access", client="10.9.2.1")
    Case(f, "dropped-by-server", "whom the server drops", plain, drop="access", client="10.66.6.6")
    Case(f, "empty", "nothing is listed", plain, negative(gate, plain, NXDOMAIN), client="10.9.3.1")
    q = Query("gate.example", "SOA")
    Case(f, "empty-soa", "what is not of a list is as ever", q,
         reply(q, answers=[gate.soa(q, 300)]), client="10.9.3.1")
    q = Query(miss)
    Case(f, "always", "everything is listed, as the zone says", q,
         reply(q, answers=a("127.0.0.12")), client="10.9.4.1")
    Case(f, "always-txt", "with its text", txt_query,
         reply(txt_query, answers=txt("gate of 10.9.4.1")), client="10.9.4.1")
    Case(f, "empty-of-server", "the stricter of the two: empty before always", plain,
         negative(gate, plain, NXDOMAIN), client=EMPTY)
    Case(f, "empty-of-zone", "in both ways", plain, negative(gate, plain, NXDOMAIN), client=ALWAYS6)
    Case(f, "always-twice", "of two alike, that of the server", plain,
         reply(plain, answers=a("127.0.0.10")), client=ALWAYS)


def key_cases():
    f = "keys"
    key = Zone("key.example", synthetic)

    def hit(name, why, labels, *codes, qtype="A"):
        q = Query(labels + ".key.example", qtype)
        Case(f, name, why, q, reply(q, answers=a(*codes)))

    def miss(name, why, labels, rcode=NXDOMAIN, qtype="A"):
        q = Query(labels + ".key.example", qtype)
        Case(f, name, why, q, negative(key, q, rcode))

    def refused(name, why, name_):
        for o, ede in ((None, None), (opt(), 18)):
            q = Query(name_, opt=o)
            Case(f, name + ("-opt" if o else ""), why, q,
                 error(q, REFUSED, ede=ede, ede_text="no key of the zone in the name"))

    hit("listed", "the label left of the apex is a key: what is left of it is looked up",
        "1.2.0.192.abcd1234", "127.0.0.2")
    hit("other-key", "another key", "1.2.0.192.the-key-of-somebody-else", "127.0.0.2")
    hit("case", "RFC 4343: a key has no case", "1.2.0.192.ABCD1234", "127.0.0.2")
    hit("ip6", "IPv6", reversed_name("2001:db8:1::25", "abcd1234"), "127.0.0.9")
    hit("name", "a name", "spam.example.abcd1234", "127.0.1.2")
    hit("test-entry", "RFC 5782 section 5 holds below a key", "2.0.0.127.abcd1234", "127.0.0.2")
    hit("test-name", "RFC 5782 section 5: TEST", "test.abcd1234", "127.0.0.2")
    miss("never", "RFC 5782 section 5: 127.0.0.1 MUST NOT", "1.0.0.127.abcd1234")
    miss("not-listed", "RFC 2308: with the SOA of the zone", "1.113.0.203.abcd1234")
    miss("aaaa", "RFC 2308 section 2.2", "1.2.0.192.abcd1234", NOERROR, "AAAA")
    miss("ent", "RFC 8020 below a key", "2.0.192.abcd1234", NOERROR)
    miss("no-ent", "nothing is below", "113.0.203.abcd1234")
    for qtype in ("A", "NS", "TXT", "SOA"):
        miss(f"alone-{qtype.lower()}", "RFC 8020: the key alone is above all that it opens",
             "abcd1234", NOERROR, qtype)
    q = Query("1.2.0.192.abcd1234.key.example", "TXT")
    Case(f, "txt", "'$' is the address, without the key", q, reply(q, answers=txt(HIT_TEXT)))
    refused("none", "no key: RFC 8914 section 4.19", "1.2.0.192.key.example")
    refused("wrong", "a key that nobody has", "1.2.0.192.abcd1235.key.example")
    refused("wrong-alone", "also alone", "abcd1235.key.example")
    refused("prefix", "the beginning of a key is none", "1.2.0.192.abcd123.key.example")
    refused("longer", "nor is more than a key", "1.2.0.192.abcd12345.key.example")
    refused("not-last", "the key is the label left of the apex", "abcd1234.1.2.0.192.key.example")
    refused("test-entry-none", "test entries need the key too", "2.0.0.127.key.example")
    refused("63", "the longest label", "1.2.0.192." + 63 * "k" + ".key.example")
    q = Query("key.example", "SOA")
    Case(f, "apex-soa", "the apex is for everybody", q, reply(q, answers=[key.soa(q, 300)]))
    q = Query("1.2.0.192.abcd1234.bl.example")
    Case(f, "elsewhere", "a zone without keys has no key labels", q, negative(BL, q, NXDOMAIN))
    q = Query("1.2.0.192.abcd1234.key.example")
    Case(f, "empty", "the address decides first what the lists say", q,
         negative(key, q, NXDOMAIN), client=EMPTY)
    Case(f, "refuse", "a key does not let in who is refused", q, error(q, REFUSED),
         client="10.66.1.1")


def open_cases():
    """What needs no key in a zone whose names need one."""
    f = "open"
    zone = Zone("open.example", lambda at: [b"\3ns1" + at, b"\1a\3ns2" + at])

    address = b"\xc0\0\2\x51"
    for labels, ttl, why in (
            ("ns1", 3600, "RFC 1034 section 5.3.3: who looks for the zone asks for the addresses\n"
             "of its servers, and has no key to put there"),
            ("NS1", 3600, "RFC 4343: of any case"),
            ("www.abcd1234", 300, "what is left of a key may be a record"),
            ("x.spam.example.abcd1234", 300, "also below something listed")):
        q = Query(labels + ".open.example")
        Case(f, f"record-{labels}", why, q, reply(q, answers=[rr("A", ttl, address)]))
    q = Query("open.example")
    Case(f, "apex-a", "RFC 5782 section 2.1", q, reply(q, answers=[rr("A", 300, address)]))
    q = Query("open.example", "NS")
    first, second = (rr("NS", 300, name) for name in zone.ns(zone.at(q)))
    at = pointer(len(q.wire) + 12 + 4 + 12)
    lines = reply(q, answers=[first, second])
    Case(f, "apex-ns", "RFC 1034 section 4.3.2 step 6", q,
         with_additional(lines, [rr("A", 3600, address, at)]))
    q = Query("alias.abcd1234.open.example")
    target = b"\3www\4open\7example\0"
    Case(f, "cname", "RFC 1034 section 4.3.2 step 3a", q, reply(q, answers=[
        rr("CNAME", 300, target), rr("A", 300, address, pointer(12 + len(q.wire) + 4 + 12))]))
    for labels, why in (("a.ns2", "a name server whose address is elsewhere: RFC 2308 section 2.2"),
                        ("ns2", "RFC 8020: and the name above it")):
        q = Query(labels + ".open.example")
        Case(f, f"nodata-{labels}", why, q, negative(zone, q, NOERROR))
    q = Query("ns1.open.example", "AAAA")
    Case(f, "ns1-aaaa", "RFC 2308 section 2.2", q, negative(zone, q, NOERROR))
    q = Query("spam.example.abcd1234.open.example")
    Case(f, "listed", "with a key it is", q, reply(q, answers=a("127.0.1.2")))
    q = Query("abcd1234.open.example")
    Case(f, "key", "what is called like a key is the key", q, negative(zone, q, NOERROR))
    for labels, why in (("1.2.0.192", "listed"), ("y.spam.example", "listed, beside a record"),
                        ("nothing", "not there: NXDOMAIN would tell that it is not listed"),
                        ("www", "a record"), ("alias", "a CNAME"),
                        ("spam.example", "listed, and above a record"), ("x.www", "below a record"), ("2.0.0.127", "a test entry"),
                        ("a.a.ns2", "below a name server")):
        q = Query(labels + ".open.example", opt=opt())
        Case(f, f"refused-{labels}", f"RFC 8914 section 4.19: {why}", q,
             error(q, REFUSED, ede=18, ede_text="no key of the zone in the name"))
    for client in (EMPTY, ALWAYS):
        q = Query("ns1.open.example")
        Case(f, f"record-{client}", "what is not of a list is as ever", q,
             reply(q, answers=[rr("A", 3600, address)]), client=client)
        q = Query("1.2.0.192.open.example")
        Case(f, f"refused-{client}", "and what is, needs a key", q, error(q, REFUSED),
             client=client)


ALL = [key_cases, open_cases, empty_cases, always_cases, zone_access_cases]
