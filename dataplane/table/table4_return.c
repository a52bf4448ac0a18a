/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/table4_return.h"

#define POINT_SIZE 6 /* bytes that a point takes, with the free slots around it */

static bool is_returning(const struct table4 *t, uint32_t net)
{
	return t->map->returning[net % TABLE4_RETURNING / 64] >> (net % 64) & 1;
}

static void set_returning(struct table4 *t, uint32_t net, bool is_on)
{
	uint64_t *word = &t->map->returning[net % TABLE4_RETURNING / 64], bit = UINT64_C(1)
	                                                                        << (net % 64);

	pages_touch(&t->pages, word);
	*word = is_on ? *word | bit : *word & ~bit;
}

static bool is_sparse(const struct table4 *t, slot4_t slot, struct slot4_others *out_others)
{
	return slot4_is_split(slot) &&
	       slot4_find_others(t->arena, slot, t->net_points / 2, out_others) &&
	       out_others->count * POINT_SIZE <= slot4_block_size(t->arena, slot);
}

/* Memory for it. Errors: -ENOMEM */
static int reserve(struct table4 *t, size_t count)
{
	int rc = limbo_reserve(&t->returning, 1);

	return rc < 0 ? rc
	              : arena_reserve(t->arena, count * POINTS4_RESERVE, count * POINTS4_RETIRE);
}

void table4_return_begin(struct table4 *t, uint32_t net)
{
	struct slot4_others others;

	if (!is_sparse(t, ranges4_load(&t->map->ranges, net), &others))
		return;
	if (is_returning(t, net) || reserve(t, others.count) < 0)
		return; /* one that is on its way is looked at when it arrives */
	for (unsigned i = 0; i < others.count; i++) {
		if (!points4_put(&t->map->points, net << 8 | others.octets[i],
		                 others.verdicts[i])) {
			table4_paint_drop_points(t, net);
			return;
		}
		table4_paint_add_points(t, net, 1);
	}
	limbo_add(&t->returning, net);
	set_returning(t, net, true);
}

static void end_one(struct table4 *t, uint32_t net)
{
	struct points4_found found[POINTS4_NET_MAX];
	slot4_t slot = ranges4_load(&t->map->ranges, net);
	struct slot4_others others;

	set_returning(t, net, false);
	if (!slot4_is_split(slot))
		return;
	if (points4_collect(&t->map->points, net, found) == 0) {
		table4_return_begin(t, net); /* it was changed meanwhile */
		return;
	}
	if (arena_reserve(t->arena, RANGES4_PAGES, RANGES4_RETIRE) < 0 ||
	    !is_sparse(t, slot, &others))
		table4_paint_drop_points(t, net);
	else
		ranges4_put(&t->map->ranges, net, others.base);
}

void table4_return_end(struct table4 *t)
{
	uint32_t nets[LIMBO_BATCH];
	size_t count;

	while ((count = limbo_take(&t->returning, nets)) > 0) {
		for (size_t i = 0; i < count; i++)
			end_one(t, nets[i]);
	}
}

void table4_end_batch(struct table4 *t)
{
	table4_return_end(t);
	limbo_flush(&t->returning);
}
