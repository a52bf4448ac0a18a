/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/merge4.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS   64
#define NUMBER_BITS 16 /* of a cursor, in a key */
#define NO_KEY      UINT64_MAX
#define UNIONS      1024
#define UNION_SHIFT 22 /* 32 bits to UNIONS */
#define BLOCK       64 /* edges compared at once */
#define AHEAD       32 /* edges */

/* The place of one list. */
struct cursor4 {
	const struct dataset_edges4 *edges;
	size_t edge;                 /* that begins the range after `range` */
	struct dataset_range4 range; /* that is active, or the next one */
	bool has_range;
	bool is_active;
	uint32_t verdict;            /* of the range that the sweep is inside of */
	struct merge_source *source; /* NULL: what is never listed, or subtracted */
};

/* The union of two verdicts as it was found last. */
struct union2 {
	uint32_t left, right, both;
};

struct merge4 {
	struct merge_view view;
	unsigned count;  /* cursors; ascending by list, never-list last */
	unsigned leaves; /* of the tree: a power of two, >= count */
	struct cursor4 *cursors;
	uint64_t *tree;    /* [1] is the least key; a key: position of the next change, cursor */
	uint64_t *inside;  /* bitmap of cursors: active, or with a single address here */
	unsigned *singles; /* those with a single address here */
	unsigned words, active_count;
	struct dataset_edges4 never; /* as edges; owned */
	uint32_t *scratch;           /* a verdict per cursor */
	struct union2 unions[UNIONS];
};

static inline uint64_t key_position(uint64_t key)
{
	return key >> NUMBER_BITS;
}

static inline unsigned key_number(uint64_t key)
{
	return (unsigned)(key & ((1u << NUMBER_BITS) - 1));
}

static inline void cursor_next(struct cursor4 *c)
{
	c->has_range = c->edge < c->edges->count;
	if (c->has_range)
		c->edge = dataset_edge4_range(c->edges, c->edge, &c->range);
	/* More lists than the processor follows by itself; an address beyond the end is no harm. */
	__builtin_prefetch(c->edges->at + c->edge + AHEAD);
}

/* Where the cursor changes next: the end of its range, or the start. */
static inline uint64_t cursor_key(const struct merge4 *m, unsigned number)
{
	const struct cursor4 *c = &m->cursors[number];
	uint64_t position = c->is_active ? (uint64_t)c->range.last + 1 : c->range.first;

	return c->has_range ? position << NUMBER_BITS | number : NO_KEY;
}

static inline void tree_set(struct merge4 *m, unsigned number)
{
	uint64_t least = cursor_key(m, number);
	size_t node = m->leaves + number;

	m->tree[node] = least;
	for (; node > 1; node /= 2) {
		uint64_t sibling = m->tree[node ^ 1];

		least = sibling < least ? sibling : least;
		m->tree[node / 2] = least;
	}
}

/* The least key of all other cursors. */
static inline uint64_t tree_others(const struct merge4 *m, unsigned number)
{
	uint64_t least = NO_KEY;

	for (size_t node = m->leaves + number; node > 1; node /= 2)
		least = m->tree[node ^ 1] < least ? m->tree[node ^ 1] : least;
	return least;
}

/* The verdict of a cursor's range. Errors: those of merge_set() */
static inline int cursor_verdict(struct merge4 *m, struct cursor4 *c, uint32_t *out_verdict)
{
	*out_verdict = 0;
	if (!c->source)
		return 0;
	*out_verdict = c->source->verdicts[c->range.set];
	return *out_verdict ? 0 : merge_set(m->view.catalog, c->source, c->range.set, out_verdict);
}

static inline void inside_flip(struct merge4 *m, unsigned number)
{
	m->inside[number / WORD_BITS] ^= (uint64_t)1 << number % WORD_BITS;
}

/* Errors: those of merge_set() */
static int active_set(struct merge4 *m, unsigned number, bool is_active)
{
	struct cursor4 *c = &m->cursors[number];

	if (c->is_active != is_active) {
		c->is_active = is_active;
		inside_flip(m, number);
		m->active_count += is_active ? 1 : -1u;
	}
	return is_active ? cursor_verdict(m, c, &c->verdict) : 0;
}

/* Move to a position, which is not before where the cursor is. Errors: those of merge_set() */
static int cursor_seek(struct merge4 *m, unsigned number, uint32_t position)
{
	struct cursor4 *c = &m->cursors[number];
	int rc;

	if (c->has_range && c->range.last < position)
		cursor_next(c); /* mostly that is it */
	if (c->has_range && c->range.last < position) {
		c->edge = dataset_edge4_seek(c->edges, c->edge, position);
		cursor_next(c);
	}
	rc = active_set(m, number, c->has_range && c->range.first <= position);
	tree_set(m, number);
	return rc;
}

static int never_init(struct dataset_edges4 *edges, const struct merge_never *never)
{
	uint32_t *at = calloc(2 * never->count4 + 1, sizeof(*at));
	uint64_t *is_last = calloc(2 * never->count4 / 64 + 1, sizeof(*is_last));
	size_t count = 0;

	*edges = (struct dataset_edges4){.at = at, .is_last = is_last};
	if (!at || !is_last)
		return -ENOMEM;
	for (size_t i = 0; i < never->count4; i++) {
		const struct dataset_range6 *range = &never->ranges4[i];

		at[count++] = (uint32_t)range->first;
		if (range->first == range->last)
			continue;
		is_last[count / 64] |= (uint64_t)1 << count % 64;
		at[count++] = (uint32_t)range->last;
	}
	edges->count = count;
	return 0;
}

static int memory_init(struct merge4 *m, unsigned room)
{
	for (m->leaves = 1; m->leaves < room;)
		m->leaves *= 2;
	m->words = (room + WORD_BITS - 1) / WORD_BITS;
	m->cursors = calloc(room, sizeof(*m->cursors));
	m->tree = malloc(2 * m->leaves * sizeof(*m->tree));
	m->inside = calloc(m->words, sizeof(*m->inside));
	m->singles = calloc(room, sizeof(*m->singles));
	m->scratch = calloc(room, sizeof(*m->scratch));
	if (!m->cursors || !m->tree || !m->inside || !m->singles || !m->scratch)
		return -ENOMEM;
	for (size_t i = 0; i < 2 * m->leaves; i++)
		m->tree[i] = NO_KEY;
	return 0;
}

static void cursor_add(struct merge4 *m, const struct dataset_edges4 *edges,
                       struct merge_source *source)
{
	struct cursor4 *c = &m->cursors[m->count];

	*c = (struct cursor4){.edges = edges, .source = source};
	cursor_next(c);
	tree_set(m, m->count++); /* what begins at 0 is yet to come */
}

struct merge4 *merge4_new(const struct merge_view *view)
{
	struct merge4 *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->view = *view;
	if (never_init(&m->never, view->never) < 0 || memory_init(m, view->count + 1) < 0) {
		merge4_free(m);
		errno = ENOMEM;
		return NULL;
	}
	for (unsigned i = 0; i < view->count; i++)
		if (view->sources[i]->dataset && view->sources[i]->dataset->edges4.count)
			cursor_add(m, &view->sources[i]->dataset->edges4,
			           view->sources[i]->is_subtracted ? NULL : view->sources[i]);
	cursor_add(m, &m->never, NULL);
	return m;
}

void merge4_free(struct merge4 *m)
{
	if (!m)
		return;
	free((void *)m->never.at);
	free((void *)m->never.is_last);
	free(m->cursors);
	free(m->tree);
	free(m->inside);
	free(m->singles);
	free(m->scratch);
	free(m);
}

static int union_find(struct merge4 *m, unsigned count, uint32_t *out_verdict)
{
	uint32_t left = m->scratch[0], right = m->scratch[1];
	struct union2 *known =
	    &m->unions[(left * 0x9e3779b1u ^ right * 0x85ebca6bu) >> UNION_SHIFT];
	int rc;

	if (count == 1) {
		*out_verdict = left;
		return 0;
	}
	if (count == 2 && known->left == left && known->right == right) {
		*out_verdict = known->both;
		return 0;
	}
	rc = catalog_union(m->view.catalog, m->scratch, count, out_verdict);
	if (!rc && count == 2)
		*known = (struct union2){left, right, *out_verdict};
	return rc;
}

static inline bool is_inside(const struct merge4 *m, unsigned number)
{
	return m->inside[number / WORD_BITS] >> number % WORD_BITS & 1;
}

/* The verdict where the sweep is. */
static int inside_verdict(struct merge4 *m, uint32_t *out_verdict)
{
	unsigned count = 0;

	*out_verdict = 0;
	if (is_inside(m, m->count - 1))
		return 0;
	for (unsigned word = 0; word < m->words; word++) {
		for (uint64_t bits = m->inside[word]; bits; bits &= bits - 1) {
			unsigned number = word * WORD_BITS + (unsigned)__builtin_ctzll(bits);

			if (!m->cursors[number].source)
				return 0;
			m->scratch[count++] = m->cursors[number].verdict;
		}
	}
	return count ? union_find(m, count, out_verdict) : 0;
}

/* What merge4_range() is about. */
struct window {
	uint64_t position; /* all below is emitted */
	uint32_t last;
	merge_emit *emit;
	void *context;
};

/* Emit up to an end, if there is anything. */
static inline int emit_until(struct window *w, uint64_t end, uint32_t verdict)
{
	uint64_t first = w->position;

	if (first >= end)
		return 0;
	w->position = end;
	return w->emit(w->context, first, end - 1, verdict);
}

/*
 * Nothing is active, and the cursor's range is next: emit its ranges up to the first that another
 * cursor comes into, or that does not end in the window.
 */
static int run_emit(struct merge4 *m, unsigned number, struct window *w)
{
	struct cursor4 *c = &m->cursors[number];
	uint64_t others = key_position(tree_others(m, number));
	bool is_moved = false;
	uint32_t verdict;
	int rc = 0;

	while (!rc && c->has_range && c->range.last < others && c->range.last <= w->last) {
		rc = cursor_verdict(m, c, &verdict);
		if (!rc)
			rc = emit_until(w, c->range.first, 0);
		if (!rc)
			rc = emit_until(w, (uint64_t)c->range.last + 1, verdict);
		cursor_next(c);
		is_moved = true;
	}
	if (is_moved)
		tree_set(m, number);
	return rc;
}

/*
 * A cursor comes to the start or the end of its range. A single address is taken and passed over at
 * once, and noted as a single. Errors: those of merge_set()
 */
static int cursor_change(struct merge4 *m, unsigned number, unsigned *single_count)
{
	struct cursor4 *c = &m->cursors[number];
	bool is_start = !c->is_active, is_single = is_start && c->range.first == c->range.last;
	int rc = 0;

	if (is_single) {
		rc = cursor_verdict(m, c, &c->verdict);
		inside_flip(m, number);
		m->singles[(*single_count)++] = number;
	} else {
		rc = active_set(m, number, is_start);
	}
	if (!is_start || is_single)
		cursor_next(c);
	tree_set(m, number);
	return rc;
}

/*
 * Go on to the next place where something changes. in_out_verdict: before it, and from it on.
 * Errors: those of merge_set(), catalog_union() and emit
 */
static int step(struct merge4 *m, struct window *w, uint32_t *in_out_verdict)
{
	uint64_t position = key_position(m->tree[1]);
	unsigned single_count = 0;
	int rc = emit_until(w, position, *in_out_verdict);

	while (!rc && key_position(m->tree[1]) == position)
		rc = cursor_change(m, key_number(m->tree[1]), &single_count);
	if (!rc)
		rc = inside_verdict(m, in_out_verdict);
	if (!single_count)
		return rc;
	if (!rc)
		rc = emit_until(w, position + 1, *in_out_verdict);
	while (single_count)
		inside_flip(m, m->singles[--single_count]);
	return rc ? rc : inside_verdict(m, in_out_verdict);
}

int merge4_range(struct merge4 *m, uint32_t first, uint32_t last, merge_emit *emit, void *context)
{
	struct window w = {.position = first, .last = last, .emit = emit, .context = context};
	uint32_t verdict = 0;
	int rc = 0;

	while (!rc && key_position(m->tree[1]) <= first)
		rc = cursor_seek(m, key_number(m->tree[1]), first);
	if (!rc)
		rc = inside_verdict(m, &verdict);
	while (!rc && key_position(m->tree[1]) <= last) {
		uint64_t key = m->tree[1];

		if (!m->active_count)
			rc = run_emit(m, key_number(key), &w);
		if (!rc && m->tree[1] == key)
			rc = step(m, &w, &verdict);
	}
	return rc ? rc : emit_until(&w, (uint64_t)last + 1, verdict);
}

/* BLOCK bits of a bitmap from any place; there is a bit behind the last edge. */
static inline uint64_t bits_at(const uint64_t *bits, size_t i)
{
	uint64_t low = bits[i / 64] >> i % 64;

	return i % 64 ? low | bits[i / 64 + 1] << (64 - i % 64) : low;
}

static inline bool is_same_block(const uint32_t *a, const uint32_t *b)
{
	uint32_t difference = 0;

	for (unsigned i = 0; i < BLOCK; i++)
		difference |= a[i] ^ b[i];
	return !difference;
}

static inline bool is_last(const struct dataset_edges4 *e, size_t edge)
{
	return e->is_last[edge / 64] >> edge % 64 & 1;
}

/* Blocks that are alike as a whole. */
static void skip_blocks(const struct dataset_edges4 *a, const struct dataset_edges4 *b,
                        size_t in_out_edges[2])
{
	size_t i = in_out_edges[0], j = in_out_edges[1];

	/* A block more than is looked at, as the last word of a bitmap may be the last there is. */
	while (i + 2 * BLOCK <= a->count && j + 2 * BLOCK <= b->count &&
	       bits_at(a->is_last, i) == bits_at(b->is_last, j) &&
	       is_same_block(a->at + i, b->at + j)) {
		i += BLOCK;
		j += BLOCK;
	}
	/* Not into the middle of a range, of whichever of the two. */
	if (i > in_out_edges[0] && (is_last(a, i) || is_last(b, j))) {
		i--;
		j--;
	}
	in_out_edges[0] = i;
	in_out_edges[1] = j;
}

int merge4_skip(struct catalog *catalog, struct merge_source *const sources[2],
                size_t in_out_edges[2])
{
	const struct dataset_edges4 *a = &sources[0]->dataset->edges4;
	const struct dataset_edges4 *b = &sources[1]->dataset->edges4;
	struct dataset_range4 left, right;
	uint32_t verdicts[2];

	while (in_out_edges[0] < a->count && in_out_edges[1] < b->count) {
		size_t left_next = dataset_edge4_range(a, in_out_edges[0], &left);
		size_t right_next = dataset_edge4_range(b, in_out_edges[1], &right);
		int rc;

		if (left.first != right.first || left.last != right.last)
			break;
		rc = merge_set(catalog, sources[0], left.set, &verdicts[0]);
		if (!rc)
			rc = merge_set(catalog, sources[1], right.set, &verdicts[1]);
		if (rc < 0)
			return rc;
		if (verdicts[0] != verdicts[1])
			break;
		in_out_edges[0] = left_next;
		in_out_edges[1] = right_next;
		if (!a->sets && !b->sets)
			skip_blocks(a, b, in_out_edges);
	}
	return 0;
}
