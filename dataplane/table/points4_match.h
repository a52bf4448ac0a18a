/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which of the 16 words of a cache line are a key under a mask: bit N for word N. A hint: words may
 * change meanwhile, so whoever goes by it loads the word again. ThreadSanitizer gets the plain
 * loop, which it can follow; so does a machine without SSE2.
 */
#include "dataplane/table/sanitizer.h"

#include <stdatomic.h>
#include <stdint.h>

#define POINTS4_WORDS 16 /* of 32 bits in a line */

/* Loads of the words before all that follows; ThreadSanitizer knows no fences. */
#if SANITIZER_THREAD
#define POINTS4_LOAD memory_order_acquire
static inline void points4_loaded(void) {}
#else
#define POINTS4_LOAD memory_order_relaxed
static inline void points4_loaded(void)
{
	atomic_thread_fence(memory_order_acquire); /* of x86: for the compiler only */
}
#endif

#if defined(__SSE2__) && !SANITIZER_THREAD
#include <emmintrin.h>

static inline __m128i points4_compare(const void *line, int quarter, __m128i mask, __m128i key)
{
	/* volatile: not to be taken from an earlier look at the line */
	__m128i words = *((const volatile __m128i *)line + quarter);

	return _mm_cmpeq_epi32(_mm_and_si128(words, mask), key);
}

static inline uint32_t points4_match(const void *line, uint32_t mask, uint32_t key)
{
	__m128i m = _mm_set1_epi32((int)mask), k = _mm_set1_epi32((int)key);
	__m128i low =
	    _mm_packs_epi32(points4_compare(line, 0, m, k), points4_compare(line, 1, m, k));
	__m128i high =
	    _mm_packs_epi32(points4_compare(line, 2, m, k), points4_compare(line, 3, m, k));

	points4_loaded();
	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high));
}
#else
static inline uint32_t points4_match(const void *line, uint32_t mask, uint32_t key)
{
	const _Atomic uint32_t *words = line;
	uint32_t found = 0;

	for (unsigned i = 0; i < POINTS4_WORDS; i++) {
		uint32_t word = atomic_load_explicit(&words[i], POINTS4_LOAD);

		found |= (uint32_t)((word & mask) == key) << i;
	}
	points4_loaded();
	return found;
}
#endif
