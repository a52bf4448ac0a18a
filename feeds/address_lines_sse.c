/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An address and its line end are at most 17 bytes: one register. Where the four ends of octets are
 * gives a row of a table, and the row the way the digits go into lanes of their own.
 */
#include "feeds/address_lines_kernels.h"

#ifdef ADDRESS_LINES_HAS_SSE

#include <immintrin.h>

#define LINE_MAX_SIZE 17 /* "255.255.255.255\r\n" */
#define NO_BYTE       0x80

/* Three digits of an octet and an unused place in front of them; and the least octet that needs so
 * many digits: anything below has leading zeros. */
#define LANE(at, digits)                                                                           \
	NO_BYTE, (digits) > 2 ? (at) : NO_BYTE, (digits) > 1 ? (at) + (digits)-2 : NO_BYTE,        \
	    (at) + (digits)-1
#define LEAST(digits) (digits) > 2 ? 100 : (digits) > 1 ? 10 : 0
#define ROW(a, b, c, d)                                                                            \
	{                                                                                          \
		{LANE(0, a), LANE(a + 1, b), LANE(a + b + 2, c), LANE(a + b + c + 3, d)},          \
		{                                                                                  \
			LEAST(a), LEAST(b), LEAST(c), LEAST(d)                                     \
		}                                                                                  \
	}
#define ROWS_D(a, b, c) ROW(a, b, c, 1), ROW(a, b, c, 2), ROW(a, b, c, 3)
#define ROWS_C(a, b)    ROWS_D(a, b, 1), ROWS_D(a, b, 2), ROWS_D(a, b, 3)
#define ROWS_B(a)       ROWS_C(a, 1), ROWS_C(a, 2), ROWS_C(a, 3)

struct row {
	uint8_t places[16], least[4];
};

/* By the digits of the four octets, less one, as a number to the base of three. */
static const struct row rows[81] = {ROWS_B(1), ROWS_B(2), ROWS_B(3)};

static bool is_supported(void)
{
	return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("bmi");
}

/* Take the place of the lowest bit; 16 and more when there is none. */
static inline unsigned lowest_take(unsigned *mask)
{
	unsigned place = (unsigned)__builtin_ctz(*mask);

	*mask &= *mask - 1;
	return place;
}

/* Where the octets end; the first three at dots, the last at anything else. Returns the row, or -1
 * when they are not four of one to three digits. */
__attribute__((target("sse4.1,bmi"))) static inline int ends_find(__m128i bytes, __m128i digits,
                                                                  unsigned *out_end)
{
	unsigned others = (unsigned)_mm_movemask_epi8(
	    _mm_cmpeq_epi8(_mm_max_epu8(digits, _mm_set1_epi8(10)), digits));
	unsigned dots = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.')));
	unsigned left = others | 0xf0000;
	unsigned first = lowest_take(&left), second = lowest_take(&left);
	unsigned third = lowest_take(&left), end = lowest_take(&left);
	unsigned a = first - 1, b = second - first - 2, c = third - second - 2, d = end - third - 2;

	if (a > 2 || b > 2 || c > 2 || d > 2 || (others ^ dots) & ((1u << end) - 1))
		return -1;
	*out_end = end;
	return (int)(27 * a + 9 * b + 3 * c + d);
}

/* Returns the bytes of the line with its end, 0 when it is anything else. */
__attribute__((target("sse4.1,bmi"))) static inline size_t line_scan(const char *text,
                                                                     uint32_t *out_address)
{
	const __m128i weights =
	    _mm_setr_epi8(0, 100, 10, 1, 0, 100, 10, 1, 0, 100, 10, 1, 0, 100, 10, 1);
	const __m128i order =
	    _mm_setr_epi8(12, 8, 4, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	__m128i bytes = _mm_loadu_si128((const __m128i *)text);
	__m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
	__m128i lanes, octets, least, wrong;
	unsigned end = 0;
	int row = ends_find(bytes, digits, &end);
	uint32_t least4;

	if (row < 0)
		return 0;
	lanes = _mm_shuffle_epi8(digits, _mm_loadu_si128((const __m128i *)rows[row].places));
	octets = _mm_madd_epi16(_mm_maddubs_epi16(lanes, weights), _mm_set1_epi16(1));
	__builtin_memcpy(&least4, rows[row].least, sizeof(least4));
	least = _mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)least4));
	wrong = _mm_or_si128(_mm_cmpgt_epi32(least, octets),
	                     _mm_cmpgt_epi32(octets, _mm_set1_epi32(255)));
	if (!_mm_testz_si128(wrong, wrong))
		return 0;
	end += text[end] == '\r';
	if (text[end] != '\n')
		return 0;
	*out_address = (uint32_t)_mm_cvtsi128_si32(_mm_shuffle_epi8(octets, order));
	return end + 1;
}

__attribute__((target("sse4.1,bmi"))) static size_t
scan(const char *text, size_t size, uint32_t *out_addresses, size_t max, size_t *out_used)
{
	size_t count = 0, at = 0, rest = 0;

	while (count < max && size - at >= LINE_MAX_SIZE) {
		size_t used = line_scan(text + at, &out_addresses[count]);

		if (!used) {
			*out_used = at;
			return count;
		}
		at += used;
		count++;
	}
	count += address_lines_scan_portable(text + at, size - at, out_addresses + count,
	                                     max - count, &rest);
	*out_used = at + rest;
	return count;
}

const struct address_lines address_lines_sse = {"sse4.1", is_supported, scan};

#endif
