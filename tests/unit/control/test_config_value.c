/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Texts of the configuration and the command line that stand for numbers, addresses and names.
 */
#include "control/config_value.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define BAD UINT64_MAX /* expected: -EINVAL, and the output left alone */

struct number_row {
	const char *reason;
	const char *text;
	uint64_t expected;
};

static const struct number_row durations[] = {
    {"seconds", "90s", 90},
    {"minutes", "15m", 900},
    {"hours", "1h", 3600},
    {"days", "3d", 259200},
    {"weeks", "1w", 604800},
    {"the longest: ten years", "3660d", 316224000},
    {"above ten years", "3661d", BAD},
    {"ten years in seconds", "316224000s", 316224000},
    {"too many digits", "99999999999999999999s", BAD},
    {"so many digits that they do not fit", "000000000000000000000000000000001s", BAD},
    {"no time at all", "0s", BAD},
    {"no unit", "90", BAD},
    {"no number", "s", BAD},
    {"empty", "", BAD},
    {"an unknown unit", "1y", BAD},
    {"a unit in capitals", "1H", BAD},
    {"two units", "1h30m", BAD},
    {"a sign", "-1h", BAD},
    {"a plus", "+1h", BAD},
    {"a blank", "1 h", BAD},
    {"a fraction", "1.5h", BAD},
    {"a leading zero", "01h", BAD},
    {"hexadecimal", "0x1s", BAD},
};

static void durations_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		uint64_t seconds = BAD;
		int rc = config_value_duration(durations[i].text, &seconds);

		if (seconds != durations[i].expected ||
		    rc != (durations[i].expected == BAD ? -EINVAL : 0))
			fail_msg("%s: '%s' is %llu, rc %d", durations[i].reason, durations[i].text,
			         (unsigned long long)seconds, rc);
	}
}

static const struct number_row sizes[] = {
    {"bytes", "500", 500},
    {"of 1024", "64K", 65536},
    {"megabytes", "256M", 256ull << 20},
    {"the largest", "1024G", 1ull << 40},
    {"above it", "1025G", BAD},
    {"digits that do not fit", "99999999999999", BAD},
    {"nothing", "0M", BAD},
    {"an unknown unit", "1T", BAD},
    {"a small letter", "1m", BAD},
    {"a long unit", "1MB", BAD},
    {"no number", "M", BAD},
    {"empty", "", BAD},
    {"a sign", "-1M", BAD},
};

static void sizes_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t size = BAD;
		int rc = config_value_size(sizes[i].text, &size);

		if (size != sizes[i].expected || rc != (sizes[i].expected == BAD ? -EINVAL : 0))
			fail_msg("%s: '%s' is %llu, rc %d", sizes[i].reason, sizes[i].text,
			         (unsigned long long)size, rc);
	}
}

static const struct {
	const char *reason;
	const char *text;
	bool is_url, is_rsync;
} sources[] = {
    {"https", "https://www.example.org/drop.txt", true, false},
    {"a port and a query", "http://127.0.0.1:8080/list?key=x@y", true, false},
    {"capitals", "HTTPS://EXAMPLE.ORG", true, false},
    {"a user and a password", "https://me:secret@example.org/x", false, false},
    {"no host", "https:///x", false, false},
    {"a file", "file:///etc/passwd", false, false},
    {"a zone transfer", "axfr://ns.example.org/bl.example.org", true, false},
    {"an incremental one", "ixfr://[2001:db8::1]:5353/bl.example.org", true, false},
    {"ftp", "ftp://example.org/x", false, false},
    {"a blank", "https://example.org/a b", false, false},
    {"a line", "https://example.org/a\nb", false, false},
    {"empty", "", false, false},
    {"rsync by URL", "rsync://example.org/module/file", false, true},
    {"a user of rsync", "rsync://me@example.org:8730/module/file", false, true},
    {"the short form", "example.org::module/file", false, true},
    {"a whole folder", "example.org::module/folder/", false, false},
    {"no module", "rsync://example.org/", false, false},
    {"no module behind ::", "example.org::", false, false},
    {"ssh", "example.org:file", false, false},
    {"a file here", "/etc/passwd", false, false},
    {"a file here with ::", "./x::y", false, false},
    {"an option", "--rsh=sh::x", false, false},
};

static void sources_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (config_value_is_url(sources[i].text) != sources[i].is_url ||
		    config_value_is_rsync(sources[i].text) != sources[i].is_rsync)
			fail_msg("%s: '%s'", sources[i].reason, sources[i].text);
	}
}

static const struct number_row codes[] = {
    {"the usual", "127.0.0.2", 0x7f000002},
    {"all of 127/8", "127.255.254.255", 0x7ffffeff},
    {"never listed", "127.0.0.1", BAD},
    {"reserved for errors", "127.255.255.255", BAD},
    {"outside", "128.0.0.2", BAD},
    {"IPv6", "::1", BAD},
    {"IPv6 that holds IPv4", "::ffff:127.0.0.2", BAD},
    {"a prefix", "127.0.0.2/32", BAD},
    {"a range", "127.0.0.2-127.0.0.3", BAD},
    {"three octets", "127.0.2", BAD},
    {"a leading zero", "127.0.0.02", BAD},
    {"empty", "", BAD},
};

static void codes_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		uint32_t code = 0;
		int rc = config_value_code(codes[i].text, &code);

		if (rc != (codes[i].expected == BAD ? -EINVAL : 0) ||
		    code != (rc ? 0 : codes[i].expected))
			fail_msg("%s: '%s' is %x, rc %d", codes[i].reason, codes[i].text, code, rc);
	}
}

static void fractions_are_parsed(void **state)
{
	static const struct {
		const char *text;
		double expected; /* negative: -EINVAL */
	} rows[] = {{"0", 0},      {"0.01", 0.01}, {"1e-2", 0.01}, {"3", 3},
	            {"-1", -1},    {"+1", -1},     {"", -1},       {" 1", -1},
	            {"1 ", -1},    {"inf", -1},    {"nan", -1},    {"0x1", -1},
	            {"1e999", -1}, {"1.2.3", -1},  {".5", -1},     {"50%", -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double number = -1;
		int rc = config_value_fraction(rows[i].text, &number);

		if (number != rows[i].expected || rc != (rows[i].expected < 0 ? -EINVAL : 0))
			fail_msg("'%s' is %f, rc %d", rows[i].text, number, rc);
	}
}

static void endpoints_are_parsed(void **state)
{
	static const struct {
		const char *text;
		bool is_good, is_ip6;
		uint32_t low;
		uint16_t port;
	} rows[] = {
	    {"127.0.0.1:53", true, false, 0x7f000001, 53},
	    {"[::1]:65535", true, true, 1, 65535},
	    {"0.0.0.0:1", true, false, 0, 1},
	    {"[::]:53", true, true, 0, 53},
	    {"::1:53", false, false, 0, 0},
	    {"[::1]53", false, false, 0, 0},
	    {"[::1:53", false, false, 0, 0},
	    {"[127.0.0.1]:53", false, false, 0, 0},
	    {"127.0.0.1:", false, false, 0, 0},
	    {"127.0.0.1:0", false, false, 0, 0},
	    {"127.0.0.1:65536", false, false, 0, 0},
	    {"127.0.0.1:+53", false, false, 0, 0},
	    {"127.0.0.1", false, false, 0, 0},
	    {":53", false, false, 0, 0},
	    {"[]:53", false, false, 0, 0},
	    {"", false, false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_endpoint e = {0};
		int rc = config_value_endpoint(rows[i].text, &e);

		if (rc != (rows[i].is_good ? 0 : -EINVAL) || e.is_ip6 != rows[i].is_ip6 ||
		    (uint32_t)e.address != rows[i].low || e.port != rows[i].port)
			fail_msg("'%s' is wrong, rc %d", rows[i].text, rc);
	}
}

static void interfaces_are_parsed(void **state)
{
	static const struct {
		const char *text;
		unsigned length; /* 0: -EINVAL */
	} rows[] = {{"10.53.0.1/24", 24}, {"fd53::1/64", 64}, {"10.0.0.1/32", 32},
	            {"fd53::1/128", 128}, {"10.0.0.1/33", 0}, {"fd53::1/129", 0},
	            {"10.0.0.1", 0},      {"10.0.0.1/", 0},   {"10.0.0.1/0", 0},
	            {"10.0.0.1/x", 0},    {"/24", 0},         {"10.0.0.1-10.0.0.2/24", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address_range address;
		unsigned length = 0;
		int rc = config_value_interface(rows[i].text, &address, &length);

		if (rc != (rows[i].length ? 0 : -EINVAL) || length != rows[i].length)
			fail_msg("'%s' is wrong, rc %d", rows[i].text, rc);
		if (rc == 0 && address.first != address.last)
			fail_msg("'%s' is not one address", rows[i].text);
	}
}

static void list_names_are_folder_names(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} rows[] = {{"drop", true},
	            {"a.b_c-9", true},
	            {"-", true},
	            {"", false},
	            {".", false},
	            {"..", false},
	            {".hidden", false},
	            {"a/b", false},
	            {"A", false},
	            {"a b", false},
	            {"\xc3\xa4", false},
	            {"012345678901234567890123456789012345678901234567890123456789012", true},
	            {"0123456789012345678901234567890123456789012345678901234567890123", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (config_value_is_list_name(rows[i].text) != rows[i].is_good)
			fail_msg("'%s' is wrong", rows[i].text);
}

static void domains_end_in_the_root(void **state)
{
	uint8_t wire[NAME_WIRE_MAX + 1] = {0xff};

	(void)state;
	assert_int_equal(config_value_domain("BL.example.", wire), 12);
	assert_memory_equal(wire, "\2bl\7example", 12);
	assert_int_equal(config_value_domain(".", wire), -EINVAL);
	assert_int_equal(config_value_domain("", wire), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations_are_parsed),
	    cmocka_unit_test(sizes_are_parsed),
	    cmocka_unit_test(sources_are_told_apart),
	    cmocka_unit_test(codes_are_parsed),
	    cmocka_unit_test(fractions_are_parsed),
	    cmocka_unit_test(endpoints_are_parsed),
	    cmocka_unit_test(interfaces_are_parsed),
	    cmocka_unit_test(list_names_are_folder_names),
	    cmocka_unit_test(domains_end_in_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
