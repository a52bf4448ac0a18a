/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/address.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* text -> what address_format() writes of it; NULL: -EINVAL */
static const struct {
	const char *text, *formatted, *reason;
	bool has_host_bits;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1", "an address"},
    {"0.0.0.0", "0.0.0.0", "the lowest"},
    {"255.255.255.255", "255.255.255.255", "the highest"},
    {"192.0.2.0/24", "192.0.2.0/24", "a prefix"},
    {"0.0.0.0/0", "0.0.0.0/0", "the whole space"},
    {"192.0.2.1/32", "192.0.2.1", "a prefix of one"},
    {"192.0.2.1/24", "192.0.2.0/24", "host bits are masked", true},
    {"192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9", "a range"},
    {"192.0.2.0 -\t192.0.2.255", "192.0.2.0/24",
     "blanks around the dash; a range that is a prefix"},
    {"192.0.2.1-192.0.2.1", "192.0.2.1", "a range of one"},
    {"2001:DB8::1", "2001:db8::1", "IPv6, upper case"},
    {"2001:db8::/32", "2001:db8::/32", "an IPv6 prefix"},
    {"::/0", "::/0", "the whole IPv6 space"},
    {"2001:db8::1/64", "2001:db8::/64", "IPv6 host bits", true},
    {"2001:db8::-2001:db8::5", "2001:db8::-2001:db8::5", "an IPv6 range"},
    {"::ffff:192.0.2.1", "192.0.2.1", "v4-mapped is IPv4"},
    {"::ffff:c000:200/120", "192.0.2.0/24", "a v4-mapped prefix is IPv4"},
    {"::ffff:0:0/96", "0.0.0.0/0", "all of IPv4"},
    {"::ffff:0:0/95", "::fffe:0:0/95", "wider than IPv4 stays IPv6", true},
    {"192.0.2.256", NULL, "octet too large"},
    {"192.0.02.1", NULL, "leading zero: octal for some"},
    {"192.0.2", NULL, "three octets"},
    {"192.0.2.1.1", NULL, "five octets"},
    {"192.0.2.", NULL, "an octet is missing"},
    {" 192.0.2.1", NULL, "blank in front"},
    {"192.0.2.1x", NULL, "rubbish behind"},
    {"192.0.2.0/33", NULL, "length too large"},
    {"192.0.2.0/024", NULL, "length with leading zero"},
    {"192.0.2.0/", NULL, "no length"},
    {"192.0.2.0/-1", NULL, "a sign"},
    {"192.0.2.9-192.0.2.1", NULL, "first behind last"},
    {"192.0.2.1-2001:db8::1", NULL, "two families"},
    {"192.0.2.0/24-192.0.3.0/24", NULL, "a range of prefixes"},
    {"-", NULL, "nothing but a dash"},
    {"", NULL, "empty"},
    {"2001:db8::1::2", NULL, "two gaps"},
    {"2001:db8::12345", NULL, "a word too long"},
    {"2001:db8::/129", NULL, "IPv6 length too large"},
    {"fe80::1%eth0", NULL, "a scope"},
    {"1:2:3:4:5:6:7:8:9", NULL, "nine words"},
};

static void address_parse_and_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct address_range range = {0};
		char text[2 * ADDRESS_TEXT_MAX];
		size_t size;
		int rc = address_parse(addresses[i].text, strlen(addresses[i].text), &range);

		if (rc != (addresses[i].formatted ? 0 : -EINVAL))
			fail_msg("%s (%s): %d", addresses[i].text, addresses[i].reason, rc);
		if (rc)
			continue;
		size = address_format(&range, text);
		assert_string_equal(text, addresses[i].formatted);
		assert_int_equal(size, strlen(text));
		if (range.has_host_bits != addresses[i].has_host_bits)
			fail_msg("%s: has_host_bits", addresses[i].text);
	}
}

/* text -> range and what is left unread; NULL: not one */
static const struct {
	const char *text, *formatted, *left, *reason;
} scans[] = {
    {"10.1", "10.1.0.0/16", "", "two octets"},
    {"127.0.0", "127.0.0.0/24", "", "three octets"},
    {"10.1.2.3#c", "10.1.2.3", "#c", "what follows is the caller's"},
    {"10/8 x", "10.0.0.0/8", " x", "one octet with a length"},
    {"10.1/12:2", "10.0.0.0/12", ":2", "host bits are the caller's"},
    {"127.16-31", "127.16.0.0/12", "", "the last octet alone"},
    {"10.1-10.2", "10.1.0.0-10.2.255.255", "", "as many octets"},
    {"1-3", "1.0.0.0-3.255.255.255", "", "one octet each"},
    {"0-255", "0.0.0.0/0", "", "everything"},
    {"192.0.2.1-9", "192.0.2.1-192.0.2.9", "", "addresses"},
    {"10", NULL, NULL, "one octet could be anything"},
    {"10.", NULL, NULL, "an octet is missing"},
    {"10.1-10.2.3", NULL, NULL, "another number of octets"},
    {"10.2-1", NULL, NULL, "first behind last"},
    {"10/33", NULL, NULL, "length too large"},
    {"10.1/", NULL, NULL, "no length"},
    {"10.01", NULL, NULL, "leading zero"},
    {"", NULL, NULL, "empty"},
    {"2001:db8", "2001:db8::/32", "", "two words"},
    {"2001:db8 x", "2001:db8::/32", " x", "text behind"},
    {"2001:db8::", "2001:db8::", "", "a gap makes it an address"},
    {"2001:db8:::5:x", "2001:db8::", ":5:x", "a value right behind a gap"},
    {"2001:db8::/32", "2001:db8::/32", "", "with a length"},
    {"2001/16", "2001::/16", "", "one word with a length"},
    {"::1", "::1", "", "a gap in front"},
    {"::", "::", "", "nothing but a gap"},
    {"::1:0:2", "::1:0:2", "", "a gap and three words"},
    {"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8", ":9", "eight words end it"},
    {"::ffff:c000:201", "192.0.2.1", "", "v4-mapped"},
    {"2001", NULL, NULL, "one word could be anything"},
    {"2001:", NULL, NULL, "a word is missing"},
    {"2001:db8::/129", NULL, NULL, "length too large"},
    {"2001:12345", NULL, NULL, "a word too long"},
    {"1:2:3:4:5:6:7:8::", "1:2:3:4:5:6:7:8", "::", "no room for a gap"},
    {"1:2:3:4::5:6:7:8", NULL, NULL, "a gap of nothing"},
    {":1", NULL, NULL, "a lone colon"},
};

static void address_scan(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++) {
		size_t size = strlen(scans[i].text);
		bool is_ip6 = strchr(scans[i].text, ':') && strncmp(scans[i].text, "10.", 3);
		struct address_range range;
		char text[2 * ADDRESS_TEXT_MAX];
		size_t used = is_ip6 || !strncmp(scans[i].text, "2001", 4)
		                  ? address_scan6(scans[i].text, size, &range)
		                  : address_scan4(scans[i].text, size, &range);

		if (!used != !scans[i].formatted)
			fail_msg("%s (%s): %zu", scans[i].text, scans[i].reason, used);
		if (!used)
			continue;
		address_format(&range, text);
		assert_string_equal(text, scans[i].formatted);
		assert_string_equal(scans[i].text + used, scans[i].left);
	}
}

static void address_widest(void **state)
{
	static const struct {
		const char *text;
		unsigned length;
	} rows[] = {
	    {"192.0.2.1", 32},
	    {"192.0.2.0/24", 24},
	    {"0.0.0.0/0", 0},
	    {"10.0.0.0-10.0.0.2", 30},
	    {"10.255.255.255-11.0.0.0", 31},
	    {"1.0.0.0-2.0.0.0", 7},
	    {"1.0.0.0-1.255.255.255", 8},
	    {"0.0.0.1-255.255.255.255", 0},
	    {"::/0", 0},
	    {"2001:db8::1", 128},
	    {"2001:db8::/32", 32},
	    {"::-::1:0:0:0:0", 63},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address_range range;

		assert_int_equal(address_parse(rows[i].text, strlen(rows[i].text), &range), 0);
		if (address_widest_length(&range) != rows[i].length)
			fail_msg("%s: %u", rows[i].text, address_widest_length(&range));
	}
}

#define LABEL63 "aaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaa"
#define NAME253                                                                                    \
	LABEL63 "." LABEL63 "." LABEL63 "."                                                        \
		"aaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaabaaaaaaaaaba"

/* text -> what name_format() writes of it; NULL: -EINVAL */
static const struct {
	const char *text, *formatted, *reason;
} names[] = {
    {"example", "example", "a label"},
    {"WWW.Example.COM", "www.example.com", "lower case"},
    {"example.com.", "example.com", "a dot at the end"},
    {".", ".", "the root"},
    {"_dmarc.example", "_dmarc.example", "underscore"},
    {"a\\.b.example", "a\\.b.example", "a dot in a label"},
    {"\\097.example", "a.example", "an octet by number"},
    {"\\000\\255.example", "\\000\\255.example", "any octet"},
    {"a\\\\.", "a\\\\", "a backslash, then the dot at the end"},
    {"b\xc3\xbc"
     "cher.example",
     "xn--bcher-kva.example", "IDN"},
    {"B\xc3\x9c"
     "CHER.example.",
     "xn--bcher-kva.example", "IDN, upper case, dot at the end"},
    {"\xe4\xbe\x8b\xe3\x80\x82\xe4\xbe\x8b", "xn--fsq.xn--fsq", "ideographic full stop"},
    {LABEL63 ".example", LABEL63 ".example", "the longest label"},
    {NAME253, NAME253, "the longest name"},
    {"", NULL, "empty"},
    {"..", NULL, "an empty label"},
    {".example", NULL, "an empty label in front"},
    {"a..b", NULL, "an empty label between"},
    {"example..", NULL, "two dots at the end"},
    {"a b", NULL, "a blank"},
    {"a\\", NULL, "an escape of nothing"},
    {"a\\25", NULL, "too few digits"},
    {"a\\256", NULL, "no octet"},
    {"a" LABEL63, NULL, "a label too long"},
    {NAME253 "a", NULL, "a name too long"},
    {"\xff.example", NULL, "not UTF-8"},
    {"a\x01", NULL, "a control character"},
};

static void name_parse_and_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t wire[NAME_WIRE_MAX];
		char text[4 * NAME_WIRE_MAX + 2];
		size_t text_size;
		int size = name_parse(names[i].text, strlen(names[i].text), wire);

		if ((size < 0) != !names[i].formatted)
			fail_msg("%s (%s): %d", names[i].text, names[i].reason, size);
		if (size < 0) {
			assert_int_equal(size, -EINVAL);
			continue;
		}
		text_size = name_format(wire, (size_t)size, text);
		assert_string_equal(text, names[i].formatted);
		assert_int_equal(text_size, strlen(text));
	}
}

/* RFC 4034 section 6.1, with the example there. */
static void name_order(void **state)
{
	static const char *const ordered[] = {
	    ".",           "example",         "a.example", "yljkjljk.a.example",
	    "Z.a.example", "zABC.a.EXAMPLE",  "z.example", "\\001.z.example",
	    "*.z.example", "\\200.z.example",
	};
	size_t count = sizeof(ordered) / sizeof(ordered[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			uint8_t a[NAME_WIRE_MAX], b[NAME_WIRE_MAX];
			int a_size = name_parse(ordered[i], strlen(ordered[i]), a);
			int b_size = name_parse(ordered[j], strlen(ordered[j]), b);
			int order = name_compare(a, (size_t)a_size, b, (size_t)b_size);

			if ((order < 0) != (i < j) || (order > 0) != (i > j))
				fail_msg("%s and %s: %d", ordered[i], ordered[j], order);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(address_parse_and_format),
	    cmocka_unit_test(address_scan),
	    cmocka_unit_test(address_widest),
	    cmocka_unit_test(name_parse_and_format),
	    cmocka_unit_test(name_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
