/* SPDX-License-Identifier: BSD-3-Clause */
/* Items 6 to 9 and 11: names that are not entries, names above entries, types, letters' case. */
#include "control/cli/lint.h"

#include <stdio.h>
#include <string.h>

#define WALKS6_MAX 3 /* a walk up from an IPv6 address has 31 steps */

/* Names that nobody lists; what is random differs from run to run. */
void lint_absent(struct lint *l)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char random[24], label[64], text[128];
	struct lint_name name = l->apex;
	struct lint_query q;

	for (unsigned i = 0; i < sizeof(random) - 1; i++)
		random[i] = letters[lint_random(l) % (i ? 36 : 26)];
	random[sizeof(random) - 1] = '\0';
	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	memcpy(label, random, sizeof(random) - 1);
	lint_check_below(l, random, LINT_A, LINT_WANT_NXDOMAIN);
	lint_check_below(l, random, LINT_TXT, LINT_WANT_NXDOMAIN);
	snprintf(text, sizeof(text), "_%s", random);
	lint_check_below(l, text, LINT_A, LINT_WANT_NXDOMAIN);
	snprintf(text, sizeof(text), "-%s", random);
	lint_check_below(l, text, LINT_A, LINT_WANT_NXDOMAIN);
	lint_check_below(l, label, LINT_A, LINT_WANT_NXDOMAIN);
	while (name.size < LINT_NAME_MAX - 1) { /* up to 255 octets */
		size_t room = LINT_NAME_MAX - name.size - 1u;

		label[room < 63 ? room : room < 65 ? 61 : 63] = '\0';
		if (lint_name_below(label, &name, &name) < 0)
			break;
	}
	q = lint_question(&name, LINT_A);
	lint_check(l, &q, LINT_WANT_NXDOMAIN, "");
}

static bool is_key(const struct lint *l, const struct lint_name *name)
{
	for (unsigned i = 0; i < l->key_count; i++)
		if (lint_name_equal(&l->keys[i].name, name))
			return true;
	return false;
}

/* From an entry up to the apex; a name on the way may be listed itself, an address may not. */
static void walk(struct lint *l, const struct lint_key *key)
{
	struct lint_name name = lint_name_parent(&key->name);
	char note[160];

	snprintf(note, sizeof(note), "above %s", key->text);
	while (name.size > l->apex.size) {
		bool may_be_listed = key->family == LINT_NAMES || is_key(l, &name);
		struct lint_query q = lint_question(&name, LINT_A);

		lint_check(l, &q, may_be_listed ? LINT_WANT_EXISTS : LINT_WANT_NODATA, note);
		name = lint_name_parent(&name);
		if (name.size == l->apex.size) { /* some resolvers ask for NS instead */
			q.type = LINT_NS;
			lint_check(l, &q, LINT_WANT_NODATA, note);
		}
	}
}

void lint_ancestors(struct lint *l)
{
	unsigned walks6 = 0;

	for (unsigned i = 0; i < l->key_count; i++)
		if (l->keys[i].family != LINT_IP6 || walks6++ < WALKS6_MAX)
			walk(l, &l->keys[i]);
	if (l->result && !l->result->count)
		lint_not_applicable(l, "no listed entry has a name between it and the zone");
}

/* What is glued to the first label of an entry, or put before it, makes it no entry. */
static void check_glued(struct lint *l, const struct lint_key *key)
{
	static const char *const prefixes[] = {"0", "00", "0x", "-", "1."};

	for (unsigned i = 0; key && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct lint_name rest = lint_name_parent(&key->name);
		struct lint_query q = lint_question(&rest, LINT_A);
		char labels[16], note[160];

		snprintf(labels, sizeof(labels), "%s%.*s", prefixes[i], key->name.wire[0] & 7,
		         (const char *)&key->name.wire[1]);
		snprintf(note, sizeof(note), "from %s", key->text);
		if (lint_name_below(labels, &rest, &q.name) == 0)
			lint_check(l, &q, LINT_WANT_NXDOMAIN, note);
	}
}

void lint_malformed(struct lint *l)
{
	static const struct {
		enum lint_family family;
		const char *labels;
		enum lint_want want;
	} rows[] = {
	    {LINT_IP4, "256.0.0.127", LINT_WANT_NXDOMAIN},
	    {LINT_IP4, "2.0.0.0127", LINT_WANT_NXDOMAIN},
	    {LINT_IP4, "2-3.0.0.127", LINT_WANT_NXDOMAIN},
	    {LINT_IP4, "x.0.0.127", LINT_WANT_NXDOMAIN},
	    /* 31, 33 and an impossible nibble; 31 with the first one missing is above an entry */
	    {LINT_IP6, "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	     LINT_WANT_NXDOMAIN},
	    {LINT_IP6, "0.2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	     LINT_WANT_NXDOMAIN},
	    {LINT_IP6, "g.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	     LINT_WANT_NXDOMAIN},
	    {LINT_IP6, "02.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	     LINT_WANT_NXDOMAIN},
	    {LINT_IP6, "2.0.0.0.0.0.F.7.F.f.F.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	     LINT_WANT_LISTED},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (l->families & rows[i].family)
			lint_check_below(l, rows[i].labels, LINT_A, rows[i].want);
	check_glued(l, lint_key_of(l, LINT_IP4));
	if (!(l->families & (LINT_IP4 | LINT_IP6)))
		lint_not_applicable(l, "the zone lists no addresses");
}

/* RFC 3597: a type that nobody knows is a type without data. */
void lint_types(struct lint *l)
{
	static const uint16_t types[] = {LINT_AAAA,   LINT_MX,  LINT_CNAME,  LINT_DS,
	                                 LINT_DNSKEY, LINT_CAA, LINT_PRIVATE};
	const struct lint_key *key = lint_key_of(l, LINT_FAMILIES);

	if (!key) {
		lint_not_applicable(l, "no listed entry is known");
		return;
	}
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct lint_query q = lint_question(&key->name, types[i]);

		lint_check(l, &q, LINT_WANT_NODATA, "");
	}
}

static void mix_case(struct lint *l, struct lint_name *name)
{
	for (unsigned at = 0; at < name->size; at += 1u + name->wire[at]) {
		for (unsigned i = 1; i <= name->wire[at]; i++) {
			uint8_t *c = &name->wire[at + i];
			bool is_letter = (*c | 0x20) >= 'a' && (*c | 0x20) <= 'z';

			if (is_letter && lint_random(l) & 1)
				*c ^= 0x20;
		}
	}
}

void lint_case(struct lint *l)
{
	const struct lint_key *key = lint_key_of(l, LINT_FAMILIES);
	struct lint_query q = lint_question(&l->apex, LINT_SOA);

	mix_case(l, &q.name);
	lint_check(l, &q, LINT_WANT_SOA, "random case");
	for (unsigned i = 0; key && i < 3; i++) {
		q = lint_question(&key->name, LINT_A);
		mix_case(l, &q.name);
		lint_check(l, &q, LINT_WANT_LISTED, "random case");
	}
	if (lint_name_below("lint-no-such-name", &l->apex, &q.name) == 0) {
		mix_case(l, &q.name);
		lint_check(l, &q, LINT_WANT_NXDOMAIN, "random case");
	}
}
