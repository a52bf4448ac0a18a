/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table6 against a flat array of cells, as in fuzz_table4.c; combs of many paints fill and empty
 * chunks.
 */
#include "dataplane/table/table6.h"
#include "tests/fuzz/table/check.h"
#include "tests/fuzz/table/grace.h"
#include "tests/fuzz/table/input.h"

#include <string.h>

#define WINDOW_SIZE       1000
#define WINDOW_COUNT      4
#define CELL_COUNT        (WINDOW_COUNT * (WINDOW_SIZE + 1) - 1)
#define OPS_MAX           100
#define NUMBER(high, low) ((address6_t)(high) << 64 | (low))

static address6_t cell_first(size_t cell)
{
	static const address6_t windows[WINDOW_COUNT] = {
	    0,
	    NUMBER(0, UINT64_MAX - WINDOW_SIZE / 2), /* where the upper half begins to count */
	    NUMBER(0x20010db800000000, 0),
	    ~(address6_t)0 - WINDOW_SIZE + 1,
	};

	return windows[cell / (WINDOW_SIZE + 1)] + cell % (WINDOW_SIZE + 1);
}

static address6_t cell_last(size_t cell)
{
	return cell + 1 < CELL_COUNT ? cell_first(cell + 1) - 1 : ~(address6_t)0;
}

static size_t pick_cell(struct input *in)
{
	size_t window = input_byte(in) % WINDOW_COUNT;

	return window * (WINDOW_SIZE + 1) + input_below(in, WINDOW_SIZE);
}

/* Without a struct verdicts, a verdict is of the list of its number. */
static bool any(const struct table6 *t, size_t from, size_t to, verdict_t verdict)
{
	uint64_t lists[LISTSET_WORDS] = {[0] = UINT64_C(1) << verdict};

	return table6_any(t, cell_first(from), cell_last(to), lists);
}

static void paint(struct table6 *t, verdict_t *model, size_t from, size_t to, verdict_t verdict)
{
	CHECK(table6_paint(t, cell_first(from), cell_last(to), verdict) == 0);
	for (size_t i = from; i <= to; i++)
		model[i] = verdict;
}

/* Paint cells at a distance, upwards or downwards. */
static void paint_comb(struct table6 *t, verdict_t *model, struct input *in, verdict_t verdict)
{
	size_t from = pick_cell(in), count = 2u * input_byte(in), step = input_byte(in);
	bool is_downward = step & 0x80;

	step = step % 7 + 1;
	for (size_t i = 0; i < count; i++) {
		size_t at = is_downward ? from - i * step : from + i * step;

		if (at < CELL_COUNT) /* also past zero */
			paint(t, model, at, at, verdict ? verdict : (verdict_t)(i % 3));
	}
}

static void check_any(const struct table6 *t, const verdict_t *model, size_t from, size_t to,
                      verdict_t verdict)
{
	bool is_there = false;

	for (size_t i = from; i <= to; i++)
		is_there |= model[i] == verdict;
	CHECK(any(t, from, to, verdict) == is_there);
}

static void check_all(const struct table6 *t, const verdict_t *model)
{
	struct table6_stats stats;
	verdict_t before = VERDICT_NONE;
	uint64_t boundaries = 0;

	for (size_t i = 0; i < CELL_COUNT; i++) {
		CHECK(table6_lookup(t, cell_first(i)) == model[i]);
		CHECK(table6_lookup(t, cell_last(i)) == model[i]);
		boundaries += model[i] != before;
		before = model[i];
	}
	table6_stats(t, &stats);
	CHECK(stats.boundary_count == boundaries);
	for (verdict_t v = 1; v < 4; v++)
		check_any(t, model, 0, CELL_COUNT - 1, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct table6 *t = table6_new();
	static verdict_t model[CELL_COUNT];

	CHECK(t);
	memset(model, 0, sizeof(model));
	for (int i = 0; i < OPS_MAX && !input_is_empty(&in); i++) {
		uint8_t op = input_byte(&in);
		verdict_t verdict = op % 4;

		if (op & 0x80) {
			paint_comb(t, model, &in, verdict);
		} else {
			size_t a = pick_cell(&in), b = pick_cell(&in);
			size_t from = a < b ? a : b, to = a < b ? b : a;

			if (op & 0x40)
				check_any(t, model, from, to, verdict ? verdict : 1);
			else
				paint(t, model, from, to, verdict);
		}
		if (op & 0x20)
			grace_elapse();
		if (op & 0x10)
			check_all(t, model);
	}
	check_all(t, model);
	table6_free(t);
	grace_elapse();
	return 0;
}
