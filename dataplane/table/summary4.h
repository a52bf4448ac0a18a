/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which lists have something in each /16 and each /8, exactly: what an empty non-terminal asks for.
 *
 * Addresses are counted, by the verdict that readers see. Address space for all lists is reserved,
 * of which only what is written costs memory: 0.5 MB for each 64 lists and 128 KB for each list
 * that is all over the address space.
 *
 * Threads: summary4_group_has() and _net_has() any; all else the update thread only.
 */
#include "dataplane/table/listset.h"
#include "dataplane/table/pages.h"

#include <stdbool.h>
#include <stdint.h>

struct summary4_map;

struct summary4 {
	struct summary4_map *map;
	struct pages pages; /* of the map */
};

/* Errors: -ENOMEM; nothing to undo. */
int summary4_init(struct summary4 *s);

/* All zeros is allowed. */
void summary4_done(struct summary4 *s);

/*
 * Count addresses of a /16 that have some lists but not the others: more (number > 0) or fewer. Up
 * before the address changes and down after: who sees an address finds its lists in the summary.
 */
void summary4_count(struct summary4 *s, uint32_t group, const struct listset *lists,
                    const struct listset *but, int number);

/* Hint that something of a list will be counted in a /16. */
void summary4_prefetch(const struct summary4 *s, uint32_t group, uint32_t list);

/* Whether a /16, a /8 has something of one of the lists. */
bool summary4_group_has(const struct summary4 *s, uint32_t group,
                        const uint64_t lists[LISTSET_WORDS]);
bool summary4_net_has(const struct summary4 *s, uint32_t net, const uint64_t lists[LISTSET_WORDS]);
