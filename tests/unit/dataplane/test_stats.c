/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters: every answer and drop lands in its own, and a visit sums over the threads. */
#include "dataplane/stats.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct wanted {
	const char *name;
	uint64_t value;
	unsigned times; /* how often it was visited */
};

static void remember(void *context, const char *name, const char *help, uint64_t value)
{
	struct wanted *w = context;
	assert_true(strlen(help) > 0);
	if (strcmp(name, w->name) == 0) {
		w->value = value;
		w->times++;
	}
}

static uint64_t value_of(const struct stats *s, const char *name)
{
	struct wanted w = {name};
	stats_visit(s, remember, &w);
	if (w.times != 1)
		fail_msg("counter '%s' was visited %u times", name, w.times);
	return w.value;
}

static void test_rcodes(void **state)
{
	(void)state;
	static const struct {
		uint8_t rcode;
		const char *name;
	} rows[] = {
	    {0, "NOERROR"}, {1, "FORMERR"},  {2, "SERVFAIL"},   {3, "NXDOMAIN"}, {4, "NOTIMP"},
	    {5, "REFUSED"}, {16, "BADVERS"}, {23, "BADCOOKIE"}, {6, "other"},    {15, "other"},
	    {22, "other"},  {24, "other"},   {255, "other"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stats *s = stats_new(1);
		struct query q = {.reply_size = 12, .rcode = rows[i].rcode};
		char name[64];
		stats_count_burst(stats_of_thread(s, 0), STATS_UDP, &q, 1);
		snprintf(name, sizeof(name), "rcodes{rcode=\"%s\"}", rows[i].name);
		assert_int_equal(value_of(s, name), 1);
		assert_int_equal(value_of(s, "queries{transport=\"udp\"}"), 1);
		assert_int_equal(value_of(s, "queries{transport=\"tcp\"}"), 0);
		stats_free(s);
	}
}

static void test_cookies(void **state)
{
	(void)state;
	static const char *const names[COOKIE_STATE_COUNT] = {
	    [COOKIE_CLIENT_ONLY] = "cookies{state=\"client_only\"}",
	    [COOKIE_INVALID] = "cookies{state=\"invalid\"}",
	    [COOKIE_VALID] = "cookies{state=\"valid\"}",
	};
	struct stats *s = stats_new(1);
	struct query queries[4 * COOKIE_STATE_COUNT] = {0};

	for (unsigned i = 0; i < 4 * COOKIE_STATE_COUNT; i++) {
		queries[i].reply_size = i < 2 * COOKIE_STATE_COUNT ? 12 : 0; /* half is dropped */
		queries[i].drop = i < 2 * COOKIE_STATE_COUNT ? DROP_NONE : DROP_ACCESS;
		queries[i].cookie_state = (uint8_t)(i % COOKIE_STATE_COUNT);
		queries[i].must_use_tcp = queries[i].cookie_state == COOKIE_NONE;
		queries[i].is_plain = i / COOKIE_STATE_COUNT % 2;
	}
	stats_count_burst(stats_of_thread(s, 0), STATS_UDP, queries, 4 * COOKIE_STATE_COUNT);
	for (unsigned i = COOKIE_NONE + 1; i < COOKIE_STATE_COUNT; i++)
		assert_int_equal(value_of(s, names[i]), 2);
	assert_int_equal(value_of(s, "sent_to_tcp"), 2);
	stats_free(s);
}

static void test_drops(void **state)
{
	(void)state;
	for (unsigned drop = DROP_NONE + 1; drop < DROP_COUNT; drop++) {
		struct stats *s = stats_new(1);
		struct query q = {.drop = (uint8_t)drop, .rcode = 2};
		char name[64];
		stats_count_burst(stats_of_thread(s, 0), STATS_DPDK, &q, 1);
		snprintf(name, sizeof(name), "drops{reason=\"%s\"}", drop_names[drop]);
		assert_int_equal(value_of(s, name), 1);
		/* What is dropped is not answered. */
		assert_int_equal(value_of(s, "rcodes{rcode=\"SERVFAIL\"}"), 0);
		stats_free(s);
	}
}

static void test_sum_over_threads(void **state)
{
	(void)state;
	struct stats *s = stats_new(3);
	for (unsigned i = 0; i < 3; i++) {
		struct stats_thread *t = stats_of_thread(s, i);
		stats_add(&t->replies[STATS_TCP], 10 + i);
		stats_add(&t->tcp_accepted, 5);
		stats_add(&t->tcp_closed, i);
		stats_add(&t->tcp_evicted, 1);
		stats_add(&t->neighbor_replies, 2);
		assert_int_equal((uintptr_t)t % 64, 0); /* no line shared by two writers */
	}
	assert_int_equal(value_of(s, "replies{transport=\"tcp\"}"), 33);
	assert_int_equal(value_of(s, "replies{transport=\"udp\"}"), 0);
	assert_int_equal(value_of(s, "tcp_connections_accepted"), 15);
	assert_int_equal(value_of(s, "tcp_connections_open"), 12);
	assert_int_equal(value_of(s, "tcp_connections_evicted"), 3);
	assert_int_equal(value_of(s, "neighbor_replies"), 6);
	stats_free(s);
}

static void test_workers(void **state)
{
	(void)state;
	struct stats *s = stats_new(4); /* a socket thread, two workers, the punt thread */
	struct wanted w = {.name = "worker_replies{worker=\"1\"}"};
	for (unsigned i = 0; i < 4; i++)
		stats_add(&stats_of_thread(s, i)->replies[STATS_DPDK], 10 + i);
	stats_visit_workers(s, 1, 2, remember, &w);
	assert_int_equal(w.times, 1);
	assert_int_equal(w.value, 12);
	stats_free(s);
}

#define ADDS 200000

static void *add_many(void *argument)
{
	struct stats_thread *t = argument;
	for (int i = 0; i < ADDS; i++)
		stats_add(&t->queries[STATS_UDP], 1);
	return NULL;
}

/* Writers lose nothing and a reader beside them never sees the sum go back. */
static void test_reading_while_counting(void **state)
{
	(void)state;
	struct stats *s = stats_new(2);
	pthread_t threads[2];
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, stats_of_thread(s, i)),
		                 0);
	uint64_t last = 0;
	for (int i = 0; i < 200; i++) {
		uint64_t now = value_of(s, "queries{transport=\"udp\"}");
		assert_true(now >= last);
		last = now;
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(value_of(s, "queries{transport=\"udp\"}"), 2 * ADDS);
	stats_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rcodes),  cmocka_unit_test(test_cookies),
	    cmocka_unit_test(test_drops),   cmocka_unit_test(test_sum_over_threads),
	    cmocka_unit_test(test_workers), cmocka_unit_test(test_reading_while_counting),
	};
	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
