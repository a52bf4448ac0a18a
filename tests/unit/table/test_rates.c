/* SPDX-License-Identifier: BSD-3-Clause */
/* Rate limits, with a clock of the test's own. */
#include "dataplane/table/rates.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAPPED ((address6_t)0xffff << 32)
#define NOW_US UINT64_C(5000000)
#define IP4(a, b, c, d)                                                                            \
	(MAPPED | (uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define IP6(high) ((address6_t)(high) << 64 | 1)

static const struct rates_options usual = {
    .per_s = {5, 3, 1}, .slip = 2, .ip4_length = 24, .ip6_length = 56, .bucket_lines = 1024};

static struct rates *open_rates(const struct rates_options *options)
{
	struct rates *r = rates_new(options);

	assert_non_null(r);
	return r;
}

static enum rates_verdict take(struct rates *r, address6_t client, enum rates_class class,
                               uint64_t now_us)
{
	return rates_take(r, rates_find(r, client, class), class, now_us);
}

/* How many of `count` pass. */
static unsigned passed(struct rates *r, address6_t client, enum rates_class class, unsigned count,
                       uint64_t now_us)
{
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		n += take(r, client, class, now_us) == RATES_PASS;
	return n;
}

/* Who asks first, 20 times at once in class RESPONSES, leaves this many to whom asks then. */
static const struct {
	const char *reason;
	address6_t first, second;
	enum rates_class class;
	uint64_t later_us;
	unsigned expected;
} rows[] = {
    {"a second's worth at once, then no more", IP4(192, 0, 2, 1), IP4(192, 0, 2, 1),
     RATES_RESPONSES, 0, 0},
    {"one network has one limit", IP4(192, 0, 2, 1), IP4(192, 0, 2, 200), RATES_RESPONSES, 0, 0},
    {"the next network has its own", IP4(192, 0, 2, 1), IP4(192, 0, 3, 1), RATES_RESPONSES, 0, 5},
    {"another class has its own", IP4(192, 0, 2, 1), IP4(192, 0, 2, 1), RATES_NXDOMAINS, 0, 3},
    {"errors too", IP4(192, 0, 2, 1), IP4(192, 0, 2, 1), RATES_ERRORS, 0, 1},
    {"a token comes back in a fifth of a second", IP4(192, 0, 2, 1), IP4(192, 0, 2, 1),
     RATES_RESPONSES, 200000, 1},
    {"and not earlier", IP4(192, 0, 2, 1), IP4(192, 0, 2, 1), RATES_RESPONSES, 199999, 0},
    {"after a second all are back", IP4(192, 0, 2, 1), IP4(192, 0, 2, 1), RATES_RESPONSES, 1000000,
     5},
    {"and never more than that", IP4(192, 0, 2, 1), IP4(192, 0, 2, 1), RATES_RESPONSES,
     UINT64_C(3600000000), 5},
    {"an IPv6 /56 is one network", IP6(0x20010db800001200), IP6(0x20010db8000012ff),
     RATES_RESPONSES, 0, 0},
    {"the next /56 another", IP6(0x20010db800001200), IP6(0x20010db800001300), RATES_RESPONSES, 0,
     5},
    {"IPv4 is not the IPv6 network of the same bits", IP4(192, 0, 2, 1),
     (address6_t)0xc0000201 << 96, RATES_RESPONSES, 0, 5},
};

static void test_networks_and_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rates *r = open_rates(&usual);
		unsigned n = passed(r, rows[i].first, RATES_RESPONSES, 20, NOW_US);

		if (n != 5)
			fail_msg("%s: %u passed at first", rows[i].reason, n);
		n = passed(r, rows[i].second, rows[i].class, 20, NOW_US + rows[i].later_us);
		if (n != rows[i].expected)
			fail_msg("%s: %u passed, expected %u", rows[i].reason, n, rows[i].expected);
		rates_free(r);
	}
}

static void test_steady(void **state)
{
	struct rates *r = open_rates(&usual);
	unsigned n = 0;

	(void)state;
	/* 1000 queries a second for ten seconds: a burst of one second's worth, then the rate */
	for (uint64_t us = 0; us < 10000000; us += 1000)
		n += take(r, IP4(192, 0, 2, 1), RATES_RESPONSES, NOW_US + us) == RATES_PASS;
	assert_in_range(n, 50, 55);
	rates_free(r);
}

static void test_slip(void **state)
{
	(void)state;
	for (uint32_t slip = 0; slip <= 3; slip++) {
		struct rates_options options = usual;
		unsigned slipped = 0;
		struct rates *r;

		options.slip = slip;
		r = open_rates(&options);
		passed(r, 1, RATES_ERRORS, 1, NOW_US);
		for (unsigned i = 0; i < 60; i++)
			slipped += take(r, 1, RATES_ERRORS, NOW_US) == RATES_SLIP;
		assert_int_equal(slipped, slip ? 60 / slip : 0);
		rates_free(r);
	}
}

static void test_unlimited(void **state)
{
	struct rates_options options = usual;
	struct rates *r;

	(void)state;
	options.per_s[RATES_RESPONSES] = 0;
	r = open_rates(&options);
	assert_int_equal(rates_exempt(r, IP4(10, 0, 0, 0), IP4(10, 255, 255, 255)), 0);
	assert_int_equal(passed(r, 1, RATES_RESPONSES, 1000, NOW_US), 1000);
	assert_int_equal(passed(r, IP4(10, 1, 2, 3), RATES_ERRORS, 1000, NOW_US), 1000);
	assert_int_equal(passed(r, IP4(11, 1, 2, 3), RATES_ERRORS, 1000, NOW_US), 1);
	rates_free(r);
}

/* A table far too small gives nobody more than its rate: not who filled it, nor others. */
static void test_full(void **state)
{
	struct rates_options options = usual;
	struct rates *r;
	unsigned n = 0;

	(void)state;
	options.bucket_lines = 1;
	r = open_rates(&options);
	assert_int_equal(passed(r, IP4(192, 0, 2, 1), RATES_RESPONSES, 20, NOW_US), 5);
	for (unsigned i = 0; i < 100000; i++)
		n += take(r, IP4(i >> 16, i >> 8 & 255, i & 255, 1), RATES_RESPONSES, NOW_US) ==
		     RATES_PASS;
	assert_in_range(n, 1, 7 * 5);
	assert_int_equal(passed(r, IP4(192, 0, 2, 1), RATES_RESPONSES, 20, NOW_US), 0);
	rates_free(r);
}

static void test_clock_that_jumps(void **state)
{
	struct rates *r = open_rates(&usual);

	(void)state;
	assert_int_equal(passed(r, 1, RATES_RESPONSES, 20, UINT64_C(1) << 48), 5);
	/* back by an hour, and over the edge of what a bucket can hold: limited for a second at
	 * most, not for years */
	assert_int_equal(passed(r, 1, RATES_RESPONSES, 20, (UINT64_C(1) << 48) - 3600000000u), 5);
	assert_int_equal(passed(r, 1, RATES_RESPONSES, 20, (UINT64_C(1) << 48) + 3600000000u), 5);
	rates_free(r);
}

static void test_bad_options(void **state)
{
	static const struct rates_options bad[] = {
	    {{RATES_PER_S_MAX + 1, 1, 1}, 2, 24, 56, 1},
	    {{1, 1, 1}, RATES_SLIP_MAX + 1, 24, 56, 1},
	    {{1, 1, 1}, 2, 0, 56, 1},
	    {{1, 1, 1}, 2, 33, 56, 1},
	    {{1, 1, 1}, 2, 24, 0, 1},
	    {{1, 1, 1}, 2, 24, 129, 1},
	    {{1, 1, 1}, 2, 24, 56, 0},
	    {{1, 1, 1}, 2, 24, 56, RATES_BUCKETS_MAX + 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		assert_null(rates_new(&bad[i]));
		assert_int_equal(errno, EINVAL);
	}
}

#define THREADS 4
#define ROUNDS  200

struct shared {
	struct rates *rates;
	atomic_uint passed[ROUNDS];
	pthread_barrier_t barrier;
};

static void *spend(void *argument)
{
	struct shared *s = argument;

	rcu_register_thread(); /* the exempt networks are read */
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t now_us = NOW_US + i * UINT64_C(2000000);
		unsigned n = passed(s->rates, IP4(192, 0, 2, 1), RATES_RESPONSES, 300, now_us);

		passed(s->rates, IP4(i, i, i, i), RATES_RESPONSES, 3, now_us);
		atomic_fetch_add(&s->passed[i], n);
		rcu_thread_offline();
		pthread_barrier_wait(&s->barrier);
		rcu_thread_online();
	}
	rcu_unregister_thread();
	return NULL;
}

/* However many threads spend at once, together they get what one would. */
static void test_threads(void **state)
{
	struct rates_options options = usual;
	struct shared s = {0};
	pthread_t threads[THREADS];

	(void)state;
	options.per_s[RATES_RESPONSES] = 100;
	s.rates = open_rates(&options);
	pthread_barrier_init(&s.barrier, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, spend, &s), 0);
	rcu_thread_offline();
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	rcu_thread_online();
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_in_range(s.passed[i], 100, 100 + THREADS);
	pthread_barrier_destroy(&s.barrier);
	rates_free(s.rates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_networks_and_time),
	    cmocka_unit_test(test_steady),
	    cmocka_unit_test(test_slip),
	    cmocka_unit_test(test_unlimited),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_clock_that_jumps),
	    cmocka_unit_test(test_bad_options),
	    cmocka_unit_test(test_threads),
	};
	int rc;

	rcu_register_thread();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_unregister_thread();
	return rc;
}
