/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is kept for one name: its first label and a reference to the node of the rest. Each
 * suffix of a put name has one. Those with others below are inner nodes and count these; the rest
 * are leaves, all of them put. Once published a node changes only in its value, below, child count
 * and dead bit; what else has to change takes a new node.
 */
#include "dataplane/table/name_below.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NAME_NODE_SIZE  0x3f /* of tags: bytes of the label */
#define NAME_NODE_DEAD  0x40 /* not in the index any more; for the update thread */
#define NAME_NODE_INNER 0x80

struct name_node {
	_Atomic uint64_t value; /* see names_parts.h; update thread: writes; readers: read */
	uint32_t parent;        /* reference; 0 = the root; constant */
	_Atomic uint8_t tags;   /* update thread: sets DEAD; the rest is constant */
	uint8_t label[];        /* of a leaf; constant */
};

struct name_inner {
	struct name_node node;
	name_below_t below;
	uint32_t child_count; /* nodes one label longer; update thread only; never 0 unless put */
	uint8_t label[];
};

#define NAME_NODE_LEAF_OFFSET  13
#define NAME_NODE_INNER_OFFSET 28

_Static_assert(offsetof(struct name_node, label) == NAME_NODE_LEAF_OFFSET, "a leaf has padding");
_Static_assert(offsetof(struct name_inner, label) == NAME_NODE_INNER_OFFSET, "as an inner node");

static inline uint8_t name_node_tags(const struct name_node *node)
{
	/* relaxed: what readers look at of it is constant */
	return atomic_load_explicit((_Atomic uint8_t *)&node->tags, memory_order_relaxed);
}

static inline const uint8_t *name_node_label(const struct name_node *node, uint8_t tags)
{
	return (const uint8_t *)node +
	       (tags & NAME_NODE_INNER ? NAME_NODE_INNER_OFFSET : NAME_NODE_LEAF_OFFSET);
}

/* Bytes of a node. */
static inline size_t name_node_size(bool is_inner, size_t label_size)
{
	return label_size + (is_inner ? NAME_NODE_INNER_OFFSET : NAME_NODE_LEAF_OFFSET);
}

/* Whether it is the node of a label, which starts with its length byte, below a parent. */
static inline bool name_node_is(const struct name_node *node, uint32_t parent, const uint8_t *label)
{
	uint8_t tags = name_node_tags(node);

	return node->parent == parent && (tags & NAME_NODE_SIZE) == label[0] &&
	       memcmp(name_node_label(node, tags), label + 1, label[0]) == 0;
}
