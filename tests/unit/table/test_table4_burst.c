/* SPDX-License-Identifier: BSD-3-Clause */
/* A burst of paints comes to the same as one after the other. */
#include "dataplane/table/table4.h"
#include "tests/unit/random.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A burst is its paints in order; what cannot be painted ends it. */
static void test_paint_burst(void **state)
{
	const uint32_t firsts[] = {10, 10, 500, 7, 30}, lasts[] = {20, 10, 500, 6, 30};
	const verdict_t verdicts[] = {1, 2, 3, 4, 5};
	struct table4 *t = table4_new();

	(void)state;
	assert_int_equal(table4_paint_burst(t, firsts, lasts, verdicts, 3), 0);
	assert_int_equal(table4_lookup(t, 10), 2);
	assert_int_equal(table4_lookup(t, 11), 1);
	assert_int_equal(table4_lookup(t, 500), 3);
	assert_int_equal(table4_paint_burst(t, firsts, lasts, verdicts, 5), -EINVAL);
	assert_int_equal(table4_lookup(t, 30), 0);
	assert_int_equal(table4_paint_burst(t, NULL, NULL, NULL, 0), 0);
	table4_free(t);
}

#define RANGES 400

/* Ranges in order from 10.0.0.0 on: addresses, parts of a /24, /24s, and some beyond a /16. */
static void make_ranges(uint64_t *seed, uint32_t *firsts, uint32_t *lasts, verdict_t *verdicts)
{
	static const uint32_t sizes[] = {1, 3, 16, 100, 256, 256, 300, 2048, 70000};
	uint32_t at = 0x0a000000 + random_next(seed) % 3000;
	unsigned kinds = 1 + random_next(seed) % 9;

	for (unsigned i = 0; i < RANGES; i++) {
		uint32_t size = sizes[random_next(seed) % kinds];

		at += random_next(seed) % 2 ? random_next(seed) % 600 : 0;
		if (size >= 256 && random_next(seed) % 4)
			at = (at + 255) & ~255u;
		firsts[i] = at;
		lasts[i] = at + size - 1;
		verdicts[i] = random_next(seed) % 4;
		at += size;
	}
}

/* Prefixes in order are made together: that comes to the same as one after the other. */
static void test_paint_burst_of_ranges(void **state)
{
	uint32_t firsts[RANGES], lasts[RANGES];
	uint64_t seed = 1;
	verdict_t verdicts[RANGES];
	struct table4 *t = table4_new(), *slow = table4_new();
	struct table4_stats stats, slow_stats;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		make_ranges(&seed, firsts, lasts, verdicts);
		assert_int_equal(table4_paint_burst(t, firsts, lasts, verdicts, RANGES), 0);
		for (unsigned i = 0; i < RANGES; i++)
			assert_int_equal(table4_paint(slow, firsts[i], lasts[i], verdicts[i]), 0);
		for (unsigned i = 0; i < RANGES; i++) {
			const uint32_t probes[] = {firsts[i] - 1, firsts[i], lasts[i], lasts[i] + 1,
			                           firsts[i] | 255};

			for (size_t k = 0; k < sizeof(probes) / sizeof(*probes); k++)
				assert_int_equal(table4_lookup(t, probes[k]),
				                 table4_lookup(slow, probes[k]));
		}
		table4_stats(t, &stats);
		table4_stats(slow, &slow_stats);
		assert_int_equal(stats.address_count, slow_stats.address_count);
		for (uint32_t list = 1; list < 4; list++) {
			const uint64_t lists[LISTSET_WORDS] = {UINT64_C(1) << list};
			const uint32_t first = 0x0a000000 | round % 8 << 16;

			assert_int_equal(table4_any(t, first, first | 0xffff, lists),
			                 table4_any(slow, first, first | 0xffff, lists));
		}
		rcu_barrier();
	}
	table4_free(t);
	table4_free(slow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paint_burst),
	    cmocka_unit_test(test_paint_burst_of_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
