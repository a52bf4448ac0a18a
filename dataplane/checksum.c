/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/checksum.h"

#include <arpa/inet.h>
#include <string.h>

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size)
{
	size_t at = 0;
	uint32_t word;

	/* 32-bit words of either byte order sum to the same 16-bit folds (RFC 1071 section 2) */
	for (; at + 4 <= size; at += 4) {
		memcpy(&word, &bytes[at], 4);
		sum += ntohl(word);
	}
	if (at + 2 <= size) {
		sum += (uint32_t)bytes[at] << 8 | bytes[at + 1];
		at += 2;
	}
	if (at < size)
		sum += (uint32_t)bytes[at] << 8;
	return sum;
}

uint16_t checksum_finish(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint64_t checksum_pseudo4(const uint8_t *ip, uint8_t protocol, size_t size)
{
	return checksum_add((uint64_t)protocol + size, &ip[12], 8);
}

uint64_t checksum_pseudo6(const uint8_t *ip, uint8_t protocol, size_t size)
{
	return checksum_add((uint64_t)protocol + size, &ip[8], 32);
}
