/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/checksum.h"

#include <arpa/inet.h>
#include <string.h>

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size)
{
	size_t at = 0;
	uint64_t word;
	uint32_t half;
	uint16_t last = 0;

	for (; at + 8 <= size; at += 8) {
		memcpy(&word, &bytes[at], 8);
		sum = checksum_add_word(sum, word);
	}
	if (at + 4 <= size) {
		memcpy(&half, &bytes[at], 4);
		sum = checksum_add_word(sum, half);
		at += 4;
	}
	if (at + 2 <= size) {
		memcpy(&last, &bytes[at], 2);
		sum = checksum_add_word(sum, last);
		at += 2;
	}
	last = 0;
	if (at < size)
		memcpy(&last, &bytes[at], 1);
	return checksum_add_word(sum, last);
}

/* The numbers that a pseudo header has beside addresses. */
static uint64_t pseudo(uint8_t protocol, size_t size)
{
	return (uint64_t)htons(protocol) + htons((uint16_t)size);
}

uint64_t checksum_pseudo4(const uint8_t *ip, uint8_t protocol, size_t size)
{
	return checksum_add(pseudo(protocol, size), &ip[12], 8);
}

uint64_t checksum_pseudo6(const uint8_t *ip, uint8_t protocol, size_t size)
{
	return checksum_add(pseudo(protocol, size), &ip[8], 32);
}
