/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Output for people: what a terminal gets to see.
 */
#include "control/cli/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void text_is_made_safe(void **state)
{
	static const struct {
		const char *reason, *text, *expected;
	} rows[] = {
	    {"plain", "a b", "a b"},
	    {"empty", "", ""},
	    {"an escape sequence", "\x1b[2J", "\\027[2J"},
	    {"a line end", "a\nb", "a\\010b"},
	    {"delete", "\x7f", "\\127"},
	    {"UTF-8", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
	     "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
	    {"a byte alone", "\xe4x", "\\228x"},
	    {"a sequence cut off", "\xe2\x82", "\\226\\130"},
	    {"written longer than needed", "\xe0\x80\xaf", "\\224\\128\\175"},
	    {"a surrogate", "\xed\xa0\x80", "\\237\\160\\128"},
	    {"beyond the last", "\xf4\x90\x80\x80", "\\244\\144\\128\\128"},
	    {"a C1 control", "\xc2\x9b", "\\194\\155"},
	    {"turning the writing around", "\xe2\x80\xae", "\\226\\128\\174"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = strlen(rows[i].text);
		char *bytes = malloc(size ? size : 1), *clean;

		assert_non_null(bytes);
		memcpy(bytes, rows[i].text, size);
		clean = show_clean(bytes, size);
		assert_non_null(clean);
		if (strcmp(clean, rows[i].expected) != 0)
			fail_msg("%s: '%s'", rows[i].reason, clean);
		free(clean);
		free(bytes);
	}
}

static void times_and_sizes(void **state)
{
	static const struct {
		uint64_t number;
		const char *duration, *size;
	} rows[] = {
	    {0, "0 s", "0 B"},
	    {59, "59 s", "59 B"},
	    {60, "1 min", "60 B"},
	    {3599, "59 min", "3.5 KiB"},
	    {3660, "1 h 1 min", "3.6 KiB"},
	    {86400, "1 d 0 h", "84.4 KiB"},
	    {1073741824, "12427 d 13 h", "1.0 GiB"},
	    {UINT64_MAX, "213503982334601 d 7 h", "16777216.0 TiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[SHOW_TEXT_MAX];

		show_duration(rows[i].number, text);
		assert_string_equal(text, rows[i].duration);
		show_size(rows[i].number, text);
		assert_string_equal(text, rows[i].size);
	}
}

static void columns_are_aligned(void **state)
{
	struct show_table table = {.align = "lrl"};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	show_row(&table, (const char *const[]){"NAME", "N", "TEXT"});
	show_row(&table, (const char *const[]){"\xc3\xa4", "1000", "x"});
	show_row(&table, (const char *const[]){"drop", "7", NULL});
	show_row(&table, (const char *const[]){"", "", "\x1b"});
	assert_int_equal(show_table_done(&table, 1, out), 0);
	fclose(out);
	assert_string_equal(text, " NAME     N  TEXT\n"
	                          " \xc3\xa4     1000  x\n"
	                          " drop     7\n"
	                          "             \\027\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_is_made_safe),
	    cmocka_unit_test(times_and_sizes),
	    cmocka_unit_test(columns_are_aligned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
