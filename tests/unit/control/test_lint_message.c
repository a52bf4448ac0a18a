/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The messages of the linter: what is read of good replies, and that each kind of damage is told.
 */
#include "control/cli/lint_message.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAME     "01 61 02 62 6c 00 "                     /* a.bl */
#define QUESTION NAME "0001 0001 "                        /* A IN */
#define HEAD(n)  "1234 8400 0001 " n " "                  /* QR AA, one question */
#define A_RECORD "c00c 0001 0001 0000012c 0004 7f000002 " /* a.bl A 127.0.0.2 */
#define OPT(n)   "00 0029 04d0 00000000 " n " "           /* size 1232, RDLENGTH n */
#define SOA_DATA "c00e c00e 00000007 00000e10 00000258 00015180 0000003c "
#define SOA      "c00e 0006 0001 0000003c 0018 " SOA_DATA /* bl SOA */

/* Hexadecimal digits with blanks into memory of just that size, so that reads past it are seen. */
static uint8_t *from_hex(const char *hex, size_t *out_size)
{
	size_t size = 0, digits = 0;
	uint8_t *bytes = malloc(strlen(hex) / 2 + 1), *exact;

	assert_non_null(bytes);
	for (; *hex; hex++) {
		unsigned digit;

		if (*hex == ' ')
			continue;
		digit = (unsigned)(*hex <= '9' ? *hex - '0' : *hex - 'a' + 10);
		bytes[size] = (uint8_t)(digits % 2 ? bytes[size] << 4 | digit : digit);
		size += digits++ % 2;
	}
	exact = malloc(size ? size : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, size);
	free(bytes);
	*out_size = size;
	return exact;
}

static void replies_are_read(void **state)
{
	static const struct {
		const char *reason, *hex, *text;
	} rows[] = {
	    {"listed", HEAD("0001 0000 0000") QUESTION A_RECORD, "NOERROR 127.0.0.2"},
	    {"two codes", HEAD("0002 0000 0000") QUESTION A_RECORD A_RECORD,
	     "NOERROR 127.0.0.2 127.0.0.2"},
	    {"NXDOMAIN", "1234 8403 0001 0000 0001 0000 " QUESTION SOA, "NXDOMAIN, SOA"},
	    {"REFUSED with EDE 20",
	     "1234 8005 0001 0000 0000 0001 " QUESTION OPT("0006") "000f 0002 0014",
	     "REFUSED EDE 20, OPT"},
	    {"BADVERS: the upper bits are in OPT",
	     "1234 8000 0001 0000 0000 0001 " QUESTION "00 0029 04d0 01000000 0000",
	     "BADVERS, OPT"},
	    {"TXT", HEAD("0001 0000 0000") QUESTION "c00c 0010 0001 0000012c 0004 03 616263",
	     "NOERROR \"abc\""},
	    {"TXT that a terminal must not get",
	     HEAD("0001 0000 0000") QUESTION "c00c 0010 0001 0000012c 0003 02 1b63",
	     "NOERROR \"?c\""},
	    {"truncated", "1234 8600 0001 0000 0000 0000 " QUESTION, "NOERROR, truncated"},
	    {"an unknown code and type",
	     "1234 8409 0001 0001 0000 0000 " QUESTION "c00c ff00 0001 00000000 0000",
	     "RCODE 9 TYPE65280"},
	    {"no question", "1234 8001 0000 0000 0000 0000", "FORMERR"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lint_reply reply;
		const char *error = NULL;
		char text[LINT_TEXT_MAX];
		size_t size;
		uint8_t *bytes = from_hex(rows[i].hex, &size);

		if (lint_message_read(bytes, size, &reply, &error) < 0)
			fail_msg("%s: %s", rows[i].reason, error);
		lint_message_text(&reply, text);
		if (strcmp(text, rows[i].text) != 0)
			fail_msg("%s: '%s'", rows[i].reason, text);
		free(bytes);
	}
}

static void damage_is_told(void **state)
{
	static const struct {
		const char *reason, *hex, *error;
	} rows[] = {
	    {"nothing", "", "it ends too soon"},
	    {"half a header", "1234 8400 00", "it ends too soon"},
	    {"half a question", HEAD("0000 0000 0000") NAME "0001", "it ends too soon"},
	    {"a record that is not there", HEAD("0001 0000 0000") QUESTION, "it ends too soon"},
	    {"something after the last record", HEAD("0001 0000 0000") QUESTION A_RECORD "00",
	     "octets after its last record"},
	    {"a pointer to itself", HEAD("0000 0000 0000") "c00c 0001 0001",
	     "a compression pointer that does not go back to a name"},
	    {"a pointer forward", HEAD("0001 0000 0000") QUESTION "c03f 0001 0001 0000012c 0000",
	     "a compression pointer that does not go back to a name"},
	    {"a pointer into the header",
	     HEAD("0001 0000 0000") QUESTION "c004 0001 0001 0000012c 0004 7f000002",
	     "a compression pointer that does not go back to a name"},
	    {"a label of type 01", HEAD("0000 0000 0000") "41 61 00 0001 0001",
	     "a label of a type that is not in use"},
	    {"data past the end",
	     HEAD("0001 0000 0000") QUESTION "c00c 0001 0001 0000012c 0005 7f000002",
	     "a record whose data runs past the end"},
	    {"an A of three octets",
	     HEAD("0001 0000 0000") QUESTION "c00c 0001 0001 0000012c 0003 7f0000",
	     "an A record that is not 4 octets"},
	    {"a TXT without string", HEAD("0001 0000 0000") QUESTION "c00c 0010 0001 0000012c 0000",
	     "a TXT record without a string"},
	    {"a TXT string past its record",
	     HEAD("0001 0000 0000") QUESTION "c00c 0010 0001 0000012c 0002 02 61",
	     "a TXT record whose strings do not fit"},
	    {"a short SOA",
	     "1234 8403 0001 0000 0001 0000 " QUESTION "c00e 0006 0001 0000003c 0004 c00e c00e",
	     "a SOA record that is malformed"},
	    {"an NS with something behind",
	     HEAD("0001 0000 0000") QUESTION "c00e 0002 0001 0000003c 0003 c00e 00",
	     "an NS record that is not a name"},
	    {"two OPT", HEAD("0000 0000 0002") QUESTION OPT("0000") OPT("0000"),
	     "more than one OPT"},
	    {"an OPT among the answers", HEAD("0001 0000 0000") QUESTION OPT("0000"),
	     "an OPT outside the additional section"},
	    {"an OPT with a name", HEAD("0000 0000 0001") QUESTION "c00c 0029 04d0 00000000 0000",
	     "an OPT whose owner is not the root"},
	    {"an option past its OPT", HEAD("0000 0000 0001") QUESTION OPT("0004") "000f 0002",
	     "an OPT whose options do not fit"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lint_reply reply;
		const char *error = "it was read";
		size_t size;
		uint8_t *bytes = from_hex(rows[i].hex, &size);
		int rc = lint_message_read(bytes, size, &reply, &error);

		if (rc == 0 || strcmp(error, rows[i].error) != 0)
			fail_msg("%s: %s", rows[i].reason, error);
		free(bytes);
	}
}

/* 128 octets of labels, reached by a pointer from behind 128 more: 256 octets. */
static void long_names_are_told(void **state)
{
	uint8_t bytes[600] = {0x12, 0x34, 0x84, 0, 0, 2};
	struct lint_reply reply;
	const char *error = "it was read";
	size_t at = 12;

	(void)state;
	for (unsigned question = 0; question < 2; question++) {
		for (unsigned i = 0; i < 64; i++) {
			bytes[at++] = 1;
			bytes[at++] = 'a';
		}
		if (question == 0) {
			bytes[at++] = 0;
		} else {
			bytes[at++] = 0xc0;
			bytes[at++] = 12;
		}
		memcpy(&bytes[at], (uint8_t[]){0, 1, 0, 1}, 4);
		at += 4;
	}
	assert_int_equal(lint_message_read(bytes, at, &reply, &error), -EBADMSG);
	assert_string_equal(error, "a name of more than 255 octets");
	bytes[at - 5] = 14; /* the pointer skips one label: 255 with the root */
	assert_int_equal(lint_message_read(bytes, at, &reply, &error), 0);
}

static void queries_are_written(void **state)
{
	static const uint8_t option[] = {0, 10, 0, 1, 7};
	struct lint_query q = {.id = 0x1234,
	                       .flags = LINT_RD,
	                       .question_count = 1,
	                       .name = {.wire = {1, 'a', 2, 'b', 'l', 0}, .size = 6},
	                       .type = LINT_TXT,
	                       .class = LINT_IN,
	                       .opt_count = 1,
	                       .udp_size = 1232,
	                       .opt_flags = LINT_DO,
	                       .options = option,
	                       .options_size = sizeof(option)};
	uint8_t bytes[LINT_QUERY_MAX], *expected;
	size_t size;

	(void)state;
	expected = from_hex("1234 0100 0001 0000 0000 0001 " NAME "0010 0001 "
	                    "00 0029 04d0 00008000 0005 000a 0001 07",
	                    &size);
	assert_int_equal(lint_message_write(&q, bytes), size);
	assert_memory_equal(bytes, expected, size);
	free(expected);
	q.opt_count = 0;
	q.question_count = 2;
	expected =
	    from_hex("1234 0100 0002 0000 0000 0000 " NAME "0010 0001 " NAME "0010 0001", &size);
	assert_int_equal(lint_message_write(&q, bytes), size);
	assert_memory_equal(bytes, expected, size);
	free(expected);
	q.question_count = 1000;
	assert_int_equal(lint_message_write(&q, bytes), 0);
}

static void soa_and_options(void **state)
{
	static const char hex[] = "1234 8403 0001 0000 0001 0001 " QUESTION SOA OPT(
	    "000e") "0003 0002 6162 000f 0004 0012 6869";
	struct lint_reply reply;
	const char *error = "";
	const uint8_t *data;
	struct lint_soa soa;
	size_t size;
	uint8_t *bytes = from_hex(hex, &size);

	(void)state;
	assert_int_equal(lint_message_read(bytes, size, &reply, &error), 0);
	assert_int_equal(lint_message_soa(&reply, &reply.records[0], &soa), 0);
	assert_int_equal(soa.serial, 7);
	assert_int_equal(soa.minimum_s, 60);
	assert_int_equal(soa.mname.size, 4);
	assert_memory_equal(soa.mname.wire, "\2bl", 4);
	assert_true(lint_message_option(&reply, LINT_NSID, &data, &size));
	assert_int_equal(size, 2);
	assert_memory_equal(data, "ab", 2);
	assert_false(lint_message_option(&reply, LINT_COOKIE, &data, &size));
	assert_int_equal(lint_message_ede(&reply), 18);
	assert_int_equal(reply.counts[LINT_ADDITIONAL], 0);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_are_read),    cmocka_unit_test(damage_is_told),
	    cmocka_unit_test(long_names_are_told), cmocka_unit_test(queries_are_written),
	    cmocka_unit_test(soa_and_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
