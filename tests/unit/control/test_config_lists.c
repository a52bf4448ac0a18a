/* SPDX-License-Identifier: BSD-3-Clause */
/* Mistakes in lists and zones. */
#include "tests/unit/control/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct config_text_bad bad_rows[] = {
    {"observe and subtract at once",
     "lists: [{name: l, manual: true, observe: true, subtract: true}]\n" LISTEN ZONES,
     {":1: lists[0].subtract: is given with observe: true, expected only one of them"}},
    {"enabled that is neither",
     "lists: [{name: l, manual: true, enabled: off}]\n" LISTEN ZONES,
     {":1: lists[0].enabled: bad value 'off', expected true or false"}},
    {"no lists",
     "lists: []\n" LISTEN ZONES,
     {":1: lists: is empty, expected at least 1 entry", ":3: zones[0].lists[0]: no list is named"}},
    {"a list without name",
     "lists: [{manual: true}]\n" LISTEN ZONES,
     {":1: lists[0].name: missing", ":3: zones[0].lists[0]: no list"}},
    {"a list name with a slash",
     "lists: [{name: ../l, manual: true}]\n" LISTEN "zones: [{name: z, lists: [../l]}]\n",
     {":1: lists[0].name: bad value '../l', expected 1 to 63 characters"}},
    {"a list name in capitals",
     "lists: [{name: L, manual: true}]\n" LISTEN "zones: [{name: z, lists: [L]}]\n",
     {":1: lists[0].name: bad value 'L'"}},
    {"a list name that hides its folder",
     "lists: [{name: .l, manual: true}]\n" LISTEN "zones: [{name: z, lists: [.l]}]\n",
     {":1: lists[0].name: bad value '.l'"}},
    {"two lists of one name",
     "lists:\n- {name: l, manual: true}\n- {name: l, manual: true}\n" LISTEN ZONES,
     {":3: lists[1].name: 'l' is given twice, expected once (first in line 2)"}},
    {"a list with neither feed nor manual",
     "lists: [{name: l}]\n" LISTEN ZONES,
     {":1: lists[0]: has none of feed, manual: true, reputation, expected one of them"}},
    {"a list that is not manual and has no feed",
     LIST("manual: false"),
     {":1: lists[0]: has none of feed, manual: true, reputation, expected one of them"}},
    {"a list with both",
     LIST("manual: true, feed: {path: f, format: plain}"),
     {":1: lists[0]: has more than one of feed, manual: true, reputation, expected one"}},
    {"manual in words that libcyaml would take for true",
     LIST("manual: off"),
     {":1: lists[0].manual: bad value 'off', expected true or false"}},
    {"a code outside 127/8",
     LIST("manual: true, code: 10.0.0.2"),
     {":1: lists[0].code: bad value '10.0.0.2', expected an address in 127.0.0.0/8"}},
    {"the code that is never listed",
     LIST("manual: true, code: 127.0.0.1"),
     {":1: lists[0].code: bad value '127.0.0.1'"}},
    {"a code reserved for errors",
     LIST("manual: true, code: 127.255.255.254"),
     {":1: lists[0].code: bad value '127.255.255.254'"}},
    {"a code as a number", LIST("manual: true, code: 2"), {":1: lists[0].code: bad value '2'"}},
    {"a code as a prefix",
     LIST("manual: true, code: 127.0.0.2/32"),
     {":1: lists[0].code: bad value '127.0.0.2/32'"}},
    {"zones empty",
     "zones: []\n" LISTEN LISTS,
     {":1: zones: is empty", ":3: lists[0]: warning: list 'l' is in no zone"}},
    {"a zone without lists",
     "zones: [{name: z.example}]\n" LISTEN LISTS,
     {":1: zones[0].lists: missing", ":3: lists[0]: warning"}},
    {"a zone without name", "zones: [{lists: [l]}]\n" LISTEN LISTS, {":1: zones[0].name: missing"}},
    {"a zone that is the root",
     "zones: [{name: ., lists: [l]}]\n" LISTEN LISTS,
     {":1: zones[0].name: bad value '.', expected a domain name"}},
    {"a zone name with an empty label",
     "zones: [{name: a..b, lists: [l]}]\n" LISTEN LISTS,
     {":1: zones[0].name: bad value 'a..b'"}},
    {"a zone given twice, in another case and with a dot",
     "zones:\n  - {name: z.example, lists: [l]}\n  - {name: Z.Example., lists: [l]}\n" LISTEN LISTS,
     {":3: zones[1].name: 'Z.Example.' is given twice, expected once (first in line 2)"}},
    {"a zone with a list that does not exist",
     "zones: [{name: z, lists: [l, drop]}]\n" LISTEN LISTS,
     {":1: zones[0].lists[1]: no list is named 'drop', expected the name of one of lists"}},
    {"a zone with a list twice",
     "zones: [{name: z, lists: [l, l]}]\n" LISTEN LISTS,
     {":1: zones[0].lists[1]: 'l' is given twice"}},
    {"a negative ttl",
     ZONE("ttl: -1"),
     {":1: zones[0].ttl: bad value '-1', expected a number from 0 to 2147483647"}},
    {"a ttl above RFC 2181", ZONE("ttl: 2147483648"), {":1: zones[0].ttl: bad value"}},
    {"a ttl that wraps around",
     ZONE("negative_ttl: 18446744073709551617"),
     {":1: zones[0].negative_ttl: bad value"}},
    {"a ttl with a unit", ZONE("ttl: 5m"), {":1: zones[0].ttl: bad value '5m'"}},
    {"a name server that is no name",
     ZONE("ns: [\"a b..c\"]"),
     {":1: zones[0].ns[0]: bad value 'a b..c', expected a domain name"}},
    {"a name server twice",
     ZONE("ns: [ns1.example, NS1.example]"),
     {":1: zones[0].ns[1]: 'NS1.example' is given twice"}},
    {"too many name servers",
     ZONE("ns: [a.x, b.x, c.x, d.x, e.x, f.x, g.x, h.x, i.x]"),
     {":1: zones[0].ns: has 9 entries, expected at most 8"}},
    {"rules and an acl of one zone",
     ZONE("access: [{from: \"::1\", action: allow}], access_file: acl"),
     {":1: zones[0].access_file: given beside access, expected one of them"}},
    {"no rules", ZONE("access: []"), {":1: zones[0].access: is empty, expected at least 1 entry"}},
    {"rules with mistakes",
     "zones:\n- name: z\n  lists: [l]\n  access:\n  - {from: 10.0.0.1/8, action: allow}\n"
     "  - {from: \"::1\", action: always}\n  - {from: \"::/0\", action: drop, text: x}\n" LISTEN
         LISTS,
     {":5: zones[0].access[0].from: bad value '10.0.0.1/8'",
      ":6: zones[0].access[1]: has action always and no code",
      ":7: zones[0].access[2].text: is given with action drop"}},
    {"a rule twice",
     "zones:\n- name: z\n  lists: [l]\n  access:\n  - {from: \"::1\", action: allow}\n"
     "  - {from: \"::1/128\", action: drop}\n" LISTEN LISTS,
     {":6: zones[0].access[1].from: '::1/128' is given twice, expected once (first in line 5)"}},
    {"an acl of a zone that is not there",
     ZONE("access_file: /nowhere/acl"),
     {":1: zones[0].access_file: '/nowhere/acl' cannot be read: No such file"}},
    {"an unknown view",
     ZONE("view: points"),
     {":1: zones[0].view: bad value 'points', expected codes, bits, allow, score, srl, mailspike, "
      "why or asn"}},
    {"view bits with a list that has no bit",
     ZONE("view: bits"),
     {":1: zones[0].lists[0]: list 'l' has no bit, expected one such as 'bit: 2' there, as the "
      "zone has view: bits"}},
    {"view allow with a list that has only a trust",
     "lists: [{name: l, manual: true, trust: 3}]\n" LISTEN
     "zones: [{name: z, lists: [l], view: allow}]\n",
     {":3: zones[0].lists[0]: list 'l' has no category and trust, expected both"}},
    {"view allow with a list of the good that has no category",
     "lists: [{name: l, reputation: good}]\nreputation: {reporters: [{name: r, user: "
     "root}]}\n" LISTEN "zones: [{name: z, lists: [l], view: allow}]\n",
     {":4: zones[0].lists[0]: list 'l' has no category and trust, expected both"}},
    {"bit 1 would make 127.0.0.1",
     "lists: [{name: l, manual: true, bit: 1}]\n" LISTEN ZONES,
     {":1: lists[0].bit: bad value '1', expected a power of two from 2 to 8388608"}},
    {"a bit that is two bits",
     "lists: [{name: l, manual: true, bit: 6}]\n" LISTEN ZONES,
     {":1: lists[0].bit: bad value '6', expected a power of two"}},
    {"a bit beyond 127.255.255.255",
     "lists: [{name: l, manual: true, bit: 16777216}]\n" LISTEN ZONES,
     {":1: lists[0].bit: bad value"}},
    {"a category that DNSWL has not",
     "lists: [{name: l, manual: true, category: 16, trust: 4}]\n" LISTEN ZONES,
     {":1: lists[0].category: bad value '16', expected a number from 2 to 15, or 20",
      ":1: lists[0].trust: bad value '4', expected a number from 0 to 3"}},
    {"records without a path",
     ZONE("records: \"\""),
     {":1: zones[0].records: bad value '', expected the path"}},
    {"an SOA of mistakes",
     ZONE("soa: {mname: a..b, rname: \"@x\", refresh: often, serial: 1}"),
     {":1: zones[0].soa.mname: bad value 'a..b', expected a domain name",
      ":1: zones[0].soa.rname: bad value '@x', expected a mail address",
      ":1: zones[0].soa.refresh: bad value 'often', expected a duration",
      ":1: zones[0].soa.serial: unknown key, expected one of: mname, rname, refresh, retry, "
      "expire"}},
};

static void mistakes_are_told(void **state)
{
	(void)state;
	config_text_check_bad(bad_rows, sizeof(bad_rows) / sizeof(bad_rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mistakes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
