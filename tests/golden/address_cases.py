# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of addresses: listed, not listed, and the test entries; part of compose.py."""
from case import Case, Query, a, listed, negative, nodata, nxdomain, reply, text
from wire import NXDOMAIN, reversed_name
from zones import BL, DBL, HIT, HIT_TEXT, MISS, SUB, TXT, V4, V6


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


ALL = [ip4_cases, test_cases, ip6_cases]
