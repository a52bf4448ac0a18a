/* SPDX-License-Identifier: BSD-3-Clause */
/* Lookups of table4 in bursts against one by one, in groups of every kind. */
#include "dataplane/table/table4_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define ADDRESSES 20000

static struct table4 *new_table(uint8_t page_shift, uint8_t load_percent)
{
	const struct table4_tuning tuning = {
	    .points = {.secret = {0x01234567, 0x9abcdef1, 5},
	               .page_shift = page_shift,
	               .load_percent = load_percent},
	    .net_points = 12,
	};
	struct table4 *t = table4_new_tuned(&tuning);

	assert_non_null(t);
	return t;
}

static void put(struct table4 *t, uint32_t address, verdict_t verdict)
{
	assert_int_equal(table4_paint(t, address, address, verdict), 0);
}

static uint32_t scatter(uint32_t i)
{
	return i * 0x9e3779b1u;
}

static void test_kinds(void **state)
{
	static const struct {
		const char *reason;
		unsigned page_shift, load_percent;
		uint32_t count;
		verdict_t verdict;
		bool has_range;
	} rows[] = {
	    {"no group at all", 8, 80, 0, 0, false},
	    {"no group, but what is below", 8, 80, 0, 0, true},
	    {"a page that is nearly empty", 8, 80, 20, 1, false},
	    {"narrow slots", 8, 80, 20000, 1, true},
	    {"many buckets spill", 3, 95, 6000, 1, false},
	    {"groups of one bucket", 0, 95, 300, 1, false},
	    {"wide slots", 8, 80, 20000, VERDICT_MAX, true},
	    {"wide slots, and many spill", 3, 95, 3000, VERDICT_MAX, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct table4 *t =
		    new_table((uint8_t)rows[i].page_shift, (uint8_t)rows[i].load_percent);
		static uint32_t addresses[2 * ADDRESSES];
		static verdict_t verdicts[2 * ADDRESSES];

		print_message("# %s\n", rows[i].reason);
		if (rows[i].has_range)
			assert_int_equal(table4_paint(t, 0x10000080, 0x5fffff7f, 77), 0);
		for (uint32_t n = 0; n < rows[i].count; n++)
			put(t, scatter(n), rows[i].verdict);
		for (uint32_t n = 0; n < 2 * ADDRESSES; n++) {
			addresses[n] = n % 2 ? scatter(n / 2) : scatter(n) + 1;
			verdicts[n] = VERDICT_MAX;
		}
		table4_lookup_burst(t, addresses, 2 * ADDRESSES, verdicts);
		for (uint32_t n = 0; n < 2 * ADDRESSES; n++) {
			assert_int_equal(verdicts[n], table4_lookup(t, addresses[n]));
			if (n % 2 && n / 2 < rows[i].count)
				assert_int_equal(verdicts[n], rows[i].verdict);
		}
		table4_free(t);
	}
}

/* An address of which the mixed /24 ends in zeros, and so its key is 0. */
static uint32_t find_zero(const struct table4 *t)
{
	uint32_t address = 0;

	while (points4_mix(&t->map->points.constants, address) & 0xffffff)
		address += SLOT4_SIZE;
	return address;
}

static void must_be(const struct table4 *t, uint32_t address, verdict_t expected)
{
	verdict_t verdict = VERDICT_MAX;

	table4_lookup_burst(t, &address, 1, &verdict);
	assert_int_equal(verdict, expected);
	assert_int_equal(table4_lookup(t, address), expected);
}

/* Empty slots look like the key 0. */
static void test_key_zero(void **state)
{
	struct table4 *t = new_table(8, 80);
	const uint32_t zero = find_zero(t);
	struct points4_probe probe;
	uint32_t key;

	(void)state;
	put(t, zero + 1, 3);
	points4_start(&t->map->points.constants, zero, &probe);
	points4_mask(&probe, 0xff, &key);
	assert_int_equal(key, 0);
	assert_false(points4_is_wide(probe.group));
	must_be(t, zero, VERDICT_NONE);
	put(t, zero, 4);
	must_be(t, zero, 4);
	put(t, zero + 1, VERDICT_NONE); /* now the slot before it is empty */
	must_be(t, zero, 4);
	table4_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_key_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
