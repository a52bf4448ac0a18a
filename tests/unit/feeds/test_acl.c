/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rbldnsd's acl. Reads a sample of tests/data/feeds, whose folder is the argument.
 */
#include "feeds/rbldnsd_acl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;

static const struct {
	const char *range;
	enum acl_action action;
	uint32_t code;
	const char *text;
} rules[] = {
    {"10.0.0.0/8", ACL_PASS, 0, ""},
    {"10.9.0.0/16", ACL_REFUSE, 0, ""},
    {"10.9.9.9", ACL_EMPTY, 0, ""},
    {"192.0.2.0/24", ACL_IGNORE, 0, ""},
    {"192.0.2.128/25", ACL_REFUSE, 0, ""},
    {"198.51.100.1", ACL_IGNORE, 0, ""},
    {"203.0.113.1", ACL_ALWAYS, 0x7f000003, ""},
    {"203.0.113.2", ACL_ALWAYS, 0x7f000002, "You $ are not welcome"},
    {"203.0.113.3", ACL_ALWAYS, 0x7f000004, "default of $"},
    {"2001:db8::/32", ACL_IGNORE, 0, ""},
    {"2001:db8:1::/48", ACL_ALWAYS, 0x7f000009, "$ asks too much, write to abuse@example.org"},
};

static void acl_sample(void **state)
{
	char path[4096], error[200], text[2 * ADDRESS_TEXT_MAX];
	struct reader *reader;
	struct acl *acl;

	(void)state;
	snprintf(path, sizeof(path), "%s/acl.rbldnsd", folder);
	reader = reader_open(path);
	assert_non_null(reader);
	acl = acl_read(reader, error, sizeof(error));
	reader_close(reader);
	assert_non_null(acl);
	assert_int_equal(acl->bad_line_count, 0);
	assert_int_equal(acl->count, sizeof(rules) / sizeof(rules[0]));
	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_rule *rule = &acl->rules[i];

		address_format(&rule->range, text);
		assert_string_equal(text, rules[i].range);
		assert_int_equal(rule->action, rules[i].action);
		assert_int_equal(rule->code, rules[i].code);
		assert_int_equal(rule->text_size, strlen(rules[i].text));
		assert_memory_equal(rule->text, rules[i].text, rule->text_size);
	}
	acl_free(acl);
}

static const struct {
	const char *lines, *message, *reason;
} bad[] = {
    {"192.0.2.1/24\n", "host bits are set", "a prefix that is none"},
    {"!192.0.2.1\n", "expected a prefix", "there are no exclusions"},
    {"192.0.2.1-5\n", "expected a prefix", "nor ranges"},
    {"192.0.2.1 :deny\n", "bad value ':deny'", "an action that is none"},
    {"=deny\n", "bad action '=deny'", "a default that is none"},
    {":deny\n", "bad value ':deny'", "the same as a value"},
    {"192.0.2.1 :127.0.0.1\n", "bad code in", "a code that no list has"},
    {"key\n", "bad address 'key'", "not an address"},
};

static void acl_bad(void **state)
{
	char error[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reader *reader = reader_open_memory(bad[i].lines, strlen(bad[i].lines));
		struct acl *acl = acl_read(reader, error, sizeof(error));

		reader_close(reader);
		assert_non_null(acl);
		if (acl->bad_line_count != 1 || acl->count ||
		    !strstr(acl->messages[0].text, bad[i].message))
			fail_msg("%s: %zu rules, '%s'", bad[i].reason, acl->count,
			         acl->message_count ? acl->messages[0].text : "");
		acl_free(acl);
	}
}

static void acl_unusable(void **state)
{
	static const char binary[] = "192.0.2.1\nELF\0\n";
	struct reader *reader = reader_open_memory(binary, sizeof(binary) - 1);
	char error[200];

	(void)state;
	assert_null(acl_read(reader, error, sizeof(error)));
	assert_non_null(strstr(error, "NUL"));
	reader_close(reader);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(acl_sample),
	    cmocka_unit_test(acl_bad),
	    cmocka_unit_test(acl_unusable),
	};

	folder = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests_name("feeds-acl", tests, NULL, NULL);
}
