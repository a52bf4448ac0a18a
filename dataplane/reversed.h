/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Reversed addresses at the head of names, many at once: what nearly all queries ask for. The
 * kernels do the same, as qname_octets() and qname_nibbles() do; the fastest that the processor has
 * is chosen once.
 */
#include "dataplane/table/table6.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REVERSED4_SIZE_MAX 16 /* bytes of four labels; so many can be read at each name */
#define REVERSED6_SIZE     64 /* bytes of 32 labels; so many can be read at each name */

struct reversed {
	const char *name;
	bool (*is_supported)(void);
	/*
	 * Four labels of decimal octets, without leading zeros.
	 *
	 * out_sizes: bytes of the labels; 0 = no such labels, and the address is undefined
	 */
	void (*scan4)(const uint8_t *const *names, size_t count, uint32_t *out_addresses,
	              uint8_t *out_sizes);
	/* 32 labels of a hexadecimal digit of either case. out_found: whether they are */
	void (*scan6)(const uint8_t *const *names, size_t count, address6_t *out_addresses,
	              bool *out_found);
};

/* The kernels that were built, best first; the last runs everywhere. */
extern const struct reversed *const reversed_kernels[];
extern const size_t reversed_kernel_count;

/* The best kernel of this processor. */
const struct reversed *reversed_get(void);
