/* SPDX-License-Identifier: BSD-3-Clause */
/* The Internet checksum by words is the one by bytes. */
#include "dataplane/checksum.h"
#include "tests/fuzz/core/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZES 140 /* each number of words and of bytes behind them, more than once */

static const struct {
	const char *why;
	uint8_t first, step;
} rows[] = {
    {"all zeros", 0, 0},
    {"all ones: each word carries", 255, 0},
    {"the largest that does not", 127, 0},
    {"each byte another", 1, 37},
    {"upper bytes alone", 128, 128},
};

/* Of a block that ends where its memory does, at any alignment. */
static void check(const uint8_t *bytes, size_t size, uint64_t begun, uint16_t begun_number)
{
	for (size_t skew = 0; skew < 8; skew++) {
		uint8_t *block = malloc(skew + size + (skew + size == 0));
		uint16_t sum, wanted = (uint16_t)~check_sum(begun_number, bytes, size);

		assert_non_null(block);
		memcpy(block + skew, bytes, size);
		sum = checksum_finish(checksum_add(begun, block + skew, size));
		/* 0 and all ones are the same number */
		assert_int_equal(sum % 0xffff, wanted % 0xffff);
		free(block);
	}
}

static void test_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[SIZES];

		for (size_t at = 0; at < SIZES; at++)
			bytes[at] = (uint8_t)(rows[i].first + at * rows[i].step);
		for (size_t size = 0; size <= SIZES; size++) {
			check(bytes, size, 0, 0);
			check(bytes, size, htons(0xfedc), 0xfedc);
			check(bytes, size, UINT64_MAX, 0xffff);
		}
	}
}

/* What is checked is found good with its checksum, and bad with any other. */
static void test_good(void **state)
{
	uint8_t header[20] = {0x45, 0, 1,  2,  3, 4, 0x40, 0, 64, 17,
	                      0,    0, 10, 53, 0, 1, 192,  0, 2,  1};
	const uint16_t right = checksum_finish(checksum_header4(header));
	unsigned good = 0;

	(void)state;
	assert_int_equal(right, (uint16_t)~check_sum(0, header, sizeof(header)));
	for (unsigned value = 0; value <= 0xffff; value++) {
		header[10] = (uint8_t)(value >> 8);
		header[11] = (uint8_t)value;
		if (!checksum_is_good(checksum_header4(header)))
			continue;
		assert_int_equal(value, right);
		good++;
	}
	assert_int_equal(good, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_good),
	};

	return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
