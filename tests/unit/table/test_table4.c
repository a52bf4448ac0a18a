/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/table4_parts.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CROWDS              2000
#define ADDRESS(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

struct paint {
	uint32_t first, last;
	verdict_t verdict;
};

struct expect {
	uint32_t address;
	verdict_t verdict;
};

static const struct {
	const char *reason;
	size_t paint_count;
	struct paint paints[4];
	size_t expect_count;
	struct expect expects[6];
	uint64_t listed;
} paint_rows[] = {
    {"a new table lists nothing", 0, {{0}}, 2, {{0, 0}, {UINT32_MAX, 0}}, 0},
    {"one address splits its /24",
     1,
     {{ADDRESS(192, 0, 2, 7), ADDRESS(192, 0, 2, 7), 5}},
     3,
     {{ADDRESS(192, 0, 2, 6), 0}, {ADDRESS(192, 0, 2, 7), 5}, {ADDRESS(192, 0, 2, 8), 0}},
     1},
    {"the first and the last addresses of all, and the largest verdict",
     2,
     {{0, 1, 9}, {UINT32_MAX, UINT32_MAX, VERDICT_MAX}},
     5,
     {{0, 9}, {1, 9}, {2, 0}, {UINT32_MAX - 1, 0}, {UINT32_MAX, VERDICT_MAX}},
     3},
    {"a range over borders of /24 keeps what is before and behind it",
     1,
     {{ADDRESS(10, 0, 0, 255), ADDRESS(10, 0, 3, 0), 2}},
     5,
     {{ADDRESS(10, 0, 0, 254), 0},
      {ADDRESS(10, 0, 0, 255), 2},
      {ADDRESS(10, 0, 2, 128), 2},
      {ADDRESS(10, 0, 3, 0), 2},
      {ADDRESS(10, 0, 3, 1), 0}},
     1 + 512 + 1},
    {"an exclusion inside of a listed range",
     2,
     {{ADDRESS(10, 0, 0, 0), ADDRESS(10, 255, 255, 255), 3},
      {ADDRESS(10, 1, 2, 3), ADDRESS(10, 1, 2, 3), VERDICT_NONE}},
     3,
     {{ADDRESS(10, 1, 2, 2), 3}, {ADDRESS(10, 1, 2, 3), 0}, {ADDRESS(10, 1, 2, 4), 3}},
     (1 << 24) - 1},
    {"the later paint wins",
     3,
     {{ADDRESS(10, 0, 0, 0), ADDRESS(10, 0, 0, 9), 1},
      {ADDRESS(10, 0, 0, 10), ADDRESS(10, 0, 0, 19), 2},
      {ADDRESS(10, 0, 0, 5), ADDRESS(10, 0, 0, 14), 1}},
     4,
     {{ADDRESS(10, 0, 0, 4), 1},
      {ADDRESS(10, 0, 0, 14), 1},
      {ADDRESS(10, 0, 0, 15), 2},
      {ADDRESS(10, 0, 0, 20), 0}},
     20},
    {"all of the address space",
     1,
     {{0, UINT32_MAX, 1}},
     3,
     {{0, 1}, {ADDRESS(127, 255, 255, 255), 1}, {UINT32_MAX, 1}},
     UINT64_C(1) << 32},
    {"unpainting more than was painted leaves nothing",
     2,
     {{ADDRESS(10, 0, 0, 1), ADDRESS(10, 9, 0, 1), 1}, {0, UINT32_MAX, VERDICT_NONE}},
     3,
     {{ADDRESS(10, 0, 0, 1), 0}, {ADDRESS(10, 4, 0, 0), 0}, {ADDRESS(10, 9, 0, 1), 0}},
     0},
};

static void test_paint(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paint_rows) / sizeof(*paint_rows); i++) {
		struct table4 *t = table4_new();
		struct table4_stats stats;

		print_message("# %s\n", paint_rows[i].reason);
		assert_non_null(t);
		for (size_t k = 0; k < paint_rows[i].paint_count; k++) {
			const struct paint *p = &paint_rows[i].paints[k];

			assert_int_equal(table4_paint(t, p->first, p->last, p->verdict), 0);
		}
		for (size_t k = 0; k < paint_rows[i].expect_count; k++) {
			const struct expect *e = &paint_rows[i].expects[k];
			verdict_t verdict = ~0u;

			assert_int_equal(table4_lookup(t, e->address), e->verdict);
			table4_lookup_burst(t, &e->address, 1, &verdict);
			assert_int_equal(verdict, e->verdict);
		}
		table4_stats(t, &stats);
		assert_int_equal(stats.address_count, paint_rows[i].listed);
		table4_free(t);
	}
}

static void test_paint_refuses(void **state)
{
	static const struct {
		const char *reason;
		struct paint paint;
	} rows[] = {
	    {"an empty range", {2, 1, 1}},
	    {"a verdict that does not fit into 24 bits", {1, 2, VERDICT_MAX + 1}},
	};
	struct table4 *t = table4_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct paint *p = &rows[i].paint;

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(table4_paint(t, p->first, p->last, p->verdict), -EINVAL);
		assert_int_equal(table4_lookup(t, 1), VERDICT_NONE);
	}
	table4_free(t);
}

/* A burst longer than those it is worked off in, with hits, misses and split /24s. */
static void test_burst_is_like_lookup(void **state)
{
	struct table4 *t = table4_new();
	uint32_t addresses[100];
	verdict_t verdicts[101];

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		addresses[i] = i * 0x01010101u;
		if (i % 3 == 0)
			assert_int_equal(table4_paint(t, addresses[i], addresses[i], i + 1), 0);
	}
	verdicts[100] = 4711;
	table4_lookup_burst(t, addresses, 100, verdicts);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(verdicts[i], i % 3 == 0 ? i + 1 : VERDICT_NONE);
		table4_prefetch(t, addresses[i]);
	}
	assert_int_equal(verdicts[100], 4711);
	table4_free(t);
}

/* Painting a /24 address by address in any order ends where one paint does, in memory too. */
static void test_split_heals(void **state)
{
	struct table4 *t = table4_new();
	struct table4_stats uniform, stats;

	(void)state;
	/* what is written once stays: the pages of the lists and the directory; so do it twice */
	for (uint32_t i = 0; i < 512; i++) {
		uint32_t address = 0x0a000000 | (i * 77 & 0xff);

		if (i % 256 == 0) {
			assert_int_equal(table4_paint(t, 0x0a000000, 0x0a0000ff, 6), 0);
			table4_stats(t, &uniform);
		}
		assert_int_equal(table4_paint(t, address, address, 8), 0);
		table4_stats(t, &stats);
		if (i >= 256)
			assert_int_equal(stats.memory_size > uniform.memory_size, i < 511);
		assert_int_equal(stats.address_count, 256);
	}
	assert_int_equal(table4_lookup(t, 0x0a000080), 8);
	table4_free(t);
}

/* Without a struct verdicts, a verdict is of the list of its number. */
static bool any(const struct table4 *t, uint32_t first, uint32_t last, uint32_t list)
{
	uint64_t lists[LISTSET_WORDS] = {0};

	lists[list / 64] = UINT64_C(1) << (list % 64);
	return table4_any(t, first, last, lists);
}

static void test_any(void **state)
{
	static const struct {
		const char *reason;
		uint32_t first, last;
		verdict_t verdict;
		bool want;
	} rows[] = {
	    {"all of it", 0, UINT32_MAX, 3, true},
	    {"all of it, for a verdict that is nowhere", 0, UINT32_MAX, 4, false},
	    {"just the address", ADDRESS(10, 1, 2, 3), ADDRESS(10, 1, 2, 3), 3, true},
	    {"up to the address before", 0, ADDRESS(10, 1, 2, 2), 3, false},
	    {"from the address behind", ADDRESS(10, 1, 2, 4), UINT32_MAX, 3, false},
	    {"a uniform /24 from its middle", ADDRESS(10, 7, 7, 9), ADDRESS(10, 7, 7, 9), 1, true},
	    {"ends before a uniform /24", ADDRESS(10, 7, 6, 0), ADDRESS(10, 7, 6, 255), 1, false},
	    {"starts behind a uniform /24", ADDRESS(10, 7, 8, 0), ADDRESS(10, 7, 9, 0), 1, false},
	    {"the last address of all", UINT32_MAX, UINT32_MAX, 2, true},
	};
	struct table4 *t = table4_new();

	(void)state;
	assert_int_equal(table4_paint(t, ADDRESS(10, 1, 2, 3), ADDRESS(10, 1, 2, 3), 3), 0);
	assert_int_equal(table4_paint(t, ADDRESS(10, 7, 7, 0), ADDRESS(10, 7, 7, 255), 1), 0);
	assert_int_equal(table4_paint(t, UINT32_MAX, UINT32_MAX, 2), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# %s\n", rows[i].reason);
		assert_int_equal(any(t, rows[i].first, rows[i].last, rows[i].verdict),
		                 rows[i].want);
	}
	table4_free(t);
}

/* However much of other lists there is: the summaries say that one is not there, and where it is.
 */
static void test_any_is_exact(void **state)
{
	struct table4 *t = table4_new();

	(void)state;
	assert_int_equal(table4_paint(t, 0x0a000000, 0x0affffff, 1), 0);
	for (uint32_t i = 0; i < 0x10000; i++) /* each /24 split, of three lists */
		assert_int_equal(table4_paint(t, 0x0a000000 + 256 * i + i % 250,
		                              0x0a000000 + 256 * i + i % 250, 70 + i % 2),
		                 0);
	assert_false(any(t, 0, UINT32_MAX, 99));
	assert_false(any(t, 0x0a000000, 0x0affffff, 99));
	assert_true(any(t, 0, UINT32_MAX, 71));
	assert_true(any(t, 0x0a100000, 0x0a1fffff, 1)); /* a /12 */
	assert_int_equal(table4_paint(t, 0x0a123456, 0x0a123456, 99), 0);
	assert_true(any(t, 0x0a000000, 0x0affffff, 99));
	assert_true(any(t, 0x0a120000, 0x0a12ffff, 99));
	assert_true(any(t, 0x0a123000, 0x0a123fff, 99)); /* a /20, by nibbles */
	assert_true(any(t, 0x0a123400, 0x0a1234ff, 99));
	assert_true(any(t, 0x0a123450, 0x0a12345f, 99));
	assert_false(any(t, 0x0a123460, 0x0a12346f, 99));
	assert_false(any(t, 0x0a130000, 0x0a13ffff, 99));
	assert_false(any(t, 0x0a124000, 0x0a124fff, 99));
	assert_int_equal(table4_paint(t, 0x0a000000, 0x0affffff, 2), 0); /* over 65,536 blocks */
	assert_false(any(t, 0, UINT32_MAX, 99));
	assert_false(any(t, 0, UINT32_MAX, 1));
	assert_true(any(t, 0x0aff0000, 0x0affffff, 2));
	assert_int_equal(table4_paint(t, 0, UINT32_MAX, 0), 0);
	assert_false(any(t, 0, UINT32_MAX, 2));
	table4_free(t);
}

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

/* A bijection: scattered addresses, none twice. */
static uint32_t scatter(uint32_t i)
{
	i = (i ^ i >> 16) * 0x7feb352du;
	i = (i ^ i >> 15) * 0x846ca68bu;
	return i ^ i >> 16;
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
				uint32_t address = rows[row].shape == SCATTERED ? scatter(i)
				                   : rows[row].shape == IN_A_ROW
				                       ? 0x0a000000 + i
				                       : (scatter(i / 16) & ~0xffu) + i % 16 * 7;
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
		assert_false(any(t, 0, UINT32_MAX, rows[row].verdict & LIST_ID_MAX));
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
			uint32_t address = 0x0a000000 | scatter(k) >> 8;

			assert_int_equal(table4_paint(t, address, address, 1), 0);
		}
		assert_int_equal(table4_paint(t, 0x0a000000, 0x0affffff, verdicts[i]), 0);
		for (uint32_t k = 0; k < 30000; k++)
			assert_int_equal(table4_lookup(t, 0x0a000000 | scatter(k) >> 8),
			                 verdicts[i]);
		table4_stats(t, &stats);
		assert_int_equal(stats.address_count, verdicts[i] ? 1 << 24 : 0);
		assert_false(any(t, 0x0a000000, 0x0affffff, 1));
		assert_int_equal(table4_paint(t, 0, UINT32_MAX, 3), 0);
		table4_stats(t, &stats);
		assert_int_equal(stats.address_count, UINT64_C(1) << 32);
		assert_in_range(stats.memory_size, 0, 1600000);
		table4_free(t);
	}
}

static uint32_t crowd_address(uint32_t net, uint32_t i)
{
	return (scatter(net) & ~0xffu) + (i * 37 & 0xff);
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
		count += slot4_is_split(ranges4_load(&t->map->ranges, scatter(net) >> 8));
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

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

#define RANGES 400

/* Ranges in order from 10.0.0.0 on: addresses, parts of a /24, /24s, and some beyond a /16. */
static void make_ranges(uint32_t *seed, uint32_t *firsts, uint32_t *lasts, verdict_t *verdicts)
{
	static const uint32_t sizes[] = {1, 3, 16, 100, 256, 256, 300, 2048, 70000};
	uint32_t at = ADDRESS(10, 0, 0, 0) + random_next(seed) % 3000;
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
	uint32_t firsts[RANGES], lasts[RANGES], seed = 1;
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
			const uint32_t first = ADDRESS(10, round % 8, 0, 0);

			assert_int_equal(table4_any(t, first, first | 0xffff, lists),
			                 table4_any(slow, first, first | 0xffff, lists));
		}
		rcu_barrier();
	}
	table4_free(t);
	table4_free(slow);
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
			uint32_t address = scatter(n);
			verdict_t verdict = rows[i].verdict + (n & 1);

			assert_int_equal(table4_paint_burst(t, &address, &address, &verdict, 1), 0);
		}
		table4_fit(t);
		table4_stats(t, &stats);
		assert_int_equal(stats.address_count, rows[i].count);
		assert_in_range(stats.memory_size, 1,
		                (uint64_t)(rows[i].count * rows[i].size_max) + (1 << 20));
		for (uint32_t n = 0; n < rows[i].count; n++)
			assert_int_equal(table4_lookup(t, scatter(n)), rows[i].verdict + (n & 1));
		assert_int_equal(table4_lookup(t, scatter(rows[i].count)), VERDICT_NONE);
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
	    cmocka_unit_test(test_paint),
	    cmocka_unit_test(test_paint_refuses),
	    cmocka_unit_test(test_burst_is_like_lookup),
	    cmocka_unit_test(test_split_heals),
	    cmocka_unit_test(test_any),
	    cmocka_unit_test(test_any_is_exact),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_wide_over_points),
	    cmocka_unit_test(test_shrinks_to_points),
	    cmocka_unit_test(test_paint_burst),
	    cmocka_unit_test(test_paint_burst_of_ranges),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_reserve_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
