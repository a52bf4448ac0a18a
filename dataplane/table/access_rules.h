/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The access rules as they are published: clients -> action, and the answers of `always` rules.
 * Immutable once published; replaced whole (see tables.h). What the values mean is told in
 * dataplane/access.h.
 */
#include "dataplane/table/table6.h"

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

struct access_rules {
	struct table6 *clients; /* IPv4 as ::ffff:a.b.c.d -> ACCESS_VALUE(); 0 = no rule */
	size_t listing_count;
	struct access_listing *listings;
};

/* No rules, and room for listings, all zero. Errors: NULL with errno. */
struct access_rules *access_rules_new(size_t listing_count);

/* No reader may be left. NULL is allowed. */
void access_rules_free(struct access_rules *r);
