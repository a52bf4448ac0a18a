# SPDX-License-Identifier: BSD-3-Clause
"""Golden cases of zones that show lists and senders otherwise; part of compose.py."""
from case import Query, listed, nodata, nxdomain, text
from wire import reversed_name
from zones import BITS, SCORE, Zone, synthetic

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


ALL = [views_cases]
