/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The access rules as they are published: clients -> action, and the answers of `always` rules.
 * Immutable once published; replaced whole (see tables.h). What the values mean is told in
 * dataplane/access.h.
 */
#include "dataplane/table/table6.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCESS_TEXT_MAX     255
#define ACCESS_LISTINGS_MAX 65535

/* What an `always` rule lists everything as. */
struct access_listing {
	uint32_t code;              /* host order */
	uint8_t text_size;          /* 0 = no TXT */
	char text[ACCESS_TEXT_MAX]; /* template: '$' is the client */
};

#define ACCESS_RULES_NETS 65536 /* /16s of IPv4 */

struct access_rules {
	struct table6 *clients; /* IPv4 as ::ffff:a.b.c.d -> ACCESS_VALUE(); 0 = no rule */
	size_t listing_count;
	struct access_listing *listings;
	bool has_nets;  /* the server's: asked for each query */
	uint8_t nets[]; /* of IPv4: what all of a /16 have, or ACCESS_RULES_SPLIT */
};

#define ACCESS_RULES_SPLIT 0xff /* look at clients */

/*
 * No rules, and room for listings, all zero.
 *
 * has_nets: ACCESS_RULES_NETS bytes more, for access_rules_get()
 * Errors: NULL with errno
 */
struct access_rules *access_rules_new(size_t listing_count, bool has_nets);

/* Give a range of clients a value, before the rules are published. Errors: as table6_paint() */
int access_rules_paint(struct access_rules *r, address6_t first, address6_t last, uint32_t value);

/* The value of a client; r->has_nets. */
static inline uint32_t access_rules_get(const struct access_rules *r, address6_t client)
{
	uint8_t value = ACCESS_RULES_SPLIT;

	if (client >> 32 == 0xffff)
		value = r->nets[(uint32_t)client >> 16];
	return value != ACCESS_RULES_SPLIT ? value : table6_lookup(r->clients, client);
}

/* Whether that is a value; cheaper. value: < ACCESS_RULES_SPLIT */
static inline bool access_rules_has(const struct access_rules *r, address6_t client, uint32_t value)
{
	const uint64_t high = (uint64_t)(client >> 64), low = (uint64_t)client;

	return (high == 0 && low >> 32 == 0xffff && r->nets[(uint32_t)low >> 16] == value) ||
	       access_rules_get(r, client) == value;
}

/* The same of any rules. */
static inline uint32_t access_rules_look(const struct access_rules *r, address6_t client)
{
	return table6_lookup(r->clients, client);
}

/* No reader may be left. NULL is allowed. */
void access_rules_free(struct access_rules *r);
