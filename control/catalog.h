/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The ids of listings and verdicts, by content. Ids live as long as something is painted with them:
 * a verdict counts the addresses and names it is painted on, so that it does not matter how a
 * repainted range is cut into segments; a listing counts its verdicts. What nothing uses any more
 * is found by catalog_collect() at the end of a batch and may be used again after that batch. The
 * lowest free id comes first, so that ids stay small.
 *
 * Threads: one thread per struct catalog.
 */
#include "feeds/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in dataplane/table/verdicts.h. */
#define CATALOG_ID_MAX       0xffffffu
#define CATALOG_LISTINGS_MAX 65536 /* in one verdict: all that as many lists can say */
#define CATALOG_TEXT_MAX     255

struct catalog;

struct catalog_listing {
	uint32_t list, code; /* code: host order */
	uint8_t text_size;   /* 0 = no TXT */
	const char *text;    /* template, not terminated */
};

enum catalog_kind { CATALOG_IP4, CATALOG_IP6, CATALOG_NAMES };

/* Errors: NULL with errno. */
struct catalog *catalog_new(void);
void catalog_free(struct catalog *catalog);

/* Hand out no more ids above a number, <= CATALOG_ID_MAX. */
void catalog_limit(struct catalog *catalog, uint32_t id_max);

/* The id of a listing. Errors: -ENOMEM, -ENOSPC all ids are in use. */
int catalog_listing(struct catalog *catalog, const struct catalog_listing *listing,
                    uint32_t *out_id);

/*
 * The id of a set of listings; the same listings in the same order always have the same id.
 *
 * listings: 1 .. CATALOG_LISTINGS_MAX different ids
 * Errors:   -ENOMEM, -ENOSPC
 */
int catalog_verdict(struct catalog *catalog, const uint32_t *listings, size_t count,
                    uint32_t *out_id);

/*
 * The id of the set of all listings of several verdicts, in their order; 0s are skipped, and none
 * but 0s are 0.
 *
 * verdicts: of different lists: no listing twice, CATALOG_LISTINGS_MAX in all
 * Errors:   -ENOMEM, -ENOSPC
 */
int catalog_union(struct catalog *catalog, const uint32_t *verdicts, size_t count,
                  uint32_t *out_id);

/* The content of an id; borrowed until the next call that interns or collects. */
void catalog_get_listing(const struct catalog *catalog, uint32_t id,
                         struct catalog_listing *out_listing);
size_t catalog_get_verdict(const struct catalog *catalog, uint32_t id,
                           const uint32_t **out_listings);

/* A verdict is painted on that many more, or fewer, addresses or names. Id 0 is ignored. */
void catalog_add(struct catalog *catalog, enum catalog_kind kind, uint32_t verdict,
                 address6_t count);
void catalog_remove(struct catalog *catalog, enum catalog_kind kind, uint32_t verdict,
                    address6_t count);

/* Whether the data plane was told of an id; returns what it was before. */
bool catalog_mark_listing(struct catalog *catalog, uint32_t id);
bool catalog_mark_verdict(struct catalog *catalog, uint32_t id);

/*
 * Drop every id that nothing uses. Their numbers are not handed out before the next
 * catalog_collect(). Ids the data plane was told of are told to forget(), which returns 0 or a
 * negative errno, that is returned; the rest is dropped all the same.
 */
typedef int catalog_forget(void *context, bool is_listing, uint32_t id);
int catalog_collect(struct catalog *catalog, catalog_forget *forget, void *context);

struct catalog_stats {
	size_t listing_count, verdict_count; /* ids in use */
	uint32_t listing_max, verdict_max;   /* largest ids ever handed out */
	size_t memory_size;                  /* bytes */
};
void catalog_stats(const struct catalog *catalog, struct catalog_stats *out_stats);
