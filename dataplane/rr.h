/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Resource records of an answer, written behind its question. */
#include "dataplane/dns.h"
#include "dataplane/query.h"
#include "dataplane/writer.h"

#define RR_POINTER    0xc000u /* compression pointer (RFC 1035 section 4.1.4) */
#define RR_FIXED_SIZE 12      /* of a record whose owner is a pointer, up to its RDATA */

/* Owner (an offset to point at), type, class IN and TTL; the caller puts RDLENGTH and RDATA. */
static inline void rr_begin(struct writer *w, size_t owner, enum dns_type type, uint32_t ttl_s)
{
	writer_u16(w, RR_POINTER | (unsigned)owner);
	writer_u16(w, type);
	writer_u16(w, DNS_CLASS_IN);
	writer_u32(w, zone_ttl(ttl_s));
}

/* What differs from answer to answer in the SOA of a zone, once it is at a place of the message. */
static inline void rr_soa_finish(uint8_t *record, const struct soa *soa, unsigned apex_offset,
                                 uint64_t generation)
{
	const uint16_t pointer = htobe16((uint16_t)(RR_POINTER | apex_offset));
	const uint32_t serial = htobe32((uint32_t)generation);

	for (unsigned i = 0; i < SOA_POINTERS; i++)
		memcpy(&record[soa->pointers[i]], &pointer, sizeof(pointer));
	memcpy(&record[soa->serial_at], &serial, sizeof(serial));
}

/* The SOA of the zone, as negative answers have it. */
static inline void rr_soa(struct writer *w, const struct query *q, uint64_t generation)
{
	const struct soa *soa = q->zone->soa;
	size_t start = w->size;

	writer_put(w, soa->bytes, soa->size);
	if (!w->is_full)
		rr_soa_finish(&w->bytes[start], soa, q->apex_offset, generation);
}

/* The A record of the question's name, ZONE_ADDRESS_SIZE bytes. */
static inline void rr_address_write(uint8_t *record, const struct zone *zone, uint32_t code)
{
	const uint32_t code_be = htobe32(code);

	memcpy(record, zone->address, ZONE_ADDRESS_SIZE);
	memcpy(&record[ZONE_ADDRESS_SIZE - sizeof(code_be)], &code_be, sizeof(code_be));
}

static inline unsigned rr_address(struct writer *w, const struct query *q, uint32_t code)
{
	uint8_t record[ZONE_ADDRESS_SIZE];

	rr_address_write(record, q->zone, code);
	writer_put(w, record, sizeof(record));
	return 1;
}
