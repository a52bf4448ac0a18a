/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The Internet checksum (RFC 1071). A sum is begun with 0 or a pseudo header, added to, and
 * finished; what the number is in between is of no matter to anybody. Over a block that holds its
 * own checksum it finishes as 0 when the checksum is good.
 */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Add a block; all but the last block of a sum are of even size. size: < 64 KiB */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size);

/* Sum of the IPv4 pseudo header (RFC 768) of the header at ip. */
uint64_t checksum_pseudo4(const uint8_t *ip, uint8_t protocol, size_t size);

/* Sum of the IPv6 pseudo header (RFC 8200 section 8.1) of the header at ip. */
uint64_t checksum_pseudo6(const uint8_t *ip, uint8_t protocol, size_t size);

/* Sum of an IPv4 header without options. */
static inline uint64_t checksum_header4(const uint8_t ip[20])
{
	uint32_t words[5];
	uint64_t sum = 0;

	memcpy(words, ip, sizeof(words));
	for (unsigned i = 0; i < 5; i++)
		sum += words[i];
	return sum;
}

/* Fold and complement: what goes into the header, as a number. */
static inline uint16_t checksum_finish(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32); /* at most 33 bits */
	sum = (sum & 0xffff) + (sum >> 16);     /* at most 18 */
	sum = (sum & 0xffff) + (sum >> 16);     /* at most 0x10000 */
	sum = (sum & 0xffff) + (sum >> 16);
	return ntohs((uint16_t)~sum);
}
