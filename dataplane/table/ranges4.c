/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/ranges4.h"

void ranges4_init(struct ranges4 *r, struct pages *memory, struct arena *arena)
{
	pages_touch(memory, r);
	r->arena = arena;
	r->memory = memory;
}

static slot4_t own(const _Atomic slot4_t *where)
{
	/* relaxed: only this thread writes */
	return atomic_load_explicit(where, memory_order_relaxed);
}

static void store(_Atomic slot4_t *where, slot4_t slot)
{
	/* release: pairs with acquire in ranges4_load() */
	atomic_store_explicit(where, slot, memory_order_release);
}

static void retire_slot(struct ranges4 *r, slot4_t slot)
{
	if (slot4_is_split(slot))
		arena_retire(r->arena, slot & ~SLOT4_KINDS);
}

/* Whether all of a leaf would be one verdict, if one slot had it. */
static bool is_uniform(const struct ranges4_leaf *leaf, uint32_t index, slot4_t slot)
{
	if (slot4_is_split(slot))
		return false;
	for (uint32_t i = index + 1; i < index + SLOT4_SIZE; i++) { /* the next one differs often */
		if (own(&leaf->slots[i % SLOT4_SIZE]) != slot)
			return false;
	}
	return true;
}

/* The leaf of a /16, which gets one if it has none. No address changes. */
static struct ranges4_leaf *make_leaf(struct ranges4 *r, uint32_t group)
{
	slot4_t root = own(&r->roots[group]);
	struct ranges4_leaf *leaf;
	unit_t unit;

	if (ranges4_is_leaf(root))
		return arena_at(r->arena, root & ~SLOT4_KINDS);
	unit = arena_get(r->arena, sizeof(*leaf));
	leaf = arena_at(r->arena, unit);
	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		atomic_init(&leaf->slots[i], root);
	pages_touch(r->memory, &r->roots[group]);
	store(&r->roots[group], SLOT4_LEAF | unit);
	return leaf;
}

void ranges4_put(struct ranges4 *r, uint32_t net, slot4_t slot)
{
	slot4_t old = ranges4_load(r, net), root;
	struct ranges4_leaf *leaf;

	if (old == slot)
		return;
	leaf = make_leaf(r, net / SLOT4_SIZE);
	root = own(&r->roots[net / SLOT4_SIZE]);
	if (is_uniform(leaf, net % SLOT4_SIZE, slot)) {
		store(&r->roots[net / SLOT4_SIZE], slot);
		retire_slot(r, root);
	} else {
		store(&leaf->slots[net % SLOT4_SIZE], slot);
	}
	retire_slot(r, old);
}

void ranges4_put_group(struct ranges4 *r, uint32_t group, verdict_t verdict)
{
	slot4_t root = own(&r->roots[group]);

	if (root == verdict)
		return;
	pages_touch(r->memory, &r->roots[group]);
	store(&r->roots[group], verdict);
	if (!ranges4_is_leaf(root))
		return;
	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		retire_slot(r, own(&ranges4_leaf(r, root)->slots[i]));
	retire_slot(r, root);
}

unsigned ranges4_retires(const struct ranges4 *r, uint32_t group)
{
	slot4_t root = own(&r->roots[group]);
	unsigned count = 1;

	if (!ranges4_is_leaf(root))
		return 0;
	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		count += slot4_is_split(own(&ranges4_leaf(r, root)->slots[i]));
	return count;
}
