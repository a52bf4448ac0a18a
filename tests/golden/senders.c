/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/golden/senders.h"

#include "control/reputation/answer.h"
#include "tests/unit/reputation/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS (STREAM_START_MS + 101 * STREAM_DAY)

/* Ids that the rest of the data set leaves free; lists and zones in the order of `views`. */
#define LISTING_FIRST 200
#define VERDICT_FIRST 40
#define LIST_FIRST    20

static const struct {
	const char *apex;
	uint8_t apex_size;
	enum config_kept kept;
} views[] = {
    {"\5score\7example", 15, KEPT_SCORE},   {"\3srl\7example", 13, KEPT_SRL},
    {"\3rep\7example", 13, KEPT_MAILSPIKE}, {"\3why\7example", 13, KEPT_WHY},
    {"\3asn\7example", 13, KEPT_NOTHING}, /* of a feed */
};
#define VIEWS (sizeof(views) / sizeof(views[0]))

/* Cases of the sanity table: good mail over some time before, bad mail in the last second. */
static const struct sender {
	const char *ip;
	unsigned goods;
	int64_t over_ms;
	struct stream_event event;
	unsigned count;
} senders[] = {
    /* a new address, one pristine trap */
    {"192.0.2.61", 0, 0, {.class = EVENT_TRAP_PRISTINE}, 1},
    /* a new address, a harvest of ten */
    {"198.51.101.61", 0, 0, {.class = EVENT_INVALID_RCPT}, 10},
    /* an office of five good a day, compromised: forty spam, told at once (later ones of a sudden
     * volume would add anomalies) */
    {"198.51.102.61",
     500,
     100 * STREAM_DAY,
     {.class = EVENT_SPAM_VERDICT, .probability = .9f, .count = 40},
     1},
    /* 200 good, after two that only show that it has recipients; eight invalid recipients */
    {"198.51.103.61", 202, 1000, {.class = EVENT_INVALID_RCPT}, 8},
    /* little is known: one invalid recipient */
    {"198.51.104.61", 0, 0, {.class = EVENT_INVALID_RCPT}, 1},
    {"2001:db8:61::1", 0, 0, {.class = EVENT_TRAP_PRISTINE}, 1},
};

/* What format mmdb-asn makes of a network. */
static const char asn_text[] = "64496 | 192.0.2.0/24 | NO | EXAMPLE-AS";

static void must(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "senders: %s\n", what);
	exit(1);
}

static struct ledger *new_ledger(const struct sender *s)
{
	struct ledger *l = stream_ledger(NULL);

	for (unsigned i = 0; i < s->goods; i++)
		stream_good(l, LOOK_MS - 1000 - s->over_ms + i * s->over_ms / s->goods, s->ip,
		            i % 100);
	for (unsigned i = 0; i < s->count; i++) {
		struct stream_event e = s->event;

		e.ip = s->ip;
		e.recipient = 1000 + i;
		stream_apply(l, LOOK_MS - 1000 + i, &e);
	}
	ledger_advance(l, LOOK_MS);
	return l;
}

static void paint(struct tables *t, const char *ip, verdict_t verdict)
{
	const struct ledger_key key = stream_key(ip);
	const address6_t host = ((address6_t)1 << 64) - 1;

	must((key.kind == LEDGER_IP4
	          ? table4_paint(t->addresses4, (uint32_t)key.address, (uint32_t)key.address,
	                         verdict)
	          : table6_paint(t->addresses6, key.address, key.address | host, verdict)) == 0,
	     ip);
}

static void add_sender(struct tables *t, unsigned number)
{
	const struct answer_wants wants = {.kept = ANSWER_SCORES};
	const struct sender *s = &senders[number];
	const struct ledger_key key = stream_key(s->ip);
	struct ledger *l = new_ledger(s);
	char text[ANSWER_TEXT_MAX + 1];
	answer_t answer = answer_of(l, &key, LOOK_MS, &wants, text);
	uint32_t listings[VIEWS], code, count = 0;

	for (unsigned i = 0; i < VIEWS; i++) {
		const char *of_view = views[i].kept == KEPT_WHY ? text : "";

		if (!answer_has(answer, views[i].kept, &code))
			continue;
		listings[count] = LISTING_FIRST + number * VIEWS + i;
		must(verdicts_define_listing(t->verdicts, listings[count], LIST_FIRST + i, code,
		                             of_view, strlen(of_view)) == 0,
		     s->ip);
		count++;
	}
	/* Its verdict has them by code: rep, score, why, srl. */
	must(count == 4, "not in all views");
	must(verdicts_define(t->verdicts, VERDICT_FIRST + number,
	                     (const uint32_t[]){listings[2], listings[0], listings[3], listings[1]},
	                     count) == 0,
	     "verdict");
	paint(t, s->ip, VERDICT_FIRST + number);
	ledger_free(l);
}

static void add_zone(struct tables *t, unsigned view)
{
	struct zone zone = {.apex = {(const uint8_t *)views[view].apex, views[view].apex_size},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4 | ZONE_HAS_IP6,
	                    .lists = {UINT64_C(1) << (LIST_FIRST + view)},
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60,
	                    .soa_refresh_s = 3600,
	                    .soa_retry_s = 600,
	                    .soa_expire_s = 604800};

	must(zones_add(t->zones, &zone) == 0, views[view].apex);
}

static void add_asn(struct tables *t)
{
	const uint32_t listing = LISTING_FIRST + 100;

	must(verdicts_define_listing(t->verdicts, listing, LIST_FIRST + 4, 0x7f000002, asn_text,
	                             strlen(asn_text)) == 0,
	     "asn");
	must(verdicts_define(t->verdicts, VERDICT_FIRST + 10, &listing, 1) == 0, "asn");
	paint(t, "203.0.114.61", VERDICT_FIRST + 10);
}

void senders_add(struct tables *t)
{
	for (unsigned i = 0; i < VIEWS; i++)
		add_zone(t, i);
	for (unsigned i = 0; i < sizeof(senders) / sizeof(senders[0]); i++)
		add_sender(t, i);
	add_asn(t);
}
