/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The zones served: apex -> what of a verdict is visible there, and the prebuilt parts of its
 * answers. A set of zones is immutable once published (see tables.h); it is replaced whole.
 */
#include "dataplane/table/keys.h"
#include "dataplane/table/verdicts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONE_NS_MAX         8
#define ZONE_TEST_CODES_MAX 32

enum zone_state {
	ZONE_NOT_LOADED, /* SERVFAIL + EDE 14: a list of the zone has no data yet */
	ZONE_SERVING,
	ZONE_EXPIRED, /* SERVFAIL + EDE 24 */
};

enum zone_content { /* bits: which kinds of keys the zone's lists hold */
	            ZONE_HAS_IP4 = 1,
	            ZONE_HAS_IP6 = 2,
	            ZONE_HAS_NAMES = 4,
};

struct zone {
	uint8_t apex[255]; /* lower-case wire name with the root label */
	uint8_t apex_size; /* with the root label */
	uint8_t state;     /* enum zone_state */
	uint8_t content;   /* enum zone_content bits */
	bool needs_key;    /* names below the apex end with a label of keys */
	struct keys *keys; /* the set's once given; NULL = none */
	uint32_t ttl_s;
	uint32_t negative_ttl_s;
	uint64_t lists[(LIST_ID_MAX + 1) / 64]; /* bitmap of visible list ids */
	uint8_t ns_count;                       /* 0 = a synthetic "ns.<apex>" */
	uint8_t ns_size[ZONE_NS_MAX];
	uint8_t ns[ZONE_NS_MAX][255]; /* wire names with root label */
	uint8_t test_code_count;
	uint32_t test_codes[ZONE_TEST_CODES_MAX]; /* 127.0.0.N (N >= 2) that list themselves, RFC
	                                             5782 section 5 */
	uint16_t apex_text_size;                  /* apex TXT, 0 = none */
	char apex_text[255];
	uint64_t soa_refresh_s, soa_retry_s, soa_expire_s;
};

struct zones;

/* An empty set. Errors: NULL with errno. */
struct zones *zones_new(void);
void zones_free(struct zones *z);

/*
 * Copy a zone into the set, before it is published.
 *
 * Errors: -EINVAL malformed or upper-case apex; -EEXIST; -ENOMEM; unchanged
 */
int zones_add(struct zones *z, const struct zone *zone);

/*
 * The zone with the longest apex that is the name or above it, or NULL.
 *
 * name, size: wire name with root label, any case
 * out_offset: where the apex starts in name; 0 = the name is the apex
 */
const struct zone *zones_find(const struct zones *z, const uint8_t *name, size_t size,
                              size_t *out_offset);

/*
 * Give a zone its keys, before the set is published; they are freed with it.
 *
 * Errors: -ENOENT: no zone has that apex, or it needs none; -EEXIST: it has some
 */
int zones_give_keys(struct zones *z, const uint8_t *apex, size_t size, struct keys *keys);

size_t zones_count(const struct zones *z);
const struct zone *zones_at(const struct zones *z, size_t index);

static inline bool zone_shows(const struct zone *zone, uint32_t list)
{
	return zone->lists[list / 64] >> (list % 64) & 1;
}
