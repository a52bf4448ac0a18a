/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/directory6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NODE_FILL (DIRECTORY6_NODE_MAX * 3 / 4) /* of a node that is cut from a longer one */
#define NODE_FEW  (DIRECTORY6_NODE_MAX / 4)     /* with fewer, it is joined with another one */

static uint64_t load_lists(const _Atomic uint64_t *lists)
{
	return atomic_load_explicit(lists, memory_order_relaxed); /* this thread wrote them */
}

static void store_lists(_Atomic uint64_t *lists, uint64_t value)
{
	/* release: pairs with acquire in may_have() of table6.c */
	atomic_store_explicit(lists, value, memory_order_release);
}

static struct node6 *node_new(uint32_t count)
{
	struct node6 *n = aligned_alloc(64, (sizeof(*n) + 63) / 64 * 64);

	if (!n)
		return NULL;
	n->count = count;
	n->is_low = false;
	atomic_init(&n->lists, 0);
	for (uint32_t i = count; i < DIRECTORY6_NODE_MAX; i++)
		n->highs[i] = n->lows[i] = UINT64_MAX;
	return n;
}

static struct root6 *root_new(uint32_t count)
{
	const size_t each = sizeof(address6_t) + sizeof(_Atomic(struct node6 *)); /* halves: two */
	struct root6 *r = malloc(sizeof(*r) + count * each);

	if (!r)
		return NULL;
	r->count = count;
	r->is_low = false;
	r->lows = &r->highs[count];
	r->nodes = (_Atomic(struct node6 *) *)&r->lows[count];
	return r;
}

static void node_init(struct node6 *n, uint32_t at, struct segment6 *s, uint64_t lists)
{
	n->highs[at] = (uint64_t)(s->start >> 64);
	n->lows[at] = (uint64_t)s->start;
	n->is_low |= n->lows[at] != 0;
	atomic_init(&n->segments[at], s);
	atomic_init(&n->segment_lists[at], lists);
	atomic_init(&n->lists, load_lists(&n->lists) | lists);
}

static void root_init(struct root6 *r, uint32_t at, struct node6 *n)
{
	r->highs[at] = n->highs[0];
	r->lows[at] = n->lows[0];
	r->is_low |= r->lows[at] != 0;
	atomic_init(&r->nodes[at], n);
}

uint32_t directory6_bisect_halves(const uint64_t *highs, const uint64_t *lows, uint32_t count,
                                  address6_t address)
{
	uint32_t at = 0;

	for (uint32_t n = count; n > 1; n -= n / 2) {
		const uint32_t middle = at + n / 2;

		at += n / 2 &
		      -(uint32_t)(((address6_t)highs[middle] << 64 | lows[middle]) <= address);
	}
	return at;
}

int directory6_init(struct directory6 *d, struct heap6 *h, struct segment6 *s)
{
	struct node6 *n = node_new(1);
	struct root6 *r = root_new(1);

	if (!n || !r) {
		free(r);
		free(n);
		return -ENOMEM;
	}
	node_init(n, 0, s, 0);
	root_init(r, 0, n);
	atomic_init(&d->root, r);
	heap6_count(h, n);
	heap6_count(h, r);
	heap6_count(h, s);
	return 0;
}

void directory6_done(struct directory6 *d)
{
	struct root6 *r = directory6_root(d);

	for (uint32_t i = 0; r && i < r->count; i++) {
		struct node6 *n = directory6_node(r, i);

		for (uint32_t k = 0; k < n->count; k++)
			segment6_free(directory6_segment(n, k));
		free(n);
	}
	free(r);
}

struct place6 directory6_place(const struct directory6 *d, address6_t address)
{
	struct place6 p = {.root = directory6_root(d)};

	p.node_at = directory6_bisect_root(p.root, address);
	p.node = directory6_node(p.root, p.node_at);
	p.at = directory6_bisect_node(p.node, address);
	return p;
}

bool place6_next(struct place6 *p)
{
	if (p->at + 1 < p->node->count) {
		p->at++;
		return true;
	}
	if (p->node_at + 1 == p->root->count)
		return false;
	p->node = directory6_node(p->root, ++p->node_at);
	p->at = 0;
	return true;
}

bool place6_previous(struct place6 *p)
{
	if (p->at > 0) {
		p->at--;
		return true;
	}
	if (p->node_at == 0)
		return false;
	p->node = directory6_node(p->root, --p->node_at);
	p->at = p->node->count - 1;
	return true;
}

void place6_add_lists(const struct place6 *p, uint64_t lists)
{
	_Atomic uint64_t *segment = &p->node->segment_lists[p->at];

	if (lists & ~load_lists(&p->node->lists))
		store_lists(&p->node->lists, load_lists(&p->node->lists) | lists);
	if (lists & ~load_lists(segment))
		store_lists(segment, load_lists(segment) | lists);
}

void place6_trim_lists(const struct place6 *p, uint64_t lists)
{
	_Atomic uint64_t *segment = &p->node->segment_lists[p->at];
	uint64_t all = 0;

	if (load_lists(segment) == lists)
		return;
	store_lists(segment, lists);
	for (uint32_t i = 0; i < p->node->count; i++)
		all |= load_lists(&p->node->segment_lists[i]);
	store_lists(&p->node->lists, all);
}

void directory6_set(const struct place6 *p, struct segment6 *s)
{
	place6_add_lists(p, segment6_lists(s));
	/* release: pairs with acquire in directory6_segment() */
	atomic_store_explicit(&p->node->segments[p->at], s, memory_order_release);
	place6_trim_lists(p, segment6_lists(s));
}

/* The segments of some nodes as they shall be: old ones before, new ones, old ones behind. */
struct row {
	const struct place6 *from, *to;
	struct segment6 *const *segments;
	size_t count, total;
};

static void row_init_node(const struct row *row, struct node6 *n, size_t first)
{
	for (uint32_t i = 0; i < n->count; i++) {
		size_t at = first + i;
		const struct node6 *old = row->from->node;

		if (at >= row->from->at && at < row->from->at + row->count) {
			struct segment6 *s = row->segments[at - row->from->at];

			node_init(n, i, s, segment6_lists(s));
			continue;
		}
		if (at >= row->from->at) {
			old = row->to->node;
			at = at - row->from->at - row->count + (uint32_t)(row->to->at + 1);
		}
		node_init(n, i, directory6_segment(old, at), load_lists(&old->segment_lists[at]));
	}
}

static void free_nodes(struct root6 *r, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		free(directory6_node(r, i));
	free(r);
}

/* A root in which new nodes of a row are where some nodes were. */
static struct root6 *make_root(const struct row *row, uint32_t node_count)
{
	const struct root6 *old = row->from->root;
	const uint32_t gone = row->to->node_at - row->from->node_at + 1;
	struct root6 *r = root_new(old->count - gone + node_count);
	size_t done = 0;

	if (!r)
		return NULL;
	for (uint32_t i = 0; i < row->from->node_at; i++)
		root_init(r, i, directory6_node(old, i));
	for (uint32_t i = 0; i < node_count; i++) {
		size_t count = (row->total - done) / (node_count - i);
		struct node6 *n = node_new((uint32_t)count);

		if (!n) {
			free_nodes(r, row->from->node_at, i);
			return NULL;
		}
		row_init_node(row, n, done);
		done += count;
		root_init(r, row->from->node_at + i, n);
	}
	for (uint32_t i = row->from->node_at + node_count; i < r->count; i++)
		root_init(r, i, directory6_node(old, i - node_count + gone));
	return r;
}

static void publish_root(struct directory6 *d, struct heap6 *h, const struct row *row,
                         struct root6 *r, uint32_t node_count)
{
	heap6_count(h, r);
	for (uint32_t i = 0; i < node_count; i++)
		heap6_count(h, directory6_node(r, row->from->node_at + i));
	/* release: pairs with acquire in directory6_root() */
	atomic_store_explicit(&d->root, r, memory_order_release);
	for (uint32_t i = row->from->node_at; i <= row->to->node_at; i++)
		heap6_retire(h, directory6_node(row->from->root, i));
	heap6_retire(h, row->from->root);
}

/* A row of few segments takes in the node beside it. */
static void widen(struct row *row, struct place6 *from, struct place6 *to, struct segment6 **few)
{
	uint32_t kept = 0;

	if (row->total >= NODE_FEW ||
	    row->from->root->count == row->to->node_at - row->from->node_at + 1)
		return;
	*from = *row->from;
	*to = *row->to;
	if (from->node_at > 0) { /* what is kept of the old node comes with the new ones */
		for (uint32_t i = 0; i < row->from->at; i++)
			few[kept++] = directory6_segment(row->from->node, i);
		memcpy(&few[kept], row->segments, row->count * sizeof(*few));
		from->node = directory6_node(from->root, --from->node_at);
		from->at = from->node->count;
		row->total += from->node->count;
	} else {
		memcpy(few, row->segments, row->count * sizeof(*few));
		kept = (uint32_t)row->count;
		for (uint32_t i = row->to->at + 1; i < row->to->node->count; i++)
			few[kept++] = directory6_segment(row->to->node, i);
		kept -= (uint32_t)row->count;
		to->node = directory6_node(to->root, ++to->node_at);
		to->at = UINT32_MAX; /* all of it is kept */
		row->total += to->node->count;
	}
	row->from = from;
	row->to = to;
	row->segments = few;
	row->count += kept;
}

int directory6_replace(struct directory6 *d, struct heap6 *h, const struct place6 *from,
                       const struct place6 *to, struct segment6 *const *segments, size_t count)
{
	struct row row = {from, to, segments, count,
	                  from->at + count + to->node->count - to->at - 1};
	struct segment6 *few[NODE_FEW];
	struct place6 wide_from, wide_to;
	uint32_t node_count;
	struct node6 *n;
	struct root6 *r;

	widen(&row, &wide_from, &wide_to, few);
	if (row.from->node_at != row.to->node_at || row.total > DIRECTORY6_NODE_MAX) {
		node_count = (uint32_t)((row.total + NODE_FILL - 1) / NODE_FILL);
		r = make_root(&row, node_count);
		if (!r)
			return -ENOMEM;
		publish_root(d, h, &row, r, node_count);
		return 0;
	}
	n = node_new((uint32_t)row.total);
	if (!n)
		return -ENOMEM;
	row_init_node(&row, n, 0);
	heap6_count(h, n);
	/* release: pairs with acquire in directory6_node() */
	atomic_store_explicit(&from->root->nodes[from->node_at], n, memory_order_release);
	heap6_retire(h, from->node);
	return 0;
}
