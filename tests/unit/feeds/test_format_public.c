/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formats of public feeds, without options. Reads the samples of tests/data/feeds, whose folder is
 * the argument, and lines made here.
 */
#include "tests/unit/feeds/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *folder;

static const struct sample samples[] = {
    {.format = "hosts",
     .file = "hosts.txt",
     .entry_count = 7,
     .line_count = 11,
     .bad_line_count = 3,
     .declared_count = NO_COUNT,
     .message = "bad line 'noaddress.example': expected",
     .skipped_count = 1,
     .skip = "'real.example' leads to '192.0.2.80'",
     .answers = {{"bad.example", "- -"},
                 {"www.bad.example", ""},
                 {"one.example", "- -"},
                 {"three.example", "- -"},
                 {"six.example", "- -"},
                 {"under_score.example", "- -"},
                 {"xn--bcher-kva.example", "- -"},
                 {"localhost", ""},
                 {"real.example", ""}}},
    {.format = "netset",
     .file = "firehol.netset",
     .entry_count = 4,
     .line_count = 5,
     .bogon_count = 1,
     .declared_count = 5,
     .timestamp_s = 1736838000,
     .answers = {{"192.0.2.77", "- -"}, {"10.0.0.1", ""}, {"198.51.100.7", "- -"}}},
    {.format = "netset",
     .file = "firehol.ipset",
     .entry_count = 2,
     .line_count = 2,
     .declared_count = 2,
     .timestamp_s = 1736838496,
     .answers = {{"192.0.2.1", "- -"}, {"192.0.2.2", ""}, {"192.0.2.3", "- -"}}},
    {.format = "netset",
     .file = "saved.ipset",
     .entry_count = 5,
     .line_count = 8,
     .bad_line_count = 1,
     .declared_count = NO_COUNT,
     .message = "bad address '192.0.2.4,tcp:80'",
     .answers = {{"198.51.100.1", "- -"},
                 {"198.51.100.129", ""},
                 {"198.51.100.200", "- -"},
                 {"192.0.2.9", "- -"},
                 {"2001:db8::1", "- -"},
                 {"203.0.113.1", "- -"}}},
    {.format = "dshield",
     .file = "dshield.txt",
     .entry_count = 2,
     .line_count = 4,
     .bad_line_count = 2,
     .declared_count = NO_COUNT,
     .timestamp_s = 1784061940,
     .message = "bad network '203.0.113.0?203.0.113.127?24?1",
     .answers = {{"198.51.100.0", "- -"},
                 {"198.51.100.255", "- -"},
                 {"192.0.2.1", "- -"},
                 {"203.0.113.1", ""}}},
    {.format = "emails",
     .file = "emails.txt",
     .entry_count = 6,
     .line_count = 14,
     .bad_line_count = 6,
     .declared_count = NO_COUNT,
     .message = "bad address 'not an address': expected one mail address",
     .answers = {{"86851c79306bed218940ba4542ae0c8ce320264e._email", "- -"},
                 {"74MOCX66NUMVGMPJPMZKJQ4Q5YOOG6XMHVXVJ2QJSNQZKMP2KE2A._email", "- -"},
                 {"20ffe769a7170ce06a8888096f49b83d5e5908f2._email", "- -"},
                 {"33a927d3f3e7417a2ff376bd603315e7c2f2826c._email", "- -"},
                 {"acc8dc932cfacae7c4f3f4ac64a4bbe836c54bdf._email", ""},
                 {"DFEZ44XN7AWZLKGWSGWRRIS66O3KR6MRMF2PDYQB74NSJMNUPP6A._email", ""},
                 {"554d32017ab3a7fcf51c88ffce078689003bc521._email", "- -"},
                 {"5VWDL2IFU3NKKAG2I4ITNJZTZTGPIRVSSTUAVYB2DVOYMX7BARGA._email", "- -"},
                 {"751a13e7d5f74c7bfa97a6c0964e0e566b62e531._email", "- -"},
                 {"bce27fcc5734052a89ae8f7427a368acf43f265e._email", "- -"},
                 {"00562092a92376705aa224aff55bf9881b07910f._email", ""},
                 {"c9bf852686d0b158a9ae908caac20fa41301d937._email", "- -"},
                 {"31d7e07b375c69deab09f0cf0da127dcdb97289f._email", "- -"},
                 {"spammer@bad.example._email", ""},
                 {"86851c79306bed218940ba4542ae0c8ce320264e._file", ""}}},
    {.format = "rpz",
     .file = "rpz.zone",
     .entry_count = 12,
     .line_count = 24,
     .bad_line_count = 6,
     .declared_count = NO_COUNT,
     .message = "'wrong.example': expected 'rpz-passthru.', with a dot",
     .skipped_count = 4,
     .skip = "'tcp.example': rpz-tcp-only lists nothing",
     .answers = {{"bad.example", "- -"},    {"a.bad.example", "- -"},
                 {"good.bad.example", ""},  {"a.good.bad.example", "- -"},
                 {"old.bad.example", ""},   {"nodata.example", "- -"},
                 {"drop.example", "- -"},   {"tcp.example", ""},
                 {"walled.example", "- -"}, {"local.example", "- -"},
                 {"192.0.2.1", "- -"},      {"192.0.2.9", ""},
                 {"198.51.100.1", "- -"},   {"2001:db8:101::2", "- -"},
                 {"2001:db8:101::1", ""},   {"2001:db8:2::1", "- -"},
                 {"203.0.113.1", ""},       {"ns.example", ""},
                 {"one.sub", "- -"},        {"sub", "- -"},
                 {"out.example.net", ""}}},
    {.format = "rpz",
     .file = "rpz-absolute.zone",
     .entry_count = 3,
     .line_count = 6,
     .bad_line_count = 2,
     .declared_count = NO_COUNT,
     .message = "bad name '*'",
     .answers = {{"bad.example", "- -"},
                 {"a.bad.example", "- -"},
                 {"rpz.example", ""},
                 {"192.0.2.1", "- -"},
                 {"elsewhere.example", ""}}},
};

static const struct sample_lines lines[] = {
    {"hosts", "", 0, 0, 0, "an empty file", {0}, 0},
    {"hosts", "# x\n\n#\n", 0, 0, 0, "comments", {0}, 0},
    {"hosts",
     "127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n",
     0,
     0,
     0,
     "the own names",
     {0},
     0},
    {"hosts",
     "255.255.255.255 broadcasthost\nfe80::1%lo0 localhost\n",
     0,
     0,
     0,
     "BSD's own",
     {0},
     0},
    {"hosts", "0.0.0.0 a.example#x\n0.0.0.0 b.example # c.example\n", 2, 2, 0, "comments", {0}, 0},
    {"hosts", "0.0.0.0\na.example\n", 0, 2, 2, "half a line", {0}, 0},
    {"hosts", "0.0.0.0/8 a.example\n", 0, 1, 1, "a prefix", {0}, 0},
    {"hosts", "127.0.0.53 a.example\n:: b.example\n", 2, 2, 0, "nowhere, too", {0}, 0},
    {"hosts", "0.0.0.0 a.example 192.0.2.1\n", 1, 2, 1, "a host that is an address", {0}, 0},
    {"netset", "192.0.2.1/24\n", 1, 1, 0, "host bits are masked", {0}, 0},
    {"netset", "# Entries : many subnets\n192.0.2.1\n", 1, 1, 0, "no number", {0}, 0},
    {"netset",
     "add x\nadd x 192.0.2.1 comment \"nomatch\"\n",
     1,
     2,
     1,
     "a comment's words",
     {0},
     0},
    {"dshield", "Start\tEnd\tNetmask\tx\n", 0, 0, 0, "a header", {0}, 0},
    {"dshield", "192.0.2.0\t192.0.2.255\t23\n", 0, 1, 1, "a length that does not fit", {0}, 0},
    {"dshield", "192.0.2.0\t192.0.2.255\n", 0, 1, 1, "cut", {0}, 0},
    {"dshield", "192.0.2.0\t192.0.2.255\t24\n", 1, 1, 0, "no more is needed", {0}, 0},
    {"dshield", "192.0.2.0/24\t192.0.2.255\t24\n", 0, 1, 1, "a prefix first", {0}, 0},
};

static void public_samples(void **state)
{
	(void)state;
	samples_check(folder, samples, sizeof(samples) / sizeof(samples[0]));
}

static void public_lines(void **state)
{
	(void)state;
	samples_check_lines(lines, sizeof(lines) / sizeof(lines[0]));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(public_samples),
	    cmocka_unit_test(public_lines),
	};

	folder = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests_name("feeds-format_public", tests, NULL, NULL);
}
