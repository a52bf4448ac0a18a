/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * IPv6 address -> verdict, like table4 but over 128-bit numbers. Also holds the access rules
 * (IPv4 clients as ::ffff:a.b.c.d), where the "verdict" is an action.
 *
 * Concurrency as in table4.h. Addresses are numbers: the first byte on the wire is the most
 * significant.
 */
#include "dataplane/table/listset.h"
#include "dataplane/table/verdicts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 address6_t;

struct table6;

struct table6 *table6_new(void);
void table6_use(struct table6 *t, const struct verdicts *verdicts); /* as table4_use() */
void table6_free(struct table6 *t);

/* As table4_paint(). Cost: O(entries removed + log n), amortised. */
int table6_paint(struct table6 *t, address6_t first, address6_t last, verdict_t verdict);

/* As table4_paint_burst(). Ranges in order cost little each where many of them are in one place. */
int table6_paint_burst(struct table6 *t, const address6_t *firsts, const address6_t *lasts,
                       const verdict_t *verdicts, size_t count);

verdict_t table6_lookup(const struct table6 *t, address6_t address);

/* As table4_lookup_burst(). */
void table6_lookup_burst(const struct table6 *t, const address6_t *addresses, size_t count,
                         verdict_t *out_verdicts);

/* Hint that table6_lookup(t, address) follows. */
void table6_prefetch(const struct table6 *t, address6_t address);

/*
 * As table4_any(). Segments and nodes of segments have summaries of 64 bits, in which lists whose
 * ids are the same modulo 64 look alike: so it is exact, in O(log n + nodes), unless it came across
 * TABLE6_ANY_BUDGET entries where they did and were not; then it answers true, which is the safe
 * side (NODATA instead of NXDOMAIN).
 */
#define TABLE6_ANY_BUDGET 4096
bool table6_any(const struct table6 *t, address6_t first, address6_t last,
                const uint64_t lists[LISTSET_WORDS]);

struct table6_stats {
	uint64_t memory_size; /* bytes, resident */
	uint64_t
	    boundary_count;   /* places where the verdict may change: 2 for a point, 1 for a run */
	uint64_t point_count; /* /64s and single addresses unlike what is around them */
	uint64_t segment_count;
};
/* Threads: the update thread only. Cost: O(segments) */
void table6_stats(const struct table6 *t, struct table6_stats *out_stats);
