/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The zones served: apex -> what of a verdict is visible there, and the prebuilt parts of its
 * answers. A set of zones is immutable once published (see tables.h); it is replaced whole.
 */
#include "dataplane/table/access_rules.h"
#include "dataplane/table/keys.h"
#include "dataplane/table/labels.h"
#include "dataplane/table/listset.h"
#include "dataplane/table/observed.h"
#include "dataplane/table/records.h"
#include "dataplane/table/soa.h"
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

enum zone_view {                  /* what the A records of something listed are */
	         ZONE_VIEW_CODES, /* the codes of its listings */
	         ZONE_VIEW_BITS,  /* one: 127.0.0.0 with the values of its lists as bits */
	         ZONE_VIEW_ALLOW, /* one: 127.0.category.trust of the list with the most trust;
	                             values are category << 8 | trust (RFC 8904) */
};

struct zone_name { /* a wire name with root label; size 0 = none */
	const uint8_t *bytes;
	uint8_t size;
};

#define ZONE_ADDRESS_SIZE 16 /* of an A record whose owner is a pointer */

/* A TTL as it is answered: 31 bits (RFC 2181 section 8). */
static inline uint32_t zone_ttl(uint32_t ttl_s)
{
	return ttl_s < INT32_MAX ? ttl_s : INT32_MAX;
}

struct zone {
	struct zone_name apex; /* lower-case */
	uint8_t state;         /* enum zone_state */
	uint8_t content;       /* enum zone_content bits */
	uint8_t view;          /* enum zone_view */
	uint8_t ns_count;      /* 0 = a synthetic "ns.<apex>" */
	uint8_t test_code_count;
	uint8_t apex_text_size;      /* apex TXT, 0 = none */
	bool needs_key;              /* names below the apex end with a label of keys */
	struct keys *keys;           /* the set's once given; NULL = none */
	struct observed *observed;   /* lists that are counted, not answered; NULL = none */
	struct access_rules *access; /* beside the server's; the stricter holds; NULL = none */
	uint32_t ttl_s;
	uint32_t negative_ttl_s;
	uint32_t soa_refresh_s, soa_retry_s, soa_expire_s;
	uint64_t lists[LISTSET_WORDS]; /* bitmap of visible list ids */
	const struct zone_name *ns;
	const uint32_t
	    *test_codes; /* 127.0.0.N (N >= 2) that list themselves, RFC 5782 section 5 */
	const char *apex_text;
	struct zone_name soa_mname;    /* none = the first name server */
	struct zone_name soa_rname;    /* none = "hostmaster.<apex>" */
	const uint32_t *values;        /* of the visible lists by ascending id; NULL = none */
	const struct records *records; /* static records; NULL = none */
	const struct soa *soa;         /* made by zones_add() */

	/* set by zones_add() */
	struct labels_pattern apex_tail;    /* the last ZONE_APEX_ROOM bytes of the apex, or all */
	struct labels_pattern apex_head;    /* the first as many of an apex that is longer */
	uint8_t address[ZONE_ADDRESS_SIZE]; /* an A record of the question's name, for 0.0.0.0 */
	/* enum zone_content bits: content, if serving; if also no client is treated otherwise */
	uint8_t served, open;
	bool has_address_ns; /* a name server's name may be a reversed address */
};

struct zones;

/* An empty set. Errors: NULL with errno. */
struct zones *zones_new(void);
void zones_free(struct zones *z);

/*
 * Copy a zone with all it points to into the set, before it is published. Its records, observed
 * lists and access rules are the set's from then on, to be freed with it.
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
 * The same, of a name that was taken apart already.
 *
 * labels: of the name, without its root label
 */
const struct zone *zones_find_labels(const struct zones *z, const uint8_t *name, size_t size,
                                     const struct labels *labels, size_t *out_offset);

#define ZONE_APEX_ROOM 16

/*
 * Whether an apex, given in any case, is that of a zone. It need not be well-formed.
 *
 * size: ZONE_APEX_ROOM bytes up to the end of the apex can be read, whatever it is
 */
static inline bool zone_has_apex(const struct zone *zone, const uint8_t *apex, size_t size)
{
	return zone->apex.size == size &&
	       labels_pattern_matches(&zone->apex_tail, apex + size - ZONE_APEX_ROOM) &&
	       (size <= ZONE_APEX_ROOM ||
	        (labels_pattern_matches(&zone->apex_head, apex) &&
	         (size <= 2 * ZONE_APEX_ROOM ||
	          labels_are_equal(zone->apex.bytes + ZONE_APEX_ROOM, apex + ZONE_APEX_ROOM,
	                           size - 2 * ZONE_APEX_ROOM))));
}

/*
 * The zone of an apex, given in any case, or NULL: one hash. It need not be well-formed.
 *
 * size: at least 1; as of zone_has_apex()
 */
const struct zone *zones_find_apex(const struct zones *z, const uint8_t *apex, size_t size);

/*
 * Whether some apex begins as a reversed address does, with a label of digits or a single letter:
 * only then may a longer apex than A hold a name that is such an address below A.
 */
bool zones_has_address_apex(const struct zones *z);

/*
 * Give a zone its keys, before the set is published; they are freed with it.
 *
 * Errors: -ENOENT: no zone has that apex, or it needs none; -EEXIST: it has some
 */
int zones_give_keys(struct zones *z, const uint8_t *apex, size_t size, struct keys *keys);

size_t zones_count(const struct zones *z);
const struct zone *zones_at(const struct zones *z, size_t index);

/* How many visible lists have a lower id: where the value of a visible list is. */
size_t zone_rank(const struct zone *zone, uint32_t list);

/* The value of a visible list in the zone's view; 0 when there are none. */
uint32_t zone_value(const struct zone *zone, uint32_t list);

static inline bool zone_shows(const struct zone *zone, uint32_t list)
{
	return zone->lists[list / 64] >> (list % 64) & 1;
}
