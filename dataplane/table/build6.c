/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/build6.h"

#include "dataplane/table/lists6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOW_LAST   UINT64_MAX
#define FREE_WIDTH 35 /* bits of a key; one more leaves a slot all of its SEGMENT6_CODE_BITS */

/* What becomes of a key, or of many that are alike. */
enum item_kind { ITEM_RUN, ITEM_POINT, ITEM_SPLIT };

struct item {
	uint64_t key;
	uint32_t piece; /* the first one that it has a part of */
	uint32_t count; /* ITEM_SPLIT: pieces */
	verdict_t base; /* ITEM_RUN: its verdict; else that of the run it is in */
	uint8_t kind;
};

/* Keys of one kind, from first to last. */
struct zone {
	bool is_low;
	uint64_t high; /* the /64 of keys that are low */
	struct item *items;
	size_t count;
};

void build6_init(struct build6 *b, const struct mix6 *mix, const struct verdicts *verdicts)
{
	memset(b, 0, sizeof(*b));
	b->mix = mix;
	b->verdicts = verdicts;
}

void build6_done(struct build6 *b)
{
	for (size_t i = 0; i < b->segment_count; i++)
		segment6_free(b->segments[i]);
	free(b->segments);
}

static uint64_t lists_of(struct build6 *b, verdict_t verdict)
{
	const unsigned at = verdict % BUILD6_MEMO;

	if (b->memo_verdicts[at] != verdict) { /* the memo starts as zeros */
		b->memo_verdicts[at] = verdict;
		b->memo_lists[at] = lists6_fold(b->verdicts, verdict);
	}
	return b->memo_lists[at];
}

static address6_t piece_last(const struct build6 *b, size_t at, address6_t last)
{
	return at + 1 < b->piece_count && b->pieces[at + 1].start <= last
	           ? b->pieces[at + 1].start - 1
	           : last;
}

static int take_segment(struct build6 *b, struct segment6 *s)
{
	if (b->segment_count == b->segment_capacity) {
		size_t capacity = 2 * b->segment_capacity + 4;
		struct segment6 **more = realloc(b->segments, capacity * sizeof(*more));

		if (!more) {
			segment6_free(s);
			return -ENOMEM;
		}
		b->segments = more;
		b->segment_capacity = capacity;
	}
	b->segments[b->segment_count++] = s;
	return 0;
}

/* What a segment of some items needs. */
struct plan {
	const struct zone *zone;
	size_t from, to; /* items, to is not included */
	uint64_t first, last;
	verdict_t base; /* at first */
	size_t point_count, run_count, cell_count;
	unsigned line_count; /* 0 = points are runs */
};

static address6_t zone_address(const struct zone *z, uint64_t key, uint64_t low)
{
	return z->is_low ? (address6_t)z->high << 64 | key : (address6_t)key << 64 | low;
}

/* Choose the lines; false if it does not fit into one segment. */
static bool plan_lines(struct plan *p, unsigned width)
{
	const unsigned lines_min = segment6_lines_min(width);
	const unsigned lines = segment6_lines_for(p->point_count);

	p->line_count = 0;
	if (p->point_count == 0)
		return p->run_count <= SEGMENT6_RUNS_MAX;
	if (lines < lines_min && p->run_count + 2 * p->point_count <= SEGMENT6_RUNS_MAX)
		return true;
	p->line_count = lines > lines_min ? lines : lines_min;
	return p->line_count <= SEGMENT6_LINES_MAX && p->point_count <= SEGMENT6_POINTS_MAX &&
	       p->run_count <= SEGMENT6_RUNS_MAX;
}

static bool plan_segment(const struct build6 *b, struct plan *p)
{
	const unsigned width = segment6_width(p->first, p->last);
	uint32_t small = UINT32_MAX;

	p->point_count = p->cell_count = 0;
	p->run_count = 1;
	for (size_t i = p->from; i < p->to; i++) {
		p->point_count += p->zone->items[i].kind != ITEM_RUN;
		p->run_count += p->zone->items[i].kind == ITEM_RUN;
	}
	if (!plan_lines(p, width))
		return false;
	if (p->line_count > 0)
		small = segment6_verdict_codes(segment6_code_bits(width, p->line_count));
	for (size_t i = p->from; i < p->to; i++) {
		const struct item *item = &p->zone->items[i];

		p->cell_count +=
		    item->kind == ITEM_SPLIT ||
		    (item->kind == ITEM_POINT && b->pieces[item->piece].verdict >= small);
	}
	return true;
}

/* The cell of a /64 that is split. Errors: -ENOMEM */
static int split_cell(const struct build6 *b, const struct item *item, struct cell6 *out_cell)
{
	struct runs6_draft draft = {.count = 0};

	for (uint32_t i = 0; i < item->count; i++) {
		const struct piece6 *piece = &b->pieces[item->piece + i];

		runs6_push(&draft, i == 0 ? 0 : (uint64_t)piece->start, piece->verdict);
	}
	return cell6_new(&draft, out_cell);
}

/* The value of an item, with a cell if it needs one. Errors: -ENOMEM */
static int item_value(struct build6 *b, const struct item *item, struct segment6 *s,
                      uint32_t *out_value, uint64_t *out_lists)
{
	verdict_t verdict = b->pieces[item->piece].verdict;
	struct cell6 cell;
	int rc;

	if (item->kind == ITEM_SPLIT) {
		rc = split_cell(b, item, &cell);
		if (rc < 0)
			return rc;
		*out_value = segment6_add_cell(s, cell);
		*out_lists = lists6_fold_cell(b->verdicts, cell);
		return 0;
	}
	*out_value = verdict;
	*out_lists = lists_of(b, verdict);
	if (item->kind == ITEM_POINT && s->line_count > 0 && !segment6_is_small(s, verdict))
		*out_value = segment6_add_cell(s, cell6_of_verdict(verdict));
	return 0;
}

static void count_lists(struct segment6 *s, uint64_t lists)
{
	for (; lists; lists &= lists - 1)
		s->list_counts[__builtin_ctzll(lists)]++;
}

/* Put the items into a segment. Errors: -ENOMEM; -ENOSPC the points do not find slots */
static int fill_segment(struct build6 *b, const struct plan *p, struct segment6 *s)
{
	struct runs6_draft base = {.count = 0};
	struct runs6 *runs;

	s->base_lists = lists_of(b, p->base);
	runs6_push(&base, 0, p->base);
	for (size_t i = p->from; i < p->to; i++) {
		const struct item *item = &p->zone->items[i];
		uint64_t offset = item->key - p->first, lists;
		uint32_t value;
		int rc = item_value(b, item, s, &value, &lists);

		if (rc < 0)
			return rc;
		if (item->kind == ITEM_RUN || s->line_count == 0) {
			runs6_push(&base, offset, value);
			s->base_lists |= lists;
			if (item->kind != ITEM_RUN && item->key < p->last)
				runs6_push(&base, offset + 1, item->base);
		} else if (segment6_insert(s, b->mix, offset, value)) {
			count_lists(s, lists);
		} else {
			return -ENOSPC;
		}
	}
	if (base.count == 1) {
		segment6_set_base(s, NULL, base.values[0]);
		return 0;
	}
	runs = runs6_new(&base);
	if (!runs)
		return -ENOMEM;
	segment6_set_base(s, runs, 0);
	return 0;
}

/* All cells of a new segment are in use, also those that no slot has yet. */
static void free_unfinished(struct segment6 *s)
{
	for (uint32_t i = 0; i < s->cell_count; i++)
		free(cell6_block(segment6_cells(s)[i]));
	free(s);
}

/* One segment of a plan. Errors: as fill_segment() */
static int make_segment(struct build6 *b, const struct plan *p)
{
	unsigned cells = (unsigned)p->cell_count;
	struct segment6 *s;
	int rc;

	cells += cells > 0 ? cells / 8 + 2 : 0;
	s = segment6_new(zone_address(p->zone, p->first, 0),
	                 zone_address(p->zone, p->last, LOW_LAST), p->zone->is_low, p->line_count,
	                 cells);
	if (!s)
		return -ENOMEM;
	rc = fill_segment(b, p, s);
	if (rc < 0) {
		free_unfinished(s);
		return rc;
	}
	return take_segment(b, s);
}

/* Segments of the part of a plan before an item, or behind it. */
static struct plan plan_before(const struct plan *p, size_t item, uint64_t last)
{
	struct plan part = *p;

	part.to = item;
	part.last = last;
	return part;
}

static struct plan plan_from(const struct plan *p, size_t item, uint64_t first, verdict_t base)
{
	struct plan part = *p;

	part.from = item;
	part.first = first;
	part.base = base;
	return part;
}

/* Where the items of a plan end: the key behind the last one, which ends it, or that one. */
static uint64_t end_of_items(const struct plan *p)
{
	const uint64_t last = p->zone->items[p->to - 1].key;

	return last < p->last ? last + 1 : p->last;
}

static bool is_too_wide(uint64_t first, uint64_t last)
{
	return segment6_lines_min(segment6_width(first, last)) > SEGMENT6_LINES_MAX;
}

/*
 * Whether only what is before the first item and behind the last one makes a plan too wide for
 * points: then these become segments of their own, and what is listed in one place stays together.
 */
static bool is_loose(const struct plan *p)
{
	return p->to > p->from && is_too_wide(p->first, p->last) &&
	       !is_too_wide(p->zone->items[p->from].key, end_of_items(p));
}

static int make_segments(struct build6 *b, struct plan *p);

/*
 * Around the items stays room for more, as far as keys cost nothing there: what comes in ascending
 * or descending order finds slots.
 */
static int make_loose(struct build6 *b, struct plan *p)
{
	const uint64_t around = (UINT64_C(1) << FREE_WIDTH) - 1;
	const struct item *items = p->zone->items;
	uint64_t first = items[p->from].key, last = end_of_items(p);
	struct plan core = *p, part;
	int rc = 0;

	if (last - first <= around) {
		first &= ~around;
		last |= around;
	}
	if (first > p->first && is_too_wide(p->first, last)) {
		part = plan_before(p, p->from, first - 1);
		rc = make_segments(b, &part);
		core = plan_from(p, p->from, first, p->base);
	}
	if (rc == 0 && last < p->last && is_too_wide(core.first, p->last)) {
		part = plan_before(&core, p->to, last);
		rc = make_segments(b, &part);
		core = plan_from(&core, p->to, last + 1, items[p->to - 1].base);
	}
	return rc < 0 ? rc : make_segments(b, &core);
}

/* Segments of a plan: one if that fits, else of parts of it. */
static int make_segments(struct build6 *b, struct plan *p)
{
	const struct item *items = p->zone->items;
	const size_t middle = p->from + (p->to - p->from) / 2;
	struct plan part;
	int rc;

	if (plan_segment(b, p)) {
		rc = make_segment(b, p);
		if (rc != -ENOSPC)
			return rc;
	} else if (is_loose(p)) {
		return make_loose(b, p);
	}
	part = plan_before(p, middle, items[middle].key - 1);
	rc = make_segments(b, &part);
	if (rc < 0)
		return rc;
	part = plan_from(p, middle, items[middle].key, items[middle].base);
	return make_segments(b, &part);
}

static void add_item(struct zone *z, enum item_kind kind, uint64_t key, size_t piece,
                     verdict_t base)
{
	z->items[z->count++] = (struct item){
	    .key = key, .kind = (uint8_t)kind, .piece = (uint32_t)piece, .count = 1, .base = base};
}

/* A run of two or more keys, or a single one. Gives the base behind it. */
static verdict_t add_keys(struct zone *z, uint64_t first, uint64_t last, size_t piece,
                          verdict_t verdict, verdict_t base)
{
	if (verdict == base)
		return base;
	if (first == last) {
		add_item(z, ITEM_POINT, first, piece, base);
		return base;
	}
	add_item(z, ITEM_RUN, first, piece, verdict);
	return verdict;
}

/*
 * The base that a zone begins with, whose first key ends with an address: a listed key at the very
 * beginning is a point as any other.
 */
static verdict_t zone_base(const struct build6 *b, size_t at, address6_t key_last, address6_t last)
{
	return b->pieces[at + (key_last < last && piece_last(b, at, last) == key_last)].verdict;
}

static int make_low_zone(struct build6 *b, address6_t first, address6_t last, size_t *at)
{
	struct zone z = {.is_low = true, .high = (uint64_t)(first >> 64)};
	struct plan p = {.zone = &z, .first = (uint64_t)first, .last = (uint64_t)last};
	size_t end = *at;
	verdict_t base;
	int rc;

	while (end < b->piece_count && b->pieces[end].start <= last)
		end++;
	z.items = malloc((end - *at) * sizeof(*z.items));
	if (!z.items)
		return -ENOMEM;
	p.base = base = zone_base(b, *at, first, last);
	for (size_t i = *at; i < end; i++) {
		address6_t start = b->pieces[i].start > first ? b->pieces[i].start : first;

		base = add_keys(&z, (uint64_t)start, (uint64_t)piece_last(b, i, last), i,
		                b->pieces[i].verdict, base);
	}
	*at = piece_last(b, end - 1, ~(address6_t)0) == last ? end : end - 1;
	p.to = z.count;
	rc = make_segments(b, &p);
	free(z.items);
	return rc;
}

/* Pieces in the /64 of an address, from one piece on. */
static size_t pieces_in(const struct build6 *b, size_t at, address6_t address)
{
	size_t end = at + 1;

	while (end < b->piece_count && b->pieces[end].start >> 64 == address >> 64)
		end++;
	return end - at;
}

/*
 * Items of whole /64s from an address on, until last or before a /64 that needs segments of its
 * own. Gives whether there is any before that, and the last address of it.
 */
static bool collect_items(struct build6 *b, struct zone *z, address6_t first, size_t *at,
                          address6_t *last)
{
	verdict_t base = zone_base(b, *at, first | LOW_LAST, *last);
	address6_t position = first;

	do {
		address6_t end = piece_last(b, *at, *last);

		if (end - position < LOW_LAST) {
			size_t count = pieces_in(b, *at, position);

			if (count > SEGMENT6_BLOCK_MAX) {
				*last = position - 1;
				return position != first;
			}
			add_item(z, ITEM_SPLIT, (uint64_t)(position >> 64), *at, base);
			z->items[z->count - 1].count = (uint32_t)count;
			*at += count - 1;
			end = position | LOW_LAST;
		} else {
			end = (uint64_t)end == LOW_LAST ? end : (end >> 64 << 64) - 1;
			base = add_keys(z, (uint64_t)(position >> 64), (uint64_t)(end >> 64), *at,
			                b->pieces[*at].verdict, base);
		}
		*at += piece_last(b, *at, ~(address6_t)0) == end;
		position = end + 1;
	} while (position != 0 && position <= *last);
	return true;
}

/* Whole /64s. */
static int make_high_zones(struct build6 *b, address6_t first, address6_t last, size_t *at)
{
	struct zone z = {.items = malloc(2 * (b->piece_count - *at) * sizeof(*z.items))};
	address6_t position = first;
	int rc = z.items ? 0 : -ENOMEM;

	while (rc == 0) {
		struct plan p = {.zone = &z, .base = zone_base(b, *at, position | LOW_LAST, last)};
		address6_t end = last;

		z.count = 0;
		if (collect_items(b, &z, position, at, &end)) {
			p.first = (uint64_t)(position >> 64);
			p.last = (uint64_t)(end >> 64);
			p.to = z.count;
			rc = make_segments(b, &p);
		} else {
			end = position | LOW_LAST;
			rc = make_low_zone(b, position, end, at);
		}
		if (end == last)
			break;
		position = end + 1;
	}
	free(z.items);
	return rc;
}

int build6_make(struct build6 *b, const struct pieces6 *pieces, address6_t first, address6_t last)
{
	address6_t position = first;
	size_t at = 0;

	b->pieces = pieces->at;
	b->piece_count = pieces->count;
	for (;;) {
		address6_t end = position | LOW_LAST;
		int rc;

		if ((uint64_t)position != 0 || end > last) {
			end = end < last ? end : last;
			rc = make_low_zone(b, position, end, &at);
		} else {
			end = (uint64_t)last == LOW_LAST ? last : (last >> 64 << 64) - 1;
			rc = make_high_zones(b, position, end, &at);
		}
		if (rc < 0 || end == last)
			return rc;
		position = end + 1;
	}
}
