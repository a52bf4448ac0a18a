/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/table6.h"
#include "tests/unit/random.h"
#include "tests/unit/table/any.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NUMBER(high, low) ((address6_t)(high) << 64 | (uint64_t)(low))
#define NET               UINT64_C(0x20010db800000000)
#define LAST              (~(address6_t)0)

struct paint {
	address6_t first, last;
	verdict_t verdict;
};

struct expect {
	address6_t address;
	verdict_t verdict;
};

static const struct {
	const char *reason;
	size_t paint_count;
	struct paint paints[4];
	size_t expect_count;
	struct expect expects[6];
} paint_rows[] = {
    {"a new table lists nothing", 0, {{0}}, 2, {{0, 0}, {LAST, 0}}},
    {"a /64 and its neighbours",
     1,
     {{NUMBER(NET, 0), NUMBER(NET, UINT64_MAX), 7}},
     4,
     {{NUMBER(NET, 0) - 1, 0},
      {NUMBER(NET, 0), 7},
      {NUMBER(NET, UINT64_MAX), 7},
      {NUMBER(NET + 1, 0), 0}}},
    {"both ends of the address space",
     2,
     {{0, 0, 1}, {LAST, LAST, 2}},
     4,
     {{0, 1}, {1, 0}, {LAST - 1, 0}, {LAST, 2}}},
    {"everything at once", 1, {{0, LAST, VERDICT_MAX}}, 2, {{0, VERDICT_MAX}, {LAST, VERDICT_MAX}}},
    {"a hole in a range",
     2,
     {{100, 200, 1}, {150, 150, 0}},
     4,
     {{149, 1}, {150, 0}, {151, 1}, {201, 0}}},
    {"neighbours of one verdict are one range",
     2,
     {{100, 149, 1}, {150, 200, 1}},
     3,
     {{99, 0}, {150, 1}, {201, 0}}},
    {"painting what is there changes nothing",
     2,
     {{100, 200, 1}, {120, 130, 1}},
     2,
     {{120, 1}, {131, 1}}},
    {"unpainting all",
     3,
     {{100, 200, 1}, {LAST, LAST, 1}, {0, LAST, 0}},
     3,
     {{0, 0}, {150, 0}, {LAST, 0}}},
};

static void test_paint(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paint_rows) / sizeof(*paint_rows); i++) {
		struct table6 *t = table6_new();

		print_message("# %s\n", paint_rows[i].reason);
		assert_non_null(t);
		for (size_t k = 0; k < paint_rows[i].paint_count; k++) {
			const struct paint *p = &paint_rows[i].paints[k];

			assert_int_equal(table6_paint(t, p->first, p->last, p->verdict), 0);
		}
		for (size_t k = 0; k < paint_rows[i].expect_count; k++) {
			const struct expect *e = &paint_rows[i].expects[k];

			assert_int_equal(table6_lookup(t, e->address), e->verdict);
		}
		table6_free(t);
	}
}

static void test_paint_refuses(void **state)
{
	struct table6 *t = table6_new();

	(void)state;
	assert_int_equal(table6_paint(t, 2, 1, 1), -EINVAL);
	assert_int_equal(table6_paint(t, 1, 2, VERDICT_MAX + 1), -EINVAL);
	assert_int_equal(table6_lookup(t, 1), VERDICT_NONE);
	table6_free(t);
	table6_free(NULL);
}

#define RANGES 3000

/* Ranges in order: addresses, parts of a /64, /64s, prefixes; close together or far apart. */
static void make_ranges(uint64_t *seed, address6_t *firsts, address6_t *lasts, verdict_t *verdicts)
{
	static const address6_t sizes[] = {1,
	                                   5,
	                                   NUMBER(0, UINT64_MAX / 3),
	                                   NUMBER(1, 0),
	                                   NUMBER(1, 0),
	                                   NUMBER(77, 0),
	                                   NUMBER(0x10000, 0)};
	address6_t at = NUMBER(NET + random_next(seed) % 5000, 0);
	unsigned kinds = 1 + (unsigned)(random_next(seed) % 7);
	address6_t gap = random_next(seed) % 2 ? NUMBER(3, 0) : NUMBER(0x100000, 0);

	for (unsigned i = 0; i < RANGES; i++) {
		address6_t size = sizes[random_next(seed) % kinds];

		at += random_next(seed) % 3 ? gap * (random_next(seed) % 4) : 0;
		if (size >= NUMBER(1, 0))
			at = (at + UINT64_MAX) >> 64 << 64;
		firsts[i] = at;
		lasts[i] = at + size - 1;
		verdicts[i] = random_next(seed) % 9 ? random_next(seed) % 4 : 0xffffff;
		at += size;
	}
}

/* Ranges in order are made together: that comes to the same as one after the other. */
static void test_paint_burst(void **state)
{
	static address6_t firsts[RANGES], lasts[RANGES];
	static verdict_t verdicts[RANGES];
	struct table6 *t = table6_new(), *slow = table6_new();
	struct table6_stats stats;
	uint64_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 30; round++) {
		make_ranges(&seed, firsts, lasts, verdicts);
		/* some bursts are of few, where there is much already */
		for (size_t at = 0, size; at < RANGES; at += size) {
			size = random_next(&seed) % (round % 2 ? 30 : 2500) + 1;
			size = size < RANGES - at ? size : RANGES - at;
			assert_int_equal(
			    table6_paint_burst(t, firsts + at, lasts + at, verdicts + at, size), 0);
		}
		for (unsigned i = 0; i < RANGES; i++)
			assert_int_equal(table6_paint(slow, firsts[i], lasts[i], verdicts[i]), 0);
		for (unsigned i = 0; i < RANGES; i++) {
			const address6_t probes[] = {firsts[i] - 1, firsts[i], lasts[i],
			                             lasts[i] + 1};

			for (size_t k = 0; k < sizeof(probes) / sizeof(*probes); k++)
				assert_int_equal(table6_lookup(t, probes[k]),
				                 table6_lookup(slow, probes[k]));
		}
	}
	assert_int_equal(table6_paint_burst(t, (address6_t[]){0}, (address6_t[]){LAST},
	                                    (verdict_t[]){VERDICT_NONE}, 1),
	                 0);
	table6_stats(t, &stats);
	assert_int_equal(stats.boundary_count, 0);
	assert_in_range(stats.memory_size, 1, 16384);
	table6_free(t);
	table6_free(slow);
}

/* What cannot be painted ends a burst; what was before it is painted. */
static void test_paint_burst_refuses(void **state)
{
	address6_t firsts[20], lasts[20];
	verdict_t verdicts[20];
	struct table6 *t = table6_new();

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		firsts[i] = NUMBER(NET + i, 0);
		lasts[i] = NUMBER(NET + i, 5);
		verdicts[i] = i == 15 ? VERDICT_MAX + 1 : 1 + i % 3;
	}
	assert_int_equal(table6_paint_burst(t, firsts, lasts, verdicts, 20), -EINVAL);
	assert_int_equal(table6_lookup(t, firsts[14]), verdicts[14]);
	assert_int_equal(table6_lookup(t, firsts[15]), VERDICT_NONE);
	assert_int_equal(table6_lookup(t, firsts[16]), VERDICT_NONE);
	assert_int_equal(table6_paint_burst(t, NULL, NULL, NULL, 0), 0);
	table6_free(t);
}

/* The order in which many single addresses are painted, which decides how chunks are cut. */
enum order { ASCENDING, DESCENDING, SCATTERED };

static uint32_t at_order(enum order order, uint32_t i, uint32_t count)
{
	switch (order) {
	case ASCENDING:
		return i;
	case DESCENDING:
		return count - 1 - i;
	case SCATTERED:
		return (uint32_t)((uint64_t)i * 7919 % count); /* prime, so each comes once */
	}
	return 0;
}

/* Every third /64, whole or its second address. */
static void fill(struct table6 *t, enum order order, bool is_whole, uint32_t count,
                 verdict_t verdict)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t net = NET + 3 * (uint64_t)at_order(order, i, count);
		address6_t first = NUMBER(net, !is_whole);

		assert_int_equal(
		    table6_paint(t, first, is_whole ? NUMBER(net, UINT64_MAX) : first, verdict), 0);
	}
}

static const struct {
	const char *reason;
	enum order filled, emptied;
	bool is_whole;
	uint64_t bytes; /* of an entry at most, when filled */
} many_rows[] = {
    {"single addresses, ascending", ASCENDING, ASCENDING, false, 48},
    {"single addresses, descending", DESCENDING, SCATTERED, false, 48},
    {"single addresses, scattered", SCATTERED, DESCENDING, false, 48},
    {"/64s, ascending", ASCENDING, DESCENDING, true, 20},
    {"/64s, descending", DESCENDING, ASCENDING, true, 20},
    {"/64s, scattered", SCATTERED, SCATTERED, true, 14},
};

static void test_many(void **state)
{
	const uint32_t count = 20000;

	(void)state;
	for (size_t i = 0; i < sizeof(many_rows) / sizeof(*many_rows); i++) {
		const bool is_whole = many_rows[i].is_whole;
		struct table6 *t = table6_new();
		struct table6_stats stats;

		print_message("# %s\n", many_rows[i].reason);
		fill(t, many_rows[i].filled, is_whole, count, 3);
		table6_stats(t, &stats);
		assert_in_range(stats.boundary_count, 2 * count - count / 10,
		                2 * count + count / 10);
		assert_in_range(stats.memory_size / count, 8, many_rows[i].bytes);
		for (uint32_t k = 0; k < count; k++) {
			const uint64_t net = NET + 3 * (uint64_t)k;

			assert_int_equal(table6_lookup(t, NUMBER(net, 0)), is_whole ? 3 : 0);
			assert_int_equal(table6_lookup(t, NUMBER(net, 1)), 3);
			assert_int_equal(table6_lookup(t, NUMBER(net, 2)), is_whole ? 3 : 0);
			assert_int_equal(table6_lookup(t, NUMBER(net + 1, 1)), 0);
			assert_int_equal(table6_lookup(t, NUMBER(net - 1, 1)), 0);
		}
		fill(t, many_rows[i].emptied, is_whole, count, VERDICT_NONE);
		table6_stats(t, &stats);
		assert_int_equal(stats.boundary_count, 0);
		assert_in_range(stats.memory_size, 1, 16384);
		table6_free(t);
	}
}

/* What is left after most of it was unpainted does not keep the memory of before. */
static void test_thinned_out(void **state)
{
	struct table6 *t = table6_new();
	struct table6_stats stats;

	(void)state;
	fill(t, SCATTERED, true, 50000, 3);
	for (uint32_t i = 0; i < 50000; i++) {
		const uint64_t net = NET + 3 * (uint64_t)i;

		if (i % 50 != 0)
			assert_int_equal(
			    table6_paint(t, NUMBER(net, 0), NUMBER(net, UINT64_MAX), VERDICT_NONE),
			    0);
	}
	table6_stats(t, &stats);
	assert_in_range(stats.boundary_count, 1900, 2100);
	assert_in_range(stats.memory_size / 1000, 8, 40);
	table6_free(t);
}

static void test_any(void **state)
{
	static const struct {
		const char *reason;
		address6_t first, last;
		verdict_t verdict;
		bool want;
	} rows[] = {
	    {"all of it", 0, LAST, 3, true},
	    {"a verdict that is nowhere", 0, LAST, 4, false},
	    {"just the address", NUMBER(NET, 1), NUMBER(NET, 1), 3, true},
	    {"up to the address before", 0, NUMBER(NET, 0), 3, false},
	    {"from the address behind", NUMBER(NET, 2), LAST, 3, false},
	    {"from within a range, whose boundary is before", NUMBER(NET + 5, 9), LAST, 5, true},
	    {"an address within a range", NUMBER(NET + 5, 9), NUMBER(NET + 5, 9), 5, true},
	    {"the last address", LAST, LAST, 2, true},
	};
	struct table6 *t = table6_new();

	(void)state;
	assert_int_equal(table6_paint(t, NUMBER(NET, 1), NUMBER(NET, 1), 3), 0);
	assert_int_equal(table6_paint(t, NUMBER(NET + 5, 0), NUMBER(NET + 5, UINT64_MAX), 5), 0);
	assert_int_equal(table6_paint(t, LAST, LAST, 2), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# %s\n", rows[i].reason);
		assert_int_equal(any6(t, rows[i].first, rows[i].last, rows[i].verdict),
		                 rows[i].want);
	}
	table6_free(t);
}

/* A list whose id is the same modulo 64 looks alike from afar: looked at closely, up to a budget.
 */
static void test_any_is_bounded(void **state)
{
	struct table6 *t = table6_new();

	(void)state;
	fill(t, ASCENDING, true, TABLE6_ANY_BUDGET / 2 - 1, 3);
	assert_false(any6(t, NUMBER(NET, 0), LAST, 3 + 64));
	fill(t, ASCENDING, true, 10 * TABLE6_ANY_BUDGET, 3);
	assert_true(any6(t, NUMBER(NET, 0), LAST, 3 + 64)); /* gives up */
	assert_false(any6(t, NUMBER(NET, 0), LAST, 4));     /* no other list does */
	assert_false(any6(t, 0, LAST, 4));
	assert_true(any6(t, 0, LAST, 3));
	table6_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paint),          cmocka_unit_test(test_paint_refuses),
	    cmocka_unit_test(test_many),           cmocka_unit_test(test_any),
	    cmocka_unit_test(test_any_is_bounded), cmocka_unit_test(test_thinned_out),
	    cmocka_unit_test(test_paint_burst),    cmocka_unit_test(test_paint_burst_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
