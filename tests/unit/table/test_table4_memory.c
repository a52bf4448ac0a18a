/* SPDX-License-Identifier: BSD-3-Clause */
/* However addresses lie, come and go: they are found, and take no more memory than they should. */
#include "bench/mix.h"
#include "dataplane/table/table4_parts.h"
#include "tests/unit/table/any.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CROWDS 2000

/* What is reported as resident stays near what is used. */
static void test_memory(void **state)
{
	struct table4 *t = table4_new();
	struct table4_stats empty, one, again;

	(void)state;
	table4_stats(t, &empty);
	assert_in_range(empty.memory_size, 1, 1 << 16);
	assert_int_equal(table4_paint(t, 1, 1, 2), 0);
	assert_int_equal(table4_paint(t, 1, 1, 1), 0);
	table4_stats(t, &one);
	assert_in_range(one.memory_size - empty.memory_size, 1, 1 << 17);
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(table4_paint(t, 1, 1, 1 + i % 2), 0);
	table4_stats(t, &again);
	assert_int_equal(again.memory_size, one.memory_size);
	table4_free(t);
	table4_free(NULL);
}

/* Whichever way many addresses lie: they are there, take so much memory, and leave none behind. */
static void test_many(void **state)
{
	enum shape { SCATTERED, IN_A_ROW, RUNS_OF_16 };
	static const struct {
		const char *reason;
		uint32_t count;
		enum shape shape;
		verdict_t verdict, kinds;
		double size_max; /* bytes for each, with one megabyte for all, two for nine lists */
	} rows[] = {
	    {"a few verdicts fit into narrow slots", 200000, SCATTERED, 1, 1, 12},
	    {"large verdicts take wide slots", 200000, SCATTERED, VERDICT_MAX - 1, 1, 18},
	    {"addresses in a row become whole /24s", 200000, IN_A_ROW, 1, 1, 1},
	    {"crowded /24s become masks", 200000, RUNS_OF_16, 1, 1, 13},
	    {"crowded /24s of many verdicts become runs", 50000, RUNS_OF_16, 1, 9, 60},
	};

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
		struct table4 *t = table4_new();
		struct table4_stats stats;

		print_message("# %s\n", rows[row].reason);
		for (int pass = 0; pass < 3; pass++) { /* paint, look, remove */
			for (uint32_t i = 0; i < rows[row].count; i++) {
				uint32_t address = rows[row].shape == SCATTERED ? mix32(i)
				                   : rows[row].shape == IN_A_ROW
				                       ? 0x0a000000 + i
				                       : (mix32(i / 16) & ~0xffu) + i % 16 * 7;
				verdict_t verdict = rows[row].verdict + i % rows[row].kinds;

				if (pass == 1)
					assert_int_equal(table4_lookup(t, address), verdict);
				else
					assert_int_equal(table4_paint(t, address, address,
					                              pass == 0 ? verdict : 0),
					                 0);
			}
			table4_stats(t, &stats);
			if (pass == 0)
				assert_true((double)stats.memory_size <=
				            (double)stats.address_count * rows[row].size_max);
		}
		assert_int_equal(stats.address_count, 0);
		assert_in_range(stats.memory_size, 0, 2600000); /* all pages of the arrays */
		assert_false(any4(t, 0, UINT32_MAX, rows[row].verdict & LIST_ID_MAX));
		table4_free(t);
	}
}

/* A /8 painted over many points and removed again, and all of IPv4. */
static void test_wide_over_points(void **state)
{
	static const verdict_t verdicts[] = {2, VERDICT_MAX, 0};
	struct table4_stats stats;

	(void)state;
	for (size_t i = 0; i < 3; i++) { /* in place, through blocks, and away */
		struct table4 *t = table4_new();

		for (uint32_t k = 0; k < 30000; k++) {
			uint32_t address = 0x0a000000 | mix32(k) >> 8;

			assert_int_equal(table4_paint(t, address, address, 1), 0);
		}
		assert_int_equal(table4_paint(t, 0x0a000000, 0x0affffff, verdicts[i]), 0);
		for (uint32_t k = 0; k < 30000; k++)
			assert_int_equal(table4_lookup(t, 0x0a000000 | mix32(k) >> 8), verdicts[i]);
		table4_stats(t, &stats);
		assert_int_equal(stats.address_count, verdicts[i] ? 1 << 24 : 0);
		assert_false(any4(t, 0x0a000000, 0x0affffff, 1));
		assert_int_equal(table4_paint(t, 0, UINT32_MAX, 3), 0);
		table4_stats(t, &stats);
		assert_int_equal(stats.address_count, UINT64_C(1) << 32);
		assert_in_range(stats.memory_size, 0, 1600000);
		table4_free(t);
	}
}

static uint32_t crowd_address(uint32_t net, uint32_t i)
{
	return (mix32(net) & ~0xffu) + (i * 37 & 0xff);
}

/* Take or give addresses of each of many /24s, and let what follows from it happen. */
static void paint_crowds(struct table4 *t, uint32_t from, uint32_t to, verdict_t verdict)
{
	for (uint32_t net = 0; net < CROWDS; net++)
		for (uint32_t i = from; i < to; i++)
			assert_int_equal(table4_paint(t, crowd_address(net, i),
			                              crowd_address(net, i),
			                              verdict ? verdict + i % 2 : 0),
			                 0);
	for (int i = 0; i < 2; i++) {
		table4_end_batch(t);
		rcu_barrier();
	}
	table4_end_batch(t);
}

static unsigned count_split(const struct table4 *t)
{
	unsigned count = 0;

	for (uint32_t net = 0; net < CROWDS; net++)
		count += slot4_is_split(ranges4_load(&t->map->ranges, mix32(net) >> 8));
	return count;
}

/* What a mass delisting leaves takes no more than if there never had been more. */
static void test_shrinks_to_points(void **state)
{
	static const struct {
		const char *reason;
		uint32_t from, to;
		verdict_t verdict;
		uint32_t left;
		unsigned split_min,
		    split_max; /* percent of the /24s; points crowd here and there */
	} steps[] = {
	    {"as many as fit as points", 0, 12, 1, 12, 0, 25},
	    {"one more", 12, 13, 1, 13, 100, 100},
	    {"many more", 13, 100, 1, 100, 100, 100},
	    {"it takes more than one fewer to go back", 12, 100, 0, 12, 100, 100},
	    {"more than half is too many", 7, 12, 0, 7, 100, 100},
	    {"half is not; late grace periods crowd points more", 6, 7, 0, 6, 0, 12},
	    {"and fewer", 3, 6, 0, 3, 0, 5},
	    {"it can grow again", 3, 100, 1, 100, 100, 100},
	    {"and be delisted at once", 3, 100, 0, 3, 0, 5},
	};
	struct table4 *t = table4_new(), *fresh = table4_new();
	struct table4_stats stats, fresh_stats;

	(void)state;
	paint_crowds(fresh, 0, 3, 1);
	table4_stats(fresh, &fresh_stats);
	for (size_t row = 0; row < sizeof(steps) / sizeof(*steps); row++) {
		print_message("# %s\n", steps[row].reason);
		paint_crowds(t, steps[row].from, steps[row].to, steps[row].verdict);
		assert_in_range(count_split(t), CROWDS / 100 * steps[row].split_min,
		                CROWDS / 100 * steps[row].split_max);
		for (uint32_t net = 0; net < CROWDS; net++)
			for (uint32_t i = 0; i < 120; i++)
				assert_int_equal(table4_lookup(t, crowd_address(net, i)),
				                 i < steps[row].left ? 1 + i % 2 : 0);
		table4_stats(t, &stats);
		assert_int_equal(stats.address_count, CROWDS * steps[row].left);
	}
	/* the pages of arrays that were written once stay */
	assert_in_range(stats.memory_size, 0, fresh_stats.memory_size * 5 / 4 + (2 << 20));
	print_message("# %llu bytes, a table that never had more: %llu\n",
	              (unsigned long long)stats.memory_size,
	              (unsigned long long)fresh_stats.memory_size);
	table4_free(fresh);
	table4_free(t);
}

/* A hint of how many addresses will come: whatever it says, they are there and take no more. */
static void test_reserve(void **state)
{
	static const struct {
		const char *reason;
		uint64_t expected;
		uint32_t count;
		verdict_t verdict;
		double size_max; /* bytes for each, with one megabyte for all */
	} rows[] = {
	    {"as many as expected", 300000, 300000, 1, 8},
	    {"no hint", 0, 300000, 1, 8},
	    {"expected in narrow slots, but the verdicts need wide ones", 300000, 300000,
	     VERDICT_MAX - 1, 16},
	    {"far fewer come", 3000000, 200000, 1, 8},
	    {"far more come", 1000, 300000, 1, 8},
	    {"none comes", 1000000, 0, 1, 0},
	    {"more than there can be: not all of the memory is taken", UINT64_MAX, 1000, 1, 8},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct table4 *t = table4_new();
		struct table4_stats stats;

		print_message("# %s\n", rows[i].reason);
		table4_reserve(t, rows[i].expected);
		table4_stats(t, &stats);
		assert_in_range(stats.memory_size, 1, 200 << 20);
		for (uint32_t n = 0; n < rows[i].count; n++) {
			uint32_t address = mix32(n);
			verdict_t verdict = rows[i].verdict + (n & 1);

			assert_int_equal(table4_paint_burst(t, &address, &address, &verdict, 1), 0);
		}
		table4_fit(t);
		table4_stats(t, &stats);
		assert_int_equal(stats.address_count, rows[i].count);
		assert_in_range(stats.memory_size, 1,
		                (uint64_t)(rows[i].count * rows[i].size_max) + (1 << 20));
		for (uint32_t n = 0; n < rows[i].count; n++)
			assert_int_equal(table4_lookup(t, mix32(n)), rows[i].verdict + (n & 1));
		assert_int_equal(table4_lookup(t, mix32(rows[i].count)), VERDICT_NONE);
		table4_free(t);
	}
}

/* In a table that has something a hint comes too late, and is not taken. */
static void test_reserve_late(void **state)
{
	struct table4 *t = table4_new();
	struct table4_stats before, after;

	(void)state;
	assert_int_equal(table4_paint(t, 5, 5, 1), 0);
	table4_stats(t, &before);
	table4_reserve(t, 1000000);
	table4_stats(t, &after);
	assert_int_equal(after.memory_size, before.memory_size);
	assert_int_equal(table4_lookup(t, 5), 1);
	table4_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_memory),           cmocka_unit_test(test_many),
	    cmocka_unit_test(test_wide_over_points), cmocka_unit_test(test_shrinks_to_points),
	    cmocka_unit_test(test_reserve),          cmocka_unit_test(test_reserve_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
