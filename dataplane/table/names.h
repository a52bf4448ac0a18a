/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Domain name -> verdict. A name that was put has two verdicts: of the name itself, and of every
 * name below it that has no closer put name. The longest put suffix decides, so control resolves
 * what several lists say before it puts a name, and an exclusion is a name put with VERDICT_NONE.
 *
 * Names are in lower-case wire form, relative to the zone apex, without the root label:
 * "\3www\7example\3com". One writer, wait-free readers, as in table4.h.
 */
#include "dataplane/table/hugepages.h"
#include "dataplane/table/listset.h"
#include "dataplane/table/name_below.h"
#include "dataplane/table/verdicts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_SIZE_MAX 254 /* bytes of a name without its root label */

struct names;

struct names *names_new(void);
void names_use(struct names *n, const struct verdicts *verdicts); /* as table4_use() */
void names_use_pages(struct names *n, enum hugepages_mode mode);  /* before the first name */
void names_free(struct names *n);

/*
 * Put a name, or give a put name other verdicts.
 *
 * exact:    verdict of the name itself
 * subtree:  verdict of the names below
 * Errors:   -EINVAL not a well-formed lower-case name, or the empty one; -ENOMEM: unchanged
 */
int names_put(struct names *n, const uint8_t *name, size_t size, verdict_t exact,
              verdict_t subtree);

/* Take a name out again; not an error when it was not put. Errors: -EINVAL, -ENOMEM: unchanged. */
int names_delete(struct names *n, const uint8_t *name, size_t size);

/* Hint that a name will soon be put, deleted or looked up; worth it some names ahead. */
void names_prefetch(const struct names *n, const uint8_t *name, size_t size);

struct names_match {
	verdict_t verdict;         /* of the name asked for */
	uint16_t subject_offset;   /* the put suffix that decided starts here; size when none did */
	verdict_t subtree;         /* of names below that have no closer put name */
	const name_below_t *below; /* of put names below; NULL = none */
};

/*
 * Look a name up; always fills out_match, which is good until the next quiescent state.
 *
 * Cost: a cache line a label, and one for each suffix that was put or is above a put name, as far
 *       as these are not in a cache; no allocation
 */
void names_lookup(const struct names *n, const uint8_t *name, size_t size,
                  struct names_match *out_match);

struct names_query {
	const uint8_t *name;
	size_t size;
};

/* Look many names up; the cache misses of a burst overlap. */
void names_lookup_burst(const struct names *n, const struct names_query *queries, size_t count,
                        struct names_match *out_matches);

/*
 * Whether a name below the one that was looked up has a verdict of one of some lists (an empty
 * non-terminal of a zone). Exact. Until the next quiescent state.
 *
 * Cost: O(lists that something below is of)
 */
bool names_any_below(const struct names *n, const struct names_match *match,
                     const uint64_t lists[LISTSET_WORDS]);

struct names_stats {
	uint64_t memory_size; /* bytes */
	uint64_t name_count;  /* put names */
	struct hugepages huge;
};
void names_stats(const struct names *n, struct names_stats *out_stats);
