/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events, delistings and time in any order. Beside the ledger goes another that is looked at and
 * advanced in between, and one that is saved and restored: all three have the same bytes.
 */
#include "tests/unit/reputation/stream.h"

#include <stdlib.h>
#include <string.h>

#define STEP 12 /* bytes of an operation */
#define MOST 48

static const char *const addresses[] = {
    "192.0.2.1",         "192.0.2.2",         "192.0.2.3",         "192.0.2.4",
    "192.0.2.5",         "198.51.100.1",      "2001:db8:1:101::1", "2001:db8:1:102::1",
    "2001:db8:1:103::1", "2001:db8:1:201::1", "2001:db8:1:202::1", "203.0.113.1",
};
static const char *const domains[] = {NULL, NULL, "one.example", "a.one.example"};
static const char *const reporters[] = {"mx1", "mx2", "mx3", "mx4"};

static void expect(bool is_met)
{
	if (!is_met)
		abort();
}

static uint32_t asn_of(const struct address_range *address, void *context)
{
	(void)context;
	return address->is_ip6 ? 64501 : (uint32_t)(address->first >> 24);
}

static const struct ledger_hooks hooks = {.asn = asn_of};

static bool same_visit(const struct ledger_key *key, void *context)
{
	const struct ledger *const *both = context;
	uint8_t a[LEDGER_RECORD_MAX], b[LEDGER_RECORD_MAX];
	size_t a_size = ledger_save(both[0], key, a);

	expect(a_size > 0 && a_size == ledger_save(both[1], key, b) && !memcmp(a, b, a_size));
	return true;
}

static void same(const struct ledger *a, const struct ledger *b)
{
	const struct ledger *both[] = {a, b};
	struct ledger_stats of_a, of_b;

	ledger_each(a, same_visit, both);
	ledger_stats(a, &of_a);
	ledger_stats(b, &of_b);
	expect(of_a.keys == of_b.keys);
	expect(!memcmp(of_a.listed, of_b.listed, sizeof(of_a.listed)));
}

static bool sum_visit(const struct ledger_key *key, void *context)
{
	const struct ledger *l = context;
	struct ledger_view view;
	int32_t sum = 10000;

	ledger_look(l, key, ledger_now(l), &view);
	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++)
		sum += view.score.of_class[class];
	sum += view.score.of_prior + view.score.of_history + view.score.of_rounding;
	expect(sum == 100 * view.score.score);
	return true;
}

struct move {
	const struct ledger *from;
	struct ledger *to;
};

static bool move_visit(const struct ledger_key *key, void *context)
{
	uint8_t bytes[LEDGER_RECORD_MAX];
	struct move *m = context;
	size_t size = ledger_save(m->from, key, bytes);

	expect(ledger_restore(m->to, key, bytes, size) == 0);
	return true;
}

static struct ledger *moved(struct ledger *l)
{
	struct move m = {.from = l, .to = stream_ledger(&hooks)};

	ledger_advance(m.to, ledger_now(l));
	ledger_each(l, move_visit, &m);
	ledger_free(l);
	return m.to;
}

/* The time before an operation: mostly little, at times a week. What passes costs more than what
 * happens, as the ledger looks at its keys once an hour. */
static int64_t pause_of(const uint8_t *op)
{
	const int64_t units[] = {0,           1000,           STREAM_MINUTE, 10 * STREAM_MINUTE,
	                         STREAM_HOUR, 8 * STREAM_HOUR};

	return units[op[0] % 6] * (op[1] % 24);
}

static void event_of(const uint8_t *op, int64_t now_ms, struct event *out_event)
{
	const struct stream_event e = {
	    .ip = addresses[op[3] % 12],
	    .class = op[4] % EVENT_CLASS_COUNT,
	    .count = 1u + op[5] % 50,
	    .probability = (float)op[6] / 255,
	    .recipient = op[7],
	    .user = op[8],
	    .is_authenticated = op[9] & 1,
	    .is_null_sender = op[9] & 2,
	    .domain = domains[op[9] >> 2 & 3],
	    .reporter = reporters[op[9] >> 4 & 3],
	    .weight = (float)op[10] / 128,
	    .late_ms = op[9] & 128 ? (int64_t)op[11] * STREAM_HOUR : op[11],
	};

	stream_make(&e, now_ms, out_event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger *plain = stream_ledger(&hooks), *split = stream_ledger(&hooks);
	struct ledger *kept = stream_ledger(&hooks);
	int64_t now_ms = STREAM_START_MS;

	for (size_t i = 0; i < MOST && size >= STEP; i++, data += STEP, size -= STEP) {
		struct event event;

		ledger_advance(split, now_ms + pause_of(data) / 3);
		if (i % 16 == 0)
			ledger_each(split, sum_visit, split);
		now_ms += pause_of(data);
		if (data[2] == 255) {
			struct ledger_key key = stream_key(addresses[data[3] % 12]);

			key.length = key.kind == LEDGER_IP4 && data[4] & 1 ? 24 : key.length;
			key.address &= key.length == 24 ? ~(address6_t)255 : ~(address6_t)0;
			expect(ledger_delist(plain, &key, now_ms) ==
			       ledger_delist(split, &key, now_ms));
			ledger_delist(kept, &key, now_ms);
			continue;
		}
		if (data[2] >= 250)
			kept = moved(kept);
		event_of(data, now_ms, &event);
		expect(ledger_apply(plain, &event) == 0 && ledger_apply(split, &event) == 0 &&
		       ledger_apply(kept, &event) == 0);
	}
	same(plain, split);
	same(plain, kept);
	ledger_each(plain, sum_visit, plain);
	ledger_free(plain);
	ledger_free(split);
	ledger_free(kept);
	return 0;
}
