/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Many lines that are one IPv4 address each, read at once: what the largest feeds consist of. The
 * kernels do the same, as address_parse() does; the fastest that the processor has is chosen once.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read lines from the start of a text until one is anything else than four octets and a line end
 * (\n or \r\n), or does not end within the text. out_used: the bytes of the lines that were read.
 * Returns how many they are, at most max.
 */
typedef size_t address_lines_scan(const char *text, size_t size, uint32_t *out_addresses,
                                  size_t max, size_t *out_used);

struct address_lines {
	const char *name;
	bool (*is_supported)(void);
	address_lines_scan *scan;
};

/* The kernels that were built, best first; the last runs everywhere. */
extern const struct address_lines *const address_lines_kernels[];
extern const size_t address_lines_kernel_count;

/* The best kernel of this processor. */
const struct address_lines *address_lines_get(void);
