/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What two threads touch, and that what one of them writes often is in no cache line of what
 * another reads with every burst: bytes that far apart are in different lines wherever the struct
 * is. This is the list of all such structs; what is written seldom, or is the message itself, says
 * so.
 */
#include "dataplane/punt_ring.h"
#include "dataplane/stats.h"
#include "dataplane/table/names_parts.h"
#include "dataplane/table/space6.h"
#include "dataplane/table/table4_parts.h"
#include "dataplane/update_serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define LINE 64

struct row {
	const char *what;
	size_t read, read_size; /* by many, often */
	size_t written;         /* by another, often */
	const char *why;
	bool is_aligned; /* the struct begins with a line */
};

#define ROW(type, read, written, why)     LINES(type, read, written, why, false)
#define ALIGNED(type, read, written, why) LINES(type, read, written, why, true)
#define LINES(type, read, written, why, is_aligned)                                                \
	{                                                                                          \
		"struct " #type ": " #read ", " #written, offsetof(struct type, read),             \
		    sizeof(((struct type *)0)->read), offsetof(struct type, written), why,         \
		    is_aligned                                                                     \
	}

static const struct row rows[] = {
    ROW(update_serve, store.tables, store.generation, "each commit; each burst reads the pointer"),
    ROW(update_serve, store.tables, store.freeing, "each load"),
    ROW(update_serve, store.tables, counters, "each request"),
    ROW(table4, map, address_count, "each paint"),
    ROW(table4, arena, address_count, "each paint"),
    ROW(table4, arena, has_dropped, "each paint"),
    ROW(table4, arena, returning, "each paint of a range"),
    ROW(table4_map, points.directory[POINTS4_DIRECTORY - 16], points.counts[16],
        "each paint counts its group"),
    ROW(table6, directory, heap, "each paint"),
    ROW(table6, mix, heap, "each paint"),
    ROW(names, key, name_count, "each put"),
    ROW(names, below, name_count, "each put"),
    ROW(names, index.segments[NAME_INDEX_SEGMENTS - 8], retire, "each put"),
    ROW(names, index.segments[0], name_count, "each put"),
    ROW(names, arena.base, name_count, "each put"),
    ROW(names, arena.base, deletes, "each delete"),
    ROW(names, arena.base, arena.used, "each put"),
    ALIGNED(punt_ring, written, read, "a frame to the kernel, and from it"),
    ALIGNED(punt_ring, read, frames, "likewise"),
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const size_t end = r->read + r->read_size;
		const size_t line = r->is_aligned ? LINE : 1; /* else at any place of one */
		const size_t apart = r->is_aligned ? 1 : LINE;
		const bool is_apart = r->written >= r->read
		                          ? r->written / line >= (end - 1) / line + apart
		                          : r->read / line >= r->written / line + apart;

		if (!is_apart)
			fail_msg("%s: at %zu to %zu, and at %zu: %s", r->what, r->read, end,
			         r->written, r->why);
	}
}

/* Counters of a thread share no line with those of another, whoever is beside them. */
static void test_stats(void **state)
{
	struct stats *s = stats_new(2);
	const char *first = (const char *)stats_of_thread(s, 0);
	const char *second = (const char *)stats_of_thread(s, 1);

	(void)state;
	assert_non_null(s);
	assert_int_equal((uintptr_t)first % LINE, 0);
	assert_int_equal((second - first) % LINE, 0);
	assert_true((size_t)(second - first) >= sizeof(struct stats_thread));
	stats_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
