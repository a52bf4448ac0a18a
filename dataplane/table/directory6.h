/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The segments of a table6 in ascending order, in two levels: nodes of some hundred segments, and a
 * root of all nodes. Together about 45 bytes a segment, which stay in a cache near the core.
 *
 * A segment is replaced by one that starts and ends as it does with a store into its node; all else
 * makes another node, which is stored into the root, or another root. Beside each segment stands
 * which lists are in it, at least.
 */
#include "dataplane/table/heap6.h"
#include "dataplane/table/segment6.h"

#ifndef DIRECTORY6_NODE_MAX
#define DIRECTORY6_NODE_MAX 128
#endif

struct node6 {
	_Atomic uint64_t lists; /* at least those of all segments; as segment_lists */
	uint32_t count;         /* 1..DIRECTORY6_NODE_MAX, which is a power of two; constant */
	bool is_low;            /* a start is not that of a /64; constant */
	/* starts, in halves; constant; behind the last the largest address */
	uint64_t highs[DIRECTORY6_NODE_MAX];
	uint64_t lows[DIRECTORY6_NODE_MAX];
	/* update thread: writes; readers: read */
	_Atomic(struct segment6 *) segments[DIRECTORY6_NODE_MAX];
	_Atomic uint64_t segment_lists[DIRECTORY6_NODE_MAX];
};

struct root6 {
	uint32_t count;                 /* constant */
	bool is_low;                    /* a start is not that of a /64; constant */
	_Atomic(struct node6 *) *nodes; /* update thread: writes; readers: read */
	uint64_t *lows;                 /* constant */
	uint64_t highs[];               /* constant */
};

struct directory6 {
	_Atomic(struct root6 *) root; /* update thread: writes; readers: read */
};

/* A segment's place; valid until the directory is changed. */
struct place6 {
	struct root6 *root;
	struct node6 *node;
	uint32_t node_at, at;
};

/* The last of some starts, in halves, that is not above an address; the first is not. */
uint32_t directory6_bisect_halves(const uint64_t *highs, const uint64_t *lows, uint32_t count,
                                  address6_t address);

/* The place of a node in its root. */
static inline uint32_t directory6_bisect_root(const struct root6 *r, address6_t address)
{
	const uint64_t high = (uint64_t)(address >> 64);
	uint32_t at = 0;

	if (r->is_low)
		return directory6_bisect_halves(r->highs, r->lows, r->count, address);
	for (uint32_t n = r->count; n > 1; n -= n / 2)
		at += n / 2 & -(uint32_t)(r->highs[at + n / 2] <= high);
	return at;
}

static inline struct root6 *directory6_root(const struct directory6 *d)
{
	/* acquire: pairs with release in publish_root() */
	return atomic_load_explicit(&d->root, memory_order_acquire);
}

static inline struct node6 *directory6_node(const struct root6 *r, size_t at)
{
	/* acquire: pairs with release in directory6_replace() */
	return atomic_load_explicit(&r->nodes[at], memory_order_acquire);
}

static inline struct segment6 *directory6_segment(const struct node6 *n, size_t at)
{
	/* acquire: pairs with release in directory6_set() */
	return atomic_load_explicit(&n->segments[at], memory_order_acquire);
}

/* The place of a segment in its node. */
static inline uint32_t directory6_bisect_node(const struct node6 *n, address6_t address)
{
	const uint64_t high = (uint64_t)(address >> 64);
	uint32_t at = 0;

	if (n->is_low)
		return directory6_bisect_halves(n->highs, n->lows, n->count, address);
#pragma GCC unroll 8
	for (uint32_t half = DIRECTORY6_NODE_MAX / 2; half > 0; half /= 2)
		at += half & -(uint32_t)(n->highs[at + half] <= high);
	return at < n->count ? at : n->count - 1; /* the largest /64 itself */
}

/* The segment that holds an address. */
static inline struct segment6 *directory6_find(const struct directory6 *d, address6_t address)
{
	const struct root6 *r = directory6_root(d);
	const struct node6 *n = directory6_node(r, directory6_bisect_root(r, address));

	return directory6_segment(n, directory6_bisect_node(n, address));
}

#define DIRECTORY6_BURST 32

/*
 * As directory6_find() for a burst of at most DIRECTORY6_BURST addresses: a step of all searches
 * comes before the next step of any, so that their loads overlap.
 */
static inline void directory6_find_burst(const struct directory6 *d, const address6_t *addresses,
                                         size_t count, const struct segment6 **out_segments)
{
	const struct root6 *r = directory6_root(d);
	const struct node6 *nodes[DIRECTORY6_BURST];
	uint64_t highs[DIRECTORY6_BURST];
	uint32_t at[DIRECTORY6_BURST] = {0};

	for (size_t i = 0; i < count; i++)
		highs[i] = (uint64_t)(addresses[i] >> 64);
	for (uint32_t n = r->count; n > 1; n -= n / 2) {
		for (size_t i = 0; i < count; i++)
			at[i] += n / 2 & -(uint32_t)(r->highs[at[i] + n / 2] <= highs[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (r->is_low)
			at[i] = directory6_bisect_root(r, addresses[i]);
		nodes[i] = directory6_node(r, at[i]);
		__builtin_prefetch(&nodes[i]->highs[DIRECTORY6_NODE_MAX / 2]);
		at[i] = 0;
	}
	for (uint32_t half = DIRECTORY6_NODE_MAX / 2; half > 0; half /= 2) {
		for (size_t i = 0; i < count; i++)
			at[i] += half & -(uint32_t)(nodes[i]->highs[at[i] + half] <= highs[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (nodes[i]->is_low || at[i] >= nodes[i]->count)
			at[i] = directory6_bisect_node(nodes[i], addresses[i]);
		out_segments[i] = directory6_segment(nodes[i], at[i]);
		__builtin_prefetch(out_segments[i]);
	}
}

static inline struct segment6 *place6_segment(const struct place6 *p)
{
	return directory6_segment(p->node, p->at);
}

/* Likewise, as a place. */
struct place6 directory6_place(const struct directory6 *d, address6_t address);

/* To the next segment, or the one before; false if there is none. */
bool place6_next(struct place6 *p);
bool place6_previous(struct place6 *p);

/* A directory of one segment, which it owns. Errors: -ENOMEM */
int directory6_init(struct directory6 *d, struct heap6 *h, struct segment6 *s);

/* Free it with its segments; no reader may be left. */
void directory6_done(struct directory6 *d);

/* More lists in a segment: before what has them is published. */
void place6_add_lists(const struct place6 *p, uint64_t lists);

/* No more lists in a segment than these: after what had more is gone. */
void place6_trim_lists(const struct place6 *p, uint64_t lists);

/*
 * Publish segments in the places from..to. Those that were there are the caller's to count and to
 * retire. directory6_retired() is for how many blocks of its own there has to be room.
 *
 * Errors: -ENOMEM; nothing was changed
 */
int directory6_replace(struct directory6 *d, struct heap6 *h, const struct place6 *from,
                       const struct place6 *to, struct segment6 *const *segments, size_t count);

static inline size_t directory6_retired(const struct place6 *from, const struct place6 *to)
{
	return to->node_at - from->node_at + 3; /* nodes, one beside them, and the root */
}

/* Publish one segment that starts and ends as the one in its place. */
void directory6_set(const struct place6 *p, struct segment6 *s);
