/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The kernels of reversed.h beside the portable one, and what they share. */
#include "dataplane/reversed.h"

#ifdef __x86_64__
#define REVERSED_HAS_X86

extern const struct reversed reversed_sse;    /* SSE4.1 */
extern const struct reversed reversed_avx2;   /* two names at once */
extern const struct reversed reversed_avx512; /* four; AVX-512 BW and VL */

/*
 * Where each byte of four labels goes, and the least and the largest that may be there. A row is in
 * one cache line.
 */
struct reversed_row {
	_Alignas(64) uint8_t places[16];
	uint8_t least[16], largest[16];
};

/* By the lengths of the four labels, a number of two bits each; with a length 0 all is wrong. */
extern const struct reversed_row reversed_rows[256];

/* Of the places: nothing for the length, then the digits. */
extern const int8_t reversed_weights[16];

/*
 * The row of the labels at a name, and their size. Of a length only what may be right of it is
 * looked at: another one is not the length that its row is for.
 */
static inline unsigned reversed_row_find(const uint8_t *name, const struct reversed_row **out_row)
{
	const unsigned a = name[0] & 3;
	const unsigned b = name[1 + a] & 3;
	const unsigned c = name[2 + a + b] & 3;
	const unsigned d = name[3 + a + b + c] & 3;

	*out_row = &reversed_rows[((a * 4 + b) * 4 + c) * 4 + d];
	return 4 + a + b + c + d;
}
#endif
