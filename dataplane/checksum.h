/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The Internet checksum (RFC 1071). A sum is begun with 0 or a pseudo header, added to, and
 * finished; what the number is in between is of no matter to anybody. Over a block that holds its
 * own checksum it finishes as 0 when the checksum is good.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Add a block; all but the last block of a sum are of even size. size: < 64 KiB */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size);

/* Add a word of the memory's order. */
static inline uint64_t checksum_add_word(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word); /* end-around */
}

/* Sum of the IPv4 pseudo header (RFC 768) of the header at ip. */
static inline uint64_t checksum_pseudo4(const uint8_t *ip, uint8_t protocol, size_t size)
{
	uint64_t addresses;

	memcpy(&addresses, &ip[12], sizeof(addresses));
	return checksum_add_word(addresses, (uint64_t)htons(protocol) + htons((uint16_t)size));
}

/* Sum of the IPv6 pseudo header (RFC 8200 section 8.1) of the header at ip. */
static inline uint64_t checksum_pseudo6(const uint8_t *ip, uint8_t protocol, size_t size)
{
	uint64_t addresses[4], sum = (uint64_t)htons(protocol) + htons((uint16_t)size);

	memcpy(addresses, &ip[8], sizeof(addresses));
	for (unsigned i = 0; i < 4; i++)
		sum = checksum_add_word(sum, addresses[i]);
	return sum;
}

/*
 * Whether the checksum is good of a block that holds it, given the sum of the block, which is not
 * all zeros.
 */
static inline bool checksum_is_good(uint64_t sum)
{
	return sum % 0xffff == 0; /* all ones, as only the sum of zeros is 0 */
}

/* Sum of an IPv4 header without options. */
static inline uint64_t checksum_header4(const uint8_t ip[20])
{
	uint64_t words[2];
	uint32_t last;

	memcpy(words, ip, sizeof(words));
	memcpy(&last, &ip[16], sizeof(last));
	return checksum_add_word(checksum_add_word(words[0], words[1]), last);
}

/* Fold and complement: what goes into the header, in the memory's order. */
static inline uint16_t checksum_complement(uint64_t sum)
{
	uint32_t half = (uint32_t)(sum >> 32);

	half += (uint32_t)sum;
	half += half < (uint32_t)sum;
	half += half << 16 | half >> 16; /* the upper 16 bits get the carry of the lower */
	return (uint16_t)(~half >> 16);
}

/* The same as a number. */
static inline uint16_t checksum_finish(uint64_t sum)
{
	return ntohs(checksum_complement(sum));
}
