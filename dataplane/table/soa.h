/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The SOA record of a zone as it stands in a negative answer, but for what differs from answer to
 * answer: the serial, and where in the message the apex is that names are cut short with (RFC 1035
 * section 4.1.4). Made with the zone, constant from then on.
 */
#include <stddef.h>
#include <stdint.h>

#define SOA_POINTERS 3 /* at most: owner, MNAME, RNAME */
#define SOA_TTL      6 /* where the TTL is */
#define SOA_SIZE_MAX (12 + 255 + 255 + 20)
#define SOA_CHUNK    64 /* zeros follow the record up to a multiple of this, to be copied with it */

struct zone;

struct soa {
	uint16_t size;                   /* of the record */
	uint16_t copied_size;            /* the same up to a multiple of SOA_CHUNK */
	uint16_t pointers[SOA_POINTERS]; /* to the apex; one twice where there are fewer */
	uint16_t serial_at;
	uint8_t bytes[];
};

/* Room for any. */
union soa_buffer {
	struct soa soa;
	uint8_t bytes[sizeof(struct soa) + SOA_SIZE_MAX + SOA_CHUNK];
};

/* Returns: bytes of the whole struct soa that was made */
size_t soa_make(const struct zone *zone, union soa_buffer *out_buffer);
