/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What fuzz targets and unit tests believe about messages and packets: written from the RFCs alone,
 * sharing no code with the answer core. A check that fails prints why and aborts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK(claim)                                                                               \
	do {                                                                                       \
		if (!(claim))                                                                      \
			check_fail(__FILE__, __LINE__, #claim);                                    \
	} while (0)

_Noreturn void check_fail(const char *file, int line, const char *claim);

struct check_message {
	uint16_t id, flags, counts[4];
	size_t question_size;     /* of the question section at byte 12 */
	unsigned a_count;         /* A records in the answer section */
	unsigned txt_count;       /* TXT records in the answer section */
	unsigned soa_count;       /* SOA records in the authority section */
	unsigned cname_count;     /* CNAME records */
	unsigned keepalive_count; /* options edns-tcp-keepalive */
	unsigned opt_count;       /* in the additional section, where it must be last */
	unsigned rcode;           /* extended */
	uint32_t negative_ttl_s;  /* TTL of the SOA in the authority section */
};

/*
 * Parse a DNS response that our server may have sent. Aborts on what no server may send (a cut
 * record, a forward pointer, trailing bytes) and on what we never send: an A record outside 127/8
 * that is none of the data set's own in 192.0.2.0/24, or 127.0.0.1, a TTL above 2^31-1, a TXT of
 * several strings that is not the data set's, an SOA whose TTL is not its minimum.
 */
void check_response(const uint8_t *message, size_t size, struct check_message *out_message);

/* One's complement sum of a block, folded; added to `sum` (RFC 1071, the slow way). */
uint16_t check_sum(uint16_t sum, const uint8_t *bytes, size_t size);

/* Abort unless the checksums of an IPv4 or IPv6 packet are right; UDP over IPv4 may have none. */
void check_packet(const uint8_t *ip, size_t size);
