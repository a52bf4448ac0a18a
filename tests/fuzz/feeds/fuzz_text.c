/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses and names as text: what is parsed and written is parsed again to the same.
 */
#include "feeds/address.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static void range_check(const struct address_range *range)
{
	char text[2 * ADDRESS_TEXT_MAX];
	size_t size = address_format(range, text);
	struct address_range again;

	require(range->first <= range->last && size == strlen(text) && size < sizeof(text));
	require(range->is_ip6 || range->last <= UINT32_MAX);
	require(address_parse(text, size, &again) == 0);
	require(again.first == range->first && again.last == range->last &&
	        again.is_ip6 == range->is_ip6 && !again.has_host_bits);
	require(address_widest_length(range) <= (range->is_ip6 ? 128 : 32));
}

static void name_check(const uint8_t *wire, size_t size)
{
	uint8_t again[NAME_WIRE_MAX];
	char text[4 * NAME_WIRE_MAX + 2];
	size_t text_size = name_format(wire, size, text);

	require(text_size == strlen(text) && text_size < sizeof(text));
	require(name_parse(text, text_size, again) == (int)size);
	require(!memcmp(wire, again, size));
	require(name_compare(wire, size, again, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	uint8_t wire[NAME_WIRE_MAX];
	struct address_range range;
	int name_size;

	if (address_parse(text, size, &range) == 0)
		range_check(&range);
	if (address_scan4(text, size, &range) > 0)
		range_check(&range);
	if (address_scan6(text, size, &range) > 0)
		range_check(&range);
	name_size = name_parse(text, size, wire);
	if (name_size >= 0)
		name_check(wire, (size_t)name_size);
	return 0;
}
