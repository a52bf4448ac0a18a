/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/remake6.h"

#include "dataplane/table/build6.h"

#include <errno.h>
#include <stdlib.h>

#define WEIGHT_FEW   64 /* a segment with less is joined with one beside it */
#define WEIGHT_JOINT (SEGMENT6_POINTS_MAX * 2 / 3) /* if all together have less */

/* The segments that are replaced, and what is painted of them. */
struct remake {
	struct place6 from, to;
	const struct paints6 *paints; /* none: segments are only joined */
};

static bool is_same_place(const struct place6 *a, const struct place6 *b)
{
	return a->node == b->node && a->at == b->at;
}

static unsigned weight_of(const struct place6 *p)
{
	return segment6_weight(place6_segment(p));
}

/* Take in segments beside those of the remake if all have little. Gives whether there is one. */
static bool widen(struct remake *r)
{
	struct place6 before = r->from, behind = r->to;
	unsigned weight = weight_of(&r->from);
	bool is_wider = false;

	if (!is_same_place(&r->from, &r->to))
		weight += weight_of(&r->to);
	if (place6_previous(&before) && weight + weight_of(&before) < WEIGHT_JOINT) {
		weight += weight_of(&before);
		r->from = before;
		is_wider = true;
	}
	if (place6_next(&behind) && weight + weight_of(&behind) < WEIGHT_JOINT) {
		r->to = behind;
		is_wider = true;
	}
	return is_wider;
}

/* Call a function for all segments of a remake. */
static void each_segment(const struct remake *r,
                         void (*visit)(void *context, const struct remake *r, struct segment6 *s),
                         void *context)
{
	struct place6 p = r->from;

	for (;;) {
		visit(context, r, place6_segment(&p));
		if (is_same_place(&p, &r->to) || !place6_next(&p))
			return;
	}
}

/* Whether one paint covers all of a segment. */
static bool is_painted_over(const struct remake *r, const struct segment6 *s)
{
	const struct paints6 *p = r->paints;
	size_t at = 0;

	/* The last that starts not behind the segment's start; one of the others does not help. */
	for (size_t n = p->count; n > 1; n -= n / 2)
		at += p->firsts[at + n / 2] <= s->start ? n / 2 : 0;
	return p->count > 0 && p->firsts[at] <= s->start && s->last <= p->lasts[at];
}

struct needs {
	size_t segments, pieces, retired;
};

static void count_retired(void *context, struct runs6 *block)
{
	(void)block;
	++*(size_t *)context;
}

static void count_needs(void *context, const struct remake *r, struct segment6 *s)
{
	struct needs *needs = context;

	needs->segments++;
	needs->retired += 2;
	segment6_blocks(s, count_retired, &needs->retired);
	needs->pieces += is_painted_over(r, s) ? 1 : pieces6_bound(s);
}

/* Where the pieces of the segments go. */
struct collection {
	struct pieces6 *pieces;
	const struct mix6 *mix;
};

static void push_pieces(void *context, const struct remake *r, struct segment6 *s)
{
	struct collection *c = context;

	if (is_painted_over(r, s))
		pieces6_push(c->pieces, s->start, VERDICT_NONE); /* whatever it is */
	else
		pieces6_push_segment(c->pieces, c->mix, s);
}

/* The pieces as they shall be. Errors: -ENOMEM; nothing to undo */
static int paint_pieces(const struct table6 *t, const struct remake *r, size_t bound,
                        struct pieces6 *out_pieces)
{
	const address6_t last = place6_segment(&r->to)->last;
	struct pieces6 old, painted;
	int rc = pieces6_init(&old, bound);

	if (rc < 0)
		return rc;
	each_segment(r, push_pieces, &(struct collection){&old, &t->mix});
	if (r->paints->count == 0) {
		*out_pieces = old;
		return 0;
	}
	rc = pieces6_init(&painted, old.count + 2 * r->paints->count);
	if (rc == 0) {
		pieces6_push_painted(&painted, &old, r->paints, last);
		*out_pieces = painted;
	}
	pieces6_done(&old);
	return rc;
}

static void count_block(void *context, struct runs6 *block)
{
	heap6_count(context, block);
}

static void count_segment(struct heap6 *h, struct segment6 *s)
{
	heap6_count(h, s);
	heap6_count(h, segment6_base_block(s));
	segment6_blocks(s, count_block, h);
}

static void retire_block(void *context, struct runs6 *block)
{
	heap6_retire(context, block);
}

static void retire_segment(struct heap6 *h, struct segment6 *s)
{
	segment6_blocks(s, retire_block, h);
	heap6_retire(h, segment6_base_block(s));
	heap6_retire(h, s);
}

/* The segments that go. They are noted before, since nodes go when others are published. */
struct old {
	size_t count;
	struct segment6 **segments;
};

static void note_old(void *context, const struct remake *r, struct segment6 *s)
{
	struct old *old = context;

	(void)r;
	old->segments[old->count++] = s;
}

static int publish(struct table6 *t, const struct remake *r, struct build6 *b, size_t old_count)
{
	struct old old = {0, malloc(old_count * sizeof(*old.segments))};
	int rc = 0;

	if (!old.segments)
		return -ENOMEM;
	each_segment(r, note_old, &old);
	if (old.count == 1 && b->segment_count == 1)
		directory6_set(&r->from, b->segments[0]);
	else
		rc = directory6_replace(&t->directory, &t->heap, &r->from, &r->to, b->segments,
		                        b->segment_count);
	for (size_t i = 0; rc == 0 && i < b->segment_count; i++)
		count_segment(&t->heap, b->segments[i]);
	for (size_t i = 0; rc == 0 && i < old.count; i++)
		retire_segment(&t->heap, old.segments[i]);
	free(old.segments);
	return rc;
}

static int remake(struct table6 *t, struct remake *r)
{
	const address6_t first = place6_segment(&r->from)->start;
	const address6_t last = place6_segment(&r->to)->last;
	struct needs needs = {0};
	struct pieces6 pieces;
	struct build6 b;
	int rc;

	each_segment(r, count_needs, &needs);
	rc = retire_reserve(&t->heap.retire, needs.retired + directory6_retired(&r->from, &r->to));
	if (rc == 0)
		rc = paint_pieces(t, r, needs.pieces, &pieces);
	if (rc < 0)
		return rc;
	build6_init(&b, &t->mix, t->verdicts);
	rc = build6_make(&b, &pieces, first, last);
	if (rc == 0)
		rc = publish(t, r, &b, needs.segments);
	if (rc == 0)
		b.segment_count = 0; /* the directory's */
	build6_done(&b);
	pieces6_done(&pieces);
	return rc;
}

int remake6_paint(struct table6 *t, const struct paints6 *paints)
{
	struct remake r = {directory6_place(&t->directory, paints->firsts[0]),
	                   directory6_place(&t->directory, paints->lasts[paints->count - 1]),
	                   paints};

	widen(&r);
	return remake(t, &r);
}

void remake6_tidy(struct table6 *t, const struct place6 *p)
{
	const struct paints6 none = {.count = 0};
	struct remake r = {*p, *p, &none};
	const unsigned weight = weight_of(p);

	if (weight >= WEIGHT_FEW || (weight & 6) != 0 || !widen(&r)) /* not at every paint */
		return;
	if (remake(t, &r) < 0)
		return; /* as it is, it is right, too */
}
