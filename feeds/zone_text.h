/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Records of a zone file (RFC 1035 section 5), as far as a policy zone needs them: owner, type and
 * the first word of the data; over several lines with parentheses.
 */
#include "feeds/lines.h"

struct zone_name {
	uint8_t wire[NAME_WIRE_MAX];
	size_t size;
	bool is_rooted; /* its end is known: absolute, or relative to an absolute origin */
};

struct zone_record {
	uint64_t line; /* of its owner */
	struct zone_name owner;
	char type[16];         /* as written, cut */
	bool has_data;         /* else the record is not complete */
	struct zone_name data; /* a name, of CNAME only; size 0 and is_rooted: the root */
};

struct zone_text;

/* Called for each record. Returns 0 or a negative errno that ends the reading. */
typedef int zone_text_record(struct lines *lines, const struct zone_record *record);

/* Errors: NULL with errno ENOMEM. */
struct zone_text *zone_text_new(zone_text_record *handle);
void zone_text_free(struct zone_text *zone); /* NULL is allowed */

/* The first $ORIGIN; a size of 0 and not rooted when there is none. */
const struct zone_name *zone_text_origin(const struct zone_text *zone);

/* Read a line. Bad ones are counted. Errors: of the handler */
int zone_text_line(struct zone_text *zone, struct lines *lines, struct span line, uint64_t number);

/* The line of a parenthesis that is open at the end; 0 = none. */
uint64_t zone_text_open_line(const struct zone_text *zone);
