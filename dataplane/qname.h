/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the labels of a name say: reversed addresses and suffixes. Names are well-formed wire names
 * without compression.
 */
#include "dataplane/table/table6.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qname_range4 {
	uint32_t first;
	uint32_t last;
};

struct qname_range6 {
	address6_t first;
	address6_t last;
};

/*
 * Read 1..4 reversed decimal octets, without leading zeros, that are the whole name.
 *
 * name, size: relative to the apex, without root label
 * out_range:  the addresses at (4 octets) or below the name; untouched when it is none
 * Returns:    how many octets; 0 = not such a name
 */
unsigned qname_octets(const uint8_t *name, size_t size, struct qname_range4 *out_range);

/* Read 1..32 reversed nibbles of either case; otherwise as qname_octets(). */
unsigned qname_nibbles(const uint8_t *name, size_t size, struct qname_range6 *out_range);

/* Copy a name in lower case. */
void qname_fold(uint8_t *out_name, const uint8_t *name, size_t size);

static inline uint8_t qname_lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* ::ffff:0:0/96 (RFC 4291 section 2.5.5.2) */
#define QNAME_MAPPED_FIRST ((address6_t)0xffff << 32)
#define QNAME_MAPPED_LAST  (QNAME_MAPPED_FIRST | 0xffffffffu)

static inline bool qname_is_mapped(address6_t address)
{
	return address >> 32 == 0xffff;
}
