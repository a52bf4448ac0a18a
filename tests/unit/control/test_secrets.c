/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of cookie secrets: what is taken, and what each mistake is called. */
#include "control/config_reputation.h"
#include "control/config_secrets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define A "00112233445566778899aabbccddeeff"
#define B "FFEEDDCCBBAA99887766554433221100"

static char folder[] = "/tmp/reputed-test-XXXXXX";
static char path[64];

static void write_file(const char *text, mode_t mode)
{
	FILE *file;

	unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static const struct {
	const char *reason;
	const char *text;
	mode_t mode;
	unsigned count; /* 0: refused */
	const char *error;
} rows[] = {
    {"one", A "\n", 0600, 1, NULL},
    {"one without an end of line", A, 0600, 1, NULL},
    {"two, upper and lower case", A "\n" B "\n", 0640, 2, NULL},
    {"empty lines, line ends of Windows, spaces at the end", "\n" A " \r\n\r\n" B "\t", 0400, 2,
     NULL},
    {"three", A "\n" B "\n" A "\n", 0600, 0, "line 3: a third secret, expected one or two"},
    {"nothing", "", 0600, 0, "is empty, expected one or two lines of 32 hex digits"},
    {"only line ends", "\n\n", 0600, 0, "is empty, expected one or two lines of 32 hex digits"},
    {"a digit less", A "\n0011223344556677889900aabbccdde\n", 0600, 0,
     "line 2: expected 32 hex digits"},
    {"a digit more", A "0\n", 0600, 0, "line 1: expected 32 hex digits"},
    {"another letter", "g0112233445566778899aabbccddeeff\n", 0600, 0,
     "line 1: expected 32 hex digits"},
    {"two in a line", A " " B "\n", 0600, 0, "line 1: expected 32 hex digits"},
    {"readable by all", A "\n", 0644, 0,
     "everybody may read it (mode 0644), expected mode 0600 or 0640"},
    {"writable by all", A "\n", 0602, 0,
     "everybody may write it (mode 0602), expected mode 0600 or 0640"},
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct secrets s = {.count = 7};
		char error[SECRETS_ERROR] = "";
		int rc;

		write_file(rows[i].text, rows[i].mode);
		rc = secrets_read(path, &s, error);
		if ((rc == 0) != (rows[i].count > 0))
			fail_msg("%s: %d, '%s'", rows[i].reason, rc, error);
		if (s.count != (rc == 0 ? rows[i].count : 7))
			fail_msg("%s: %u secrets", rows[i].reason, s.count);
		if (rows[i].error && strcmp(error, rows[i].error) != 0)
			fail_msg("%s: '%s'", rows[i].reason, error);
		if (rc == 0 && (s.bytes[0][0] != 0 || s.bytes[0][15] != 0xff))
			fail_msg("%s: another first secret", rows[i].reason);
		if (s.count == 2 && (s.bytes[1][0] != 0xff || s.bytes[1][15] != 0))
			fail_msg("%s: another second secret", rows[i].reason);
	}
}

static void take(const char *message, void *context)
{
	snprintf(context, 300, "%s", message);
}

static void test_config(void **state)
{
	static const char yaml[] = "cookies: {secret_file: secret}\n"
				   "dataplane: {listen: [\"127.0.0.1:5300\"]}\n"
				   "lists: [{name: l, manual: true}]\n"
				   "zones: [{name: z.example, lists: [l]}]\n";
	char message[300] = "", expected[300], config_path[64];
	struct config *c;

	(void)state;
	snprintf(config_path, sizeof(config_path), "%s/t.yaml", folder);
	c = config_load_bytes(config_path, yaml, strlen(yaml), take, message);
	assert_non_null(c);
	unlink(path);
	assert_int_equal(config_secrets_read(c, take, message), -ENOENT);
	snprintf(expected, sizeof(expected),
	         "%s: cookies.secret_file: '%s': No such file or directory", config_path, path);
	assert_string_equal(message, expected);
	write_file(A "\n" B "\n", 0600);
	assert_int_equal(config_secrets_read(c, take, message), 0);
	assert_int_equal(c->cookie_secrets.count, 2);
	write_file("not a secret\n", 0600);
	assert_int_equal(config_secrets_read(c, take, message), -EINVAL);
	assert_null(strstr(message, "not a secret")); /* what is in it is nobody's business */
	assert_int_equal(c->cookie_secrets.count, 2);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(config_secrets_read(c, take, message), -EINVAL);
	assert_non_null(strstr(message, "is no regular file"));
	rmdir(path);
	config_free(c);
}

static const struct {
	const char *reason, *text;
	mode_t mode;
	const char *token; /* NULL: refused */
	const char *error;
} tokens[] = {
    {"a token", A "\n", 0600, A, ""},
    {"all characters", "abcXYZ019-._~+/=\r\n", 0640, "abcXYZ019-._~+/=", ""},
    {"the longest", A A A A, 0600, A A A A, ""},
    {"one more", A A A A "0", 0600, NULL, "expected one line of 16 to 128 characters"},
    {"too short to be secret", "012345678901234", 0600, NULL, "expected one line of 16 to 128"},
    {"nothing", "\n", 0600, NULL, "expected one line of 16 to 128 characters"},
    {"two lines", A "\n" A "\n", 0600, NULL, "expected one line of letters, digits and"},
    {"readable by all", A, 0644, NULL, "everybody may read or write it, expected mode 0600"},
};

static struct config *load_reporters(const char *config_path, const char *reporters)
{
	char yaml[512], message[300] = "";
	struct config *c;

	snprintf(yaml, sizeof(yaml),
	         "dataplane: {listen: [\"127.0.0.1:5300\"]}\n"
	         "lists: [{name: l, manual: true}]\n"
	         "zones: [{name: z.example, lists: [l]}]\n"
	         "reputation: {reporters: [%s]}\n",
	         reporters);
	c = config_load_bytes(config_path, yaml, strlen(yaml), take, message);
	if (!c)
		fail_msg("%s", message);
	return c;
}

static void test_tokens(void **state)
{
	char config_path[64];

	(void)state;
	snprintf(config_path, sizeof(config_path), "%s/t.yaml", folder);
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		struct config *c = load_reporters(config_path, "{name: a, token_file: secret}");
		char message[300] = "";
		int rc;

		write_file(tokens[i].text, tokens[i].mode);
		rc = config_secrets_read(c, take, message);
		if (rc != (tokens[i].token ? 0 : -EINVAL) || !strstr(message, tokens[i].error) ||
		    strcmp(c->reputation->reporters[0].token,
		           tokens[i].token ? tokens[i].token : "") != 0)
			fail_msg("%s: %d '%s'", tokens[i].reason, rc, message);
		if (rc < 0 && !strstr(message, "t.yaml: reputation.reporters[0].token_file: '"))
			fail_msg("%s: '%s'", tokens[i].reason, message);
		config_free(c);
	}
}

static void test_one_token_of_two(void **state)
{
	struct config *c;
	char message[300] = "", config_path[64];

	(void)state;
	snprintf(config_path, sizeof(config_path), "%s/t.yaml", folder);
	write_file(A "\n", 0600);
	c = load_reporters(config_path,
	                   "{name: a, token_file: secret}, {name: b, token_file: secret}");
	assert_int_equal(config_secrets_read(c, take, message), -EINVAL);
	assert_non_null(strstr(message, "reporters[1].token_file"));
	assert_non_null(strstr(message, "the same token as of another reporter"));
	assert_null(strstr(message, A));
	config_free(c);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/secret", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_config),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_one_token_of_two),
	};

	return cmocka_run_group_tests_name("secrets", tests, set_up, tear_down);
}
