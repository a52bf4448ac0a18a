/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Static records of zones, from files in the syntax of rbldnsd's generic dataset and a little more:
 *
 *   NAME [TTL] [IN] TYPE VALUE      NAME is relative to the zone, '@' its apex
 *   www 1h A 192.0.2.1              TYPE: A AAAA TXT MX CNAME CAA
 *   @ TXT "one string" "another"    without quotes, the rest of the line is one string
 *   $TTL 600                        of the lines from here on that have none (3600 before)
 *
 *   $NS ..., $SOA ...               see zone_special.h
 *
 * Names in values are absolute. Lines that begin with '#' or ';' are comments. A file with a bad
 * line is bad as a whole.
 */
#include "control/zone_special.h"

#include <stddef.h>
#include <stdint.h>

#define ZONE_RECORDS_FILE_MAX (1u << 20) /* bytes of a file */
#define ZONE_RECORDS_SIZE_MAX (2u << 20) /* bytes of its records as a message, about */

struct zone_record {
	uint8_t *name; /* lower-case wire name without root label; then its RDATA */
	uint8_t *rdata;
	size_t name_size, rdata_size;
	uint32_t ttl_s;
	uint16_t type;
};

struct zone_records {
	struct zone_record *items;
	size_t count;
	struct zone_special special;
};

/*
 * Read records from the bytes of a file.
 *
 * file: its name, for the error
 * Errors: NULL with errno; EINVAL: out_error says "FILE:LINE: what is wrong, expected what"
 */
struct zone_records *zone_records_parse(const char *file, const char *bytes, size_t size,
                                        char *out_error, size_t error_size);

/* Read a file. Errors: NULL with errno, and always out_error. */
struct zone_records *zone_records_read(const char *path, char *out_error, size_t error_size);

void zone_records_free(struct zone_records *r); /* NULL is allowed */
