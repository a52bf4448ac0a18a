/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/names_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOVE_EVERY 64 /* deletes for each slab that is looked for to be emptied */

static uint64_t pack(verdict_t exact, verdict_t subtree)
{
	return NAMES_VALUE_IS_PUT | (uint64_t)subtree << NAMES_SUBTREE_SHIFT | exact;
}

/* The lists of a name and of what it says of the names below. */
static void value_lists(const struct names *n, uint64_t value, struct listset *out_lists)
{
	out_lists->used = 0;
	listset_add(out_lists, n->verdicts, names_exact_of(value));
	if (names_subtree_of(value) != names_exact_of(value))
		listset_add(out_lists, n->verdicts, names_subtree_of(value));
}

static void store_value(struct name_node *node, uint64_t value)
{
	/* release: pairs with acquire in names_load_value(): the verdicts that were defined before,
	 * and the counts above that went up */
	atomic_store_explicit(&node->value, value, memory_order_release);
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
		p->nodes[level] =
		    names_find(n, hash, level > 0 ? p->nodes[level - 1] : 0, name + offset);
		if (p->nodes[level])
			p->known++;
	}
	return 0;
}

/* What is strictly below the node of a depth: 0 = the root. */
static name_below_t *below_at(struct names *n, const struct path *p, size_t depth)
{
	return depth == 0 ? &n->below : &names_inner_at(n, p->nodes[depth - 1])->below;
}

static uint32_t *child_count_at(struct names *n, const struct path *p, size_t depth)
{
	return depth == 0 ? &n->child_count : &names_inner_at(n, p->nodes[depth - 1])->child_count;
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
	node = names_node_at(n, reference);
	atomic_init(&node->value, 0);
	node->parent = parent;
	atomic_init(&node->tags, tags);
	memcpy((uint8_t *)node + size - label[0], label + 1, label[0]);
	if (as_inner) {
		atomic_init(&names_inner_at(n, reference)->below, 0);
		names_inner_at(n, reference)->child_count = 0;
	}
	return reference;
}

static void node_cancel(struct names *n, uint32_t reference)
{
	mark_dead(names_node_at(n, reference));
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

	if (leaf == 0 || names_is_inner(n, leaf))
		return 0;
	inner =
	    node_new(n, names_node_at(n, leaf)->parent, p->name + p->offsets[p->known - 1], true);
	if (inner == 0)
		return -ENOMEM;
	atomic_init(&names_node_at(n, inner)->value, names_load_value(names_node_at(n, leaf)));
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
			atomic_init(&names_node_at(n, p->nodes[level])->value, value);
		else
			names_inner_at(n, p->nodes[level])->child_count = 1;
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
		mark_dead(names_node_at(n, p->narrow));
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
	struct name_node *node = names_node_at(n, p->nodes[p->depth - 1]);
	uint64_t old = names_load_value(node);
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
	n->name_count += !(old & NAMES_VALUE_IS_PUT);
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
	struct name_node *node = names_node_at(n, old);
	size_t size = name_node_size(false, name_node_tags(node) & NAME_NODE_SIZE);
	const struct name_node *above[LABELS_MAX];
	uint32_t new = name_arena_get(&n->arena, name_arena_kind(size, true));
	size_t depth = 0;
	uint64_t hash = 0;

	if (new == 0)
		return -ENOMEM;
	memcpy(names_node_at(n, new), node, size);
	for (const struct name_node *at = node;; at = names_node_at(n, at->parent)) {
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

		if (names_is_live(n, reference) && move(n, reference) < 0) {
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
		mark_dead(names_node_at(n, p->nodes[level]));
		name_arena_retire(&n->arena, p->nodes[level]);
		if (--*left > 0)
			break;
		clear_below(n, below_at(n, p, level));
		if (level > 0 &&
		    names_load_value(names_node_at(n, p->nodes[level - 1])) & NAMES_VALUE_IS_PUT)
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
	node = names_node_at(n, p.nodes[p.depth - 1]);
	if (!(names_load_value(node) & NAMES_VALUE_IS_PUT))
		return 0;
	if (retire_reserve(&n->retire, 2 * p.depth) < 0 ||
	    name_arena_reserve(&n->arena, p.depth) < 0)
		return -ENOMEM;
	value_lists(n, names_load_value(node), &lists);
	store_value(node, 0);
	count_above(n, &p, &lists, &none, -1);
	n->name_count--;
	if (!names_is_inner(n, p.nodes[p.depth - 1]) || *child_count_at(n, &p, p.depth) == 0)
		remove_nodes(n, &p);
	if (++n->deletes % MOVE_EVERY == 0)
		empty_slab(n);
	return 0;
}
