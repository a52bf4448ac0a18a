/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/ranges4.h"

#include <string.h>

#define NETS_FEW 4 /* /24s that are set one by one */

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

/* The slots of a /16 on their way from one form to another. */
struct group {
	unsigned count; /* above RANGES4_FEW: too many */
	slot4_t base;
	uint8_t nets[RANGES4_FEW];
	slot4_t slots[RANGES4_FEW];
};

static void put_root(struct ranges4 *r, uint32_t group, slot4_t root)
{
	slot4_t old = own(&r->roots[group]);

	pages_touch(r->memory, &r->roots[group]);
	store(&r->roots[group], root);
	retire_slot(r, old);
}

static void unpack(const struct ranges4 *r, slot4_t root, struct group *out_group)
{
	const struct ranges4_few *few;

	out_group->count = 0;
	out_group->base = root;
	if (!ranges4_is_few(root))
		return;
	few = slot4_at(r->arena, root);
	out_group->base = few->base;
	out_group->count = few->count;
	memcpy(out_group->nets, few->nets, few->count);
	memcpy(out_group->slots, few->slots, few->count * sizeof(slot4_t));
}

/* Change one slot; returns false if they become too many. */
static bool change(struct group *g, uint8_t index, slot4_t slot)
{
	unsigned at = 0;

	while (at < g->count && g->nets[at] != index)
		at++;
	if (slot == g->base) {
		if (at < g->count) {
			g->count--;
			g->nets[at] = g->nets[g->count];
			g->slots[at] = g->slots[g->count];
		}
		return true;
	}
	if (at == RANGES4_FEW)
		return false;
	if (at == g->count)
		g->count++;
	g->nets[at] = index;
	g->slots[at] = slot;
	return true;
}

/* The slot of a /16 that has few others. */
static slot4_t pack(struct ranges4 *r, const struct group *g)
{
	struct ranges4_few *few;
	uint8_t *nets;
	unit_t unit;

	if (g->count == 0)
		return g->base;
	unit = arena_get(r->arena, sizeof(*few) + g->count * sizeof(slot4_t));
	few = arena_at(r->arena, unit);
	few->count = g->count;
	few->base = g->base;
	nets = (uint8_t *)few->nets;
	memset(nets, g->nets[0], sizeof(few->nets));
	memcpy(nets, g->nets, g->count);
	memcpy(few->slots, g->slots, g->count * sizeof(slot4_t));
	return SLOT4_FEW | unit;
}

static void spread(const struct group *g, slot4_t out_slots[SLOT4_SIZE])
{
	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		out_slots[i] = g->base;
	for (unsigned i = 0; i < g->count; i++)
		out_slots[g->nets[i]] = g->slots[i];
}

static slot4_t make_leaf(struct ranges4 *r, const slot4_t slots[SLOT4_SIZE])
{
	unit_t unit = arena_get(r->arena, sizeof(struct ranges4_leaf));
	struct ranges4_leaf *leaf = arena_at(r->arena, unit);

	for (unsigned i = 0; i < SLOT4_SIZE; i++)
		atomic_init(&leaf->slots[i], slots[i]);
	return SLOT4_LEAF | unit;
}

/* What a leaf would be if its slots but a few were one verdict. */
static bool is_few(const struct ranges4_leaf *leaf, slot4_t base, struct group *out_group)
{
	unsigned count = 0;

	if (slot4_is_split(base))
		return false;
	for (unsigned i = 0; i < SLOT4_SIZE; i++) {
		count += own(&leaf->slots[i]) != base;
		if (count > RANGES4_FEW / 2) /* not at once back and forth */
			return false;
	}
	out_group->base = base;
	out_group->count = 0;
	for (unsigned i = 0; i < SLOT4_SIZE; i++) {
		if (own(&leaf->slots[i]) != base)
			change(out_group, (uint8_t)i, own(&leaf->slots[i]));
	}
	return true;
}

static void put_in_leaf(struct ranges4 *r, uint32_t net, slot4_t slot)
{
	slot4_t root = own(&r->roots[net / SLOT4_SIZE]);
	struct ranges4_leaf *leaf = arena_at(r->arena, root & ~SLOT4_KINDS);
	struct group g;

	store(&leaf->slots[net % SLOT4_SIZE], slot);
	if (is_few(leaf, slot, &g))
		put_root(r, net / SLOT4_SIZE, pack(r, &g)); /* no address changes */
}

void ranges4_put(struct ranges4 *r, uint32_t net, slot4_t slot)
{
	slot4_t root = own(&r->roots[net / SLOT4_SIZE]), old = ranges4_load(r, net);
	slot4_t slots[SLOT4_SIZE];
	struct group g;

	if (old == slot)
		return;
	if (ranges4_is_leaf(root)) {
		put_in_leaf(r, net, slot);
	} else {
		unpack(r, root, &g);
		if (change(&g, net % SLOT4_SIZE, slot)) {
			put_root(r, net / SLOT4_SIZE, pack(r, &g));
		} else {
			spread(&g, slots);
			put_root(r, net / SLOT4_SIZE, make_leaf(r, slots)); /* no address changes */
			put_in_leaf(r, net, slot);
		}
	}
	retire_slot(r, old);
}

void ranges4_put_group(struct ranges4 *r, uint32_t group, verdict_t verdict)
{
	slot4_t root = own(&r->roots[group]);
	slot4_t slots[SLOT4_SIZE];

	if (root == verdict)
		return;
	for (uint32_t i = 0; slot4_is_split(root) && i < SLOT4_SIZE; i++)
		slots[i] = ranges4_load(r, group * SLOT4_SIZE + i);
	put_root(r, group, verdict);
	for (unsigned i = 0; slot4_is_split(root) && i < SLOT4_SIZE; i++)
		retire_slot(r, slots[i]);
}

void ranges4_get_group(const struct ranges4 *r, uint32_t group, slot4_t out_slots[SLOT4_SIZE])
{
	slot4_t root = own(&r->roots[group]);
	struct group g;

	if (ranges4_is_leaf(root)) {
		for (unsigned i = 0; i < SLOT4_SIZE; i++)
			out_slots[i] = own(&ranges4_leaf(r, root)->slots[i]);
		return;
	}
	unpack(r, root, &g);
	spread(&g, out_slots);
}

/* The verdict that most slots have, if any has more than half of them: each other one outvotes one
 * of its slots. */
static slot4_t majority(const slot4_t slots[SLOT4_SIZE])
{
	slot4_t leader = VERDICT_NONE;
	unsigned lead = 0;

	for (unsigned i = 0; i < SLOT4_SIZE; i++) {
		if (lead == 0 && !slot4_is_split(slots[i]))
			leader = slots[i];
		if (slots[i] == leader)
			lead++;
		else
			lead -= lead > 0;
	}
	return leader;
}

/* The smallest root for some slots. */
static slot4_t make_root(struct ranges4 *r, const slot4_t slots[SLOT4_SIZE])
{
	struct group g = {.base = majority(slots)};

	for (unsigned i = 0; i < SLOT4_SIZE; i++) {
		if (slots[i] == g.base)
			continue;
		if (g.count == RANGES4_FEW)
			return make_leaf(r, slots);
		g.nets[g.count] = (uint8_t)i;
		g.slots[g.count++] = slots[i];
	}
	return pack(r, &g);
}

void ranges4_replace_group(struct ranges4 *r, uint32_t group, const slot4_t was[SLOT4_SIZE],
                           const slot4_t is[SLOT4_SIZE])
{
	if (memcmp(was, is, SLOT4_SIZE * sizeof(*is)) == 0)
		return;
	put_root(r, group, make_root(r, is));
	for (unsigned i = 0; i < SLOT4_SIZE; i++) {
		if (was[i] != is[i])
			retire_slot(r, was[i]);
	}
}

void ranges4_put_nets(struct ranges4 *r, uint32_t first, uint32_t last, slot4_t slot)
{
	slot4_t was[SLOT4_SIZE], is[SLOT4_SIZE];

	if (last - first < NETS_FEW) {
		for (uint32_t net = first; net <= last; net++)
			ranges4_put(r, net, slot);
		return;
	}
	ranges4_get_group(r, first / SLOT4_SIZE, was);
	memcpy(is, was, sizeof(is));
	for (uint32_t net = first; net <= last; net++)
		is[net % SLOT4_SIZE] = slot;
	ranges4_replace_group(r, first / SLOT4_SIZE, was, is);
}

unsigned ranges4_retires(const struct ranges4 *r, uint32_t group)
{
	unsigned count = 1;

	if (!slot4_is_split(own(&r->roots[group])))
		return 0;
	for (uint32_t i = 0; i < SLOT4_SIZE; i++)
		count += slot4_is_split(ranges4_load(r, group * SLOT4_SIZE + i));
	return count;
}
