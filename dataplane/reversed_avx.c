/* SPDX-License-Identifier: BSD-3-Clause */
/* What reversed_sse.c does with a name, with four at once. */
#include "dataplane/reversed_kernels.h"

#ifdef REVERSED_HAS_X86

#include <immintrin.h>

#define AVX2   __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx2")))

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void)
{
	return has_avx2() && __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

AVX2 static inline __m256i load2(const uint8_t *low, const uint8_t *high)
{
	__m256i both = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low));

	return _mm256_inserti128_si256(both, _mm_loadu_si128((const __m128i *)high), 1);
}

/* The octets of two names, 32 bits each. What is wrong is not zero. */
AVX2 static inline __m256i octets_take(const uint8_t *const *names, unsigned *out_sizes,
                                       __m256i *out_wrong)
{
	const __m256i weights =
	    _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)reversed_weights));
	const struct reversed_row *a, *b;
	__m256i lanes, digits;

	out_sizes[0] = reversed_row_find(names[0], &a);
	out_sizes[1] = reversed_row_find(names[1], &b);
	lanes = _mm256_shuffle_epi8(load2(names[0], names[1]), load2(a->places, b->places));
	*out_wrong = _mm256_or_si256(_mm256_subs_epu8(lanes, load2(a->largest, b->largest)),
	                             _mm256_subs_epu8(load2(a->least, b->least), lanes));
	digits = _mm256_and_si256(lanes, _mm256_set1_epi8(15));
	return _mm256_madd_epi16(_mm256_maddubs_epi16(digits, weights), _mm256_set1_epi16(1));
}

/* Packing puts the first and the third into the low half, the others into the high one. */
AVX2 static inline void scan4_four(const uint8_t *const *names, uint32_t *out_addresses,
                                   uint8_t *out_sizes)
{
	unsigned sizes[4], good;
	__m256i wrong[2], octets, all_wrong;
	__m256i low = octets_take(&names[0], &sizes[0], &wrong[0]);
	__m256i high = octets_take(&names[2], &sizes[2], &wrong[1]);

	octets = _mm256_packus_epi32(low, high);
	/* what is not zero stays so when it is clipped with its sign */
	all_wrong = _mm256_or_si256(_mm256_packs_epi16(wrong[0], wrong[1]),
	                            _mm256_cmpgt_epi16(octets, _mm256_set1_epi16(255)));
	good = (unsigned)_mm256_movemask_pd(
	    _mm256_castsi256_pd(_mm256_cmpeq_epi64(all_wrong, _mm256_setzero_si256())));
	octets = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(octets, octets),
	                                     _mm256_setr_epi32(0, 4, 1, 5, 0, 4, 1, 5));
	_mm_storeu_si128((__m128i *)out_addresses, _mm256_castsi256_si128(octets));
	out_sizes[0] = (uint8_t)(good & 1 ? sizes[0] : 0);
	out_sizes[1] = (uint8_t)(good & 4 ? sizes[1] : 0);
	out_sizes[2] = (uint8_t)(good & 2 ? sizes[2] : 0);
	out_sizes[3] = (uint8_t)(good & 8 ? sizes[3] : 0);
}

AVX2 static void scan4_avx2(const uint8_t *const *names, size_t count, uint32_t *out_addresses,
                            uint8_t *out_sizes)
{
	size_t i = 0;

	for (; i + 4 <= count; i += 4)
		scan4_four(&names[i], &out_addresses[i], &out_sizes[i]);
	reversed_sse.scan4(&names[i], count - i, &out_addresses[i], &out_sizes[i]);
}

/* Sixteen labels of a digit: their bytes in 16 bits each. What is wrong is not zero. */
AVX2 static inline __m256i labels_take(const uint8_t *at, __m256i *wrong)
{
	__m256i labels = _mm256_loadu_si256((const __m256i *)at);
	__m256i lengths = _mm256_and_si256(labels, _mm256_set1_epi16(0xff));

	*wrong = _mm256_or_si256(*wrong, _mm256_xor_si256(lengths, _mm256_set1_epi16(1)));
	return _mm256_srli_epi16(labels, 8);
}

/* 32 digits as 16 bytes of an address. */
AVX2 static inline __m128i address_of(__m256i bytes, __m256i *wrong)
{
	__m256i letters =
	    _mm256_sub_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
	__m256i numbers = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
	__m256i is_letter =
	    _mm256_cmpeq_epi8(_mm256_min_epu8(letters, _mm256_set1_epi8(5)), letters);
	__m256i is_number =
	    _mm256_cmpeq_epi8(_mm256_min_epu8(numbers, _mm256_set1_epi8(9)), numbers);
	__m256i digits = _mm256_add_epi8(_mm256_and_si256(bytes, _mm256_set1_epi8(15)),
	                                 _mm256_and_si256(is_letter, _mm256_set1_epi8(9)));
	__m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x1001));

	*wrong = _mm256_or_si256(*wrong, _mm256_andnot_si256(_mm256_or_si256(is_letter, is_number),
	                                                     _mm256_set1_epi8(-1)));
	pairs = _mm256_permute4x64_epi64(_mm256_packus_epi16(pairs, pairs), 0x08);
	return _mm256_castsi256_si128(pairs);
}

AVX2 static void scan6_avx2(const uint8_t *const *names, size_t count, address6_t *out_addresses,
                            bool *out_found)
{
	for (size_t i = 0; i < count; i++) {
		__m256i wrong = _mm256_setzero_si256();
		__m256i low = labels_take(names[i], &wrong);
		__m256i high = labels_take(names[i] + 32, &wrong);
		/* packing is by halves: put them in order again */
		__m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xd8);

		_mm_storeu_si128((__m128i *)&out_addresses[i], address_of(bytes, &wrong));
		out_found[i] = _mm256_testz_si256(wrong, wrong);
	}
}

AVX512 static inline __m512i load4(const uint8_t *a, const uint8_t *b, const uint8_t *c,
                                   const uint8_t *d)
{
	__m512i all = _mm512_castsi256_si512(load2(a, b));

	return _mm512_inserti64x4(all, load2(c, d), 1);
}

AVX512 static inline void scan4_four_at_once(const uint8_t *const *names, uint32_t *out_addresses,
                                             uint8_t *out_sizes)
{
	const __m512i weights =
	    _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)reversed_weights));
	const struct reversed_row *r[4];
	unsigned sizes[4];
	__m512i lanes, octets;
	uint64_t wrong;

	for (unsigned i = 0; i < 4; i++)
		sizes[i] = reversed_row_find(names[i], &r[i]);
	lanes = _mm512_shuffle_epi8(load4(names[0], names[1], names[2], names[3]),
	                            load4(r[0]->places, r[1]->places, r[2]->places, r[3]->places));
	wrong = _mm512_cmpgt_epu8_mask(
		    lanes, load4(r[0]->largest, r[1]->largest, r[2]->largest, r[3]->largest)) |
	        _mm512_cmplt_epu8_mask(lanes,
	                               load4(r[0]->least, r[1]->least, r[2]->least, r[3]->least));
	octets = _mm512_madd_epi16(
	    _mm512_maddubs_epi16(_mm512_and_si512(lanes, _mm512_set1_epi8(15)), weights),
	    _mm512_set1_epi16(1));
	/* an octet too large spoils a byte of its name */
	wrong |= _cvtmask64_u64(_mm512_test_epi8_mask(octets, _mm512_set1_epi32((int)0xffffff00u)));
	_mm_storeu_si128((__m128i *)out_addresses, _mm512_cvtepi32_epi8(octets));
	for (unsigned i = 0; i < 4; i++)
		out_sizes[i] = (uint8_t)(wrong >> 16 * i & 0xffff ? 0 : sizes[i]);
}

AVX512 static void scan4_avx512(const uint8_t *const *names, size_t count, uint32_t *out_addresses,
                                uint8_t *out_sizes)
{
	size_t i = 0;

	for (; i + 4 <= count; i += 4)
		scan4_four_at_once(&names[i], &out_addresses[i], &out_sizes[i]);
	reversed_sse.scan4(&names[i], count - i, &out_addresses[i], &out_sizes[i]);
}

AVX512 static void scan6_avx512(const uint8_t *const *names, size_t count,
                                address6_t *out_addresses, bool *out_found)
{
	for (size_t i = 0; i < count; i++) {
		__m512i labels = _mm512_loadu_si512(names[i]);
		__mmask32 is_wrong = _mm512_cmpneq_epi16_mask(
		    _mm512_and_si512(labels, _mm512_set1_epi16(0xff)), _mm512_set1_epi16(1));
		__m256i bytes = _mm512_cvtepi16_epi8(_mm512_srli_epi16(labels, 8));
		__m256i wrong = _mm256_setzero_si256();

		_mm_storeu_si128((__m128i *)&out_addresses[i], address_of(bytes, &wrong));
		out_found[i] = is_wrong == 0 && _mm256_testz_si256(wrong, wrong);
	}
}

const struct reversed reversed_avx2 = {"avx2", has_avx2, scan4_avx2, scan6_avx2};
const struct reversed reversed_avx512 = {"avx-512", has_avx512, scan4_avx512, scan6_avx512};

#endif
