/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Four labels of octets are at most 16 bytes: one register. Their lengths give a row of a table,
 * and the row the way each label goes into a lane of its own, and what is allowed there.
 */
#include "dataplane/reversed_kernels.h"

#ifdef REVERSED_HAS_X86

#include <immintrin.h>

#define NO_BYTE 0x80

/* A label in a lane: its length, and three digits, of which those in front may be missing. */
#define PLACES(at, digits)                                                                         \
	(at), (digits) > 2 ? (at) + 1 : NO_BYTE, (digits) > 1 ? (at) + (digits)-1 : NO_BYTE,       \
	    (at) + (digits)
/* The least and the largest bytes there: the first of several digits is not 0. No length is 0. */
#define LEAST(digits)                                                                              \
	(digits) > 0 ? (digits) : 255, (digits) > 2 ? '1' : 0,                                     \
	    (digits) > 2   ? '0'                                                                   \
	    : (digits) > 1 ? '1'                                                                   \
			   : 0,                                                                    \
	    '0'
#define LARGEST(digits) (digits), (digits) > 2 ? '9' : 0, (digits) > 1 ? '9' : 0, '9'
#define ROW(a, b, c, d)                                                                            \
	{                                                                                          \
		{PLACES(0, a), PLACES(a + 1, b), PLACES(a + b + 2, c), PLACES(a + b + c + 3, d)},  \
		    {LEAST(a), LEAST(b), LEAST(c), LEAST(d)},                                      \
		{                                                                                  \
			LARGEST(a), LARGEST(b), LARGEST(c), LARGEST(d)                             \
		}                                                                                  \
	}
#define ROWS_D(a, b, c) ROW(a, b, c, 0), ROW(a, b, c, 1), ROW(a, b, c, 2), ROW(a, b, c, 3)
#define ROWS_C(a, b)    ROWS_D(a, b, 0), ROWS_D(a, b, 1), ROWS_D(a, b, 2), ROWS_D(a, b, 3)
#define ROWS_B(a)       ROWS_C(a, 0), ROWS_C(a, 1), ROWS_C(a, 2), ROWS_C(a, 3)

const struct reversed_row reversed_rows[256] = {ROWS_B(0), ROWS_B(1), ROWS_B(2), ROWS_B(3)};
const int8_t reversed_weights[16] = {0, 100, 10, 1, 0, 100, 10, 1, 0, 100, 10, 1, 0, 100, 10, 1};

static bool has_sse(void)
{
	return __builtin_cpu_supports("sse4.1");
}

__attribute__((target("sse4.1"))) static void scan4_sse(const uint8_t *const *names, size_t count,
                                                        uint32_t *out_addresses, uint8_t *out_sizes)
{
	const __m128i weights = _mm_loadu_si128((const __m128i *)reversed_weights);

	for (size_t i = 0; i < count; i++) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)names[i]);
		const struct reversed_row *row;
		unsigned size = reversed_row_find(names[i], &row);
		__m128i lanes =
		    _mm_shuffle_epi8(bytes, _mm_loadu_si128((const __m128i *)row->places));
		__m128i wrong = _mm_or_si128(
		    _mm_subs_epu8(lanes, _mm_loadu_si128((const __m128i *)row->largest)),
		    _mm_subs_epu8(_mm_loadu_si128((const __m128i *)row->least), lanes));
		__m128i digits = _mm_and_si128(lanes, _mm_set1_epi8(15));
		__m128i octets =
		    _mm_madd_epi16(_mm_maddubs_epi16(digits, weights), _mm_set1_epi16(1));

		wrong = _mm_or_si128(wrong, _mm_cmpgt_epi32(octets, _mm_set1_epi32(255)));
		octets = _mm_packus_epi16(_mm_packus_epi32(octets, octets), octets);
		out_addresses[i] = (uint32_t)_mm_cvtsi128_si32(octets);
		out_sizes[i] = (uint8_t)(_mm_testz_si128(wrong, wrong) ? size : 0);
	}
}

/* Eight labels of a digit: lanes of a length 1 and a byte. What is wrong is not zero. */
__attribute__((target("sse4.1"))) static inline __m128i labels_take(const uint8_t *at,
                                                                    __m128i *wrong)
{
	__m128i labels = _mm_loadu_si128((const __m128i *)at);
	__m128i lengths = _mm_and_si128(labels, _mm_set1_epi16(0xff));

	*wrong = _mm_or_si128(*wrong, _mm_xor_si128(lengths, _mm_set1_epi16(1)));
	return _mm_srli_epi16(labels, 8);
}

/* Sixteen hexadecimal digits as eight bytes in 16 bits each, the low digit first. */
__attribute__((target("sse4.1"))) static inline __m128i digits_take(__m128i bytes, __m128i *wrong)
{
	__m128i letters =
	    _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i numbers = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
	__m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8(5)), letters);
	__m128i is_number = _mm_cmpeq_epi8(_mm_min_epu8(numbers, _mm_set1_epi8(9)), numbers);
	__m128i digits = _mm_add_epi8(_mm_and_si128(bytes, _mm_set1_epi8(15)),
	                              _mm_and_si128(is_letter, _mm_set1_epi8(9)));

	*wrong = _mm_or_si128(
	    *wrong, _mm_andnot_si128(_mm_or_si128(is_letter, is_number), _mm_set1_epi8(-1)));
	return _mm_maddubs_epi16(digits, _mm_set1_epi16(0x1001));
}

__attribute__((target("sse4.1"))) static void scan6_sse(const uint8_t *const *names, size_t count,
                                                        address6_t *out_addresses, bool *out_found)
{
	for (size_t i = 0; i < count; i++) {
		const uint8_t *name = names[i];
		__m128i wrong = _mm_setzero_si128();
		__m128i a = labels_take(name, &wrong), b = labels_take(name + 16, &wrong);
		__m128i c = labels_take(name + 32, &wrong), d = labels_take(name + 48, &wrong);
		__m128i low = digits_take(_mm_packus_epi16(a, b), &wrong);
		__m128i high = digits_take(_mm_packus_epi16(c, d), &wrong);

		_mm_storeu_si128((__m128i *)&out_addresses[i], _mm_packus_epi16(low, high));
		out_found[i] = _mm_testz_si128(wrong, wrong);
	}
}

const struct reversed reversed_sse = {"sse4.1", has_sse, scan4_sse, scan6_sse};

#endif
