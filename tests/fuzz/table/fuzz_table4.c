/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table4 against a flat array. Paints begin and end inside of four windows, at the ends of the
 * address space and around borders of /24 and /16; so what lies between two windows has one
 * verdict, and the model is an array of cells: an address of a window each, or all of a gap. The
 * first bytes choose how small the table's parts are, so that few points fill, cut and merge
 * groups, and how many points are expected.
 */
#include "dataplane/table/table4_parts.h"
#include "tests/fuzz/table/check.h"
#include "tests/fuzz/table/grace.h"
#include "tests/fuzz/table/input.h"

#include <string.h>

#define WINDOW_SIZE  600
#define WINDOW_COUNT 4
#define CELL_COUNT   (WINDOW_COUNT * (WINDOW_SIZE + 1) - 1)
#define WIDE         (1u << 24)
#define OPS_MAX      200
#define BURST_MAX    70

static const uint32_t windows[WINDOW_COUNT] = {
    0,
    0x0a00fed0, /* the end of 10.0.0.0/16 */
    0x0a01fe00, /* and of the /16 behind it */
    UINT32_MAX - WINDOW_SIZE + 1,
};

struct model {
	verdict_t verdicts[CELL_COUNT];
	verdict_t large; /* added to the verdict 3: it does not fit into narrow slots */
	bool is_burst;   /* paint by table4_paint_burst() */
	bool may_wide;   /* paint up to 2^24 slots: few inputs, and once, as it takes long */
	bool had_wide;
};

static uint32_t cell_first(size_t cell)
{
	size_t window = cell / (WINDOW_SIZE + 1), at = cell % (WINDOW_SIZE + 1);

	return windows[window] + (uint32_t)at; /* a gap begins where its window ends */
}

static uint32_t cell_last(size_t cell)
{
	return cell + 1 < CELL_COUNT ? cell_first(cell + 1) - 1 : UINT32_MAX;
}

static size_t pick_cell(struct input *in)
{
	uint8_t byte = input_byte(in);
	size_t window =
	    byte < 8 ? byte % WINDOW_COUNT : 1 + byte / 8 % 2; /* the near two, mostly */

	return window * (WINDOW_SIZE + 1) + input_below(in, WINDOW_SIZE);
}

/* Without a struct verdicts, a verdict is of the list of its number. */
static bool any(const struct table4 *t, size_t from, size_t to, verdict_t verdict)
{
	uint64_t lists[LISTSET_WORDS] = {[0] = UINT64_C(1) << (verdict & LIST_ID_MAX)};

	return table4_any(t, cell_first(from), cell_last(to), lists);
}

static void paint(struct table4 *t, struct model *m, size_t from, size_t to, verdict_t verdict)
{
	if (cell_last(to) - cell_first(from) >= WIDE) {
		if (!m->may_wide || m->had_wide)
			return;
		m->had_wide = true;
	}
	if (m->is_burst) {
		uint32_t first = cell_first(from), last = cell_last(to);

		CHECK(table4_paint_burst(t, &first, &last, &verdict, 1) == 0);
	} else {
		CHECK(table4_paint(t, cell_first(from), cell_last(to), verdict) == 0);
	}
	for (size_t i = from; i <= to; i++)
		m->verdicts[i] = verdict;
}

/* Paint ranges in order in one burst, from a cell on; none that is too wide. Single addresses have
 * one verdict, and perhaps one is painted again and again. */
static void paint_burst(struct table4 *t, struct model *m, struct input *in, verdict_t verdict)
{
	uint32_t firsts[BURST_MAX], lasts[BURST_MAX];
	verdict_t verdicts[BURST_MAX];
	size_t at = pick_cell(in), count = input_byte(in) % (BURST_MAX + 1), done = 0;
	uint8_t steps = input_byte(in), sizes = input_byte(in);

	for (; done < count && at < CELL_COUNT; done++) {
		size_t to = at + done * sizes % 400;

		to = to < CELL_COUNT ? to : CELL_COUNT - 1;
		if (cell_last(to) - cell_first(at) >= WIDE)
			break;
		verdicts[done] = sizes ? (verdict_t)(verdict + done) % 3 : verdict;
		for (size_t i = at; i <= to; i++)
			m->verdicts[i] = verdicts[done];
		firsts[done] = cell_first(at);
		lasts[done] = cell_last(to);
		if (sizes > 0 || steps < 0xff)
			at = to + 1 + done * steps % 70;
	}
	CHECK(table4_paint_burst(t, firsts, lasts, verdicts, done) == 0);
}

static void check_any(const struct table4 *t, const struct model *m, size_t from, size_t to,
                      verdict_t verdict)
{
	bool is_there = false;

	for (size_t i = from; i <= to; i++)
		is_there |= m->verdicts[i] == verdict;
	CHECK(any(t, from, to, verdict) == is_there);
}

static void check_all(const struct table4 *t, const struct model *m)
{
	uint32_t addresses[CELL_COUNT];
	verdict_t verdicts[CELL_COUNT];
	struct table4_stats stats;
	uint64_t listed = 0;

	for (size_t i = 0; i < CELL_COUNT; i++) {
		addresses[i] = cell_first(i);
		CHECK(table4_lookup(t, cell_first(i)) == m->verdicts[i]);
		CHECK(table4_lookup(t, cell_last(i)) == m->verdicts[i]);
		if (m->verdicts[i] != VERDICT_NONE)
			listed += (uint64_t)cell_last(i) - cell_first(i) + 1;
	}
	table4_lookup_burst(t, addresses, CELL_COUNT, verdicts);
	CHECK(memcmp(verdicts, m->verdicts, sizeof(verdicts)) == 0);
	table4_stats(t, &stats);
	CHECK(stats.address_count == listed);
	for (verdict_t v = 1; v < 4; v++)
		check_any(t, m, WINDOW_SIZE + 1, 3 * WINDOW_SIZE, v + (v == 3 ? m->large : 0));
}

static struct table4 *new_table(struct input *in)
{
	static const uint8_t page_shifts[] = {0, 1, 2, 3, 4, 8};
	uint8_t shape = input_byte(in), secret = input_byte(in);
	struct table4_tuning tuning = {
	    .points = {.secret = {0x01234567u * secret | 1, 0x9abcdef1u, secret},
	               .page_shift = page_shifts[shape % 6],
	               .load_percent = shape & 0x40 ? 82 : 95},
	    .net_points = shape & 0x80 ? 12 : POINTS4_NET_MAX,
	};

	return table4_new_tuned(&tuning);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct table4 *t = new_table(&in);
	static struct model m;
	uint8_t mode = input_byte(&in);

	CHECK(t);
	memset(&m, 0, sizeof(m));
	m.may_wide = mode >= 0xf0;
	m.is_burst = mode & 2;
	if (mode & 4)
		table4_reserve(t, mode & 8 ? 2000 : 50);
	m.large = mode & 1 ? VERDICT_MAX & ~(verdict_t)LIST_ID_MAX : 0;
	for (int i = 0; i < OPS_MAX && !input_is_empty(&in); i++) {
		uint8_t op = input_byte(&in);
		size_t a = pick_cell(&in), b = pick_cell(&in);
		size_t from = a < b ? a : b, to = a < b ? b : a;
		verdict_t verdict = op % 4 + (op % 4 == 3 ? m.large : 0);

		if (op & 0x80)
			to = from + (op & 0x40 ? (to - from) % 16 : 0); /* many that are small */
		if (m.is_burst && (op & 0xc4) == 0x44)
			paint_burst(t, &m, &in, verdict);
		else if (op & 0x40 && !(op & 0x04))
			check_any(t, &m, from, to, verdict ? verdict : 1);
		else
			paint(t, &m, from, to, verdict);
		CHECK(table4_lookup(t, cell_first(from)) == m.verdicts[from]);
		CHECK(table4_lookup(t, cell_last(to)) == m.verdicts[to]);
		if (op & 0x20)
			grace_elapse();
		if ((op & 0x3e) == 0x3e)
			table4_fit(t);
		if ((op & 0x3d) == 0x3d)
			table4_end_batch(t);
		if ((op & 0x3c) == 0x3c)
			check_all(t, &m);
	}
	check_all(t, &m);
	check_any(t, &m, 0, CELL_COUNT - 1, 3 + m.large);
	table4_free(t);
	grace_elapse();
	return 0;
}
