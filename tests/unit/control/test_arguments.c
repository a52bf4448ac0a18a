/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of reputectl.
 */
#include "control/cli/commands.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 12

struct row {
	const char *reason;
	const char *words[WORDS_MAX];
	const char *error;   /* NULL = none */
	const char *command; /* NULL = none */
	unsigned given;
	const char *config; /* NULL = the default */
	const char *operands[ARGUMENTS_OPERANDS_MAX];
};

static const struct row rows[] = {
    {"a command alone", {"status"}, NULL, "status", 0, NULL, {0}},
    {"-c before", {"-c", "f", "status"}, NULL, "status", OPTION_CONFIG, "f", {0}},
    {"-c after", {"status", "-c", "f"}, NULL, "status", OPTION_CONFIG, "f", {0}},
    {"-c in one word", {"status", "-cf"}, NULL, "status", OPTION_CONFIG, "f", {0}},
    {"--config", {"--config", "f", "up"}, NULL, "up", OPTION_CONFIG, "f", {0}},
    {"--config with =", {"up", "--config=f"}, NULL, "up", OPTION_CONFIG, "f", {0}},
    {"an empty value", {"up", "--config="}, NULL, "up", OPTION_CONFIG, "", {0}},
    {"options in the middle",
     {"list", "-c", "f", "add", "--json", "l", "192.0.2.1"},
     NULL,
     "list add",
     OPTION_CONFIG | OPTION_JSON,
     "f",
     {"l", "192.0.2.1"}},
    {"a command of one word before one of two", {"feeds"}, NULL, "feeds", 0, NULL, {0}},
    {"two words before one", {"feeds", "refresh"}, NULL, "feeds refresh", 0, NULL, {0}},
    {"two words with an operand",
     {"feeds", "accept", "drop"},
     NULL,
     "feeds accept",
     0,
     NULL,
     {"drop"}},
    {"an operand that may be left out", {"list", "show"}, NULL, "list show", 0, NULL, {0}},
    {"all of list add",
     {"list", "add", "l", "k", "--ttl", "1h", "--code", "127.0.0.2", "--text=a b", "--reason",
      "-x"},
     NULL,
     "list add",
     OPTION_TTL | OPTION_CODE | OPTION_TEXT | OPTION_REASON,
     NULL,
     {"l", "k"}},
    {"an option that may be repeated",
     {"lint", "bl.example", "@::1", "--listed", "a", "--listed=b", "--timeout", "1s"},
     NULL,
     "lint",
     OPTION_LISTED | OPTION_TIMEOUT,
     NULL,
     {"bl.example", "@::1"}},
    {"another program's command line is not read",
     {"--json", "migrate", "rbldnsd", "--", "-c", "1m", "--json", "--junk", "--", "a:b:c"},
     NULL,
     "migrate rbldnsd",
     OPTION_JSON,
     NULL,
     {0}},
    {"its place is behind --",
     {"migrate", "rbldnsd", "bl.example:dnset:f"},
     "unexpected 'bl.example:dnset:f'",
     NULL,
     0,
     NULL,
     {0}},
    {"an operand that begins with a dash",
     {"lookup", "--", "-x.example"},
     NULL,
     "lookup",
     0,
     NULL,
     {"-x.example"}},
    {"a dash alone is an operand", {"lookup", "-"}, NULL, "lookup", 0, NULL, {"-"}},
    {"--help alone", {"--help"}, NULL, NULL, OPTION_HELP, NULL, {0}},
    {"-V alone", {"-V"}, NULL, NULL, OPTION_VERSION, NULL, {0}},
    {"help of a command needs no operands",
     {"lookup", "--help"},
     NULL,
     "lookup",
     OPTION_HELP,
     NULL,
     {0}},
    {"nothing", {NULL}, "no command", NULL, 0, NULL, {0}},
    {"only options", {"--json"}, "no command", NULL, 0, NULL, {0}},
    {"an unknown command", {"frobnicate"}, "unknown command 'frobnicate'", NULL, 0, NULL, {0}},
    {"a mistyped command",
     {"chekc"},
     "unknown command 'chekc'; did you mean 'check'?",
     NULL,
     0,
     NULL,
     {0}},
    {"a mistyped command of two words",
     {"lst", "add"},
     "unknown command 'lst'; did you mean 'list'?",
     NULL,
     0,
     NULL,
     {0}},
    {"the first word of two", {"list"}, "'list' needs one of: add, del, show", NULL, 0, NULL, {0}},
    {"a wrong second word",
     {"list", "ad"},
     "'list' needs one of: add, del, show",
     NULL,
     0,
     NULL,
     {0}},
    {"a wrong second word after a command",
     {"feeds", "refrehs"},
     "unexpected 'refrehs'",
     NULL,
     0,
     NULL,
     {0}},
    {"an operand is missing", {"lookup"}, "'lookup' needs KEY", NULL, 0, NULL, {0}},
    {"one of two operands is missing",
     {"list", "add", "l"},
     "'list add' needs LIST KEY",
     NULL,
     0,
     NULL,
     {0}},
    {"an operand too many", {"status", "x"}, "unexpected 'x'", NULL, 0, NULL, {0}},
    {"words without end",
     {"lookup", "a", "b", "c", "d", "e", "f"},
     "unexpected 'f'",
     NULL,
     0,
     NULL,
     {0}},
    {"an unknown option", {"status", "--jason"}, "unknown option '--jason'", NULL, 0, NULL, {0}},
    {"the start of an option", {"status", "--js"}, "unknown option '--js'", NULL, 0, NULL, {0}},
    {"an unknown letter", {"status", "-x"}, "unknown option '-x'", NULL, 0, NULL, {0}},
    {"an option of another command",
     {"status", "--ttl", "1h"},
     "'status' has no option '--ttl'",
     NULL,
     0,
     NULL,
     {0}},
    {"an option without its value",
     {"status", "-c"},
     "option '-c' needs a value",
     NULL,
     0,
     NULL,
     {0}},
    {"a value that is not taken",
     {"status", "--json=1"},
     "option '--json=1' takes no value",
     NULL,
     0,
     NULL,
     {0}},
    {"an option twice",
     {"status", "-c", "a", "--config", "b"},
     "option '--config' is given twice",
     NULL,
     0,
     NULL,
     {0}},
};

static void check_good(const struct row *row, const struct arguments *a)
{
	const char *name = a->command ? a->command->name : NULL;

	if ((name == NULL) != (row->command == NULL) || (name && strcmp(name, row->command) != 0))
		fail_msg("%s: command '%s'", row->reason, name ? name : "");
	if (a->given != row->given)
		fail_msg("%s: options %x", row->reason, a->given);
	if (strcmp(a->config, row->config ? row->config : ARGUMENTS_CONFIG) != 0)
		fail_msg("%s: configuration '%s'", row->reason, a->config);
	for (unsigned i = 0; i < ARGUMENTS_OPERANDS_MAX; i++) {
		const char *operand = i < a->operand_count ? a->operands[i] : NULL;

		if ((operand == NULL) != (row->operands[i] == NULL) ||
		    (operand && strcmp(operand, row->operands[i]) != 0))
			fail_msg("%s: operand %u is '%s'", row->reason, i, operand ? operand : "");
	}
}

static void command_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *argv[WORDS_MAX + 2] = {(char *)"reputectl"};
		char error[ARGUMENTS_ERROR_MAX] = "";
		struct arguments arguments;
		int argc = 1, rc;

		while (argc <= WORDS_MAX && rows[i].words[argc - 1]) {
			argv[argc] = (char *)rows[i].words[argc - 1];
			argc++;
		}
		rc = arguments_parse(argc, argv, commands, &arguments, error);
		if ((rc < 0) != (rows[i].error != NULL))
			fail_msg("%s: rc %d, '%s'", rows[i].reason, rc, error);
		if (rc == 0)
			check_good(&rows[i], &arguments);
		else if (strcmp(error, rows[i].error) != 0)
			fail_msg("%s: '%s', expected '%s'", rows[i].reason, error, rows[i].error);
	}
}

static void values_land_where_they_belong(void **state)
{
	static char *argv[] = {(char *)"reputectl", (char *)"list",
	                       (char *)"add",       (char *)"l",
	                       (char *)"k",         (char *)"--ttl",
	                       (char *)"1h",        (char *)"--code=c",
	                       (char *)"--text=t",  (char *)"--reason",
	                       (char *)"r",         (char *)"--author",
	                       (char *)"a",         NULL};
	char error[ARGUMENTS_ERROR_MAX];
	struct arguments a;

	(void)state;
	assert_int_equal(arguments_parse(13, argv, commands, &a, error), 0);
	assert_string_equal(a.ttl, "1h");
	assert_string_equal(a.code, "c");
	assert_string_equal(a.text, "t");
	assert_string_equal(a.reason, "r");
	assert_string_equal(a.author, "a");
}

static void repeated_options_are_kept(void **state)
{
	char *argv[2 + 2 * (ARGUMENTS_LISTED_MAX + 1) + 1] = {"reputectl", "lint", "z"};
	char error[ARGUMENTS_ERROR_MAX] = "";
	struct arguments arguments;
	int argc = 3;

	(void)state;
	for (unsigned i = 0; i < ARGUMENTS_LISTED_MAX; i++)
		argv[argc++] = i % 2 ? "--listed=b" : "--listed=a";
	assert_int_equal(arguments_parse(argc, argv, commands, &arguments, error), 0);
	assert_int_equal(arguments.listed_count, ARGUMENTS_LISTED_MAX);
	assert_string_equal(arguments.listed[0], "a");
	assert_string_equal(arguments.listed[ARGUMENTS_LISTED_MAX - 1], "b");
	argv[argc++] = "--listed=c";
	assert_int_equal(arguments_parse(argc, argv, commands, &arguments, error), -EINVAL);
	assert_string_equal(error, "option '--listed=c' is given more than 16 times");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(repeated_options_are_kept),
	    cmocka_unit_test(command_lines),
	    cmocka_unit_test(values_land_where_they_belong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
