/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * IPv4 address -> verdict: a piecewise constant function with one write operation.
 *
 * One writer (the update thread), any number of wait-free readers registered with liburcu-qsbr. A
 * reader sees each address change exactly once, from the old verdict to the new one, and never
 * anything else. Addresses are in host order.
 */
#include "dataplane/table/hugepages.h"
#include "dataplane/table/listset.h"
#include "dataplane/table/verdicts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table4;

/* Every address has VERDICT_NONE. Errors: NULL with errno. */
struct table4 *table4_new(void);

/* Say whose verdicts are painted: before the first paint. Without, see listset.h. */
void table4_use(struct table4 *t, const struct verdicts *verdicts);

/* Say on which pages it is to be: before the first paint. Without: HUGEPAGES_AUTO. */
void table4_use_pages(struct table4 *t, enum hugepages_mode mode);

/* No reader may be left. NULL is allowed. */
void table4_free(struct table4 *t);

/*
 * Say how many single addresses are about to be painted on an empty table, so that it need not grow
 * while they are; table4_fit() follows when they are. A hint: a wrong one costs memory until then,
 * at most that of POINTS4_EXPECTED_MAX addresses, and time, and nothing else.
 *
 * Threads: the update thread only
 */
void table4_reserve(struct table4 *t, uint64_t count);

/* All that was expected is painted: give back what it does not need. Threads: as table4_reserve()
 */
void table4_fit(struct table4 *t);

/*
 * Paint every address of a range with one verdict.
 *
 * first, last: first <= last
 * Errors:   -EINVAL; -ENOMEM: the table is unchanged
 * Threads:  the update thread only
 * Cost:     O(touched /24 blocks); may allocate; never blocks readers
 */
int table4_paint(struct table4 *t, uint32_t first, uint32_t last, verdict_t verdict);

/*
 * Paint count ranges in order, as that many table4_paint(), but with the cache misses overlapped.
 *
 * Errors: as table4_paint(), at one that fails: those before it are painted, of those behind it
 *         perhaps some. A paint may be repeated, so the whole burst may.
 */
int table4_paint_burst(struct table4 *t, const uint32_t *firsts, const uint32_t *lasts,
                       const verdict_t *verdicts, size_t count);

verdict_t table4_lookup(const struct table4 *t, uint32_t address);

/* Look up a burst so that the cache misses overlap; out_verdicts has room for count. */
void table4_lookup_burst(const struct table4 *t, const uint32_t *addresses, size_t count,
                         verdict_t *out_verdicts);

/* Hint that table4_lookup(t, address) follows. */
void table4_prefetch(const struct table4 *t, uint32_t address);

/*
 * The paints that belong together are done: work that waits for more of its kind begins. Cheap.
 * Threads: the update thread.
 */
void table4_end_batch(struct table4 *t);

/*
 * Whether any address of a range has a verdict of one of some lists (an empty non-terminal of a
 * zone). Exact. A whole /8 or /16 is one look at its summary; what is left at the ends of the range
 * is scanned, at most 256 runs of verdicts for a part of a /24, 4096 for a /20.
 */
bool table4_any(const struct table4 *t, uint32_t first, uint32_t last,
                const uint64_t lists[LISTSET_WORDS]);

struct table4_stats {
	uint64_t memory_size;   /* bytes, resident */
	uint64_t address_count; /* addresses with a verdict */
	struct hugepages huge;
};
/* Threads: the update thread only. */
void table4_stats(const struct table4 *t, struct table4_stats *out_stats);
