/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the samples of tests/data/feeds, whose folder is the argument, and lines made here.
 */
#include "feeds/format.h"
#include "tests/unit/feeds/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;

static const struct sample samples[] = {
    {"plain",
     "plain.txt",
     11,
     18,
     4,
     1,
     2,
     NO_COUNT,
     0,
     0,
     "bad address '192.0.2.256': expected",
     {{"192.0.2.1", "- -"},      {"192.0.2.16", "- -"},    {"192.0.2.31", "- -"},
      {"192.0.2.32", ""},        {"192.0.2.128", "- -"},   {"192.0.2.255", "- -"},
      {"198.51.100.2", ""},      {"198.51.100.3", "- -"},  {"198.51.100.9", "- -"},
      {"198.51.100.10", ""},     {"198.51.100.20", "- -"}, {"198.51.100.49", "- -"},
      {"203.0.113.6", "- -"},    {"203.0.113.7", ""},      {"2001:db8:1:5::", "- -"},
      {"2001:db8:2::ff", "- -"}, {"2001:db8:2::100", ""},  {"192.0.2.99", "- -"},
      {"10.0.0.0", ""},          {"9.255.255.1", "- -"},   {"192.0.2.5", ""}}},
    {"plain", "plain.txt.gz", 11, 18, 4, 1, 2, NO_COUNT, 0, 0, "bad address '192.0.2.256'", {{0}}},
    {"plain",
     "plain-crlf.txt",
     2,
     2,
     0,
     0,
     0,
     NO_COUNT,
     0,
     0,
     NULL,
     {{"192.0.2.1", "- -"}, {"192.0.2.2", "- -"}}},
    {"domains",
     "domains.txt",
     7,
     13,
     5,
     0,
     0,
     NO_COUNT,
     0,
     0,
     "bad name 'http://url.example/'",
     {{"bad.example", "- -"},
      {"a.bad.example", "- -"},
      {"a.dotted.example", "- -"},
      {"dotted.example", "- -"},
      {"below.example", ""},
      {"a.below.example", "- -"},
      {"good.bad.example", ""},
      {"www.good.bad.example", ""},
      {"mixed.example", "- -"},
      {"b\xc3\xbc"
       "cher.example",
       "- -"},
      {"_dmarc.under-score.example", "- -"},
      {"url.example", ""},
      {"example", ""}}},
    {"spamhaus-drop",
     "drop.txt",
     3,
     3,
     0,
     0,
     0,
     NO_COUNT,
     1779793216,
     1779797642,
     NULL,
     {{"192.0.2.1", "- -"}, {"192.0.2.128", ""}, {"2001:db8:254::", "- -"}}},
    {"spamhaus-drop-json",
     "drop_v4.json",
     2,
     3,
     0,
     0,
     0,
     3,
     1790072042,
     0,
     NULL,
     {{"192.0.2.1", "- -"}, {"198.51.100.255", "- -"}, {"198.51.101.0", ""}}},
    {"spamhaus-drop-json", "drop_short.json", 2, 2, 0, 0, 0, 3, 1790072042, 0, NULL, {{0}}},
    {"rbldnsd-ip4set",
     "ip4set.rbldnsd",
     17,
     25,
     6,
     0,
     0,
     NO_COUNT,
     0,
     0,
     "'192.0/16' is larger than $MAXRANGE4",
     {{"192.0.2.1", "- -"},
      {"192.0.2.2", "127.0.0.3 \"Listed, see https://bl.example/192.0.2.2 for $0\""},
      {"192.0.2.3", "127.0.0.4 \"Listed, see https://bl.example/192.0.2.3 for $0\""},
      {"192.0.2.4", "127.0.0.5 none"},
      {"192.0.2.5", "127.0.0.3 \"Own text of 192.0.2.5\""},
      {"192.0.2.6", "127.0.0.6 \"glued # not a comment\""},
      {"192.0.2.7", "127.0.0.3 \"Listed, see https://bl.example/192.0.2.7 for $0\""},
      {"192.0.2.8", "127.0.0.3 \"costs $2 or 192.0.2.8x\""},
      {"192.0.2.9", "127.0.0.7 \"Listed, see https://bl.example/192.0.2.9 for $0\"\t"
                    "127.0.0.8 \"Listed, see https://bl.example/192.0.2.9 for $0\""},
      {"198.51.100.1", "127.0.0.9 none\t127.0.0.10 none"},
      {"198.51.100.16", "127.0.0.9 none"},
      {"198.51.100.77", ""},
      {"198.51.100.128", "127.0.0.11 none"},
      {"203.0.113.4", ""},
      {"203.0.113.5", "127.0.0.3 \"Listed, see https://bl.example/203.0.113.5 for $0\""},
      {"203.0.113.6", "127.0.0.2 -"},
      {"203.0.113.7", "127.0.0.4 -"},
      {"203.0.113.127", ""},
      {"203.0.114.127", "127.0.0.3 \"Listed, see https://bl.example/203.0.114.127 for $0\""},
      {"203.0.114.128", ""},
      {"192.0.3.1", ""}}},
    {"rbldnsd-ip4set",
     "base.rbldnsd",
     3,
     3,
     0,
     0,
     0,
     NO_COUNT,
     0,
     0,
     NULL,
     {{"192.0.2.1", "- \"spam seen from 192.0.2.1 (sample, $)\""},
      {"192.0.2.2", "- \"192.0.2.2 seen from 192.0.2.2 (sample, $)\""},
      {"192.0.2.3", "- \"alone: 192.0.2.3\""}}},
    {"rbldnsd-ip4trie",
     "ip4trie.rbldnsd",
     3,
     8,
     2,
     0,
     1,
     NO_COUNT,
     0,
     0,
     "ip4trie has no ranges",
     {{"198.51.1.1", "127.0.0.2 \"wide\""},
      {"198.51.100.1", ""},
      {"198.51.100.129", "127.0.0.3 \"narrow\""},
      {"198.51.100.200", ""},
      {"192.0.2.1", "127.0.0.5 \"all\""},
      {"10.0.0.1", ""},
      {"127.0.0.1", ""}}},
    {"rbldnsd-ip4tset",
     "ip4tset.rbldnsd",
     3,
     6,
     2,
     0,
     0,
     NO_COUNT,
     0,
     0,
     "single addresses only",
     {{"192.0.2.1", "127.0.0.3 \"Listed: 192.0.2.1\""},
      {"192.0.2.2", "127.0.0.3 \"Listed: 192.0.2.2\""},
      {"192.0.2.3", "127.0.0.3 \"Listed: 192.0.2.3\""},
      {"192.0.2.4", ""}}},
    {"rbldnsd-ip6trie",
     "ip6trie.rbldnsd",
     4,
     8,
     3,
     0,
     0,
     NO_COUNT,
     0,
     0,
     "host bits are set",
     {{"2001:db8::1", "127.0.0.3 \"documentation\""},
      {"2001:db8:1::1", ""},
      {"2001:db8:1:2::1", "127.0.0.2 \"2001:db8:1:2::1\""},
      {"2001:db8:2::", "127.0.0.4 \"2001:db8:2::\""},
      {"2001:db8:2::1", "127.0.0.3 \"documentation\""},
      {"192.0.2.1", "127.0.0.5 \"mapped\""},
      {"::ffff:192.0.2.1", "127.0.0.5 \"mapped\""}}},
    {"rbldnsd-ip6tset",
     "ip6tset.rbldnsd",
     2,
     5,
     2,
     0,
     0,
     NO_COUNT,
     0,
     0,
     "four words",
     {{"2001:db8:0:1::1", "127.0.0.3 \"2001:db8:0:1::1\""},
      {"2001:db8:0:1::bad", ""},
      {"2001:db8:0:2::", "127.0.0.3 \"2001:db8:0:2::\""},
      {"2001:db8:0:3::1", ""}}},
    {"rbldnsd-dnset",
     "dnset.rbldnsd",
     9,
     13,
     2,
     0,
     0,
     NO_COUNT,
     0,
     0,
     "bad name '..'",
     {{"exact.example", "127.0.0.2 \"exact.example is listed\""},
      {"a.exact.example", ""},
      {"below.example", ""},
      {"a.below.example", "127.0.0.3 \"below.example is listed\""},
      {"both.example", "127.0.0.2 \"Own both.example\""},
      {"a.both.example", "127.0.0.2 \"Own both.example\""},
      {"no.both.example", ""},
      {"a.no.both.example", "127.0.0.2 \"Own both.example\""},
      {"a.never.both.example", ""},
      {"again.never.both.example", "127.0.0.4 \"again.never.both.example is listed\""},
      {"upper.example", "127.0.0.2 \"upper.example is listed\""},
      {"b\xc3\xbc"
       "cher.example",
       "127.0.0.2 \"xn--bcher-kva.example is listed\""},
      {"escaped.example", "127.0.0.2 \"escaped.example is listed\""},
      {"two.example", "127.0.0.2 \"one\"\t127.0.0.2 \"two\""}}},
    {"rbldnsd-ip4set",
     "expired.rbldnsd",
     1,
     1,
     0,
     0,
     0,
     NO_COUNT,
     981173106,
     981777906,
     NULL,
     {{0}}},
};

static void format_samples(void **state)
{
	(void)state;
	samples_check(folder, samples, sizeof(samples) / sizeof(samples[0]));
}

/* One line, or a few, and what becomes of it. */
static const struct sample_lines lines[] = {
    {"plain", "", 0, 0, 0, "an empty file"},
    {"plain", "#x\n;x\n//x\n  # x\n\t\n", 0, 0, 0, "comments and blank lines"},
    {"plain", "192.0.2.1 #\n192.0.2.2\t;\n192.0.2.3 //\n", 3, 3, 0, "empty comments behind"},
    {"plain", "192.0.2.1#x\n", 0, 1, 1, "a comment needs a blank in front"},
    {"plain", "192.0.2.1 / x\n", 0, 1, 1, "one slash is no comment"},
    {"plain", "!192.0.2.1\n! 192.0.2.2\n", 0, 2, 0, "exclusions only"},
    {"plain", "!\n! #\n", 0, 2, 2, "an exclusion of nothing"},
    {"plain", "127.0.0.1\n", 0, 1, 0, "removed, not bad"},
    {"plain", "0.0.0.0/0\n", 1, 1, 0, "everything: the guards' business"},
    {"plain", "192.0.2.1:80\n", 0, 1, 1, "a port"},
    {"plain", "example.com\n<html>\n", 0, 2, 2, "not addresses"},
    {"domains", "# x\n! x\n!\n", 0, 0, 0, "comments"},
    {"domains", "a.example # x\nb.example // x\n", 2, 2, 0, "comments behind"},
    {"domains", "A.example\na.EXAMPLE.\n.a.example\n", 1, 3, 0, "the same name"},
    {"domains", "1.2.3.4\n1.2.3\nexample.1\n", 0, 3, 3, "the last label is a number"},
    {"domains", "1.example\n4.3.2.1.in-addr.arpa\n", 2, 2, 0, "other labels may be"},
    {"domains", "2001:db8::1\na.example:80\na.example/x\n", 0, 3, 3, "addresses, ports, paths"},
    {"domains", "*\n*.\n.\n*.*.example\na..example\n", 0, 5, 5, "nothing, or a star within"},
    {"domains", "a\\.b.example\n", 0, 1, 1, "escapes are not for hosts"},
    {"spamhaus-drop", "; x\n;\n", 0, 0, 0, "EDROP since 2024"},
    {"spamhaus-drop", "192.0.2.0/24;SBL1\n198.51.100.0/24\n", 2, 2, 0, "no blank, no number"},
    {"spamhaus-drop", "; Last-Modified: soon\n192.0.2.0/24 ; SBL1\n", 1, 1, 0,
     "a header to ignore"},
    {"spamhaus-drop", "AS64496 ; SBL1\n;SBL2\n", 0, 1, 1, "another list of theirs"},
    {"spamhaus-drop-json", "{\"cidr\":\"192.0.2.0/24\",\"more\":[{}]}\n", 1, 1, 0, "other keys"},
    {"spamhaus-drop-json", "{\"cidr\":\"192.0.2.0/24\"\n", 0, 1, 1, "cut short"},
    {"spamhaus-drop-json", "{\"cidr\":1}\n{}\n[]\n1\nnull\nx\n", 0, 6, 6, "not what is expected"},
    {"spamhaus-drop-json", "{\"asn\":64496}\n", 0, 1, 1, "another list of theirs"},
    {"spamhaus-drop-json", "{\"type\":\"metadata\",\"records\":-1}\n", 0, 1, 1, "negative"},
    {"spamhaus-drop-json", "{\"type\":\"metadata\",\"records\":\"1\"}\n", 0, 1, 1, "text"},
    {"spamhaus-drop-json", "{\"type\":\"metadata\"}\n", 0, 0, 0, "nothing to know"},
    {"rbldnsd-ip4set", "#$1 a\n;$2 b\n:$3 c\n$4 d\n", 0, 0, 0, "specials in all their forms"},
    {"rbldnsd-ip4set", "#$Id: x$\n;$x\n", 0, 0, 0, "comments that look like specials"},
    {"rbldnsd-ip4set", "$junk\n$1\n$10 x\n$=x\n:$junk\n", 0, 5, 5, "bad specials"},
    {"rbldnsd-ip4set", "$SOA 1 a b 0 1h 1h 1h\n$NS x a\n$TTL\n", 0, 3, 3, "too short or no time"},
    {"rbldnsd-ip4set", "$soa 1h a b 0 1D 1w 60s 5m\n$ns 1h a -b\n$ttl 5\n", 0, 0, 0, "good ones"},
    {"rbldnsd-ip4set", "$TIMESTAMP 2001-02-30\n$TIMESTAMP 0 +1d\n$TIMESTAMP 2001-02-03 +0\n", 0, 3,
     3, "no days, no stamp, no time"},
    {"rbldnsd-ip4set", "$TIMESTAMP 20010203040506\n$TIMESTAMP -\n$TIMESTAMP 2001-2-3 2030-01-01\n",
     0, 0, 0, "good ones"},
    {"rbldnsd-ip4set", "$MAXRANGE4 /24\n192.0.2.0/24\n192.0.0/23\n", 1, 2, 1, "a size by length"},
    {"rbldnsd-ip4set", "$MAXRANGE4 4\n$MAXRANGE4 8\n192.0.2.0/30\n192.0.2.8/29\n", 1, 2, 1,
     "it cannot be raised"},
    {"rbldnsd-ip4set", "$MAXRANGE4 0\n$MAXRANGE4 /33\n$MAXRANGE4 x\n", 0, 3, 3, "bad sizes"},
    {"rbldnsd-ip4set", "0/0\n0.0.0.0/0\n", 0, 2, 2, "rbldnsd has none either"},
    {"rbldnsd-ip4set", ":1:x\n192.0.2.1 :127.0.0.1\n", 0, 2, 2,
     "127.0.0.1 says the list is broken"},
    {"rbldnsd-ip4set", "192.0.2.1,x\n192.0.2.1x\n192.0.2.1/\n", 0, 3, 3, "rubbish behind the key"},
    {"rbldnsd-ip4set", "192.0.2.1\r\n192.0.2.2 x\r\n", 2, 2, 0, "CR LF"},
    {"rbldnsd-ip4set", "192.0.2.0-192.0.3.7\n", 1, 1, 0, "one entry, though of two levels"},
    {"rbldnsd-ip4trie", "192.0.2.1\n192.0.2.1/32 :5\n", 1, 2, 0, "a duplicate"},
    {"rbldnsd-dnset", "$TTL 5\n*\n*.\n.\n", 1, 3, 2, "a lone star is a label"},
    {"rbldnsd-dnset", "a.example :5:x\nb.example #x\n", 2, 2, 0, "a value, a comment"},
};

static void format_lines(void **state)
{
	(void)state;
	samples_check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

/* Every format, with what no format can read. */
static void format_unusable(void **state)
{
	static const char binary[] = "192.0.2.1\nELF\0\n";
	static const char *const options[SAMPLE_OPTIONS_MAX] = {
	    "column=1", "asn_database=flat.mmdb", "dataset=1"};
	char error[200], path[4096];
	struct dataset *d;

	(void)state;
	for (const struct format *format = formats; format->name; format++) {
		assert_ptr_equal(format_find(format->name), format);
		if (!strncmp(format->name, "mmdb", 4))
			continue; /* not a text */
		d = samples_read(format->name, options,
		                 reader_open_memory(binary, sizeof(binary) - 1), error);
		assert_null(d);
		if (!strstr(error, "NUL"))
			fail_msg("%s: %s", format->name, error);
	}
	assert_null(format_find("none"));
	snprintf(path, sizeof(path), "%s/future.rbldnsd", folder);
	assert_null(samples_read("rbldnsd-ip4set", NULL, reader_open(path), error));
	assert_non_null(strstr(error, "line 2: $TIMESTAMP is "));
}

static void format_long_line(void **state)
{
	static char feed[READER_LINE_MAX + 100];
	char error[200];
	struct dataset *d;

	(void)state;
	memset(feed, 'x', READER_LINE_MAX + 1);
	strcpy(feed + READER_LINE_MAX + 1, "\n192.0.2.1\n");
	d = samples_read("plain", NULL, reader_open_memory(feed, strlen(feed)), error);
	assert_non_null(d);
	assert_int_equal(d->facts.line_count, 2);
	assert_int_equal(d->facts.bad_line_count, 1);
	assert_string_equal(d->messages[0].text, "longer than 32768 bytes");
	dataset_free(d);
}

/* A template never ends in half of "$$", which would stand for the subject. */
static void format_long_text(void **state)
{
	char feed[1000] = "192.0.2.1 ", error[200], answer[1000];
	struct dataset *d;

	(void)state;
	memset(feed + 10, 'x', 253);
	strcpy(feed + 263, "$5 and more\n");
	d = samples_read("rbldnsd-ip4set", NULL, reader_open_memory(feed, strlen(feed)), error);
	answers_format(d, "192.0.2.1", answer, sizeof(answer));
	assert_null(strstr(answer, "192.0.2.1"));
	assert_int_equal(strspn(strchr(answer, 'x'), "x"), 253);
	dataset_free(d);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(format_samples),   cmocka_unit_test(format_lines),
	    cmocka_unit_test(format_unusable),  cmocka_unit_test(format_long_line),
	    cmocka_unit_test(format_long_text),
	};

	folder = argc > 1 ? argv[1] : "tests/data/feeds";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
