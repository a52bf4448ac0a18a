/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table6 against a flat array of cells, which are the addresses between places that were chosen so
 * that all kinds of segments are reached: single addresses, /64s side by side and far apart. Combs
 * of many paints fill, cut and empty segments.
 */
#include "dataplane/table/table6.h"
#include "tests/fuzz/table/check.h"
#include "tests/fuzz/table/grace.h"
#include "tests/fuzz/table/input.h"

#include <string.h>

#define WINDOW_COUNT      7
#define CELL_MAX          4000
#define OPS_MAX           100
#define BURST_MAX         1020
#define LARGE             0xfff003u /* a verdict that has no room in a slot, of list 3 */
#define NUMBER(high, low) ((address6_t)(high) << 64 | (low))

static const struct {
	address6_t first, step;
	size_t size;    /* places */
	bool is_double; /* with another place one /64 behind each: a /64, and the rest */
} windows[WINDOW_COUNT] = {
    {0, 1, 200, false},
    {NUMBER(0, UINT64_MAX - 200), 1, 400, false}, /* over the end of a /64 */
    {NUMBER(0x1000000000000000, 0), NUMBER(0x2000000000, 0), 500, true},
    {NUMBER(0x20010db800000000, 0), 1, 300, false},
    {NUMBER(0x20010db800000001, 0), NUMBER(1, 0), 900, false},
    {NUMBER(0x20010db8000fffff, 77), NUMBER(0, 0x3000000000000000), 500, false},
    {~(address6_t)0 - 299, 1, 300, false},
};

static address6_t places[CELL_MAX]; /* ascending; the first is 0 */
static size_t window_at[WINDOW_COUNT], cell_count;

static void make_places(void)
{
	for (size_t w = 0; w < WINDOW_COUNT; w++) {
		window_at[w] = cell_count;
		for (size_t i = 0; i < windows[w].size; i++) {
			places[cell_count++] = windows[w].first + i * windows[w].step;
			if (windows[w].is_double)
				places[cell_count++] =
				    windows[w].first + i * windows[w].step + NUMBER(1, 0);
		}
	}
}

static address6_t cell_first(size_t cell)
{
	return places[cell];
}

static address6_t cell_last(size_t cell)
{
	return cell + 1 < cell_count ? places[cell + 1] - 1 : ~(address6_t)0;
}

static size_t pick_cell(struct input *in)
{
	size_t window = input_byte(in) % WINDOW_COUNT;
	size_t size = windows[window].size << windows[window].is_double;

	return window_at[window] + input_below(in, (uint32_t)size);
}

/* What stands for a verdict of the model. */
static verdict_t real(verdict_t verdict)
{
	return verdict == 3 ? LARGE : verdict;
}

/* Without a struct verdicts, a verdict is of the list of its number. */
static bool any(const struct table6 *t, size_t from, size_t to, verdict_t verdict)
{
	uint64_t lists[LISTSET_WORDS] = {[0] = UINT64_C(1) << verdict};

	return table6_any(t, cell_first(from), cell_last(to), lists);
}

static void paint(struct table6 *t, verdict_t *model, size_t from, size_t to, verdict_t verdict)
{
	CHECK(table6_paint(t, cell_first(from), cell_last(to), real(verdict)) == 0);
	for (size_t i = from; i <= to; i++)
		model[i] = verdict;
}

/* Paint cells at a distance, upwards or downwards. */
static void paint_comb(struct table6 *t, verdict_t *model, struct input *in, verdict_t verdict)
{
	size_t from = pick_cell(in), count = 4u * input_byte(in), step = input_byte(in);
	bool is_downward = step & 0x80;

	step = step % 7 + 1;
	for (size_t i = 0; i < count; i++) {
		size_t at = is_downward ? from - i * step : from + i * step;

		if (at < cell_count) /* also past zero */
			paint(t, model, at, at, verdict ? verdict : (verdict_t)(i % 3));
	}
}

/* Paint ranges in order in one burst, from a cell on. */
static void paint_burst(struct table6 *t, verdict_t *model, struct input *in, verdict_t verdict)
{
	static address6_t firsts[BURST_MAX], lasts[BURST_MAX];
	static verdict_t verdicts[BURST_MAX];
	size_t at = pick_cell(in), count = 4u * input_byte(in), done = 0;
	uint8_t steps = input_byte(in), sizes = input_byte(in);

	for (; done < count && at < cell_count; done++) {
		size_t to = at + done * sizes % 5;

		to = to < cell_count ? to : cell_count - 1;
		verdicts[done] = (verdict_t)(verdict + done) % 4;
		for (size_t i = at; i <= to; i++)
			model[i] = verdicts[done];
		verdicts[done] = real(verdicts[done]);
		firsts[done] = cell_first(at);
		lasts[done] = cell_last(to);
		at = to + 1 + done * steps % 7;
	}
	CHECK(table6_paint_burst(t, firsts, lasts, verdicts, done) == 0);
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
	static verdict_t verdicts[CELL_MAX];
	struct table6_stats stats;
	bool is_listed = false;

	for (size_t i = 0; i < cell_count; i++) {
		CHECK(table6_lookup(t, cell_first(i)) == real(model[i]));
		CHECK(table6_lookup(t, cell_last(i)) == real(model[i]));
		is_listed |= model[i] != VERDICT_NONE;
	}
	table6_lookup_burst(t, places, cell_count, verdicts);
	for (size_t i = 0; i < cell_count; i++)
		CHECK(verdicts[i] == real(model[i]));
	table6_stats(t, &stats);
	CHECK(!is_listed || stats.boundary_count > 0);
	for (verdict_t v = 1; v < 4; v++)
		check_any(t, model, 0, cell_count - 1, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct table6 *t = table6_new();
	static verdict_t model[CELL_MAX];

	CHECK(t);
	if (cell_count == 0)
		make_places();
	memset(model, 0, sizeof(model));
	for (int i = 0; i < OPS_MAX && !input_is_empty(&in); i++) {
		uint8_t op = input_byte(&in);
		verdict_t verdict = op % 4;

		if ((op & 0xc0) == 0xc0) {
			paint_burst(t, model, &in, verdict);
		} else if (op & 0x80) {
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
		if ((op & 0x18) == 0x18)
			check_all(t, model);
	}
	check_all(t, model);
	table6_free(t);
	grace_elapse();
	return 0;
}
