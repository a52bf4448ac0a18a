/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/table4.h"
#include "dataplane/table/table4_group.h"
#include "dataplane/table/table4_parts.h"
#include "dataplane/table/table4_return.h"

#include <errno.h>
#include <string.h>

#define BLOCKS     16 /* blocks and leaves that a part of a /24 takes, generously */
#define NETS_AHEAD 8
#define TIDY_NETS  64 /* of more than that, all groups are looked at */

static struct points4 *points_of(const struct table4 *t)
{
	return &t->map->points;
}

static slot4_t own_slot(const struct table4 *t, uint32_t net)
{
	return ranges4_load(&t->map->ranges, net);
}

/*
 * Addresses of a /16 are about to change from one verdict to another; and have changed. Readers see
 * a list in the summary as long as they may see an address that has it.
 */
static void begin_change(struct table4 *t, uint32_t group, verdict_t old, verdict_t verdict,
                         unsigned number)
{
	struct listset was = {.used = 0}, is = {.used = 0};

	if (old == verdict)
		return;
	listset_add(&was, t->verdicts, old);
	listset_add(&is, t->verdicts, verdict);
	summary4_count(&t->summary, group, &is, &was, (int)number);
}

static void end_change(struct table4 *t, uint32_t group, verdict_t old, verdict_t verdict,
                       unsigned number)
{
	struct listset was = {.used = 0}, is = {.used = 0};

	if (old == verdict)
		return;
	listset_add(&was, t->verdicts, old);
	listset_add(&is, t->verdicts, verdict);
	summary4_count(&t->summary, group, &was, &is, -(int)number);
	if (old == VERDICT_NONE)
		t->address_count += number;
	if (verdict == VERDICT_NONE)
		t->address_count -= number;
}

typedef void change_step(struct table4 *t, uint32_t group, verdict_t old, verdict_t verdict,
                         unsigned number);

/* The same for each run of some addresses of a /24. */
static void change_runs(struct table4 *t, uint32_t group, change_step *step, const verdict_t *old,
                        unsigned count, verdict_t verdict)
{
	for (unsigned i = 0, same; i < count; i += same) {
		for (same = 1; i + same < count && old[i + same] == old[i];)
			same++;
		step(t, group, old[i], verdict, same);
	}
}

void table4_paint_add_points(struct table4 *t, uint32_t net, int number)
{
	uint16_t *count = &t->map->point_counts[net / SLOT4_SIZE];

	pages_touch(&t->pages, count);
	*count = (uint16_t)(*count + number);
}

/* Clear a point; the slot below has its verdict, or the caller counts. */
static void drop_point(struct table4 *t, uint32_t net, const struct points4_found *found)
{
	points4_clear(points_of(t), net, found);
	table4_paint_add_points(t, net, -1);
	t->has_dropped = true;
}

void table4_paint_drop_points(struct table4 *t, uint32_t net)
{
	struct points4_found found[POINTS4_NET_MAX];
	unsigned count = points4_collect(points_of(t), net, found);

	for (unsigned i = 0; i < count; i++)
		drop_point(t, net, &found[i]);
}

/* The verdicts of a /24, as readers see them. */
static void expand(const struct table4 *t, uint32_t net, verdict_t out_verdicts[SLOT4_SIZE])
{
	struct points4_found found[POINTS4_NET_MAX];
	unsigned count = points4_collect(points_of(t), net, found);

	slot4_expand(t->arena, own_slot(t, net), out_verdicts);
	for (unsigned i = 0; i < count; i++)
		out_verdicts[found[i].octet] = found[i].verdict;
}

/* Move the points of a /24 to its slot, unless they are there, too. No address changes. */
static void settle(struct table4 *t, uint32_t net)
{
	struct points4_found found[POINTS4_NET_MAX];
	verdict_t verdicts[SLOT4_SIZE];

	if (points4_collect(points_of(t), net, found) == 0)
		return;
	if (!slot4_is_split(own_slot(t, net))) {
		expand(t, net, verdicts);
		ranges4_put(&t->map->ranges, net, slot4_make(t->arena, verdicts));
	}
	table4_paint_drop_points(t, net);
}

/* Change an address of a /24 that has a block. */
static void change_block(struct table4 *t, uint32_t net, uint8_t octet, verdict_t verdict)
{
	slot4_t slot = own_slot(t, net);

	if (slot4_set(t->arena, slot, octet, verdict))
		return;
	ranges4_put(&t->map->ranges, net, slot4_paint(t->arena, slot, octet, octet, verdict));
}

/* Change an address of a /24 that has no block. Returns false if it should have one. */
static bool change_point(struct table4 *t, uint32_t address, const struct points4_found *found,
                         unsigned count, verdict_t verdict)
{
	const uint32_t net = address >> 8;
	unsigned at = 0;

	while (at < count && found[at].octet != (uint8_t)address)
		at++;
	if (verdict == own_slot(t, net)) {
		drop_point(t, net, &found[at]);
		return true;
	}
	if (at == count && count >= t->net_points)
		return false;
	if (!points4_put(points_of(t), address, verdict))
		return false;
	if (at == count)
		table4_paint_add_points(t, net, 1);
	return true;
}

static void paint_one(struct table4 *t, uint32_t address, verdict_t verdict)
{
	struct points4_found found[POINTS4_NET_MAX];
	unsigned count = points4_collect(points_of(t), address >> 8, found);
	slot4_t slot = own_slot(t, address >> 8);
	verdict_t old = slot4_lookup(t->arena, slot, (uint8_t)address);

	for (unsigned i = 0; i < count; i++)
		old = found[i].octet == (uint8_t)address ? found[i].verdict : old;
	if (old == verdict)
		return;
	begin_change(t, address >> 16, old, verdict, 1);
	if (slot4_is_split(slot)) {
		settle(t, address >> 8);
		change_block(t, address >> 8, (uint8_t)address, verdict);
	} else if (!change_point(t, address, found, count, verdict)) {
		settle(t, address >> 8);
		change_block(t, address >> 8, (uint8_t)address, verdict);
	}
	end_change(t, address >> 16, old, verdict, 1);
}

/* Paint a part of a /24. */
static void paint_part(struct table4 *t, uint32_t first, uint32_t last, verdict_t verdict)
{
	const uint32_t net = first >> 8, group = first >> 16;
	const unsigned count = last - first + 1;
	const uint8_t octet = (uint8_t)first;
	verdict_t old[SLOT4_SIZE];
	slot4_t slot;

	expand(t, net, old);
	change_runs(t, group, begin_change, &old[octet], count, verdict);
	settle(t, net); /* while the points have the verdicts of before */
	slot = slot4_paint(t->arena, own_slot(t, net), octet, (uint8_t)last, verdict);
	ranges4_put(&t->map->ranges, net, slot);
	change_runs(t, group, end_change, &old[octet], count, verdict);
}

/*
 * Have the points of a /24 agree with the slot it is about to get. Returns how many there are then.
 */
static unsigned agree(struct table4 *t, uint32_t net, verdict_t verdict)
{
	struct points4_found found[POINTS4_NET_MAX];
	unsigned count = points4_collect(points_of(t), net, found);

	if (count > 0 &&
	    (slot4_is_split(own_slot(t, net)) || !points4_fits(points_of(t), net << 8, verdict))) {
		settle(t, net);
		return 0;
	}
	for (unsigned i = 0; i < count; i++) {
		begin_change(t, net / SLOT4_SIZE, found[i].verdict, verdict, 1);
		points4_put(points_of(t), net << 8 | found[i].octet, verdict);
		end_change(t, net / SLOT4_SIZE, found[i].verdict, verdict, 1);
	}
	return count;
}

/* Slots of a /16 that are about to be replaced: the addresses that change with them. */
struct replaced {
	uint32_t group;
	unsigned count;
	slot4_t slots[SLOT4_SIZE];
	uint8_t points[SLOT4_SIZE]; /* addresses that do not */
};

/* One pass over such slots: step() is called with sums, as there are mostly few verdicts. */
struct pass {
	struct table4 *table;
	change_step *step;
	uint32_t group;
	verdict_t verdict; /* that they get */
	struct slot4_tally tally;
};

static void pass_empty(struct pass *p)
{
	for (unsigned i = 0; i < p->tally.used; i++)
		p->step(p->table, p->group, p->tally.verdicts[i], p->verdict, p->tally.counts[i]);
	p->tally.used = 0;
}

static void pass_add(struct pass *p, verdict_t old, unsigned number)
{
	if (slot4_tally_add(&p->tally, old, number))
		return;
	pass_empty(p);
	slot4_tally_add(&p->tally, old, number);
}

static void pass_add_block(struct pass *p, slot4_t slot)
{
	const struct slot4_runs *block = slot4_at(p->table->arena, slot);
	verdict_t old[SLOT4_SIZE];

	if ((slot & SLOT4_KINDS) == SLOT4_RUNS) {
		for (uint32_t i = 0; i < block->count; i++)
			pass_add(p, block->runs[i] & VERDICT_MAX, slot4_run_length(block, i));
		return;
	}
	slot4_expand(p->table->arena, slot, old);
	for (unsigned i = 0, same; i < SLOT4_SIZE; i += same) {
		for (same = 1; i + same < SLOT4_SIZE && old[i + same] == old[i];)
			same++;
		pass_add(p, old[i], same);
	}
}

static void change_slots(struct table4 *t, change_step *step, const struct replaced *r,
                         verdict_t verdict)
{
	struct pass p = {.table = t, .step = step, .group = r->group, .verdict = verdict};

	for (unsigned i = 0; i < r->count; i++) {
		if (slot4_is_split(r->slots[i]))
			pass_add_block(&p, r->slots[i]);
		else
			pass_add(&p, r->slots[i], SLOT4_SIZE - r->points[i]);
	}
	pass_empty(&p);
}

/* Paint whole /24s of one /16. */
static void paint_nets(struct table4 *t, uint32_t first, uint32_t last, verdict_t verdict)
{
	struct replaced r = {.group = first / SLOT4_SIZE, .count = last - first + 1};
	const bool has_points = t->map->point_counts[r.group] > 0;
	const slot4_t root = ranges4_root(&t->map->ranges, r.group);

	if (r.count == SLOT4_SIZE && !has_points && !slot4_is_split(root)) {
		begin_change(t, r.group, root, verdict, SLOT4_SIZE * SLOT4_SIZE);
		ranges4_put_group(&t->map->ranges, r.group, verdict);
		end_change(t, r.group, root, verdict, SLOT4_SIZE * SLOT4_SIZE);
		return;
	}
	for (unsigned i = 0; i < r.count; i++) {
		if (has_points) {
			points4_prefetch(points_of(t), (first + i + NETS_AHEAD) << 8);
			r.points[i] = (uint8_t)agree(t, first + i, verdict);
		}
		r.slots[i] = own_slot(t, first + i);
	}
	change_slots(t, begin_change, &r, verdict);
	if (r.count == SLOT4_SIZE)
		ranges4_put_group(&t->map->ranges, r.group, verdict);
	else
		ranges4_put_nets(&t->map->ranges, first, last, verdict);
	/* a retired block stays as it is until the next paint */
	change_slots(t, end_change, &r, verdict);
	for (unsigned i = 0; i < r.count; i++) {
		if (r.points[i] > 0)
			table4_paint_drop_points(t, first + i);
	}
}

static void paint_range(struct table4 *t, uint32_t first, uint32_t last, verdict_t verdict)
{
	uint64_t at = first, end;

	for (; at <= last; at = end + 1) {
		if (at % SLOT4_SIZE == 0 && last - at >= SLOT4_SIZE - 1) {
			end = last % SLOT4_SIZE == SLOT4_SIZE - 1
			          ? last
			          : last / SLOT4_SIZE * SLOT4_SIZE - 1;
			end = (at | 0xffff) < end ? at | 0xffff : end;
			paint_nets(t, (uint32_t)at >> 8, (uint32_t)end >> 8, verdict);
			continue;
		}
		end = (at | 0xff) < last ? at | 0xff : last;
		if (end - at < TABLE4_FEW) {
			for (uint64_t i = at; i <= end; i++)
				paint_one(t, (uint32_t)i, verdict);
		} else {
			paint_part(t, (uint32_t)at, (uint32_t)end, verdict);
		}
	}
}

/* What a paint may need at most. */
static int reserve(struct table4 *t, uint32_t first, uint32_t last, verdict_t verdict)
{
	size_t times = first == last ? 1 : 2 * TABLE4_FEW;
	size_t pages = times * (POINTS4_RESERVE + BLOCKS), points = 0;
	size_t retires = times * (POINTS4_RETIRE + BLOCKS);

	if (last - first >= SLOT4_SIZE - 1) {
		/* a /16 at either end may be replaced piece by piece */
		retires += (size_t)2 * SLOT4_SIZE * RANGES4_RETIRE;
		pages += (size_t)2 * ARENA_BLOCK_MAX / ARENA_UNIT;
		for (uint32_t group = first >> 16; group <= last >> 16; group++) {
			points += t->map->point_counts[group];
			if (group << 16 >= first && (group << 16 | 0xffff) <= last)
				retires += ranges4_retires(&t->map->ranges, group);
		}
	}
	if (points > 0 && !points4_fits_all(points_of(t), verdict)) {
		/* each may have to go to a block, with a leaf; a size of block may waste a page */
		pages += points / (ARENA_PAGE / ARENA_BLOCK_MAX / 4) + ARENA_BLOCK_MAX / ARENA_UNIT;
		retires += (1 + RANGES4_RETIRE) * points;
	}
	return arena_reserve(t->arena, pages, retires);
}

/* Shrink what has become sparse. */
static void tidy(struct table4 *t, uint32_t first, uint32_t last)
{
	t->has_dropped = false;
	if (last - first > TIDY_NETS * SLOT4_SIZE) {
		points4_tidy_all(points_of(t));
		return;
	}
	for (uint32_t net = first >> 8; net <= last >> 8; net++)
		points4_tidy(points_of(t), net);
}

int table4_paint(struct table4 *t, uint32_t first, uint32_t last, verdict_t verdict)
{
	int rc;

	if (first > last || verdict > VERDICT_MAX)
		return -EINVAL;
	table4_return_end(t);
	rc = reserve(t, first, last, verdict);
	if (rc < 0)
		return rc;
	if (first == last)
		paint_one(t, first, verdict);
	else
		paint_range(t, first, last, verdict);
	if (t->has_dropped)
		tidy(t, first, last);
	/* only the /24s at the ends can have become sparse: the others are of one verdict */
	table4_return_begin(t, first >> 8);
	if (first >> 8 != last >> 8)
		table4_return_begin(t, last >> 8);
	return 0;
}
