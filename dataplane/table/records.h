/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Static records of a zone: a web server at the apex, addresses of its name servers, a policy. Made
 * whole, then immutable. A name above one that has records exists as well.
 *
 * Names are lower-case wire names relative to the apex, without root label; the apex is empty.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDS_RDATA_MAX 4096    /* bytes of one record */
#define RECORDS_MAX       1000000 /* records of a zone */

struct record {
	const uint8_t *name;
	const uint8_t *rdata; /* as on the wire; names in it are absolute and not compressed */
	uint32_t ttl_s;
	uint16_t type; /* A, AAAA, TXT, MX, CNAME or CAA */
	uint16_t rdata_size;
	uint8_t name_size;
};

struct records;

/*
 * Copy records, in any order; equal ones count once.
 *
 * Errors: NULL with errno: EINVAL a malformed or upper-case name, RDATA that its type cannot have,
 *         a CNAME beside another record (RFC 1034 section 3.6.2); E2BIG; ENOMEM
 */
struct records *records_new(const struct record *records, size_t count);
void records_free(struct records *r); /* NULL is allowed */

/*
 * The records of a name, those of one type together; borrowed. Cost: O(log n)
 *
 * out_exists: whether the name or one below it has records
 * Returns:    the first, or NULL when it has none
 */
const struct record *records_find(const struct records *r, const uint8_t *name, size_t size,
                                  size_t *out_count, bool *out_exists);
