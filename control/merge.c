/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS6_MAX (~(address6_t)0)
#define WORD_BITS    64

/* The place of one list in a sweep; nothing changes for it up to `limit`. */
struct cursor {
	const struct dataset_range4 *ranges4; /* one of the two */
	const struct dataset_range6 *ranges6;
	size_t count;
	size_t index; /* the range that is active, or the next one */
	address6_t limit;
	struct merge_source *source; /* NULL: what is never listed */
};

struct merge_sweep {
	struct merge_view view;
	unsigned count;        /* cursors; ascending by list, never-list last */
	struct cursor *heap;   /* not moved; see order */
	unsigned *order;       /* heap of cursor numbers by limit */
	uint64_t *active;      /* bitmap of cursors inside a range */
	unsigned never;        /* cursor number of the never-list; count when there is none */
	uint32_t *scratch;     /* a verdict per cursor */
	unsigned active_words; /* of the bitmap */
};

static address6_t cursor_first(const struct cursor *c, size_t i)
{
	return c->ranges4 ? c->ranges4[i].first : c->ranges6[i].first;
}

static address6_t cursor_last(const struct cursor *c, size_t i)
{
	return c->ranges4 ? c->ranges4[i].last : c->ranges6[i].last;
}

static uint32_t cursor_set(const struct cursor *c)
{
	return c->ranges4 ? c->ranges4[c->index].set : c->ranges6[c->index].set;
}

/* Move to the first range that ends at `position` or later; steps double, then halve. */
static void cursor_gallop(struct cursor *c, address6_t position)
{
	size_t low = c->index, high, step = 1;

	if (low >= c->count || cursor_last(c, low) >= position)
		return;
	while (low + step < c->count && cursor_last(c, low + step) < position) {
		low += step;
		step *= 2;
	}
	/* Range `low` ends too early; `high` does not, or is the end. */
	high = low + step < c->count ? low + step : c->count;
	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (cursor_last(c, middle) < position)
			low = middle;
		else
			high = middle;
	}
	c->index = high;
}

/* Move to a position and find how far nothing changes; returns whether it is inside a range. */
static bool cursor_seek(struct cursor *c, address6_t position)
{
	cursor_gallop(c, position);
	if (c->index >= c->count) {
		c->limit = ADDRESS6_MAX;
		return false;
	}
	if (cursor_first(c, c->index) <= position) {
		c->limit = cursor_last(c, c->index);
		return true;
	}
	c->limit = cursor_first(c, c->index) - 1;
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

	return (struct cursor){.ranges4 = is_ip6 || !d ? NULL : d->ranges4,
	                       .ranges6 = is_ip6 && d ? d->ranges6 : NULL,
	                       .count = range_count(d, is_ip6),
	                       .source = source};
}

struct merge_sweep *merge_sweep_new(const struct merge_view *view, bool is_ip6)
{
	struct merge_sweep *s = calloc(1, sizeof(*s));
	size_t room = view->count + 1u;
	const struct merge_never *never = view->never;

	if (!s)
		return NULL;
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
	s->heap[s->count++] = (struct cursor){.ranges6 = is_ip6 ? never->ranges6 : never->ranges4,
	                                      .count = is_ip6 ? never->count6 : never->count4};
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
			rc = merge_set(s->view.catalog, c->source, cursor_set(c),
			               &s->scratch[count++]);

			if (rc < 0)
				return rc;
		}
	}
	return merge_union(&s->view, s->scratch, count, out_verdict);
}

int merge_sweep_range(struct merge_sweep *s, address6_t first, address6_t last, merge_emit *emit,
                      void *context)
{
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
		rc = merge_set(catalog, sides[i].source, cursor_set(&sides[i]), &out_verdicts[i]);
		if (rc < 0)
			return rc;
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
		bool is_active[2] = {cursor_seek(&sides[0], position),
		                     cursor_seek(&sides[1], position)};
		struct address_range range = {.is_ip6 = is_ip6, .first = position};
		uint32_t verdicts[2];
		int rc = compare_segment(catalog, sides, is_active, verdicts);

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
