/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 addresses when memory runs out. */
#include "tests/unit/table/probe.h"
#include "tests/unit/table/shortage.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int paint4(struct tables *t, uint32_t first, uint32_t last, verdict_t verdict)
{
	return table4_paint(t->addresses4, first, last, verdict);
}

static void split_many(struct tables *t)
{
	for (uint32_t i = 0; i < 400; i++)
		assert_int_equal(paint4(t, probe4(i * 40), probe4(i * 40), 1), 0);
}

static int paint_one(struct tables *t)
{
	return paint4(t, 0x0a000001, 0x0a000001, 2);
}

static int paint_burst(struct tables *t)
{
	const uint32_t address = 0x0a000001;
	const verdict_t verdict = 2;

	return table4_paint_burst(t->addresses4, &address, &address, &verdict, 1);
}

/* Single addresses of one verdict, of which the first needs memory for all. */
static int paint_run(struct tables *t)
{
	uint32_t addresses[40];
	verdict_t verdicts[40];

	for (uint32_t i = 0; i < 40; i++) {
		addresses[i] = 0x0a000001 + i * 300;
		verdicts[i] = 2;
	}
	return table4_paint_burst(t->addresses4, addresses, addresses, verdicts, 40);
}

/* Prefixes of one /16, in which there is something already. */
static int paint_group(struct tables *t)
{
	uint32_t firsts[100], lasts[100];
	verdict_t verdicts[100];

	for (uint32_t i = 0; i < 100; i++) {
		firsts[i] = 0x0a000000 + i * 400;
		lasts[i] = firsts[i] + (i % 2 ? 399 : 99);
		verdicts[i] = 1 + i % 3;
	}
	return table4_paint_burst(t->addresses4, firsts, lasts, verdicts, 100);
}

static void split_some(struct tables *t)
{
	assert_int_equal(paint4(t, 0x0a000001, 0x0a000fff, 1), 0);
}

/* Many points within a /8, in narrow slots. */
static void fill_group(struct tables *t)
{
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(paint4(t, i << 10, i << 10, 1), 0);
}

/* Points whose slots have no room for the verdict that is painted over them. */
static int paint_large(struct tables *t)
{
	return paint4(t, 0, 0x00ffffff, VERDICT_MAX);
}

static int paint_two_ends(struct tables *t)
{
	return paint4(t, 0x0a000001, 0x0a0003f0, 2);
}

/* Retires more blocks than fit into one batch. */
static int paint_over_many(struct tables *t)
{
	return paint4(t, 0x0a000001, 0x0a01fff0, 3);
}

static const struct shortage_row rows[] = {
    {"IPv4: the first point", NULL, paint_one, 2},
    {"IPv4: the first point, by a burst", NULL, paint_burst, 2},
    {"IPv4: addresses of one verdict, by a burst", NULL, paint_run, 2},
    {"IPv4: prefixes of a /16, by a burst", NULL, paint_group, 2},
    {"IPv4: the same where something is", split_some, paint_group, 0},
    {"both ends of a range split a /24", NULL, paint_two_ends, 2},
    {"a range over many points", split_many, paint_over_many, 0},
    {"a verdict that goes through blocks", fill_group, paint_large, 4},
};

static void test_operations(void **state)
{
	(void)state;
	shortage_check(rows, sizeof(rows) / sizeof(*rows));
}

/* A hint for which there is no memory is not taken, and does no harm. */
static void test_reserve(void **state)
{
	unsigned fails = 0;

	(void)state;
	do {
		struct tables *t = tables_new();
		static struct probe_view before, after;

		assert_non_null(t);
		table4_use(t->addresses4, NULL);
		probe_look(t, &before);
		shortage_fail_at(++fails);
		table4_reserve(t->addresses4, 100000);
		shortage_fail_at(0);
		probe_look(t, &after);
		assert_int_equal(memcmp(&before, &after, sizeof(before)) == 0,
		                 shortage_has_failed());
		assert_int_equal(paint_burst(t), 0);
		table4_fit(t->addresses4);
		assert_int_equal(table4_lookup(t->addresses4, 0x0a000001), 2);
		tables_free(t);
		rcu_barrier();
	} while (shortage_has_failed());
	assert_in_range(fails - 1, 1, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operations),
	    cmocka_unit_test(test_reserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
