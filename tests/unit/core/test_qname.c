/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/qname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct octets_row {
	const char *name, *why;
	unsigned count;
	uint32_t first, last;
};

static const struct octets_row octets_rows[] = {
    {"\1"
     "4\1"
     "3\1"
     "2\1"
     "1",
     "the last label is the first octet", 4, 0x01020304, 0x01020304},
    {"\3"
     "255\3"
     "255\3"
     "255\3"
     "255",
     "the last address", 4, 0xffffffff, 0xffffffff},
    {"\1"
     "0\1"
     "0\1"
     "0\1"
     "0",
     "the first", 4, 0, 0},
    {"\1"
     "3\1"
     "2\1"
     "1",
     "three octets are a /24", 3, 0x01020300, 0x010203ff},
    {"\1"
     "2\1"
     "1",
     "two are a /16", 2, 0x01020000, 0x0102ffff},
    {"\3"
     "127",
     "one is a /8", 1, 0x7f000000, 0x7fffffff},
    {"\3"
     "255",
     "the last /8", 1, 0xff000000, 0xffffffff},
    {"", "no label", 0, 0, 0},
    {"\1"
     "5\1"
     "4\1"
     "3\1"
     "2\1"
     "1",
     "five", 0, 0, 0},
    {"\3"
     "256\1"
     "1",
     "256 is no octet", 0, 0, 0},
    {"\3"
     "999",
     "nor is 999", 0, 0, 0},
    {"\2"
     "01",
     "leading zero", 0, 0, 0},
    {"\2"
     "00",
     "zero is one digit", 0, 0, 0},
    {"\3"
     "010",
     "leading zero: not octal either", 0, 0, 0},
    {"\4"
     "0001",
     "four digits", 0, 0, 0},
    {"\2"
     "1a",
     "a letter", 0, 0, 0},
    {"\1"
     "/",
     "the byte before 0", 0, 0, 0},
    {"\1"
     ":",
     "the byte after 9", 0, 0, 0},
    {"\2"
     "-1",
     "a sign", 0, 0, 0},
    {"\2"
     " 1",
     "a space", 0, 0, 0},
    {"\1"
     "1\1"
     "x",
     "a bad label after a good one", 0, 0, 0},
};

static void test_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(octets_rows) / sizeof(octets_rows[0]); i++) {
		const struct octets_row *row = &octets_rows[i];
		struct qname_range4 range = {0, 0};
		unsigned count =
		    qname_octets((const uint8_t *)row->name, strlen(row->name), &range);

		if (count != row->count || range.first != row->first || range.last != row->last)
			fail_msg("%s: %u octets, %08x-%08x", row->why, count, range.first,
			         range.last);
	}
}

struct nibbles_row {
	const char *nibbles, *why; /* as text, the last label first */
	unsigned count;
	uint64_t first_high, first_low, last_high, last_low;
};

#define F (~UINT64_C(0))

static const struct nibbles_row nibbles_rows[] = {
    {"20010db8000000000000000000000001", "an address", 32, 0x20010db800000000, 1,
     0x20010db800000000, 1},
    {"20010DB80000000000000000000000fF", "either case", 32, 0x20010db800000000, 0xff,
     0x20010db800000000, 0xff},
    {"ffffffffffffffffffffffffffffffff", "the last address", 32, F, F, F, F},
    {"2", "one nibble is a /4", 1, 0x2000000000000000, 0, 0x2fffffffffffffff, F},
    {"f", "the last /4", 1, 0xf000000000000000, 0, F, F},
    {"20010db8", "eight are a /32", 8, 0x20010db800000000, 0, 0x20010db8ffffffff, F},
    {"20010db800000000", "sixteen are a /64", 16, 0x20010db800000000, 0, 0x20010db800000000, F},
    {"20010db8000000000", "seventeen are a /68", 17, 0x20010db800000000, 0, 0x20010db800000000,
     0x0fffffffffffffff},
    {"20010db80000000000000000000000a", "31 are a /124", 31, 0x20010db800000000, 0xa0,
     0x20010db800000000, 0xaf},
    {"20010db80000000000000000000000011", "33", 0, 0, 0, 0, 0},
    {"", "none", 0, 0, 0, 0, 0},
    {"g", "g is no nibble", 0, 0, 0, 0, 0},
    {"/", "the byte before 0", 0, 0, 0, 0, 0},
    {":", "the byte after 9", 0, 0, 0, 0, 0},
    {"@", "the byte before A", 0, 0, 0, 0, 0},
    {"`", "the byte before a", 0, 0, 0, 0, 0},
    {"2001g", "one bad among good ones", 0, 0, 0, 0, 0},
};

static void test_nibbles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nibbles_rows) / sizeof(nibbles_rows[0]); i++) {
		const struct nibbles_row *row = &nibbles_rows[i];
		size_t length = strlen(row->nibbles);
		struct qname_range6 range = {0, 0};
		uint8_t name[80];

		for (size_t n = 0; n < length; n++) {
			name[2 * n] = 1;
			name[2 * n + 1] = (uint8_t)row->nibbles[length - 1 - n];
		}
		assert_int_equal(qname_nibbles(name, 2 * length, &range), row->count);
		if (range.first != ((address6_t)row->first_high << 64 | row->first_low) ||
		    range.last != ((address6_t)row->last_high << 64 | row->last_low))
			fail_msg("%s: wrong range", row->why);
	}
	assert_int_equal(qname_nibbles((const uint8_t *)"\2"
	                                                "12",
	                               3, &(struct qname_range6){0}),
	                 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_octets),
	    cmocka_unit_test(test_nibbles),
	};

	return cmocka_run_group_tests_name("qname", tests, NULL, NULL);
}
