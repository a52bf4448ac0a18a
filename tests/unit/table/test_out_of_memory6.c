/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 addresses when memory runs out. */
#include "dataplane/table/space6.h"
#include "tests/unit/table/probe.h"
#include "tests/unit/table/shortage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void fill_one_chunk(struct tables *t)
{
	for (uint32_t i = 0; i < 253; i++)
		assert_int_equal(table6_paint(t->addresses6, probe6(i), probe6(i), 1 + i % 3), 0);
}

static void fill_chunks(struct tables *t)
{
	for (uint32_t i = 0; i < 1900; i++)
		assert_int_equal(table6_paint(t->addresses6, probe6(i), probe6(i), 1 + i % 3), 0);
}

static int paint6_one(struct tables *t)
{
	return table6_paint(t->addresses6, probe6(3), probe6(3), 9);
}

static int paint6_split(struct tables *t)
{
	return table6_paint(t->addresses6, probe6(100) - (1 << 20), probe6(0) - 2, 9);
}

static int paint6_append(struct tables *t)
{
	return table6_paint(t->addresses6, probe6(1990), probe6(1991), 9);
}

static int paint6_over_many(struct tables *t)
{
	return table6_paint(t->addresses6, probe6(1), probe6(1800), 9);
}

static int paint6_net(struct tables *t, uint32_t i, verdict_t verdict)
{
	return table6_paint(t->addresses6, probe_net6(i), probe_net6(i) | UINT64_MAX, verdict);
}

static void fill_nets(struct tables *t, uint32_t count)
{
	/* what is around them ends nearby, so that they are points in lines */
	assert_int_equal(table6_paint(t->addresses6, probe_net6(0) - 1, probe_net6(0) - 1, 1), 0);
	assert_int_equal(table6_paint(t->addresses6, probe_net6(2000), probe_net6(2000), 1), 0);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(paint6_net(t, i * 7 % 1999, 1 + i % 3), 0);
}

static void fill_some_nets(struct tables *t)
{
	fill_nets(t, 300);
}

static void fill_many_nets(struct tables *t)
{
	fill_nets(t, 1900);
}

/* Points until the segment has all that its lines may have; false if it always grew before. */
static bool is_filled_up(struct tables *t, uint32_t step)
{
	for (uint32_t i = 0; i < 600; i++) {
		struct place6 p = directory6_place(&t->addresses6->directory, probe_net6(1999));
		const struct segment6 *s = place6_segment(&p);

		if (s->line_count > 0 && s->point_count == s->line_count * SEGMENT6_LINE_POINTS)
			return true;
		assert_int_equal(paint6_net(t, i * step % 1999, 1 + i % 3), 0);
	}
	return false;
}

/* With one point more the segment grows. */
static void fill_segment_up(struct tables *t)
{
	for (uint32_t step = 2; step < 100; step++) {
		fill_nets(t, 1);
		if (is_filled_up(t, step))
			return;
		assert_int_equal(table6_paint(t->addresses6, 0, ~(address6_t)0, 0), 0);
	}
	fail_msg("the segment was never full");
}

static int paint6_one_net(struct tables *t)
{
	return paint6_net(t, 1999, 9);
}

static int paint6_part(struct tables *t)
{
	return table6_paint(t->addresses6, probe_net6(7), probe_net6(7) + 99, 9);
}

static int paint6_over_points(struct tables *t)
{
	return table6_paint(t->addresses6, probe_net6(3), probe_net6(30) - 1, 9);
}

static int paint6_over_segments(struct tables *t)
{
	return table6_paint(t->addresses6, probe_net6(3) + 5, probe_net6(1900) + 7, 9);
}

static int paint6_burst(struct tables *t)
{
	address6_t firsts[500], lasts[500];
	verdict_t verdicts[500];

	for (uint32_t i = 0; i < 500; i++) {
		firsts[i] = probe_net6(i);
		lasts[i] = i % 9 ? probe_net6(i) | UINT64_MAX : probe_net6(i) + 5;
		verdicts[i] = 4 + i % 3;
	}
	return table6_paint_burst(t->addresses6, firsts, lasts, verdicts, 500);
}

static const struct shortage_row rows[] = {
    {"IPv6: a run among few", NULL, paint6_one, 2},
    {"IPv6: a range before a /64 with many runs", fill_one_chunk, paint6_split, 3},
    {"IPv6: a range behind segments of one /64", fill_chunks, paint6_append, 1},
    {"IPv6: a range over segments of one /64", fill_chunks, paint6_over_many, 2},
    {"IPv6: a /64 for which a segment grows", fill_segment_up, paint6_one_net, 1},
    {"IPv6: a part of a /64 among points", fill_some_nets, paint6_part, 1},
    {"IPv6: a range over points", fill_some_nets, paint6_over_points, 1},
    {"IPv6: a range over segments, from within a /64 to within another", fill_many_nets,
     paint6_over_segments, 6},
    {"IPv6: many ranges in a burst", fill_some_nets, paint6_burst, 6},
};

static void test_operations(void **state)
{
	(void)state;
	shortage_check(rows, sizeof(rows) / sizeof(*rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
