/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/checksum.h"

#include "dataplane/headers.h"

#include <endian.h>

/* The last bytes, less than a word, followed by zeros. */
static uint64_t load_rest(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	return htole64(word);
}

uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size)
{
	uint64_t carries = 0, word;
	size_t left = size;

	for (; left >= 32; left -= 32, bytes += 32) {
		for (unsigned i = 0; i < 32; i += 8) {
			word = headers_word64(bytes + i);
			sum += word;
			carries += sum < word;
		}
	}
	for (; left >= 8; left -= 8, bytes += 8) {
		word = headers_word64(bytes);
		sum += word;
		carries += sum < word;
	}
	sum = checksum_add_word(sum, carries);
	if (left == 0)
		return sum;
	/* the last word, of which the first bytes were added, unless there is none */
	word = size < 8 ? load_rest(bytes, left)
	                : htole64(le64toh(headers_word64(bytes + left - 8)) >> 8 * (8 - left));
	return checksum_add_word(sum, word);
}
