/* SPDX-License-Identifier: BSD-3-Clause */
/* What was switched off stays off, and damage switches nothing off. */
#include "control/switches.h"
#include "tests/unit/control/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct switches *open_at(struct folder *f)
{
	struct switches *s = switches_open(folder_at(f, "state"));

	assert_non_null(s);
	return s;
}

static void test_keeps(void **state)
{
	struct switch_off off = {"drop", "lists \"us\"", "amy", 1000},
			  other = {"b", "", "bob", 2000};
	struct folder f;
	struct switches *s;

	(void)state;
	folder_init(&f);
	s = open_at(&f);
	assert_null(switches_find(s, "drop"));
	assert_int_equal(switches_clear(s, "drop"), 0);
	assert_int_equal(switches_set(s, &off), 0);
	assert_int_equal(switches_set(s, &other), 0);
	strcpy(off.reason, "again");
	assert_int_equal(switches_set(s, &off), 0);
	switches_close(s);

	s = open_at(&f);
	assert_string_equal(switches_find(s, "drop")->reason, "again");
	assert_string_equal(switches_find(s, "drop")->author, "amy");
	assert_int_equal(switches_find(s, "b")->since_s, 2000);
	assert_int_equal(switches_clear(s, "drop"), 0);
	assert_null(switches_find(s, "drop"));
	switches_close(s);

	s = open_at(&f);
	assert_null(switches_find(s, "drop"));
	assert_non_null(switches_find(s, "b"));
	switches_close(s);
	folder_done(&f);
}

static void test_damage(void **state)
{
	static const char *const rows[] = {
	    "",
	    "[",
	    "{}",
	    "[1]",
	    "[{\"feed\": \"a\"}]",
	    "[{\"feed\": \"a\", \"reason\": \"\", \"author\": 3, \"since_s\": 1}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct folder f;
		struct switches *s;

		folder_init(&f);
		switches_close(open_at(&f));
		folder_write(&f, "state/disabled.json", rows[i]);
		s = open_at(&f);
		assert_null(switches_find(s, "a"));
		assert_true(folder_has(&f, "state/disabled.json.damaged"));
		switches_close(s);
		folder_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keeps),
	    cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
