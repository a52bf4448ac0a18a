/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a table4 is made of; for table4*.c and the tests only.
 *
 * The verdict of an address is that of its point, if it has one, else that of the ranges below. To
 * readers, who look at the points first, an address changes exactly once because
 * - a point or a range changes by one store, and
 * - whenever the slot of a /24 changes, the points of the /24 that there are have the verdict
 *   already that the new slot gives their address, or are what the slot is made of. So a reader
 *   that looked for a point before it was put, and at the slot after it was changed, still sees
 * what holds now. Points are cleared after the slot is stored, and who misses one acquires the
 * slot. A /24 with a block has no points: they are moved to the block when it is made. One that is
 * on its way back to points has both for a while, and they agree: see table4_return.h.
 */
#include "dataplane/table/limbo.h"
#include "dataplane/table/points4.h"
#include "dataplane/table/ranges4.h"
#include "dataplane/table/summary4.h"
#include "dataplane/table/table4.h"

#include <stdbool.h>
#include <stdint.h>

#define TABLE4_RETURNING (1u << 20) /* /24s with the same lower bits share a bit */

struct table4_map {
	struct points4 points;
	struct ranges4 ranges;
	/* update thread only: */
	uint16_t point_counts[RANGES4_GROUPS];     /* points of a /16 */
	uint64_t returning[TABLE4_RETURNING / 64]; /* bitmap of /24s in the limbo */
};

struct table4 {
	struct table4_map *map;
	struct arena *arena;
	struct summary4 summary;
	const struct verdicts *verdicts; /* NULL = none; constant */
	unsigned net_points;             /* of one /24 at most; constant */
	/* the rest belongs to the update thread */
	struct pages pages; /* of the map */
	uint64_t address_count;
	bool has_dropped;       /* a point, in this paint */
	struct limbo returning; /* /24s on their way back to points */
};

/* For table4_return.c: keep the count of the points of a /24's /16; clear all points of a /24. */
void table4_paint_add_points(struct table4 *t, uint32_t net, int number);
void table4_paint_drop_points(struct table4 *t, uint32_t net);

struct table4_tuning {
	struct points4_tuning points;
	unsigned net_points;
};

/* As table4_new(), for tests: small parts reach growth and cuts with few addresses. */
struct table4 *table4_new_tuned(const struct table4_tuning *tuning);
