/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What names are made of; for names*.c only.
 *
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
#include "dataplane/table/labels.h"
#include "dataplane/table/name_arena.h"
#include "dataplane/table/name_index.h"
#include "dataplane/table/name_node.h"
#include "dataplane/table/names.h"
#include "dataplane/table/retire.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The value of a node: whether it was put, and both verdicts. */
#define NAMES_VALUE_IS_PUT  (UINT64_C(1) << 63)
#define NAMES_SUBTREE_SHIFT 24

struct names {
	struct labels_key key;           /* constant */
	const struct verdicts *verdicts; /* NULL = none; constant */
	name_below_t below;              /* of the root; update thread: writes; readers: read */
	/* the rest belongs to the update thread, but for index.segments and arena.base */
	struct name_index index;
	struct retire retire;
	uint32_t child_count; /* of the root */
	uint32_t move_cursor;
	uint64_t deletes;
	uint64_t below_memory_size;
	uint64_t name_count;
	char apart[64]; /* readers shall not lose the line of arena.base with every put */
	struct name_arena arena;
};

static inline verdict_t names_exact_of(uint64_t value)
{
	return value & VERDICT_MAX;
}

static inline verdict_t names_subtree_of(uint64_t value)
{
	return value >> NAMES_SUBTREE_SHIFT & VERDICT_MAX;
}

static inline struct name_node *names_node_at(const struct names *n, uint32_t reference)
{
	return name_arena_at(&n->arena, reference);
}

static inline struct name_inner *names_inner_at(const struct names *n, uint32_t reference)
{
	return name_arena_at(&n->arena, reference);
}

static inline bool names_is_inner(const struct names *n, uint32_t reference)
{
	return name_node_tags(names_node_at(n, reference)) & NAME_NODE_INNER;
}

static inline uint64_t names_load_value(const struct name_node *node)
{
	/* acquire: pairs with release in store_value() */
	return atomic_load_explicit((_Atomic uint64_t *)&node->value, memory_order_acquire);
}

/* The node of a label below a parent, or 0; hash is of the whole name. */
static inline uint32_t names_find(const struct names *n, uint64_t hash, uint32_t parent,
                                  const uint8_t *label)
{
	struct name_index_probe probe;
	uint32_t reference;

	name_index_probe_start(&n->index, hash, &probe);
	while ((reference = name_index_probe_next(&probe)) != 0) {
		if (name_node_is(names_node_at(n, reference), parent, label))
			return reference;
	}
	return 0;
}

/* Whether a block of the arena is a node in the index. Free blocks are out of bounds for ASan. */
__attribute__((no_sanitize_address)) static inline bool names_is_live(const struct names *n,
                                                                      uint32_t reference)
{
	return !(names_node_at(n, reference)->tags & NAME_NODE_DEAD);
}
