/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers at full speed while full loads and deltas are committed: each answer is one that some
 * generation gives, and no answer mixes two full loads.
 */
#include "dataplane/access.h"
#include "dataplane/answer.h"
#include "tests/unit/dataplane/fixture.h"

#include <urcu-qsbr.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define READERS     2
#define FULL_LOADS  6
#define DELTAS      8          /* after each full load */
#define FULL_FIRST  0x0a000000 /* 10.0.0.0/23: touched by full loads only */
#define FULL_LAST   0x0a0001ff
#define DELTA_FIRST 0xc6336400 /* 198.51.100.0-9: always listed, as what changes */
#define DELTA_LAST  0xc6336409
#define NEVER       0xcb007101 /* 203.0.113.1 */

#define FULL_CODE(k)  CODE(2 + (k) % 50)
#define DELTA_CODE(n) CODE(100 + (n) % 100)

struct reader {
	pthread_t thread;
	const struct update *update;
	const atomic_bool *stop;
	const char *failure; /* NULL = none; read after the thread has ended */
	uint64_t rounds, generation;
};

static bool has_code(const struct listing *listing)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "code %u", listing->code & 255);

	return listing->list == CLIENT_LIST && listing->text_size == size &&
	       memcmp(listing->text, text, (size_t)size) == 0;
}

/* The code an address is listed with; 0 = none, 1 = something broken. */
static uint32_t code_of(const struct tables *t, uint32_t address)
{
	verdict_t verdict = table4_lookup(t->addresses4, address);
	const struct verdict *listings = verdicts_get(t->verdicts, verdict);

	if (verdict == VERDICT_NONE)
		return 0;
	if (!listings || listings->count != 1 || !has_code(listings->listings[0]))
		return 1;
	return listings->listings[0]->code;
}

/* 7.100.51.198.bl.test A, answered by the core. Returns whether the answer is one A record. */
static bool is_answered(const struct tables *t)
{
	static const uint8_t question[] = "\0\0\0\0\0\1\0\0\0\0\0\0"
					  "\0017\003100\00251\003198\002bl\004test\0\0\1\0\1";
	uint8_t message[512];
	struct query query = {
	    .message = message,
	    .size = sizeof(question) - 1,
	    .capacity = sizeof(message),
	    .client = ((address6_t)0xffff << 32) | 0x7f000001,
	};

	memcpy(message, question, sizeof(question) - 1);
	answer_burst(t, &query, 1);
	return query.reply_size == query.size + 16 && query.rcode == 0 && message[7] == 1 &&
	       message[query.size + 12] == 127;
}

static const char *read_once(struct reader *r, const struct tables *t)
{
	uint32_t code = code_of(t, FULL_FIRST), delta_code = code_of(t, DELTA_FIRST + 7);
	uint64_t generation = atomic_load(&t->generation);

	if (code < FULL_CODE(0) || code > FULL_CODE(49))
		return "an address of the full loads has a code of none";
	for (uint32_t address = FULL_FIRST; address <= FULL_LAST; address += 73) {
		if (code_of(t, address) != code)
			return "two full loads in one table";
	}
	if (delta_code < DELTA_CODE(0) || delta_code > DELTA_CODE(99))
		return "an address of the deltas has a code of none";
	if (code_of(t, NEVER) != 0)
		return "listed, and never was";
	if (!is_answered(t))
		return "not answered with one A record";
	if (generation < r->generation)
		return "an older generation after a newer one";
	r->generation = generation;
	return NULL;
}

static void *read_all(void *argument)
{
	struct reader *r = argument;

	rcu_register_thread();
	while (!r->failure && !atomic_load(r->stop)) {
		r->failure = read_once(r, update_tables(r->update));
		r->rounds++;
		rcu_quiescent_state();
	}
	rcu_unregister_thread();
	return NULL;
}

static void send_code(struct client *c, uint32_t id, uint32_t code)
{
	char text[32];

	snprintf(text, sizeof(text), "code %u", code & 255);
	client_send_define(c, id, code, text);
}

static void load_full(struct client *c, uint64_t generation, unsigned k)
{
	client_send_begin(c, generation, true);
	send_code(c, 1, FULL_CODE(k));
	send_code(c, 2, DELTA_CODE(0));
	client_send_paint4(c, FULL_FIRST, FULL_LAST, 1);
	client_send_paint4(c, DELTA_FIRST, DELTA_LAST, 2);
	client_send_zone(c, "\2bl\4test", REPUTED__UPDATE__ZONE_STATE__SERVING);
	client_send_access(c, ACCESS_ALLOW);
	client_send_commit(c, generation);
	client_expect_committed(c, generation);
}

/* Ids 2 and 3 in turns, each defined anew right after it was forgotten. */
static void load_delta(struct client *c, uint64_t generation, unsigned n)
{
	uint32_t id = 2 + n % 2;

	client_send_begin(c, generation, false);
	send_code(c, id, DELTA_CODE(n));
	client_send_paint4(c, DELTA_FIRST, DELTA_LAST, id);
	client_send_paint4(c, NEVER + 1, NEVER + 4096, n % 3 ? id : 0);
	client_send_paint4(c, NEVER + 1, NEVER + 4096, 0);
	client_send_zone(c, "\2bl\4test", REPUTED__UPDATE__ZONE_STATE__SERVING);
	client_send_access(c, ACCESS_ALLOW);
	client_send_forget(c, 5 - id);
	client_send_commit(c, generation);
	client_expect_committed(c, generation);
}

static void test_readers(void **state)
{
	struct fixture *f = *state;
	struct reader readers[READERS] = {0};
	atomic_bool stop = false;
	uint64_t generation = 1;

	load_full(&f->writer, generation, 0);
	for (size_t i = 0; i < READERS; i++) {
		readers[i].update = f->update;
		readers[i].stop = &stop;
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]),
		                 0);
	}
	for (unsigned k = 1; k <= FULL_LOADS; k++) {
		load_full(&f->writer, ++generation, k);
		for (unsigned n = 1; n <= DELTAS; n++)
			load_delta(&f->writer, ++generation, n);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		if (readers[i].failure)
			fail_msg("reader %zu: %s", i, readers[i].failure);
		assert_true(readers[i].rounds > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {FIXTURE_TEST(test_readers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
