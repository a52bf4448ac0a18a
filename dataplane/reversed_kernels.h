/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The kernels of reversed.h beside the portable one, and what they share. */
#include "dataplane/reversed.h"

#ifdef __x86_64__
#define REVERSED_HAS_X86

#include <emmintrin.h>

extern const struct reversed reversed_sse;    /* SSE4.1 */
extern const struct reversed reversed_avx2;   /* two names at once */
extern const struct reversed reversed_avx512; /* four; AVX-512 BW and VL */

/* Where each byte of four labels goes, and the least and the largest that may be there. */
struct reversed_row {
	uint8_t places[16], least[16], largest[16];
};

/* By the lengths of the four labels, less one, as a number to the base of three. */
extern const struct reversed_row reversed_rows[81];

/* Of the places: nothing for the length, then the digits. */
extern const int8_t reversed_weights[16];

/* Take the place of the lowest bit. */
static inline unsigned reversed_lowest_take(unsigned *mask)
{
	unsigned place = (unsigned)__builtin_ctz(*mask);

	*mask &= *mask - 1;
	return place;
}

/* The row of the labels at a name, and their size; 0 = they are of other lengths. */
static inline unsigned reversed_row_find(const uint8_t *name, const struct reversed_row **out_row)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)name);
	unsigned lengths =
	    (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(bytes, _mm_set1_epi8('0'))) & ~1u;
	unsigned left = lengths | 0x70000;
	unsigned second = reversed_lowest_take(&left), third = reversed_lowest_take(&left);
	unsigned fourth = reversed_lowest_take(&left);
	unsigned a = second - 2, b = third - second - 2, c = fourth - third - 2;
	unsigned d = fourth < 16 ? name[fourth] - 1u : 3;
	bool is_good = a < 3 && b < 3 && c < 3 && d < 3;

	*out_row = &reversed_rows[is_good ? 27 * a + 9 * b + 3 * c + d : 0];
	return is_good ? fourth + d + 2 : 0;
}
#endif
