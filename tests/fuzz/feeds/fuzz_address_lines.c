/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every kernel of feeds/address_lines.h against each other, against address_parse() and against
 * inet_pton(), line by line. The first byte says whether the rest is text or chooses from the
 * characters that matter.
 */
#include "feeds/address.h"
#include "feeds/address_lines.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_USED 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

/* Whether a line without its end is an address, as inet_pton() and address_parse() both say. */
static bool is_address(const char *line, size_t size, uint32_t *out_address)
{
	char copy[INET_ADDRSTRLEN];
	struct address_range range;
	struct in_addr in;

	if (size >= sizeof(copy) || memchr(line, 0, size))
		return false;
	memcpy(copy, line, size);
	copy[size] = 0;
	if (inet_pton(AF_INET, copy, &in) != 1)
		return false;
	require(address_parse(line, size, &range) == 0 && !range.is_ip6);
	require(range.first == range.last && range.first == ntohl(in.s_addr));
	*out_address = (uint32_t)range.first;
	return true;
}

/* As struct address_lines says, written down naively. */
static size_t lines_expect(const char *text, size_t size, uint32_t *out_addresses, size_t *out_used)
{
	size_t count = 0, at = 0;

	for (;;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end ? (size_t)(end - text) - at : 0;

		if (!end)
			break;
		length -= length && text[at + length - 1] == '\r';
		if (!is_address(text + at, length, &out_addresses[count]))
			break;
		count++;
		at = (size_t)(end - text) + 1;
	}
	*out_used = at;
	return count;
}

static void kernel_check(const struct address_lines *kernel, const char *text, size_t size)
{
	uint32_t expected[SIZE_MAX_USED / 8 + 1], found[SIZE_MAX_USED / 8 + 1];
	size_t expected_used, used = 0, count = lines_expect(text, size, expected, &expected_used);

	require(kernel->scan(text, size, found, SIZE_MAX_USED / 8, &used) == count);
	require(used == expected_used && !memcmp(found, expected, count * sizeof(*found)));
	if (!count)
		return;
	/* No more than wanted. */
	require(kernel->scan(text, size, found, count - 1, &used) == count - 1);
	require(used < expected_used && !memcmp(found, expected, (count - 1) * sizeof(*found)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char characters[] = "0123456789012......\r\n\n\n012345/: ";
	char *text;

	if (!size || size > SIZE_MAX_USED)
		return 0;
	/* Of that size exactly, so that reading beyond it is noticed. */
	text = malloc(size);
	require(text != NULL);
	size--;
	for (size_t i = 0; i < size; i++)
		text[i] = data[0] & 1 ? characters[data[i + 1] % (sizeof(characters) - 1)]
		                      : (char)data[i + 1];
	for (size_t i = 0; i < address_lines_kernel_count; i++)
		if (address_lines_kernels[i]->is_supported())
			kernel_check(address_lines_kernels[i], text, size);
	free(text);
	return 0;
}
