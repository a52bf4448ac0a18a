/* SPDX-License-Identifier: BSD-3-Clause */
/* Notes for people where a list should be, and lists that only look a little like them. */
#include "feeds/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"

static const struct {
	const char *why, *bytes;
	bool is_page, is_prose, is_note;
	const char *text;
} rows[] = {
    {"a parking page", "<!DOCTYPE html>\n<html><body>Buy this domain</body></html>\n", true, false,
     false, "<!DOCTYPE html>"},
    {"behind empty lines and blanks", "\r\n\n  <HTML>\r\n", true, false, false, "<HTML>"},
    {"an error as XML", "<?xml version=\"1.0\"?><Error/>", true, false, false,
     "<?xml version=\"1.0\"?><Error/>"},
    {"a note in words", "You are downloading this list too often.\n", false, true, true,
     "You are downloading this list too often."},
    {"a note as comments", "# rsync\n# Access denied: your address was blocked for abuse\n", false,
     false, true, "# Access denied: your address was blocked for abuse"},
    {"prose without any such word", "Hello there dear customer\n", false, true, true,
     "Hello there dear customer"},
    {"a list of addresses", "192.0.2.1\n192.0.2.2\n", false, false, false, "192.0.2.1"},
    {"a list with a header",
     "; Spamhaus DROP List 2026/05/26 - (c) 2026\n; Expires: later\n192.0.2.0/24 ; SBL1\n", false,
     false, false, "; Spamhaus DROP List 2026/05/26 - (c) 2026"},
    {"names", "spam.example\nspammer-two.example\n", false, false, false, "spam.example"},
    {"JSON lines", "{\"cidr\":\"192.0.2.0/24\"}\n", false, false, false,
     "{\"cidr\":\"192.0.2.0/24\"}"},
    {"nothing at all", "", false, false, false, ""},
    {"only blanks", "  \n\t\n", false, false, false, ""},
    {"control characters are not shown", "<html>\033[31m\x7f\n", true, false, false,
     "<html>?[31m?"},
    {"too long to be shown", "<html>" LETTERS LETTERS "\n", true, false, false, NULL},
    {"a page of words",
     "You ask too often.\n\nPlease read https://bl.example/ first\nThen write to us\n", false, true,
     true, "You ask too often."},
    {"what an API says of itself", "{\"error\":\"rate limited\"}\n", false, true, true,
     "{\"error\":\"rate limited\"}"},
    {"a header of words above data", "Date added, first address\n2026-01-01,192.0.2.1\n", false,
     false, true, "Date added, first address"},
    {"comments of words are no data", "# all lists are free\n# Have a nice day\n192.0.2.1\n", false,
     false, false, "# all lists are free"},
    {"a text of words behind each name", "spam.example seen to send spam\n", false, false, false,
     "spam.example seen to send spam"},
    {"a note that comes late is data's",
     "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\ntoo often\n", false,
     false, false, "1"},
};

static void notice_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reader *r = reader_open_memory(rows[i].bytes, strlen(rows[i].bytes));
		struct notice notice;

		notice_find(r, &notice);
		reader_close(r);
		if (notice.is_page != rows[i].is_page || notice.is_prose != rows[i].is_prose ||
		    notice.is_note != rows[i].is_note)
			fail_msg("%s: page %d, prose %d, note %d", rows[i].why, notice.is_page,
			         notice.is_prose, notice.is_note);
		if (rows[i].text)
			assert_string_equal(notice.text, rows[i].text);
		assert_true(strlen(notice.text) <= NOTICE_TEXT_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(notice_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
