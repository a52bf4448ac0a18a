/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/reputation/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stream_must(bool is_so, const char *what, const char *about)
{
	if (is_so)
		return;
	fprintf(stderr, "stream: %s: '%s'\n", what, about);
	abort();
}

void stream_make(const struct stream_event *e, int64_t received_ms, struct event *out_event)
{
	*out_event = (struct event){
	    .time_ms = received_ms - e->late_ms,
	    .received_ms = received_ms,
	    .class = e->class,
	    .count = e->count ? e->count : 1,
	    .probability = e->probability > 0 ? e->probability : 1,
	    .weight = e->weight > 0 ? e->weight : 1,
	    .recipient = e->recipient,
	    .user = e->user,
	    .is_authenticated = e->is_authenticated,
	    .is_null_sender = e->is_null_sender,
	};
	stream_must(address_parse(e->ip, strlen(e->ip), &out_event->address) == 0, "no address",
	            e->ip);
	if (e->domain) {
		int size = name_parse(e->domain, strlen(e->domain), out_event->domain);

		stream_must(size > 0, "no domain", e->domain);
		out_event->domain_size = (uint8_t)size;
	}
	snprintf(out_event->reporter, sizeof(out_event->reporter), "%s",
	         e->reporter ? e->reporter : "mx1");
}

void stream_apply(struct ledger *l, int64_t received_ms, const struct stream_event *e)
{
	struct event event;

	stream_make(e, received_ms, &event);
	stream_must(ledger_apply(l, &event) == 0, "refused", e->ip);
}

void stream_good(struct ledger *l, int64_t received_ms, const char *ip, uint64_t recipient)
{
	const struct stream_event e = {.ip = ip,
	                               .class = EVENT_GOOD_DELIVERY,
	                               .recipient = recipient,
	                               .is_authenticated = true};

	stream_apply(l, received_ms, &e);
}

struct ledger_key stream_key(const char *text)
{
	struct ledger_key key = {0};
	struct address_range range;

	if (strncmp(text, "as", 2) == 0 && text[2] >= '0' && text[2] <= '9') {
		key.kind = LEDGER_ASN;
		key.address = strtoul(text + 2, NULL, 10);
	} else if (address_parse(text, strlen(text), &range) == 0) {
		ledger_key_of(&range, &key);
		if (strchr(text, '/'))
			key.length = (uint8_t)address_widest_length(&range);
	} else {
		int size = name_parse(text, strlen(text), key.name);

		stream_must(size > 0, "no key", text);
		key.kind = LEDGER_DOMAIN;
		key.name_size = (uint8_t)size;
	}
	return key;
}

void stream_look(const struct ledger *l, const char *key, struct ledger_view *out_view)
{
	const struct ledger_key k = stream_key(key);

	ledger_look(l, &k, ledger_now(l), out_view);
}

unsigned stream_lists(const struct ledger *l, const char *key)
{
	const struct ledger_key k = stream_key(key);
	struct ledger_answer answer;

	ledger_answer(l, &k, ledger_now(l), &answer);
	return answer.lists;
}

struct ledger *stream_ledger(const struct ledger_hooks *hooks)
{
	struct dials dials;
	struct ledger *l;

	dials_default(&dials);
	l = ledger_new(&dials, hooks);
	stream_must(l != NULL, "no memory", "ledger");
	ledger_advance(l, STREAM_START_MS);
	return l;
}

uint64_t stream_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

struct stream_restoring {
	const struct ledger *from;
	struct ledger *to;
};

static bool stream_restore(const struct ledger_key *key, void *context)
{
	uint8_t bytes[LEDGER_RECORD_MAX];
	struct stream_restoring *r = context;
	int rc = ledger_restore(r->to, key, bytes, ledger_save(r->from, key, bytes));

	stream_must(rc == 0, "a record is not restored", strerror(-rc));
	return true;
}

struct ledger *stream_restored(const struct ledger *from)
{
	struct stream_restoring r = {from, stream_ledger(NULL)};

	ledger_advance(r.to, ledger_now(from));
	ledger_each(from, stream_restore, &r);
	return r.to;
}
