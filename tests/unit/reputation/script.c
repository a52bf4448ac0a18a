/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/reputation/script.h"

#include "tests/unit/reputation/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESSES 11 /* of script_keys, the first ones */

const char *const script_keys[SCRIPT_KEYS] = {"192.0.2.1",         "192.0.2.2",
                                              "192.0.2.3",         "192.0.2.4",
                                              "192.0.2.5",         "192.0.2.6",
                                              "198.51.100.1",      "2001:db8:1:101::1",
                                              "2001:db8:1:102::1", "2001:db8:1:103::1",
                                              "2001:db8:1:201::1", "one.example",
                                              "192.0.2.0/24",      "as64500"};

void script_make(const struct script_shape *shape, struct script *out_script)
{
	static const char *const domains[] = {NULL, "one.example", "two.example"};
	static const char *const reporters[] = {"mx1", "mx2", "mx3"};
	uint64_t random = shape->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	int64_t now_ms = STREAM_START_MS;

	out_script->count = shape->count;
	out_script->events = calloc(shape->count, sizeof(*out_script->events));
	assert_non_null(out_script->events);
	for (size_t i = 0; i < shape->count; i++) {
		uint64_t r = stream_random(&random);
		struct stream_event e = {
		    .ip = script_keys[r % ADDRESSES],
		    .class = (r >> 8) % EVENT_CLASS_COUNT,
		    .count = (uint32_t)(1 + (r >> 16) % 3),
		    .probability = .2f + (float)((r >> 20) % 9) / 10,
		    .weight = .25f + (float)((r >> 24) % 4) / 4,
		    .recipient = 1 + (r >> 28) % 14,
		    .user = 1 + (r >> 32) % 8,
		    .reporter = reporters[(r >> 36) % 3],
		    .domain = domains[(r >> 40) % 3],
		    .is_authenticated = (r >> 44) % 4 != 0,
		    .is_null_sender = (r >> 48) % 8 == 0,
		};

		/* Derived, never told. */
		if (e.class == EVENT_DHA)
			e.class = EVENT_INVALID_RCPT;
		r = stream_random(&random);
		now_ms += (int64_t)(r % (uint64_t)shape->step_max_ms);
		if (shape->late_max_ms && r >> 60 == 0)
			e.late_ms = (int64_t)((r >> 20) % (uint64_t)shape->late_max_ms);
		stream_make(&e, now_ms, &out_script->events[i]);
	}
}

void script_done(struct script *s)
{
	free(s->events);
}

uint32_t script_asn(const struct address_range *address, void *context)
{
	(void)context;
	return address->is_ip6 ? 64501 : 64500;
}

static bool same_visit(const struct ledger_key *key, void *context)
{
	uint8_t of_a[LEDGER_RECORD_MAX], of_b[LEDGER_RECORD_MAX];
	const struct ledger *const *both = context;
	size_t a = ledger_save(both[0], key, of_a), b = ledger_save(both[1], key, of_b);

	assert_true(a > 0);
	if (a != b || memcmp(of_a, of_b, a) != 0)
		fail_msg("kind %u, length %u, address %llx: %zu and %zu bytes differ", key->kind,
		         key->length,
		         (unsigned long long)(key->kind == LEDGER_IP6 ? key->address >> 64
		                                                      : key->address),
		         a, b);
	return true;
}

void script_same(const struct ledger *a, const struct ledger *b)
{
	const struct ledger *both[] = {a, b};
	struct ledger_stats of_a, of_b;

	ledger_each(a, same_visit, both);
	ledger_stats(a, &of_a);
	ledger_stats(b, &of_b);
	assert_int_equal(of_a.keys, of_b.keys);
	assert_memory_equal(of_a.listed, of_b.listed, sizeof(of_a.listed));
	assert_int_equal(ledger_now(a), ledger_now(b));
}

void script_check_sum(const struct ledger_view *view)
{
	const struct ledger_score *s = &view->score;
	int32_t sum = 10000 + s->of_prior + s->of_history + s->of_rounding;

	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++)
		sum += s->of_class[class];
	assert_int_equal(sum, 100 * s->score);
	assert_in_range(s->of_rounding + 58, 0, 116);
	assert_in_range(s->score, 0, 100);
}
