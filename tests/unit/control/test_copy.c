/* SPDX-License-Identifier: BSD-3-Clause */
/* A file that somebody writes while it is copied. */
#include "control/copy.h"
#include "tests/unit/control/ingest_bench.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum meddle { MEDDLE_NOT, MEDDLE_APPEND, MEDDLE_REPLACE, MEDDLE_REMOVE, MEDDLE_TRUNCATE };

/* What somebody does to the source after the first block was copied. */
static const struct copy_row {
	const char *why;
	enum meddle meddle;
	int expected;
} copy_rows[] = {
    {"left alone", MEDDLE_NOT, 0},
    {"appended to", MEDDLE_APPEND, -EAGAIN},
    {"replaced by one of the same size", MEDDLE_REPLACE, -EAGAIN},
    {"removed", MEDDLE_REMOVE, -EAGAIN},
    {"truncated", MEDDLE_TRUNCATE, -EAGAIN},
};

static void meddle_with(struct folder *f, enum meddle meddle)
{
	FILE *file;

	switch (meddle) {
	case MEDDLE_NOT:
		break;
	case MEDDLE_APPEND:
		file = fopen(folder_at(f, "source"), "a");
		assert_non_null(file);
		fputs("198.51.100.1\n", file);
		fclose(file);
		break;
	case MEDDLE_REPLACE:
		assert_int_equal(rename(folder_at(f, "source"), folder_at(f, "old")), 0);
		ingest_bench_write(f, "200");
		break;
	case MEDDLE_REMOVE:
		unlink(folder_at(f, "source"));
		break;
	case MEDDLE_TRUNCATE:
		assert_int_equal(truncate(folder_at(f, "source"), 10), 0);
		break;
	}
}

static void test_changed_during_copy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(copy_rows) / sizeof(copy_rows[0]); i++) {
		uint8_t sum[DURABLE_CHECKSUM_SIZE];
		struct folder f;
		struct copy copy;

		print_message("# %s\n", copy_rows[i].why);
		folder_init(&f);
		ingest_bench_write(&f, "200");
		assert_int_equal(
		    copy_begin(&copy, folder_at(&f, "source"), folder_at(&f, "target")), 0);
		assert_int_equal(copy_step(&copy), 1);
		meddle_with(&f, copy_rows[i].meddle);
		while (copy_step(&copy) > 0)
			;
		assert_int_equal(copy_end(&copy, folder_at(&f, "source"), sum),
		                 copy_rows[i].expected);
		folder_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_changed_during_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
