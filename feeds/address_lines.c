/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/address_lines.h"

#include "feeds/address_lines_kernels.h"

static bool is_always(void)
{
	return true;
}

/* An octet without leading zeros; returns the characters read, 0 when there is none. */
static inline size_t octet_scan(const char *text, size_t size, uint32_t *address)
{
	unsigned value = 0;
	size_t used = 0;

	while (used < size && used < 3 && text[used] >= '0' && text[used] <= '9')
		value = value * 10 + (unsigned)(text[used++] - '0');
	if (value > 255 || (used > 1 && text[0] == '0'))
		return 0;
	*address = *address << 8 | value;
	return used;
}

/* Returns the bytes of the line with its end, 0 when it is anything else. */
static size_t line_scan(const char *text, size_t size, uint32_t *out_address)
{
	uint32_t address = 0;
	size_t at = 0;

	for (unsigned octet = 0; octet < 4; octet++) {
		size_t used = octet_scan(text + at, size - at, &address);

		if (!used)
			return 0;
		at += used;
		if (octet < 3 && (at == size || text[at++] != '.'))
			return 0;
	}
	if (at < size && text[at] == '\r')
		at++;
	if (at == size || text[at] != '\n')
		return 0;
	*out_address = address;
	return at + 1;
}

size_t address_lines_scan_portable(const char *text, size_t size, uint32_t *out_addresses,
                                   size_t max, size_t *out_used)
{
	size_t count = 0, at = 0;

	while (count < max) {
		size_t used = line_scan(text + at, size - at, &out_addresses[count]);

		if (!used)
			break;
		at += used;
		count++;
	}
	*out_used = at;
	return count;
}

static const struct address_lines portable = {"portable", is_always, address_lines_scan_portable};

const struct address_lines *const address_lines_kernels[] = {
#ifdef ADDRESS_LINES_HAS_SSE
    &address_lines_sse,
#endif
    &portable,
};
const size_t address_lines_kernel_count =
    sizeof(address_lines_kernels) / sizeof(address_lines_kernels[0]);

const struct address_lines *address_lines_get(void)
{
	size_t i = 0;

	while (!address_lines_kernels[i]->is_supported())
		i++;
	return address_lines_kernels[i];
}
