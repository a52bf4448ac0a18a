/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of autonomous systems by address, from the databases of the feeds' tests. */
#include "control/reputation/asn_lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FEEDS SOURCE_ROOT "/tests/data/feeds/"

static void test_lookup(void **state)
{
	static const struct {
		const char *why, *file, *address;
		uint32_t asn;
	} rows[] = {
	    {"a number in a text", "flat.mmdb", "192.0.2.77", 64496},
	    {"a text that is no number", "flat.mmdb", "203.0.113.7", 0},
	    {"an address that is not in it", "flat.mmdb", "203.0.113.8", 0},
	    {"IPv6 in a database of IPv4", "flat.mmdb", "2001:db8::1", 0},
	    {"a number", "nested.mmdb", "198.51.100.9", 64497},
	    {"IPv6", "nested.mmdb", "2001:db8:1::7", 64499},
	    {"a record without a number", "nested.mmdb", "2001:db8:2::1", 0},
	    {"a node that is above itself ends", "loop.mmdb", "203.0.113.8", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[300], error[300] = "";
		struct address_range address;
		struct asn_lookup *a;
		uint32_t asn;

		snprintf(path, sizeof(path), FEEDS "%s", rows[i].file);
		a = asn_lookup_open(path, error, sizeof(error));
		if (!a)
			fail_msg("%s: %s", path, error);
		assert_int_equal(address_parse(rows[i].address, strlen(rows[i].address), &address),
		                 0);
		asn = asn_lookup(&address, a);
		if (asn != rows[i].asn)
			fail_msg("%s: %u", rows[i].why, asn);
		asn_lookup_close(a);
	}
	asn_lookup_close(NULL);
}

static void test_open(void **state)
{
	char error[300] = "";

	(void)state;
	assert_null(asn_lookup_open(FEEDS "no-such.mmdb", error, sizeof(error)));
	assert_string_equal(error, "No such file or directory");
	assert_null(asn_lookup_open(FEEDS "README.md", error, sizeof(error)));
	assert_non_null(strstr(error, "not a MaxMind database"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lookup),
	    cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
