/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trie whose edges are in a hash: a node is found by the hash of its whole name, so that the
 * cache misses of all suffixes overlap, and is told apart by its label and parent, so that a suffix
 * is stored once. A put name brings its ancestors into being as nodes that were not put, which
 * count the names below them for each list; a lookup goes from the root down and ends at the first
 * suffix that is not there.
 *
 * A put or delete happens, for a reader, with one store: of the value of a node that is there, or
 * of the slot of the name's own node. What is above comes before it and goes after it. A reader
 * that has found a node goes on with it when it is replaced meanwhile; the children of the new one
 * are not children of the old one, so its answer is that of a moment before.
 */
#include "dataplane/table/names.h"

#include "dataplane/table/labels.h"
#include "dataplane/table/name_arena.h"
#include "dataplane/table/name_index.h"
#include "dataplane/table/name_node.h"
#include "dataplane/table/retire.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_IS_PUT  (UINT64_C(1) << 63)
#define SUBTREE_SHIFT 24

#define BURST      32 /* names whose cache misses overlap */
#define AHEAD      6  /* labels of a name, from the right, that are looked for ahead */
#define MOVE_EVERY 64 /* deletes for each slab that is looked for to be emptied */

struct names {
	struct name_arena arena;
	name_below_t below;              /* of the root; update thread: writes; readers: read */
	struct labels_key key;           /* constant */
	const struct verdicts *verdicts; /* NULL = none; constant */
	/* the rest belongs to the update thread, but for index.segments */
	struct retire retire;
	uint32_t child_count; /* of the root */
	uint32_t move_cursor;
	uint64_t deletes;
	uint64_t below_memory_size;
	uint64_t name_count;
	struct name_index index;
};

static uint64_t pack(verdict_t exact, verdict_t subtree)
{
	return VALUE_IS_PUT | (uint64_t)subtree << SUBTREE_SHIFT | exact;
}

static verdict_t exact_of(uint64_t value)
{
	return value & VERDICT_MAX;
}

static verdict_t subtree_of(uint64_t value)
{
	return value >> SUBTREE_SHIFT & VERDICT_MAX;
}

/* The lists of a name and of what it says of the names below. */
static void value_lists(const struct names *n, uint64_t value, struct listset *out_lists)
{
	out_lists->used = 0;
	listset_add(out_lists, n->verdicts, exact_of(value));
	if (subtree_of(value) != exact_of(value))
		listset_add(out_lists, n->verdicts, subtree_of(value));
}

static struct name_node *node_at(const struct names *n, uint32_t reference)
{
	return name_arena_at(&n->arena, reference);
}

static struct name_inner *inner_at(const struct names *n, uint32_t reference)
{
	return name_arena_at(&n->arena, reference);
}

static bool is_inner(const struct names *n, uint32_t reference)
{
	return name_node_tags(node_at(n, reference)) & NAME_NODE_INNER;
}

static uint64_t load_value(const struct name_node *node)
{
	/* acquire: pairs with release in store_value() */
	return atomic_load_explicit((_Atomic uint64_t *)&node->value, memory_order_acquire);
}

static void store_value(struct name_node *node, uint64_t value)
{
	/* release: pairs with acquire in load_value(): the verdicts that were defined before, and
	 * the counts above that went up */
	atomic_store_explicit(&node->value, value, memory_order_release);
}

/* The node of a label below a parent, or 0; hash is of the whole name. */
static inline uint32_t find(const struct names *n, uint64_t hash, uint32_t parent,
                            const uint8_t *label)
{
	struct name_index_probe probe;
	uint32_t reference;

	name_index_probe_start(&n->index, hash, &probe);
	while ((reference = name_index_probe_next(&probe)) != 0) {
		if (name_node_is(node_at(n, reference), parent, label))
			return reference;
	}
	return 0;
}

struct names *names_new(void)
{
	struct names *n = calloc(1, sizeof(*n));
	int rc = n ? labels_key_init(&n->key) : -ENOMEM;

	if (rc == 0)
		rc = name_arena_init(&n->arena);
	if (rc == 0)
		return n;
	free(n);
	errno = -rc;
	return NULL;
}

void names_use(struct names *n, const struct verdicts *verdicts)
{
	n->verdicts = verdicts;
}

void names_use_pages(struct names *n, enum hugepages_mode mode)
{
	n->arena.huge.mode = mode;
}

/* Whether a block of the arena is a node in the index. Free blocks are out of bounds for ASan. */
__attribute__((no_sanitize_address)) static bool is_live(const struct names *n, uint32_t reference)
{
	return !(node_at(n, reference)->tags & NAME_NODE_DEAD);
}

static void free_below_arrays(struct names *n)
{
	for (uint32_t slab = 1; slab < n->arena.slab_end; slab++) {
		if (name_arena_is_movable(&n->arena, slab))
			continue; /* leaves */
		for (unsigned i = 0; i < name_arena_blocks(&n->arena, slab); i++) {
			uint32_t reference = name_arena_block(&n->arena, slab, i);

			if (is_live(n, reference))
				name_below_done(&inner_at(n, reference)->below);
		}
	}
	name_below_done(&n->below);
}

void names_free(struct names *n)
{
	if (!n)
		return;
	free_below_arrays(n);
	name_arena_done(&n->arena);
	name_index_done(&n->index);
	retire_done(&n->retire);
	free(n);
}

/* A name taken apart: its suffixes from the shortest on, their nodes as far as there are any. */
struct path {
	const uint8_t *name;
	size_t depth;    /* labels of the name */
	size_t known;    /* of these suffixes, from the root on, have a node */
	uint32_t narrow; /* the leaf that the last known node, an inner one, will replace; 0 */
	uint8_t offsets[LABELS_MAX];
	uint64_t hashes[LABELS_MAX];
	uint32_t nodes[LABELS_MAX];
	struct name_below_array *arrays[LABELS_MAX]; /* to be used above; NULL = no need */
	struct name_index_growth growths[LABELS_MAX];
};

static int path_find(const struct names *n, const uint8_t *name, size_t size, struct path *p)
{
	struct labels labels;
	uint64_t hash = 0;

	if (size == 0 || labels_split(name, size, &labels) < 0 || !labels_is_lower(name, size))
		return -EINVAL;
	p->name = name;
	p->depth = labels.count;
	p->known = 0;
	p->narrow = 0;
	for (size_t level = 0; level < p->depth; level++) {
		size_t offset = labels.offsets[labels.count - 1 - level];

		hash = labels_hash(&n->key, hash, name + offset);
		p->offsets[level] = (uint8_t)offset;
		p->hashes[level] = hash;
		if (p->known < level)
			continue;
		p->nodes[level] = find(n, hash, level > 0 ? p->nodes[level - 1] : 0, name + offset);
		if (p->nodes[level])
			p->known++;
	}
	return 0;
}

/* What is strictly below the node of a depth: 0 = the root. */
static name_below_t *below_at(struct names *n, const struct path *p, size_t depth)
{
	return depth == 0 ? &n->below : &inner_at(n, p->nodes[depth - 1])->below;
}

static uint32_t *child_count_at(struct names *n, const struct path *p, size_t depth)
{
	return depth == 0 ? &n->child_count : &inner_at(n, p->nodes[depth - 1])->child_count;
}

static void cancel_arrays(struct path *p, size_t end)
{
	while (end-- > 0)
		name_below_cancel(p->arrays[end]);
}

/* Make what counting a value above the path will need. */
static int prepare_arrays(struct names *n, struct path *p, const struct listset *lists)
{
	for (size_t level = 0; level < p->depth; level++) {
		int rc = name_below_prepare(below_at(n, p, level), lists, &p->arrays[level]);

		if (rc < 0) {
			cancel_arrays(p, level);
			return rc;
		}
	}
	return 0;
}

static void use_arrays(struct names *n, struct path *p)
{
	for (size_t level = 0; level < p->depth; level++) {
		name_below_t *below = below_at(n, p, level);

		if (!p->arrays[level])
			continue;
		n->below_memory_size -= name_below_memory(below);
		name_below_use(below, p->arrays[level], &n->retire);
		n->below_memory_size += name_below_memory(below);
	}
}

static void clear_below(struct names *n, name_below_t *below)
{
	n->below_memory_size -= name_below_memory(below);
	name_below_clear(below, &n->retire);
}

static void count_above(struct names *n, const struct path *p, const struct listset *in,
                        const struct listset *not_in, int delta)
{
	for (size_t level = 0; level < p->depth; level++)
		name_below_count(below_at(n, p, level), in, not_in, delta);
}

static void mark_dead(struct name_node *node)
{
	/* relaxed: readers do not look at it */
	atomic_store_explicit(&node->tags, name_node_tags(node) | NAME_NODE_DEAD,
	                      memory_order_relaxed);
}

/* A node that is not published. Returns 0 when there is no memory. */
static uint32_t node_new(struct names *n, uint32_t parent, const uint8_t *label, bool as_inner)
{
	size_t size = name_node_size(as_inner, label[0]);
	uint32_t reference = name_arena_get(&n->arena, name_arena_kind(size, !as_inner));
	struct name_node *node;
	uint8_t tags = (uint8_t)(label[0] | (as_inner ? NAME_NODE_INNER : 0));

	if (reference == 0)
		return 0;
	node = node_at(n, reference);
	atomic_init(&node->value, 0);
	node->parent = parent;
	atomic_init(&node->tags, tags);
	memcpy((uint8_t *)node + size - label[0], label + 1, label[0]);
	if (as_inner) {
		atomic_init(&inner_at(n, reference)->below, 0);
		inner_at(n, reference)->child_count = 0;
	}
	return reference;
}

static void node_cancel(struct names *n, uint32_t reference)
{
	mark_dead(node_at(n, reference));
	name_arena_put(&n->arena, reference);
}

static void cancel_nodes(struct names *n, struct path *p, size_t end)
{
	while (end-- > p->known)
		node_cancel(n, p->nodes[end]);
	if (p->narrow == 0)
		return;
	node_cancel(n, p->nodes[p->known - 1]);
	p->nodes[p->known - 1] = p->narrow;
}

/* An inner node to take the place of the last known one, if that is a leaf. */
static int widen(struct names *n, struct path *p)
{
	uint32_t leaf = p->known > 0 ? p->nodes[p->known - 1] : 0, inner;

	if (leaf == 0 || is_inner(n, leaf))
		return 0;
	inner = node_new(n, node_at(n, leaf)->parent, p->name + p->offsets[p->known - 1], true);
	if (inner == 0)
		return -ENOMEM;
	atomic_init(&node_at(n, inner)->value, load_value(node_at(n, leaf)));
	p->narrow = leaf;
	p->nodes[p->known - 1] = inner;
	return 0;
}

/* Make nodes for the unknown suffixes of a path. */
static int prepare_nodes(struct names *n, struct path *p, uint64_t value)
{
	int rc = widen(n, p);

	for (size_t level = p->known; rc == 0 && level < p->depth; level++) {
		bool is_last = level == p->depth - 1;

		p->nodes[level] = node_new(n, level > 0 ? p->nodes[level - 1] : 0,
		                           p->name + p->offsets[level], !is_last);
		if (p->nodes[level] == 0) {
			cancel_nodes(n, p, level);
			return -ENOMEM;
		}
		if (is_last)
			atomic_init(&node_at(n, p->nodes[level])->value, value);
		else
			inner_at(n, p->nodes[level])->child_count = 1;
	}
	return rc;
}

static void cancel_growths(struct path *p, size_t end)
{
	while (end-- > p->known)
		name_index_cancel(&p->growths[end]);
}

/* Make room in the index for the new nodes; each segment's with the first that goes there. */
static int prepare_growths(struct names *n, struct path *p)
{
	for (size_t level = p->known; level < p->depth; level++) {
		uint32_t segment = name_index_segment(p->hashes[level]), count = 0;
		bool is_first = true;
		int rc = 0;

		p->growths[level].word = 0;
		for (size_t i = p->known; i < p->depth; i++) {
			count += name_index_segment(p->hashes[i]) == segment;
			is_first &= i >= level || name_index_segment(p->hashes[i]) != segment;
		}
		if (is_first)
			rc = name_index_prepare(&n->index, p->hashes[level], count,
			                        &p->growths[level]);
		if (rc < 0) {
			cancel_growths(p, level);
			return rc;
		}
	}
	return 0;
}

/* All is there; from here on nothing fails. */
static void publish(struct names *n, struct path *p)
{
	for (size_t level = p->known; level < p->depth; level++)
		name_index_grow(&n->index, &p->growths[level], &n->retire);
	if (p->narrow != 0) {
		name_index_replace(&n->index, p->hashes[p->known - 1], p->narrow,
		                   p->nodes[p->known - 1]);
		mark_dead(node_at(n, p->narrow));
		name_arena_retire(&n->arena, p->narrow);
	}
	++*child_count_at(n, p, p->known);
	for (size_t level = p->known; level < p->depth; level++)
		name_index_put(&n->index, p->hashes[level], p->nodes[level]);
	n->name_count++;
}

static int put_new(struct names *n, struct path *p, uint64_t value)
{
	static const struct listset none;
	struct listset lists;
	int rc;

	value_lists(n, value, &lists);
	if (retire_reserve(&n->retire, 2 * p->depth) < 0 || name_arena_reserve(&n->arena, 1) < 0)
		return -ENOMEM;
	rc = prepare_nodes(n, p, value);
	if (rc < 0)
		return rc;
	rc = prepare_arrays(n, p, &lists);
	if (rc < 0)
		goto undo_nodes;
	rc = prepare_growths(n, p);
	if (rc < 0)
		goto undo_arrays;
	use_arrays(n, p);
	count_above(n, p, &lists, &none, 1);
	publish(n, p);
	return 0;
undo_arrays:
	cancel_arrays(p, p->depth);
undo_nodes:
	cancel_nodes(n, p, p->depth);
	return rc;
}

static int put_known(struct names *n, struct path *p, uint64_t value)
{
	struct name_node *node = node_at(n, p->nodes[p->depth - 1]);
	uint64_t old = load_value(node);
	struct listset was, is;
	int rc;

	if (old == value)
		return 0;
	value_lists(n, old, &was);
	value_lists(n, value, &is);
	rc = retire_reserve(&n->retire, p->depth);
	if (rc == 0)
		rc = prepare_arrays(n, p, &is);
	if (rc < 0)
		return rc;
	use_arrays(n, p);
	count_above(n, p, &is, &was, 1);
	store_value(node, value);
	count_above(n, p, &was, &is, -1);
	n->name_count += !(old & VALUE_IS_PUT);
	return 0;
}

int names_put(struct names *n, const uint8_t *name, size_t size, verdict_t exact, verdict_t subtree)
{
	struct path p;
	int rc;

	if (exact > VERDICT_MAX || subtree > VERDICT_MAX)
		return -EINVAL;
	rc = path_find(n, name, size, &p);
	if (rc < 0)
		return rc;
	return p.known < p.depth ? put_new(n, &p, pack(exact, subtree))
	                         : put_known(n, &p, pack(exact, subtree));
}

/* Copy a leaf to where there is room, and let the old one go. */
static int move(struct names *n, uint32_t old)
{
	struct name_node *node = node_at(n, old);
	size_t size = name_node_size(false, name_node_tags(node) & NAME_NODE_SIZE);
	const struct name_node *above[LABELS_MAX];
	uint32_t new = name_arena_get(&n->arena, name_arena_kind(size, true));
	size_t depth = 0;
	uint64_t hash = 0;

	if (new == 0)
		return -ENOMEM;
	memcpy(node_at(n, new), node, size);
	for (const struct name_node *at = node;; at = node_at(n, at->parent)) {
		above[depth++] = at;
		if (at->parent == 0)
			break;
	}
	while (depth-- > 0) {
		uint8_t tags = name_node_tags(above[depth]), label[1 + NAME_NODE_SIZE];

		label[0] = tags & NAME_NODE_SIZE;
		memcpy(label + 1, name_node_label(above[depth], tags), label[0]);
		hash = labels_hash(&n->key, hash, label);
	}
	name_index_replace(&n->index, hash, old, new);
	mark_dead(node);
	name_arena_retire(&n->arena, old);
	return 0;
}

/* Empty a slab that is half empty, so that the arena shrinks; it may as well stay as it is. */
static void empty_slab(struct names *n)
{
	uint32_t slab;

	if (name_arena_reserve(&n->arena, NAME_ARENA_SLAB_SIZE / NAME_ARENA_UNIT) < 0)
		return;
	slab = name_arena_close_sparse(&n->arena, &n->move_cursor);
	for (unsigned i = 0; slab != 0 && i < name_arena_blocks(&n->arena, slab); i++) {
		uint32_t reference = name_arena_block(&n->arena, slab, i);

		if (is_live(n, reference) && move(n, reference) < 0) {
			name_arena_reopen(&n->arena, slab);
			return;
		}
	}
}

/* Take the last nodes of a path out, from the name up to where something else is. */
static void remove_nodes(struct names *n, struct path *p)
{
	for (size_t level = p->depth; level-- > 0;) {
		uint32_t *left = child_count_at(n, p, level);

		name_index_replace(&n->index, p->hashes[level], p->nodes[level], 0);
		name_index_shrink(&n->index, p->hashes[level], &n->retire);
		mark_dead(node_at(n, p->nodes[level]));
		name_arena_retire(&n->arena, p->nodes[level]);
		if (--*left > 0)
			break;
		clear_below(n, below_at(n, p, level));
		if (level > 0 && load_value(node_at(n, p->nodes[level - 1])) & VALUE_IS_PUT)
			break;
	}
}

int names_delete(struct names *n, const uint8_t *name, size_t size)
{
	static const struct listset none;
	struct listset lists;
	struct name_node *node;
	struct path p;
	int rc;

	rc = path_find(n, name, size, &p);
	if (rc < 0)
		return rc;
	if (p.known < p.depth)
		return 0;
	node = node_at(n, p.nodes[p.depth - 1]);
	if (!(load_value(node) & VALUE_IS_PUT))
		return 0;
	if (retire_reserve(&n->retire, 2 * p.depth) < 0 ||
	    name_arena_reserve(&n->arena, p.depth) < 0)
		return -ENOMEM;
	value_lists(n, load_value(node), &lists);
	store_value(node, 0);
	count_above(n, &p, &lists, &none, -1);
	n->name_count--;
	if (!is_inner(n, p.nodes[p.depth - 1]) || *child_count_at(n, &p, p.depth) == 0)
		remove_nodes(n, &p);
	if (++n->deletes % MOVE_EVERY == 0)
		empty_slab(n);
	return 0;
}

/* The first labels of a name from the right, on their way through a burst. */
struct ahead {
	struct labels labels;
	bool is_bad;
	size_t count;
	uint64_t hashes[AHEAD];
	uint32_t nodes[AHEAD]; /* that probably are those of the labels; 0 ends it */
};

/* Take a name apart and hint at the lines that will be probed. */
static void look_ahead(const struct names *n, const struct names_query *q, struct ahead *a)
{
	uint64_t hash = 0;

	a->count = 0;
	a->is_bad = labels_split(q->name, q->size, &a->labels) < 0;
	if (a->is_bad)
		return;
	for (; a->count < AHEAD && a->count < a->labels.count; a->count++) {
		size_t offset = a->labels.offsets[a->labels.count - 1 - a->count];

		hash = labels_hash(&n->key, hash, q->name + offset);
		a->hashes[a->count] = hash;
		name_index_prefetch(&n->index, hash);
	}
}

/* Find the nodes that are probably those of the name, and hint at them. */
static void look_at_nodes(const struct names *n, struct ahead *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct name_index_probe probe;

		name_index_probe_start(&n->index, a->hashes[i], &probe);
		a->nodes[i] = name_index_probe_next(&probe);
		if (a->nodes[i] == 0)
			return; /* then there is nothing below either */
		__builtin_prefetch(node_at(n, a->nodes[i]));
	}
}

/* The node of a level below its parent, or 0. */
static uint32_t look_at(const struct names *n, const struct ahead *a, size_t level, uint64_t hash,
                        uint32_t parent, const uint8_t *label)
{
	if (level < a->count) {
		uint32_t probably = a->nodes[level];

		if (probably == 0 || name_node_is(node_at(n, probably), parent, label))
			return probably;
	}
	return find(n, hash, parent, label);
}

static void look_up(const struct names *n, const struct names_query *q, const struct ahead *a,
                    struct names_match *out_match)
{
	const name_below_t *below = &n->below;
	uint64_t hash = 0, value = 0;
	uint32_t node = 0;

	*out_match = (struct names_match){VERDICT_NONE, (uint16_t)q->size, VERDICT_NONE, NULL};
	if (a->is_bad)
		return;
	for (size_t level = 0; level < a->labels.count; level++) {
		size_t offset = a->labels.offsets[a->labels.count - 1 - level];
		uint64_t here;

		hash = level < a->count ? a->hashes[level]
		                        : labels_hash(&n->key, hash, q->name + offset);
		node = look_at(n, a, level, hash, node, q->name + offset);
		below = node != 0 && is_inner(n, node) ? &inner_at(n, node)->below : NULL;
		if (node == 0)
			break;
		here = load_value(node_at(n, node));
		if (here & VALUE_IS_PUT) {
			value = here;
			out_match->subject_offset = (uint16_t)offset;
		}
	}
	out_match->below = below;
	out_match->subtree = subtree_of(value);
	if (value != 0)
		out_match->verdict =
		    out_match->subject_offset == 0 ? exact_of(value) : subtree_of(value);
}

void names_prefetch(const struct names *n, const uint8_t *name, size_t size)
{
	const struct names_query query = {name, size};
	struct ahead ahead;

	look_ahead(n, &query, &ahead);
}

void names_lookup(const struct names *n, const uint8_t *name, size_t size,
                  struct names_match *out_match)
{
	const struct names_query query = {name, size};
	struct ahead ahead;

	look_ahead(n, &query, &ahead);
	look_at_nodes(n, &ahead);
	look_up(n, &query, &ahead, out_match);
}

void names_lookup_burst(const struct names *n, const struct names_query *queries, size_t count,
                        struct names_match *out_matches)
{
	struct ahead ahead[BURST];

	for (size_t at = 0; at < count; at += BURST) {
		size_t end = count - at < BURST ? count - at : BURST;

		for (size_t i = 0; i < end; i++)
			look_ahead(n, &queries[at + i], &ahead[i]);
		for (size_t i = 0; i < end; i++)
			look_at_nodes(n, &ahead[i]);
		for (size_t i = 0; i < end; i++)
			look_up(n, &queries[at + i], &ahead[i], &out_matches[at + i]);
	}
}

bool names_any_below(const struct names *n, const struct names_match *match,
                     const uint64_t lists[LISTSET_WORDS])
{
	if (match->below && name_below_any(match->below, lists))
		return true;
	return listset_shows(n->verdicts, match->subtree, lists);
}

void names_stats(const struct names *n, struct names_stats *out_stats)
{
	out_stats->memory_size =
	    sizeof(*n) + n->index.memory_size + name_arena_memory(&n->arena) + n->below_memory_size;
	out_stats->name_count = n->name_count;
	out_stats->huge = n->arena.huge;
}
