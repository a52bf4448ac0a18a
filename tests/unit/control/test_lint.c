/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of the linter that need no server: which server is meant, what entries are asked by,
 * and which answers pass.
 */
#include "control/cli/lint.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct lint_name apex = {.wire = "\2bl\7example", .size = 12};

static void servers(void **state)
{
	static const struct {
		const char *reason, *text, *host, *port; /* host NULL: refused */
	} rows[] = {
	    {"an address", "192.0.2.1", "192.0.2.1", "53"},
	    {"with port", "192.0.2.1:5300", "192.0.2.1", "5300"},
	    {"IPv6", "2001:db8::1", "2001:db8::1", "53"},
	    {"IPv6 in brackets", "[::1]", "::1", "53"},
	    {"IPv6 with port", "[::1]:5300", "::1", "5300"},
	    {"a name", "ns.example", "ns.example", "53"},
	    {"a name with port", "ns.example:1", "ns.example", "1"},
	    {"nothing", "", NULL, NULL},
	    {"only a port", ":53", NULL, NULL},
	    {"no port after the colon", "192.0.2.1:", NULL, NULL},
	    {"port 0", "192.0.2.1:0", NULL, NULL},
	    {"port too large", "192.0.2.1:65536", NULL, NULL},
	    {"a port with a sign", "192.0.2.1:+53", NULL, NULL},
	    {"a bracket left open", "[::1:53", NULL, NULL},
	    {"something after the bracket", "[::1]53", NULL, NULL},
	    {"empty brackets", "[]:53", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char host[256] = "", port[8] = "";
		int rc = lint_target_split(rows[i].text, host, port);

		if (!rows[i].host) {
			if (rc != -EINVAL)
				fail_msg("%s: taken as '%s' '%s'", rows[i].reason, host, port);
		} else if (rc < 0 || strcmp(host, rows[i].host) || strcmp(port, rows[i].port)) {
			fail_msg("%s: %d '%s' '%s'", rows[i].reason, rc, host, port);
		}
	}
}

static void timeouts(void **state)
{
	static const struct {
		const char *text;
		unsigned ms; /* 0: refused */
	} rows[] = {
	    {"2s", 2000}, {"500ms", 500}, {"1", 1000}, {"60s", 60000}, {"60000ms", 60000},
	    {"0", 0},     {"0ms", 0},     {"61s", 0},  {"-1s", 0},     {"1m", 0},
	    {"", 0},      {"s", 0},       {" 1s", 0},  {"1ss", 0},     {"99999999999999999999", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned ms = 0;
		int rc = lint_timeout_parse(rows[i].text, &ms);

		if (ms != rows[i].ms || (rc == 0) != (ms != 0))
			fail_msg("'%s': %d, %u ms", rows[i].text, rc, ms);
	}
}

static void keys(void **state)
{
	static const struct {
		const char *text, *labels; /* labels NULL: refused */
		enum lint_family family;
	} rows[] = {
	    {"192.0.2.1", "1.2.0.192", LINT_IP4},
	    {"192.0.2.0/24", "0.2.0.192", LINT_IP4},
	    {"2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2",
	     LINT_IP6},
	    {"Spam.Example", "spam.example", LINT_NAMES},
	    {".spam.example", "spam.example", LINT_NAMES},
	    {"*.spam.example", "spam.example", LINT_NAMES},
	    {"", NULL, 0},
	    {"a..b", NULL, 0},
	    {"*.", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lint_key key;
		struct lint_name name;
		int rc = lint_key_parse(rows[i].text, &apex, &key);

		if (!rows[i].labels) {
			if (rc != -EINVAL)
				fail_msg("'%s' was taken", rows[i].text);
			continue;
		}
		assert_int_equal(lint_name_below(rows[i].labels, &apex, &name), 0);
		if (rc < 0 || key.family != rows[i].family || !lint_name_equal(&key.name, &name))
			fail_msg("'%s': %d", rows[i].text, rc);
	}
}

static void names(void **state)
{
	struct lint_name name, other = {.wire = "\7example", .size = 9};

	(void)state;
	assert_int_equal(lint_name_below("a.B", &apex, &name), 0);
	assert_true(lint_name_is_in(&name, &apex));
	assert_true(lint_name_is_in(&apex, &apex));
	assert_false(lint_name_is_in(&other, &apex));
	name = lint_name_parent(&name);
	assert_int_equal(name.size, 14);
	assert_true(
	    lint_name_equal(&name, &(struct lint_name){.wire = "\1b\2BL\7example", .size = 14}));
	assert_int_equal(lint_name_below("a..b", &apex, &name), -EINVAL);
	/* 254 octets leave room for no label */
	other.size = 0;
	while (other.size < 254 - 1) {
		other.wire[other.size++] = 1;
		other.wire[other.size++] = 'a';
	}
	other.wire[other.size++] = 0;
	assert_int_equal(lint_name_below("b", &other, &name), -EINVAL);
}

/* The reply to "a.bl.example A", flags and records given; NULL: it passes. */
static const struct {
	const char *reason;
	enum lint_want want;
	uint16_t query_flags, flags;
	unsigned counts[2];
	const char *records;
	size_t size;
	const char *wrong;
} judged[] = {
#define A(...) "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" __VA_ARGS__, 16
#define S(ttl)                                                                                     \
	"\xc0\x0e\0\6\0\1\0\0\0" ttl "\0\x16\0\0\0\0\0\7\0\0\0\7\0\0\0\7\0\0\0\7\0\0\0\x3c", 34
    {"listed", LINT_WANT_LISTED, 0, 0x8400, {1, 0}, A("\x7f\0\0\2"), NULL},
    {"127.0.0.1",
     LINT_WANT_LISTED,
     0,
     0x8400,
     {1, 0},
     A("\x7f\0\0\1"),
     "an answer that is no A in 127/8, or is 127.0.0.1"},
    {"192.0.2.1",
     LINT_WANT_LISTED,
     0,
     0x8400,
     {1, 0},
     A("\xc0\0\2\1"),
     "an answer that is no A in 127/8, or is 127.0.0.1"},
    {"no AA", LINT_WANT_LISTED, 0, 0x8000, {1, 0}, A("\x7f\0\0\2"), "it is not authoritative"},
    {"no QR", LINT_WANT_LISTED, 0, 0x0400, {1, 0}, A("\x7f\0\0\2"), "it is no response"},
    {"RD lost",
     LINT_WANT_LISTED,
     LINT_RD,
     0x8400,
     {1, 0},
     A("\x7f\0\0\2"),
     "RD is not copied (RFC 1035 section 4.1.1)"},
    {"AD",
     LINT_WANT_LISTED,
     0,
     0x8420,
     {1, 0},
     A("\x7f\0\0\2"),
     "a flag is set that must be clear: Z or AD"},
    {"opcode", LINT_WANT_NOTIMP, 4 << 11, 0x8004, {0, 0}, "", 0, "another opcode"},
    {"not listed", LINT_WANT_NXDOMAIN, 0, 0x8403, {0, 1}, S("\x3c"), NULL},
    {"not listed, but there", LINT_WANT_NXDOMAIN, 0, 0x8400, {0, 1}, S("\x3c"), "not NXDOMAIN"},
    {"no SOA", LINT_WANT_NXDOMAIN, 0, 0x8403, {0, 0}, "", 0, "no SOA, so that nobody can cache it"},
    {"SOA above its minimum",
     LINT_WANT_NXDOMAIN,
     0,
     0x8403,
     {0, 1},
     S("\x3d"),
     "the TTL of the SOA is above its minimum"},
    {"no data", LINT_WANT_NODATA, 0, 0x8400, {0, 1}, S("\x3c"), NULL},
    {"NXDOMAIN where something is below",
     LINT_WANT_NODATA,
     0,
     0x8403,
     {0, 1},
     S("\x3c"),
     "not NOERROR"},
    {"refused", LINT_WANT_REFUSED, 0, 0x8005, {0, 0}, "", 0, NULL},
    {"refused with AA",
     LINT_WANT_REFUSED,
     0,
     0x8405,
     {0, 0},
     "",
     0,
     "an error is not authoritative"},
};

static void answers_are_judged(void **state)
{
	struct lint *l = calloc(1, sizeof(*l));

	(void)state;
	assert_non_null(l);
	l->apex = apex;
	for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
		struct lint_query q = {.flags = judged[i].query_flags,
		                       .question_count = 1,
		                       .type = LINT_A,
		                       .class = LINT_IN};
		const char *error = "", *wrong;
		size_t size;

		assert_int_equal(lint_name_below("a", &apex, &q.name), 0);
		size = lint_message_write(&q, l->bytes);
		l->bytes[2] = (uint8_t)(judged[i].flags >> 8);
		l->bytes[3] = (uint8_t)judged[i].flags;
		l->bytes[7] = (uint8_t)judged[i].counts[0];
		l->bytes[9] = (uint8_t)judged[i].counts[1];
		memcpy(l->bytes + size, judged[i].records, judged[i].size);
		if (lint_message_read(l->bytes, size + judged[i].size, &l->reply, &error) < 0)
			fail_msg("%s: %s", judged[i].reason, error);
		wrong = lint_judge(l, &q, judged[i].want);
		if (!wrong != !judged[i].wrong || (wrong && strcmp(wrong, judged[i].wrong) != 0))
			fail_msg("%s: %s", judged[i].reason, wrong ? wrong : "it passes");
	}
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(servers), cmocka_unit_test(timeouts),           cmocka_unit_test(keys),
	    cmocka_unit_test(names),   cmocka_unit_test(answers_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
