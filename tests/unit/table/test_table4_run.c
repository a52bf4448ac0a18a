/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs of single addresses of one verdict in a burst come to the same as one after the other. */
#include "dataplane/table/table4_parts.h"
#include "dataplane/table/table4_run.h"

#include <urcu-qsbr.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_MAX 4000
#define BASE      0x0a000000u

struct row {
	const char *reason;
	uint32_t count, step;                /* addresses from BASE on, so far apart */
	uint32_t before_first, before_last;  /* a range that is there first, from BASE on */
	verdict_t before, verdict, verdict2; /* of the range, the first half, the second half */
	uint8_t page_shift;                  /* of the table: small groups fill up and grow */
	bool is_twice, is_descending, is_hinted;
};

static const struct row rows[] = {
    {"one a /24, across many /16s", 4000, 5000, 0, 0, 0, 1, 1, 8, false, false, false},
    {"as many as expected", 4000, 5000, 0, 0, 0, 1, 1, 8, false, false, true},
    {"groups that grow in the middle of a run", 4000, 700, 0, 0, 0, 1, 1, 0, false, false, false},
    {"more in a /24 than may be points", 4000, 9, 0, 0, 0, 1, 1, 8, false, false, false},
    {"all of some /24s", 2000, 1, 0, 0, 0, 1, 1, 8, false, false, false},
    {"each of them twice", 1000, 300, 0, 0, 0, 1, 1, 8, true, false, false},
    {"from the last to the first", 3000, 400, 0, 0, 0, 1, 1, 2, false, true, false},
    {"a /16 that has the verdict of the run", 2000, 100, 0, 0xffff, 1, 1, 1, 8, false, false,
     false},
    {"a /16 that has another one", 2000, 100, 0, 0xffff, 2, 1, 1, 8, false, false, false},
    {"a part of a /24 is a range", 300, 3, 5, 200, 2, 1, 1, 8, false, false, false},
    {"all of the /16 but one address has the list", 300, 1000, 1, 0xffff, 1, 1, 1, 8, false, false,
     false},
    {"the second half has another verdict", 4000, 3000, 0, 0, 0, 1, 2, 8, false, false, false},
    {"a verdict that needs wide slots", 4000, 3000, 0, 0, 0, 1, VERDICT_MAX, 8, false, false,
     false},
    {"wide from the beginning, in small groups", 4000, 900, 0, 0, 0, VERDICT_MAX, VERDICT_MAX, 0,
     false, false, false},
    {"one fewer than a run", 7, 300, 0, 0, 0, 1, 1, 8, false, false, false},
    {"as short as a run can be", 8, 300, 0, 0, 0, 1, 1, 8, false, false, false},
    {"one more than a block", 33, 300, 0, 0, 0, 1, 1, 8, false, false, false},
};

static struct table4 *new_table(const struct row *row)
{
	const struct table4_tuning tuning = {
	    .points = {.secret = {0x01234567, 0x9abcdef1, 5},
	               .page_shift = row->page_shift,
	               .load_percent = 80},
	    .net_points = 12,
	};
	struct table4 *t = table4_new_tuned(&tuning);

	assert_non_null(t);
	if (row->is_hinted)
		table4_reserve(t, row->count);
	if (row->before)
		assert_int_equal(
		    table4_paint(t, BASE + row->before_first, BASE + row->before_last, row->before),
		    0);
	return t;
}

/* Returns how many paints the row is. */
static uint32_t make_paints(const struct row *row, uint32_t *addresses, verdict_t *verdicts)
{
	uint32_t count = row->count * (row->is_twice ? 2 : 1);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = row->is_twice ? i / 2 : i;

		at = row->is_descending ? row->count - 1 - at : at;
		addresses[i] = BASE + at * row->step;
		verdicts[i] = i < count / 2 ? row->verdict : row->verdict2;
	}
	return count;
}

/* Without a struct verdicts, a verdict is of the list of its number. */
static bool any(const struct table4 *t, uint32_t group, verdict_t verdict)
{
	uint64_t lists[LISTSET_WORDS] = {0};

	lists[(verdict & LIST_ID_MAX) / 64] |= UINT64_C(1) << (verdict % 64);
	return table4_any(t, group << 16, group << 16 | 0xffff, lists);
}

static void check_same(const struct table4 *t, const struct table4 *slow, const struct row *row,
                       const uint32_t *addresses, uint32_t count)
{
	struct table4_stats stats, slow_stats;

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t at = addresses[i] - 1; at != addresses[i] + 2; at++)
			assert_int_equal(table4_lookup(t, at), table4_lookup(slow, at));
		assert_int_equal(any(t, addresses[i] >> 16, row->verdict),
		                 any(slow, addresses[i] >> 16, row->verdict));
		assert_int_equal(any(t, addresses[i] >> 16, row->verdict2),
		                 any(slow, addresses[i] >> 16, row->verdict2));
	}
	table4_stats(t, &stats);
	table4_stats(slow, &slow_stats);
	assert_int_equal(stats.address_count, slow_stats.address_count);
}

static void test_run(void **state)
{
	static uint32_t addresses[2 * COUNT_MAX];
	static verdict_t verdicts[2 * COUNT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct table4 *t = new_table(&rows[i]), *slow = new_table(&rows[i]);
		uint32_t count = make_paints(&rows[i], addresses, verdicts);

		print_message("# %s\n", rows[i].reason);
		assert_int_equal(table4_paint_burst(t, addresses, addresses, verdicts, count), 0);
		for (uint32_t k = 0; k < count; k++)
			assert_int_equal(
			    table4_paint(slow, addresses[k], addresses[k], verdicts[k]), 0);
		check_same(t, slow, &rows[i], addresses, count);
		table4_fit(t);
		check_same(t, slow, &rows[i], addresses, count);
		/* what was counted is taken back to the last one */
		for (uint32_t k = 0; k < count; k++) {
			assert_int_equal(table4_paint(t, addresses[k], addresses[k], 0), 0);
			assert_int_equal(table4_paint(slow, addresses[k], addresses[k], 0), 0);
		}
		check_same(t, slow, &rows[i], addresses, count);
		table4_free(t);
		table4_free(slow);
		rcu_barrier();
	}
}

static void test_run_of(void **state)
{
	static const struct {
		const char *reason;
		size_t count, run;
		uint32_t longer_at, other_at; /* a range of two, another verdict; 99 = nowhere */
		verdict_t verdict;
	} cases[] = {
	    {"all of them", 20, 20, 99, 99, 1},
	    {"too few", 7, 0, 99, 99, 1},
	    {"up to a range", 20, 10, 10, 99, 1},
	    {"up to another verdict", 20, 10, 99, 10, 1},
	    {"a range too early", 20, 0, 7, 99, 1},
	    {"nothing is added by what is taken away", 20, 0, 99, 99, VERDICT_NONE},
	    {"no such verdict", 20, 0, 99, 99, VERDICT_MAX + 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t firsts[20], lasts[20];
		verdict_t verdicts[20];
		const struct table4_paints paints = {firsts, lasts, verdicts};

		print_message("# %s\n", cases[i].reason);
		for (uint32_t k = 0; k < 20; k++) {
			firsts[k] = BASE + 10 * k;
			lasts[k] = firsts[k] + (k == cases[i].longer_at);
			verdicts[k] = cases[i].verdict + (k == cases[i].other_at);
		}
		assert_int_equal(table4_run_of(&paints, cases[i].count), cases[i].run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_run),
	    cmocka_unit_test(test_run_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
