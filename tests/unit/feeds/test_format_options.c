/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formats with options. Reads the samples of tests/data/feeds, whose folder is the argument, and
 * lines made here.
 */
#include "tests/unit/feeds/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct sample samples[] = {
    {.format = "csv",
     .file = "urlhaus.csv",
     .options = {"column=url", "where=url_status=online"},
     .entry_count = 5,
     .line_count = 6,
     .bad_line_count = 1,
     .skipped_count = 4,
     .declared_count = NO_COUNT,
     .timestamp_s = 1772107520,
     .message = "bad name 'http:///x': expected an address, a name or a URL",
     .skip = "'github.com' is a shared host",
     .answers = {{"192.0.2.150", "- -"},
                 {"192.0.2.151", ""},
                 {"www.bad.example", "- -"},
                 {"a.www.bad.example", "- -"},
                 {"bad.example", ""},
                 {"bad.example.org", ""},
                 {"github.com", ""},
                 {"dropbox.com", ""},
                 {"www.dropbox.com", ""},
                 {"xn--bcher-kva.example", "- -"},
                 {"2001:db8::7", "- -"},
                 {"tenant.github.io", "- -"},
                 {"github.io", ""},
                 {"x.co.uk", ""}}},
    {.format = "csv",
     .file = "urlhaus.csv",
     .options = {"column=3", "names=registrable", "shared_hosts=shared.txt"},
     .entry_count = 7,
     .line_count = 8,
     .bad_line_count = 1,
     .skipped_count = 2,
     .declared_count = NO_COUNT,
     .timestamp_s = 1772107520,
     .message = "bad name 'http:///x'",
     .skip = "'bad.example.org' is a shared host",
     .answers = {{"bad.example", "- -"},
                 {"example.org", ""},
                 {"github.com", "- -"},
                 {"tenant.github.io", "- -"},
                 {"192.0.2.150", "- -"}}},
    {.format = "csv",
     .file = "feodo.csv",
     .options = {"column=DST_IP", "where=c2_status!=offline"},
     .entry_count = 1,
     .line_count = 1,
     .skipped_count = 1,
     .declared_count = NO_COUNT,
     .timestamp_s = 1772107200,
     .answers = {{"198.51.100.9", "- -"}, {"198.51.100.10", ""}}},
    {.format = "csv",
     .file = "feodo.csv",
     .options = {"column=2", "header=true"},
     .entry_count = 2,
     .line_count = 2,
     .declared_count = NO_COUNT,
     .timestamp_s = 1772107200,
     .answers = {{"198.51.100.9", "- -"}, {"198.51.100.10", "- -"}}},
    {.format = "csv",
     .file = "threatfox.csv",
     .options = {"column=ioc_value", "where=ioc_type=ip:port|domain", "where=confidence_level>=75"},
     .entry_count = 2,
     .line_count = 2,
     .skipped_count = 3,
     .declared_count = 5,
     .timestamp_s = 1783201590,
     .answers = {{"192.0.2.143", "- -"}, {"c2.example.net", "- -"}, {"low.example.net", ""}}},
    {.format = "csv",
     .file = "threatfox.csv",
     .options = {"column=ioc_value", "where=is_compromised~fals"},
     .entry_count = 3,
     .line_count = 3,
     .skipped_count = 2,
     .declared_count = 5,
     .timestamp_s = 1783201590,
     .skip = "'d41d8cd98f00b204e9800998ecf8427e' is a public suffix",
     .answers = {{"192.0.2.143", "- -"}, {"hacked.example.org", ""}}},
    {.format = "csv",
     .file = "ports.csv",
     .options = {"column=what", "separator=;", "quote='", "where=score>=50"},
     .entry_count = 3,
     .line_count = 5,
     .bad_line_count = 2,
     .skipped_count = 2,
     .declared_count = NO_COUNT,
     .message = "nothing in column 2 of '2026-01-04;;90'",
     .answers = {{"192.0.2.1", "- -"},
                 {"192.0.2.4", ""},
                 {"198.51.100.2", "- -"},
                 {"203.0.113.9", "- -"}}},
    {.format = "mmdb",
     .file = "nested.mmdb",
     .options = {"country=aa", "country=DD"},
     .entry_count = 4,
     .line_count = 4,
     .declared_count = NO_COUNT,
     .timestamp_s = 1790072042,
     .answers = {{"192.0.2.1", "- -"},
                 {"192.0.2.129", ""},
                 {"198.51.100.1", "- -"},
                 {"2001:db8::1", "- -"},
                 {"2001:db8:1::1", "- -"},
                 {"2001:db8:2::1", ""},
                 {"2002:c000:201::", ""}}},
    {.format = "mmdb",
     .file = "nested.mmdb",
     .options = {"country=BB", "asn=64497", "asn=AS64498"},
     .entry_count = 4,
     .line_count = 4,
     .declared_count = NO_COUNT,
     .timestamp_s = 1790072042,
     .answers = {{"192.0.2.1", ""},
                 {"192.0.2.129", "- -"},
                 {"198.51.100.1", "- -"},
                 {"203.0.113.1", "- -"},
                 {"203.0.113.65", ""},
                 {"2001:db8::1", "- -"}}},
    {.format = "mmdb",
     .file = "nested.mmdb",
     .options = {"country=AA", "country_field=country.names.en"},
     .entry_count = 3,
     .line_count = 3,
     .declared_count = NO_COUNT,
     .timestamp_s = 1790072042,
     .answers = {{"192.0.2.1", "- -"}, {"192.0.2.129", ""}}},
    {.format = "mmdb",
     .file = "flat.mmdb",
     .options = {"country=AA", "asn=64500"},
     .entry_count = 3,
     .line_count = 3,
     .declared_count = NO_COUNT,
     .timestamp_s = 1790072042,
     .answers = {{"192.0.2.1", "- -"},
                 {"198.51.100.1", "- -"},
                 {"203.0.113.7", "- -"},
                 {"203.0.113.8", ""}}},
    {.format = "spamhaus-asndrop-json",
     .file = "asndrop.json",
     .options = {"asn_database=nested.mmdb"},
     .entry_count = 4,
     .line_count = 7,
     .bad_line_count = 3,
     .declared_count = 7,
     .timestamp_s = 1790072042,
     .message = "no 'asn': expected an object with a number",
     .skip = "AS64511 has no network in asn_database",
     .answers = {{"192.0.2.1", "- -"},
                 {"192.0.2.129", "- -"},
                 {"198.51.100.1", ""},
                 {"203.0.113.1", ""},
                 {"203.0.113.65", "- -"},
                 {"2001:db8:1::1", "- -"}}},
    {.format = "spamhaus-sia-json",
     .file = "sia.json",
     .entry_count = 4,
     .line_count = 8,
     .bad_line_count = 4,
     .declared_count = NO_COUNT,
     .message = "bad 'valid_until' of 192.0.2.57: expected Unix seconds",
     .skipped_count = 1,
     .next_expiry_s = 4070908800,
     .answers = {{"192.0.2.53", "- -"},
                 {"192.0.2.54", ""},
                 {"192.0.2.55", "- -"},
                 {"192.0.2.56", "- -"},
                 {"192.0.2.57", ""},
                 {"2001:db8::7", "- -"}}},
    {.format = "spamhaus-sia-json",
     .file = "sia.json",
     .options = {"dataset=bcl"},
     .entry_count = 1,
     .line_count = 5,
     .bad_line_count = 4,
     .declared_count = NO_COUNT,
     .message = "bad 'valid_until'",
     .skipped_count = 4,
     .next_expiry_s = 4102444800,
     .answers = {{"192.0.2.53", ""}, {"192.0.2.56", "- -"}}},
    {.format = "spamhaus-sia-json",
     .file = "sia-results.json",
     .entry_count = 2,
     .line_count = 2,
     .declared_count = NO_COUNT,
     .next_expiry_s = 4070908800,
     .answers = {{"192.0.2.53", "- -"}, {"192.0.2.54", "- -"}, {"192.0.2.99", ""}}},
};

static const struct sample_lines lines[] = {
    {"spamhaus-sia-json", "", 0, 0, 0, "an empty file", {0}, 0},
    {"spamhaus-sia-json", "[]", 0, 0, 0, "nothing in it", {0}, 0},
    {"spamhaus-sia-json", "{\"code\":200,\"results\":[]}", 0, 0, 0, "no results", {0}, 0},
    {"spamhaus-sia-json", "{\"code\":404,\"message\":\"no\"}", 0, 1, 1, "an error", {0}, 0},
    {"spamhaus-sia-json",
     "[{\"ipaddress\":\"192.0.2.1\"},{\"ipaddress\":\"192.0.2.2\"}]",
     2,
     2,
     0,
     "an array",
     {0},
     0},
    {"spamhaus-sia-json",
     "{\"ipaddress\":\"192.0.2.1\"}{\"ipaddress\":\"192.0.2.2\"}",
     2,
     2,
     0,
     "without lines",
     {0},
     0},
    {"spamhaus-sia-json",
     "{\"a\\\"}\":\"\\\\\",\"ipaddress\":\"192.0.2.1\"}",
     1,
     1,
     0,
     "escapes",
     {0},
     0},
    {"csv", "", 0, 0, 0, "an empty file", {"column=1"}, 0},
    {"csv", "a.example.org\n", 1, 1, 0, "one column", {"column=1"}, 0},
    {"csv", "a.example.org\n", 0, 1, 1, "a column that is not there", {"column=2"}, 0},
    {"csv", "x,192.0.2.1\n", 1, 1, 0, "by number", {"column=2"}, 0},
    {"csv", "x\t192.0.2.1\t\n", 1, 1, 0, "tabs", {"column=2", "separator=tab"}, 0},
    {"csv", "\"192.0.2.1\"x\n\"192.0.2.1\n", 0, 2, 2, "bad quotes", {"column=1"}, 0},
    {"csv", "'192.0.2.1'\n", 0, 1, 1, "other quotes are text", {"column=1"}, 0},
    {"csv", "\"192.0.2.1\"\n", 0, 1, 1, "no quotes are text", {"column=1", "quote=none"}, 0},
    {"csv", "#192.0.2.1\n", 0, 1, 1, "no comments", {"column=1", "comment=none"}, 0},
    {"csv", "%x\n192.0.2.1\n", 1, 1, 0, "other comments", {"column=1", "comment=%"}, 0},
    {"csv", "x,ip\n1,192.0.2.1\n", 1, 1, 0, "a header", {"column=IP"}, 0},
    {"csv",
     "# x,ip\n1,192.0.2.1\n# ip,x\n192.0.2.2,1\n",
     2,
     2,
     0,
     "columns that move",
     {"column=ip"},
     0},
    {"csv", "192.0.2.1:80\n[2001:db8::1]:80\n2001:db8::2\n", 3, 3, 0, "ports", {"column=1"}, 0},
    {"csv", "a.example.org:80\na.example.org:x\n", 1, 2, 1, "a port is a number", {"column=1"}, 0},
    {"csv",
     "192.0.2.1/24\nhttp://192.0.2.1/24\n",
     2,
     2,
     0,
     "a prefix, and a path",
     {"column=1"},
     0},
    {"csv",
     "http://3221225985/\nhttp://0300.0.2.1/\n",
     0,
     2,
     2,
     "addresses in disguise",
     {"column=1"},
     0},
    {"csv", "google.com\ngoogleapis.com\n", 0, 0, 0, "above a shared host", {"column=1"}, 2},
    {"csv", "com\nblogspot.com\na.blogspot.com\n", 1, 1, 0, "public suffixes", {"column=1"}, 2},
    {"csv", "a,1\nb,x\nc\n", 0, 0, 0, "no numbers", {"column=1", "where=2>=5"}, 3},
    {"csv",
     "a.example.org,5\nb.example.org,6\n",
     1,
     1,
     0,
     "at most",
     {"column=1", "where=2<=5"},
     1},
};

static void options_samples(void **state)
{
	(void)state;
	samples_check(".", samples, sizeof(samples) / sizeof(samples[0]));
}

static void options_lines(void **state)
{
	(void)state;
	samples_check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

/* What makes a version unusable, and how it is told. */
static const struct {
	const char *format, *lines, *error;
	const char *options[SAMPLE_OPTIONS_MAX];
} unusable[] = {
    {"spamhaus-sia-json",
     "{\"ipaddress\":\"192.0.2.1\"}\n{\"ipaddress\":\n",
     "line 2: the file ends within a record",
     {0}},
    {"spamhaus-sia-json", "[{\"ipaddress\":\"192.0.2.1\"}\n", "line 2: the file ends within", {0}},
    {"spamhaus-sia-json", "{\"ipaddress\":[}\n", "line 1: brackets do not match", {0}},
    {"spamhaus-sia-json", "}\n", "line 1: brackets do not match", {0}},
    {"mmdb", "", "format mmdb needs country, asn or both", {0}},
    {"mmdb", "192.0.2.1\n", "not a MaxMind database: ", {"country=AA"}},
    {"mmdb", "", "not a MaxMind database: ", {"country=AA"}},
    {"spamhaus-asndrop-json", "", "the option 'asn_database' is missing: expected the path", {0}},
    {"spamhaus-asndrop-json",
     "",
     "asn_database '/nowhere': No such file",
     {"asn_database=/nowhere"}},
    {"spamhaus-asndrop-json",
     "",
     "asn_database 'feodo.csv': not a MaxMind database",
     {"asn_database=feodo.csv"}},
    {"spamhaus-asndrop-json",
     "",
     "asn_database 'loop.mmdb': damaged MaxMind database: the tree has loops",
     {"asn_database=loop.mmdb"}},
    {"spamhaus-asndrop-json",
     "",
     "asn_database 'flat.mmdb': it has no field 'autonomous.x'",
     {"asn_database=flat.mmdb", "asn_field=autonomous.x"}},
    {"csv", "192.0.2.1\n", "the option 'column' is missing", {0}},
    {"csv", "a,b\n", "line 1: no header with the columns", {"column=ip"}},
    {"csv", "ip,b\n", "line 1: no header with the columns", {"column=ip", "where=c=1"}},
    {"rpz", "a CNAME (\nb CNAME .\n", "line 1: a parenthesis is not closed", {0}},
    {"csv", "", "shared_hosts '/nowhere': No such file", {"column=1", "shared_hosts=/nowhere"}},
    {"csv",
     "",
     "shared_hosts 'ports.csv': line 1: bad name 'when;what;score': expected",
     {"column=1", "shared_hosts=ports.csv"}},
};

static void options_unusable(void **state)
{
	char error[200];

	(void)state;
	for (size_t i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
		struct reader *r = reader_open_memory(unusable[i].lines, strlen(unusable[i].lines));

		assert_null(samples_read(unusable[i].format, unusable[i].options, r, error));
		if (!strstr(error, unusable[i].error))
			fail_msg("'%s', not '%s'", error, unusable[i].error);
	}
}

/* What each option takes; expected: NULL = it is good. */
static const struct {
	const char *format, *name, *value, *expected;
} values[] = {
    {"csv", "column", "1", NULL},
    {"csv", "column", "url", NULL},
    {"csv", "column", "0", "the name of a column, or its number from 1 to 128"},
    {"csv", "column", "129", "the name of a column, or its number from 1 to 128"},
    {"csv", "column", "", "the name of a column, or its number from 1 to 128"},
    {"csv", "where", "a=", NULL},
    {"csv", "where", "a", "COLUMN=VALUE, COLUMN!=VALUE"},
    {"csv", "where", "=a", "COLUMN=VALUE, COLUMN!=VALUE"},
    {"csv", "where", "a>=b", "a number behind >= or <="},
    {"csv", "separator", "tab", NULL},
    {"csv", "separator", ";", NULL},
    {"csv", "separator", "none", "one character or tab"},
    {"csv", "separator", ";;", "one character or tab"},
    {"csv", "quote", "none", NULL},
    {"csv", "quote", "", "one character, tab or none"},
    {"csv", "comment", "//", "one character, tab or none"},
    {"csv", "header", "yes", "true or false"},
    {"csv", "names", "all", "host or registrable"},
    {"mmdb", "country", "no", NULL},
    {"mmdb", "country", "false", "two letters of a country, such as \"NO\""},
    {"mmdb", "country", "n1", "two letters of a country"},
    {"mmdb", "asn", "AS64496", NULL},
    {"mmdb", "asn", "64496", NULL},
    {"mmdb", "asn", "0", "the number of an autonomous system"},
    {"mmdb", "asn", "4294967296", "the number of an autonomous system"},
};

/* A database that is there, without what is asked for. */
static void options_fields(void **state)
{
	static const char *const options[SAMPLE_OPTIONS_MAX] = {"asn=64496",
	                                                        "asn_field=country.asn"};
	char error[200];

	(void)state;
	assert_null(samples_read("mmdb", options, reader_open("nested.mmdb"), error));
	assert_string_equal(error, "the database has no field 'country.asn'");
	assert_null(samples_read("mmdb", options, reader_open("loop.mmdb"), error));
	assert_string_equal(error, "damaged MaxMind database: the tree has loops");
}

static void options_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct format *format = format_find(values[i].format);
		const struct format_option *row =
		    format_option_find(format->options, values[i].name);
		const char *expected;

		assert_non_null(row);
		expected = row->check(values[i].value);
		if (!expected != !values[i].expected ||
		    (expected && !strstr(expected, values[i].expected)))
			fail_msg("%s '%s': '%s'", values[i].name, values[i].value,
			         expected ? expected : "good");
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_samples),  cmocka_unit_test(options_lines),
	    cmocka_unit_test(options_unusable), cmocka_unit_test(options_fields),
	    cmocka_unit_test(options_values),
	};

	/* Options name files beside the samples. */
	if (argc > 1 && chdir(argv[1]) < 0)
		return 1;
	return cmocka_run_group_tests_name("feeds-format_options", tests, NULL, NULL);
}
