/* SPDX-License-Identifier: BSD-3-Clause */
/* Items 1 to 5 and 18: entries, those of the tests (RFC 5782 section 5) and those known. */
#include "control/cli/lint.h"

#include <stdio.h>

#define NIBBLES_20                                                                                 \
	"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0" /* what stands above ::ffff:a.b.c.d              \
	                                           */
#define TEST6_LISTED "2.0.0.0.0.0.f.7.f.f.f.f." NIBBLES_20
#define TEST6_NEVER  "1.0.0.0.0.0.f.7.f.f.f.f." NIBBLES_20

/* Those of the keys that are not the tests themselves. */
static void check_keys(struct lint *l, enum lint_family family)
{
	for (unsigned i = 0; i < l->key_count; i++) {
		const struct lint_key *key = &l->keys[i];
		struct lint_query q = lint_question(&key->name, LINT_A);

		if (key->family == family && !key->is_test)
			lint_check(l, &q, LINT_WANT_LISTED, key->text);
	}
}

void lint_test4(struct lint *l)
{
	if (!(l->families & LINT_IP4)) {
		lint_not_applicable(l, "the zone lists no IPv4 addresses");
		return;
	}
	lint_check_below(l, "2.0.0.127", LINT_A, LINT_WANT_LISTED);
	lint_check_below(l, "2.0.0.127", LINT_TXT, LINT_WANT_TEXT);
	check_keys(l, LINT_IP4);
}

void lint_test4_never(struct lint *l)
{
	if (!(l->families & LINT_IP4)) {
		lint_not_applicable(l, "the zone lists no IPv4 addresses");
		return;
	}
	lint_check_below(l, "1.0.0.127", LINT_A, LINT_WANT_NXDOMAIN);
	lint_check_below(l, "1.0.0.127", LINT_TXT, LINT_WANT_NXDOMAIN);
}

void lint_test6(struct lint *l)
{
	if (!(l->families & LINT_IP6)) {
		lint_not_applicable(l, "the zone lists no IPv6 addresses");
		return;
	}
	lint_check_below(l, TEST6_LISTED, LINT_A, LINT_WANT_LISTED);
	lint_check_below(l, TEST6_LISTED, LINT_TXT, LINT_WANT_TEXT);
	lint_check_below(l, TEST6_NEVER, LINT_A, LINT_WANT_NXDOMAIN);
	check_keys(l, LINT_IP6);
}

void lint_test_names(struct lint *l)
{
	if (!(l->families & LINT_NAMES)) {
		lint_not_applicable(l, "the zone lists no names");
		return;
	}
	lint_check_below(l, "test", LINT_A, LINT_WANT_LISTED);
	lint_check_below(l, "test", LINT_TXT, LINT_WANT_TEXT);
	lint_check_below(l, "TEST", LINT_A, LINT_WANT_LISTED);
	lint_check_below(l, "invalid", LINT_A, LINT_WANT_NXDOMAIN);
	check_keys(l, LINT_NAMES);
}

/* 127.0.0.N has code 127.0.0.N, so that who asks learns which codes there are. */
void lint_codes(struct lint *l)
{
	for (unsigned i = 0; i < l->code_count; i++) {
		char labels[32], wanted[64], came[LINT_TEXT_MAX];
		const struct lint_reply *r;
		bool is_there = false;

		snprintf(labels, sizeof(labels), "%u.0.0.127", l->codes[i] & 0xff);
		r = lint_check_below(l, labels, LINT_A, LINT_WANT_LISTED);
		if (!r || !r->counts[LINT_ANSWER])
			continue;
		for (unsigned j = 0; j < r->record_count; j++)
			is_there |= lint_message_address(r, &r->records[j]) == l->codes[i];
		snprintf(wanted, sizeof(wanted), "its own code, 127.0.0.%u", l->codes[i] & 0xff);
		lint_message_text(r, came);
		lint_note(l, is_there, labels, wanted, came);
	}
	if (!l->code_count)
		lint_not_applicable(l, "no IPv4 entry with a code 127.0.0.N is known");
}

/* All A records of the whole run have been looked at as they came. */
void lint_addresses(struct lint *l)
{
	char asked[64];

	if (!l->address_count) {
		lint_not_applicable(l, "no A record was seen");
		return;
	}
	snprintf(asked, sizeof(asked), "the %u A records of all items", l->address_count);
	lint_note(l, !l->strange[0], asked, "all in 127/8, none 127.0.0.1",
	          l->strange[0] ? l->strange : "so they are");
}
