/* SPDX-License-Identifier: BSD-3-Clause */
/* Items 10, 16 and 17: the apex, names outside of the zone, and class CH. */
#include "control/cli/lint.h"

#include <stdio.h>
#include <string.h>

#define SERVERS_MAX 8

/* A path that never answered is told here, where it would be missed otherwise. */
static void note_dead(struct lint *l)
{
	unsigned before = l->path;

	for (unsigned i = 0; i < before; i++)
		if (lint_is_alive(&l->paths[i]))
			return; /* told with the first path that answers */
	for (l->path = 0; l->path < l->path_count; l->path++) {
		const struct lint_path *p = &l->paths[l->path];

		if (!lint_is_alive(p) && !p->is_tcp && !lint_is_unreachable(p))
			lint_note(l, false, "is there anybody?", "an answer", strerror(-p->error));
	}
	l->path = before;
}

/* A name server, and how many addresses of it came with the NS records. */
struct server {
	struct lint_name name;
	unsigned glue_count;
};

static unsigned count_addresses(const struct lint_reply *r, enum lint_section section,
                                const struct lint_name *name)
{
	unsigned count = 0;

	for (unsigned i = 0; r && i < r->record_count; i++) {
		const struct lint_record *record = &r->records[i];

		count += record->section == section &&
		         (record->type == LINT_A || record->type == LINT_AAAA) &&
		         lint_name_equal(&record->owner, name);
	}
	return count;
}

static unsigned find_servers(const struct lint_reply *r, struct server servers[SERVERS_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; r && i < r->record_count && count < SERVERS_MAX; i++) {
		struct server *s = &servers[count];

		if (r->records[i].section != LINT_ANSWER || r->records[i].type != LINT_NS ||
		    lint_message_target(r, &r->records[i], &s->name) < 0)
			continue;
		s->glue_count = count_addresses(r, LINT_ADDITIONAL, &s->name);
		count++;
	}
	return count;
}

/*
 * Resolvers that look for a name server's address must not be told that it does not exist; and
 * those it has come with the NS records (RFC 1034 section 4.3.2 step 6).
 */
static void check_servers(struct lint *l, const struct server *servers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct lint_query q = lint_question(&servers[i].name, LINT_A);
		char asked[LINT_TEXT_MAX], wanted[64], came[64];
		unsigned addresses;

		if (!lint_name_is_in(&servers[i].name, &l->apex))
			continue;
		addresses = count_addresses(lint_check(l, &q, LINT_WANT_EXISTS, "a name server"),
		                            LINT_ANSWER, &servers[i].name);
		q.type = LINT_AAAA;
		addresses += count_addresses(lint_check(l, &q, LINT_WANT_EXISTS, "a name server"),
		                             LINT_ANSWER, &servers[i].name);
		lint_asked(&q, "a name server's addresses with the NS records", asked);
		snprintf(wanted, sizeof(wanted), "%u, as it has", addresses);
		snprintf(came, sizeof(came), "%u", servers[i].glue_count);
		lint_note(l, servers[i].glue_count == addresses, asked, wanted, came);
	}
}

void lint_apex(struct lint *l)
{
	struct lint_query q = lint_question(&l->apex, LINT_SOA);
	struct server servers[SERVERS_MAX];
	unsigned count;

	note_dead(l);
	lint_check(l, &q, LINT_WANT_SOA, "");
	q.type = LINT_A;
	lint_check(l, &q, LINT_WANT_EXISTS, "");
	q.type = LINT_TXT;
	lint_check(l, &q, LINT_WANT_EXISTS, "");
	q.type = LINT_NS;
	count = find_servers(lint_check(l, &q, LINT_WANT_NS, ""), servers);
	check_servers(l, servers, count);
}

void lint_out_of_zone(struct lint *l)
{
	static const struct lint_name root = {.wire = {0}, .size = 1};
	struct lint_query q = lint_question(&root, LINT_A);
	char labels[64];

	snprintf(labels, sizeof(labels), "lint-%llx.invalid",
	         (unsigned long long)lint_random(l) & 0xffffffff);
	if (lint_name_below(labels, &root, &q.name) < 0 || lint_name_is_in(&q.name, &l->apex))
		return;
	lint_check(l, &q, LINT_WANT_REFUSED, "not of this zone");
	q.opt_count = 1;
	q.udp_size = 1232;
	lint_check(l, &q, LINT_WANT_REFUSED, "not of this zone, EDNS");
}

/* The flags of the query are set as resolvers do, to see that they are not simply sent back. */
void lint_chaos(struct lint *l)
{
	static const char *const names[] = {"version.bind", "hostname.bind"};
	static const struct lint_name root = {.wire = {0}, .size = 1};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct lint_query q = lint_question(&root, LINT_TXT);

		lint_name_below(names[i], &root, &q.name);
		q.class = LINT_CH;
		q.flags = LINT_RD | LINT_AD | LINT_CD;
		lint_check(l, &q, LINT_WANT_CHAOS, "RD AD CD");
	}
}
