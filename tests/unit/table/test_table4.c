/* SPDX-License-Identifier: BSD-3-Clause */
/* What is painted is found, by look-up and by list. */
#include "dataplane/table/table4.h"
#include "tests/unit/table/any.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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
		assert_int_equal(any4(t, rows[i].first, rows[i].last, rows[i].verdict),
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
	assert_false(any4(t, 0, UINT32_MAX, 99));
	assert_false(any4(t, 0x0a000000, 0x0affffff, 99));
	assert_true(any4(t, 0, UINT32_MAX, 71));
	assert_true(any4(t, 0x0a100000, 0x0a1fffff, 1)); /* a /12 */
	assert_int_equal(table4_paint(t, 0x0a123456, 0x0a123456, 99), 0);
	assert_true(any4(t, 0x0a000000, 0x0affffff, 99));
	assert_true(any4(t, 0x0a120000, 0x0a12ffff, 99));
	assert_true(any4(t, 0x0a123000, 0x0a123fff, 99)); /* a /20, by nibbles */
	assert_true(any4(t, 0x0a123400, 0x0a1234ff, 99));
	assert_true(any4(t, 0x0a123450, 0x0a12345f, 99));
	assert_false(any4(t, 0x0a123460, 0x0a12346f, 99));
	assert_false(any4(t, 0x0a130000, 0x0a13ffff, 99));
	assert_false(any4(t, 0x0a124000, 0x0a124fff, 99));
	assert_int_equal(table4_paint(t, 0x0a000000, 0x0affffff, 2), 0); /* over 65,536 blocks */
	assert_false(any4(t, 0, UINT32_MAX, 99));
	assert_false(any4(t, 0, UINT32_MAX, 1));
	assert_true(any4(t, 0x0aff0000, 0x0affffff, 2));
	assert_int_equal(table4_paint(t, 0, UINT32_MAX, 0), 0);
	assert_false(any4(t, 0, UINT32_MAX, 2));
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
