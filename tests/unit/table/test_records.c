/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/records.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NAME(text) (const uint8_t *)(text)
#define RECORD(name, type, rdata)                                                                  \
	{                                                                                          \
		NAME(name), NAME(rdata), 1, type, sizeof(rdata) - 1, sizeof(name) - 1              \
	}

static void test_find(void **state)
{
	static const struct record items[] = {
	    RECORD("\1b\3com", 16, "\1x"),
	    RECORD("", 1, "abcd"),
	    RECORD("\1a\1b\3com", 1, "abcd"),
	    RECORD("\1b\3com", 1, "abce"),
	    RECORD("\1b\3com", 1, "abcd"),
	    RECORD("\1b\3com", 1, "abcd"), /* once */
	    RECORD("\1z\1y\1x", 28, "0123456789abcdef"),
	    RECORD("\2bb\3com", 5, "\1x\0"),
	};
	static const struct {
		const char *reason;
		const char *name;
		size_t size, count;
		uint16_t first_type;
		bool exists;
	} rows[] = {
	    {"the apex", "", 0, 1, 1, true},
	    {"those of one name by type, equal ones once", "\1b\3com", 6, 3, 1, true},
	    {"a name below another", "\1a\1b\3com", 8, 1, 1, true},
	    {"a sibling that begins alike", "\2bb\3com", 7, 1, 5, true},
	    {"an empty non-terminal", "\3com", 4, 0, 0, true},
	    {"two levels of them", "\1x", 2, 0, 0, true},
	    {"the other", "\1y\1x", 4, 0, 0, true},
	    {"not there", "\1c\3com", 6, 0, 0, false},
	    {"below one that has records", "\1q\1z\1y\1x", 8, 0, 0, false},
	    {"behind all", "\3zzz", 4, 0, 0, false},
	};
	struct records *r = records_new(items, sizeof(items) / sizeof(*items));

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct record *found;
		size_t count = 99;
		bool exists = !rows[i].exists;

		print_message("# %s\n", rows[i].reason);
		found = records_find(r, NAME(rows[i].name), rows[i].size, &count, &exists);
		assert_int_equal(found != NULL, rows[i].count > 0);
		assert_int_equal(count, rows[i].count);
		assert_int_equal(exists, rows[i].exists);
		if (found)
			assert_int_equal(found->type, rows[i].first_type);
	}
	records_free(r);
	records_free(NULL);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *reason;
		struct record items[2];
		size_t count;
	} rows[] = {
	    {"an upper-case name would never be found", {RECORD("\1B", 1, "abcd")}, 1},
	    {"a name that is none", {RECORD("\2b", 1, "abcd")}, 1},
	    {"an address of five bytes", {RECORD("\1b", 1, "abcde")}, 1},
	    {"an IPv6 address of four", {RECORD("\1b", 28, "abcd")}, 1},
	    {"a CNAME without root label", {RECORD("\1b", 5, "\1x")}, 1},
	    {"a pointer in a CNAME", {RECORD("\1b", 5, "\300\14")}, 1},
	    {"an MX of a preference alone", {RECORD("\1b", 15, "\0\1")}, 1},
	    {"a string that is cut", {RECORD("\1b", 16, "\3ab")}, 1},
	    {"no string at all", {RECORD("\1b", 16, "")}, 1},
	    {"a CAA tag beyond its record", {RECORD("\1b", 257, "\0\5iss")}, 1},
	    {"NS is the zone's own", {RECORD("\1b", 2, "\1x\0")}, 1},
	    {"a CNAME beside another", {RECORD("\1b", 5, "\1x\0"), RECORD("\1b", 1, "abcd")}, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# %s\n", rows[i].reason);
		errno = 0;
		assert_null(records_new(rows[i].items, rows[i].count));
		assert_int_equal(errno, EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
