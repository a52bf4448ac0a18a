/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a feed and its versions when its source changes. */
#include "tests/unit/control/ingest_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What happens to a feed whose last good version is "before", when the source becomes "after". */
static const struct ingest_row {
	const char *why, *before, *after;
	bool may_be_empty;
	enum ingest_outcome expected;
	const char *reason; /* part of it */
} ingest_rows[] = {
    {"the first version", NULL, "10", false, INGEST_TAKEN, ""},
    {"the first version is empty", NULL, "0", false, INGEST_HELD, "empty"},
    {"it may be", NULL, "0", true, INGEST_TAKEN, ""},
    {"the same bytes", "200", "200", false, INGEST_UNCHANGED, ""},
    {"other bytes, same meaning", "200", "200#comment", false, INGEST_UNCHANGED, ""},
    {"grown as far as allowed", "100", "300", false, INGEST_TAKEN, ""},
    {"grown too far", "100", "301", false, INGEST_HELD, "growth"},
    {"too small to compare", "99", "500", false, INGEST_TAKEN, ""},
    {"shrunk as far as allowed", "200", "100", false, INGEST_TAKEN, ""},
    {"shrunk too far", "200", "99", false, INGEST_HELD, "shrink"},
    {"emptied", "200", "0", false, INGEST_HELD, ""},
    {"as many errors as allowed", "200", "198+2", false, INGEST_TAKEN, ""},
    {"too many errors", "200", "197+3", false, INGEST_HELD, "errors"},
    {"a /8 is allowed", "200", "200/8", false, INGEST_TAKEN, ""},
    {"a /7 is not", "200", "200/7", false, INGEST_HELD, "widest4"},
    {"the file vanished", "200", NULL, false, INGEST_MISSING, "No such file"},
    {"it never was", NULL, NULL, false, INGEST_MISSING, "No such file"},
    {"a folder has its name", "200", "dir", false, INGEST_MISSING, "not a regular file"},
};

static void test_decisions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ingest_rows) / sizeof(ingest_rows[0]); i++) {
		const struct ingest_row *row = &ingest_rows[i];
		uint64_t before = 0;
		struct ingest_bench b;

		print_message("# %s\n", row->why);
		ingest_bench_init(&b);
		b.settings.guards.may_be_empty = row->may_be_empty;
		if (row->before) {
			assert_int_equal(ingest_bench_read(&b, row->before), INGEST_TAKEN);
			before = 1;
		}
		/* What guards compare with survives a restart. */
		ingest_bench_reopen(&b);
		assert_int_equal(ingest_bench_read(&b, row->after), row->expected);
		assert_non_null(strstr(b.result.reason, row->reason));
		assert_int_equal(b.result.has_held, row->expected == INGEST_HELD);
		assert_int_equal(b.result.has_good, before || row->expected == INGEST_TAKEN);
		if (b.result.has_good)
			assert_int_equal(b.result.good.number,
			                 before + (row->expected == INGEST_TAKEN));
		ingest_bench_done(&b);
	}
}

static void test_same_hash_without_parsing(void **state)
{
	struct ingest_bench b;

	(void)state;
	ingest_bench_init(&b);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_TAKEN);
	assert_true(b.result.was_parsed);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_UNCHANGED);
	assert_false(b.result.was_parsed);
	dataset_free(b.result.dataset);
	ingest_source(&b.settings, b.v, true, &b.result);
	assert_int_equal(b.result.outcome, INGEST_UNCHANGED);
	assert_true(b.result.was_parsed);
	ingest_bench_done(&b);
}

static void test_held_until_accepted(void **state)
{
	struct ingest_bench b;

	(void)state;
	ingest_bench_init(&b);
	ingest_accept(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_REFUSED);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_TAKEN);
	assert_int_equal(ingest_bench_read(&b, "1000"), INGEST_HELD);
	ingest_bench_reopen(&b);
	ingest_load(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 200);
	assert_true(b.result.has_held);
	dataset_free(b.result.dataset);
	ingest_accept(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 1000);
	assert_false(b.result.has_held);
	/* the accepted version is what the next is compared with, and the source agrees with it */
	assert_int_equal(ingest_bench_read(&b, "1000"), INGEST_UNCHANGED);
	assert_int_equal(ingest_bench_read(&b, "1100"), INGEST_TAKEN);
	ingest_bench_done(&b);
}

static void test_held_until_source_is_good_again(void **state)
{
	struct ingest_bench b;

	(void)state;
	ingest_bench_init(&b);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_TAKEN);
	assert_int_equal(ingest_bench_read(&b, "1000"), INGEST_HELD);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_UNCHANGED);
	assert_false(b.result.has_held);
	ingest_bench_done(&b);
}

static void test_rollback_ignores_source(void **state)
{
	struct ingest_bench b;

	(void)state;
	ingest_bench_init(&b);
	ingest_rollback(&b.settings, b.v, 0, &b.result);
	assert_int_equal(b.result.outcome, INGEST_REFUSED);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_TAKEN);
	assert_int_equal(ingest_bench_read(&b, "210"), INGEST_TAKEN);
	dataset_free(b.result.dataset);
	ingest_rollback(&b.settings, b.v, 0, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.dataset->facts.entry_count, 200);
	assert_int_equal(b.result.good.number, 1);
	/* the same content does not come back by itself, not even after a restart */
	assert_int_equal(ingest_bench_read(&b, "210"), INGEST_HELD);
	ingest_bench_reopen(&b);
	assert_int_equal(ingest_bench_read(&b, "210"), INGEST_HELD);
	assert_non_null(strstr(b.result.reason, "rolled back from version 2"));
	assert_int_equal(ingest_bench_read(&b, "220"), INGEST_TAKEN);
	assert_int_equal(b.result.good.number, 3);
	assert_int_equal(ingest_bench_read(&b, "210"), INGEST_TAKEN);
	ingest_bench_done(&b);
}

static void test_load_passes_over_damage(void **state)
{
	struct ingest_bench b;

	(void)state;
	ingest_bench_init(&b);
	ingest_load(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_NOTHING);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_TAKEN);
	assert_int_equal(ingest_bench_read(&b, "210"), INGEST_TAKEN);
	folder_write(&b.f, "feed/2.feed", "damage");
	ingest_bench_reopen(&b);
	dataset_free(b.result.dataset);
	ingest_load(&b.settings, b.v, &b.result);
	assert_int_equal(b.result.outcome, INGEST_TAKEN);
	assert_int_equal(b.result.good.number, 1);
	assert_int_equal(b.result.dataset->facts.entry_count, 200);
	ingest_bench_done(&b);
}

/* No room for the copy: told as such, and what serves is not touched. */
static void test_no_room(void **state)
{
	struct ingest_bench b;

	(void)state;
	ingest_bench_init(&b);
	assert_int_equal(ingest_bench_read(&b, "200"), INGEST_TAKEN);
	ingest_bench_write(&b.f, "210");
	assert_int_equal(symlink("/dev/full", folder_at(&b.f, "feed/incoming")), 0);
	dataset_free(b.result.dataset);
	ingest_source(&b.settings, b.v, false, &b.result);
	assert_int_equal(b.result.outcome, INGEST_FAILED);
	assert_non_null(strstr(b.result.reason, "cannot copy"));
	assert_int_equal(b.result.good.number, 1);
	assert_int_equal(ingest_bench_read(&b, "210"), INGEST_TAKEN);
	ingest_bench_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decisions),
	    cmocka_unit_test(test_same_hash_without_parsing),
	    cmocka_unit_test(test_held_until_accepted),
	    cmocka_unit_test(test_held_until_source_is_good_again),
	    cmocka_unit_test(test_rollback_ignores_source),
	    cmocka_unit_test(test_load_passes_over_damage),
	    cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
