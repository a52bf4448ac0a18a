/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/merge.h"

#include "control/merge4.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS6_MAX (~(address6_t)0)
#define WORD_BITS    64

/* The place of one list in a sweep; nothing changes for it up to `limit`. */
struct cursor {
	const struct dataset_edges4 *edges4; /* one of the two */
	const struct dataset_range6 *ranges6;
	size_t count;                /* edges or ranges */
	size_t index;                /* the one behind `range` */
	struct dataset_range6 range; /* that is active, or the next one; set 0 = there is none */
	address6_t limit;
	struct merge_source *source; /* NULL: what is never listed */
};

struct merge_sweep {
	struct merge4 *four; /* of IPv4, and then nothing of the rest */
	struct merge_view view;
	unsigned count;        /* cursors; ascending by list, never-list last */
	struct cursor *heap;   /* not moved; see order */
	unsigned *order;       /* heap of cursor numbers by limit */
	uint64_t *active;      /* bitmap of cursors inside a range */
	unsigned never;        /* cursor number of the never-list; count when there is none */
	uint32_t *scratch;     /* a verdict per cursor */
	unsigned active_words; /* of the bitmap */
};

#define SET_NEVER 1 /* of ranges that have none */

/* Go on with the next range. */
static inline void cursor_next(struct cursor *c)
{
	struct dataset_range4 range4;

	if (c->index >= c->count) {
		c->range.set = 0;
	} else if (c->edges4) {
		c->index = dataset_edge4_range(c->edges4, c->index, &range4);
		c->range.first = range4.first;
		c->range.last = range4.last;
		c->range.set = range4.set;
	} else {
		c->range = c->ranges6[c->index++];
		c->range.set |= c->source ? 0 : SET_NEVER;
	}
}

/* Move to the first range that ends at `position` or later; steps double, then halve. */
static void cursor_gallop6(struct cursor *c, address6_t position)
{
	size_t low = c->index, high, step = 1;

	if (low >= c->count || c->ranges6[low].last >= position)
		return;
	while (low + step < c->count && c->ranges6[low + step].last < position) {
		low += step;
		step *= 2;
	}
	/* Range `low` ends too early; `high` does not, or is the end. */
	high = low + step < c->count ? low + step : c->count;
	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (c->ranges6[middle].last < position)
			low = middle;
		else
			high = middle;
	}
	c->index = high;
}

static inline void cursor_gallop(struct cursor *c, address6_t position)
{
	if (!c->range.set || c->range.last >= position)
		return;
	cursor_next(c); /* mostly that is it */
	if (!c->range.set || c->range.last >= position)
		return;
	if (!c->edges4)
		cursor_gallop6(c, position);
	else if (position > UINT32_MAX)
		c->index = c->count;
	else
		c->index = dataset_edge4_seek(c->edges4, c->index, (uint32_t)position);
	cursor_next(c);
}

/* Move to a position and find how far nothing changes; returns whether it is inside a range. */
static inline bool cursor_seek(struct cursor *c, address6_t position)
{
	cursor_gallop(c, position);
	if (!c->range.set) {
		c->limit = ADDRESS6_MAX;
		return false;
	}
	if (c->range.first <= position) {
		c->limit = c->range.last;
		return true;
	}
	c->limit = c->range.first - 1;
	return false;
}

static void sweep_seek(struct merge_sweep *s, unsigned number, address6_t position)
{
	uint64_t bit = (uint64_t)1 << (number % WORD_BITS);

	if (cursor_seek(&s->heap[number], position))
		s->active[number / WORD_BITS] |= bit;
	else
		s->active[number / WORD_BITS] &= ~bit;
}

static void sift_down(struct merge_sweep *s, unsigned at)
{
	for (;;) {
		unsigned least = at, child = 2 * at + 1, swap;

		for (unsigned i = child; i < child + 2 && i < s->count; i++)
			if (s->heap[s->order[i]].limit < s->heap[s->order[least]].limit)
				least = i;
		if (least == at)
			return;
		swap = s->order[at];
		s->order[at] = s->order[least];
		s->order[least] = swap;
		at = least;
	}
}

static size_t range_count(const struct dataset *d, bool is_ip6)
{
	if (!d)
		return 0;
	return is_ip6 ? d->range6_count : d->range4_count;
}

static struct cursor cursor_of(struct merge_source *source, bool is_ip6)
{
	const struct dataset *d = source->dataset;

	struct cursor c = {.source = source};

	if (d && is_ip6) {
		c.ranges6 = d->ranges6;
		c.count = d->range6_count;
	} else if (d) {
		c.edges4 = &d->edges4;
		c.count = d->edges4.count;
	}
	cursor_next(&c);
	return c;
}

struct merge_sweep *merge_sweep_new(const struct merge_view *view, bool is_ip6)
{
	struct merge_sweep *s = calloc(1, sizeof(*s));
	size_t room = view->count + 1u;
	const struct merge_never *never = view->never;

	if (!s)
		return NULL;
	if (!is_ip6) {
		s->four = merge4_new(view);
		if (!s->four) {
			free(s);
			errno = ENOMEM;
			return NULL;
		}
		return s;
	}
	s->view = *view;
	s->active_words = (unsigned)(room + WORD_BITS - 1) / WORD_BITS;
	s->heap = calloc(room, sizeof(*s->heap));
	s->order = calloc(room, sizeof(*s->order));
	s->active = calloc(s->active_words, sizeof(*s->active));
	s->scratch = calloc(room, sizeof(*s->scratch));
	if (!s->heap || !s->order || !s->active || !s->scratch) {
		merge_sweep_free(s);
		errno = ENOMEM;
		return NULL;
	}
	for (unsigned i = 0; i < view->count; i++)
		if (range_count(view->sources[i]->dataset, is_ip6))
			s->heap[s->count++] = cursor_of(view->sources[i], is_ip6);
	s->never = s->count;
	s->heap[s->count] = (struct cursor){.ranges6 = is_ip6 ? never->ranges6 : never->ranges4,
	                                    .count = is_ip6 ? never->count6 : never->count4};
	cursor_next(&s->heap[s->count++]);
	for (unsigned i = 0; i < s->count; i++) {
		s->order[i] = i;
		sweep_seek(s, i, 0);
	}
	for (unsigned i = s->count; i-- > 0;)
		sift_down(s, i);
	return s;
}

void merge_sweep_free(struct merge_sweep *sweep)
{
	if (!sweep)
		return;
	merge4_free(sweep->four);
	free(sweep->heap);
	free(sweep->order);
	free(sweep->active);
	free(sweep->scratch);
	free(sweep);
}

/* The verdict where the sweep is. */
static int sweep_verdict(struct merge_sweep *s, uint32_t *out_verdict)
{
	unsigned count = 0;

	*out_verdict = 0;
	if (s->active[s->never / WORD_BITS] >> (s->never % WORD_BITS) & 1)
		return 0;
	for (unsigned word = 0; word < s->active_words; word++) {
		for (uint64_t bits = s->active[word]; bits; bits &= bits - 1) {
			struct cursor *c =
			    &s->heap[word * WORD_BITS + (unsigned)__builtin_ctzll(bits)];
			int rc;

			if (c->source->is_subtracted) {
				*out_verdict = 0;
				return 0;
			}
			rc = merge_set(s->view.catalog, c->source, c->range.set,
			               &s->scratch[count++]);

			if (rc < 0)
				return rc;
		}
	}
	return catalog_union(s->view.catalog, s->scratch, count, out_verdict);
}

int merge_sweep_range(struct merge_sweep *s, address6_t first, address6_t last, merge_emit *emit,
                      void *context)
{
	if (s->four)
		return merge4_range(s->four, (uint32_t)first, (uint32_t)last, emit, context);
	for (address6_t position = first;;) {
		address6_t end;
		uint32_t verdict;
		int rc;

		while (s->heap[s->order[0]].limit < position) {
			sweep_seek(s, s->order[0], position);
			sift_down(s, 0);
		}
		end = s->heap[s->order[0]].limit < last ? s->heap[s->order[0]].limit : last;
		rc = sweep_verdict(s, &verdict);
		if (!rc)
			rc = emit(context, position, end, verdict);
		if (rc || end == last)
			return rc;
		position = end + 1;
	}
}

static int compare_segment(struct catalog *catalog, struct cursor *sides, const bool *is_active,
                           uint32_t *out_verdicts)
{
	for (int i = 0; i < 2; i++) {
		int rc;

		out_verdicts[i] = 0;
		if (!is_active[i])
			continue;
		rc = merge_set(catalog, sides[i].source, sides[i].range.set, &out_verdicts[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The edge that begins the range a cursor is at. */
static size_t cursor_edge(const struct cursor *c)
{
	return c->range.set ? c->index - 1 - (c->range.first != c->range.last) : c->count;
}

/*
 * Pass over the ranges that both sides have, when neither is within one. Errors: those of
 * merge_set()
 */
static int compare_skip(struct catalog *catalog, struct cursor sides[2], address6_t *position)
{
	struct merge_source *const sources[2] = {sides[0].source, sides[1].source};
	size_t edges[2];
	int rc;

	for (int i = 0; i < 2; i++) {
		if (!sides[i].edges4 || !sides[i].range.set || sides[i].range.first < *position)
			return 0;
		edges[i] = cursor_edge(&sides[i]);
	}
	if (sides[0].range.first != sides[1].range.first)
		return 0;
	rc = merge4_skip(catalog, sources, edges);
	if (rc < 0 || edges[0] == cursor_edge(&sides[0]))
		return rc;
	*position = (address6_t)sides[0].edges4->at[edges[0] - 1] + 1;
	for (int i = 0; i < 2; i++) {
		sides[i].index = edges[i];
		cursor_next(&sides[i]);
	}
	return 0;
}

int merge_compare(struct catalog *catalog, struct merge_source *old_source,
                  struct merge_source *new_source, bool is_ip6, merge_changed *changed,
                  void *context)
{
	struct cursor sides[2] = {cursor_of(old_source, is_ip6), cursor_of(new_source, is_ip6)};
	address6_t position = 0, end;

	for (;; position = end + 1) {
		int rc = compare_skip(catalog, sides, &position);
		bool is_active[2] = {cursor_seek(&sides[0], position),
		                     cursor_seek(&sides[1], position)};
		struct address_range range = {.is_ip6 = is_ip6, .first = position};
		uint32_t verdicts[2];

		if (!rc)
			rc = compare_segment(catalog, sides, is_active, verdicts);
		if (rc < 0)
			return rc;
		end = sides[0].limit < sides[1].limit ? sides[0].limit : sides[1].limit;
		range.last = end;
		if (verdicts[0] != verdicts[1]) {
			rc = changed(context, &range, verdicts[0], verdicts[1]);
			if (rc)
				return rc;
		}
		if (end == ADDRESS6_MAX)
			return 0;
	}
}
