/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/table4_run.h"

#include "dataplane/table/points4_room.h"
#include "dataplane/table/table4_parts.h"

#define RUN_MIN 8  /* with fewer, one after the other costs less */
#define BLOCK   32 /* addresses whose lines are fetched together */

/* Addresses that are looked for, and the lines of which are on their way. */
struct block {
	struct points4_probe probes[BLOCK];
	uint64_t builds; /* when they were looked for */
	unsigned count;
};

/* What all addresses of a run have. */
struct run {
	struct table4 *table;
	const uint32_t *addresses;
	verdict_t verdict;
	const struct listset *lists;
};

size_t table4_run_of(const struct table4_paints *p, size_t count)
{
	const verdict_t verdict = p->verdicts[0];
	size_t run = 0;

	if (verdict == VERDICT_NONE || verdict > VERDICT_MAX)
		return 0;
	while (run < count && p->firsts[run] == p->lasts[run] && p->verdicts[run] == verdict)
		run++;
	return run < RUN_MIN ? 0 : run;
}

static void look(const struct run *r, size_t at, size_t count, struct block *out_block)
{
	const struct points4 *p = &r->table->map->points;

	out_block->count = count < BLOCK ? (unsigned)count : BLOCK;
	out_block->builds = p->builds;
	for (unsigned i = 0; i < out_block->count; i++)
		points4_start(&p->constants, r->addresses[at + i], &out_block->probes[i]);
}

/*
 * Fill some addresses of one /16 of a block in; those that are not that simple are left, by their
 * number in the block.
 *
 * Returns: how many are left now
 */
static unsigned fill_group(const struct run *r, size_t at, const struct block *b, unsigned from,
                           unsigned to, uint8_t *left, unsigned left_count)
{
	const struct listset none = {.used = 0};
	const uint32_t *addresses = r->addresses + at;
	const uint32_t group = addresses[from] >> 16;
	struct table4 *t = r->table;
	unsigned filled = 0;

	for (unsigned i = from; i < to; i++) {
		struct points4_room room;

		if (ranges4_load(&t->map->ranges, addresses[i] >> 8) != VERDICT_NONE ||
		    !points4_room_find(&t->map->points, &b->probes[i], addresses[i], r->verdict,
		                       t->net_points, &room)) {
			left[left_count++] = (uint8_t)i;
			continue;
		}
		/* the summary before the first of them, as in a paint; the others add nothing that
		 * a reader sees */
		if (filled++ == 0)
			summary4_count(&t->summary, group, r->lists, &none, 1);
		points4_room_fill(&t->map->points, &b->probes[i], &room, r->verdict);
	}
	if (filled == 0)
		return left_count;
	if (filled > 1)
		summary4_count(&t->summary, group, r->lists, &none, (int)filled - 1);
	pages_touch(&t->pages, &t->map->point_counts[group]);
	t->map->point_counts[group] = (uint16_t)(t->map->point_counts[group] + filled);
	t->address_count += filled;
	return left_count;
}

static int fill(const struct run *r, size_t at, const struct block *b)
{
	const uint32_t *addresses = r->addresses + at;
	uint8_t left[BLOCK];
	unsigned left_count = 0, to;

	for (unsigned from = 0; from < b->count; from = to) {
		for (to = from + 1; to < b->count && addresses[to] >> 16 == addresses[from] >> 16;)
			to++;
		left_count = fill_group(r, at, b, from, to, left, left_count);
	}
	for (unsigned i = 0; i < left_count; i++) {
		const uint32_t address = addresses[left[i]];
		int rc = table4_paint(r->table, address, address, r->verdict);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int table4_run_paint(struct table4 *t, const uint32_t *addresses, size_t count, verdict_t verdict,
                     const struct listset *lists)
{
	const struct run r = {t, addresses, verdict, lists};
	struct block blocks[2];
	size_t at = 0;

	look(&r, 0, count, &blocks[0]);
	for (unsigned turn = 0; at < count; turn++) {
		struct block *b = &blocks[turn % 2];
		const size_t next = at + b->count;
		int rc;

		look(&r, next, count - next, &blocks[(turn + 1) % 2]);
		/* what was left of the block before may have replaced groups */
		if (b->builds != t->map->points.builds)
			look(&r, at, b->count, b);
		rc = fill(&r, at, b);
		if (rc < 0)
			return rc;
		at = next;
	}
	return 0;
}
