/* SPDX-License-Identifier: BSD-3-Clause */
/* The journal's form: what damage costs, what is never taken for a record, and what is removed. */
#include "control/reputation/journal.h"
#include "tests/unit/control/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RECORDS 10
#define SIZE    20 /* of a record */
#define FRAMED  (JOURNAL_FRAME_SIZE + SIZE)
#define NUMBER  7

struct seen {
	unsigned records, damages, tails;
	uint64_t damaged; /* bytes */
	char text[RECORDS * 4 + 1];
};

static int on_record(const uint8_t *bytes, size_t size, struct journal_position position,
                     void *context)
{
	struct seen *s = context;

	(void)position;
	assert_int_equal(size, SIZE);
	s->text[s->records++] = (char)bytes[0];
	return 0;
}

static void on_damage(const char *path, struct journal_position position, uint64_t size,
                      bool is_tail, void *context)
{
	struct seen *s = context;

	(void)path;
	(void)position;
	s->damages++;
	s->tails += is_tail;
	s->damaged += size;
}

/* A segment of records a, b, c … Returns its size. */
static size_t compose(uint8_t *out_bytes)
{
	size_t at = JOURNAL_HEADER_SIZE;

	journal_header_write(NUMBER, 1000, out_bytes);
	for (unsigned i = 0; i < RECORDS; i++) {
		uint8_t record[SIZE];

		memset(record, 'a' + (int)i, sizeof(record));
		journal_frame_write((struct journal_position){NUMBER, at}, record, SIZE,
		                    out_bytes + at);
		at += FRAMED;
	}
	return at;
}

#define OFFSET(i) (JOURNAL_HEADER_SIZE + (i)*FRAMED)
#define ALL       "abcdefghij"
#define WHOLE     OFFSET(RECORDS)

static const struct {
	const char *reason;
	size_t flip;       /* a byte; 0 = none */
	size_t size;       /* cut to */
	size_t copy, over; /* one record over another; equal = none */
	const char *found;
	unsigned damages, tails;
	uint64_t damaged;
} rows[] = {
    {"whole", 0, WHOLE, 0, 0, ALL, 0, 0, 0},
    {"the header", 5, WHOLE, 0, 0, ALL, 1, 0, JOURNAL_HEADER_SIZE},
    {"a byte of a record", OFFSET(3) + 20, WHOLE, 0, 0, "abcefghij", 1, 0, FRAMED},
    {"a mark", OFFSET(3), WHOLE, 0, 0, "abcefghij", 1, 0, FRAMED},
    {"a size", OFFSET(3) + 3, WHOLE, 0, 0, "abcefghij", 1, 0, FRAMED},
    {"a checksum", OFFSET(0) + 4, WHOLE, 0, 0, "bcdefghij", 1, 0, FRAMED},
    {"the last one", OFFSET(9) + 20, WHOLE, 0, 0, "abcdefghi", 1, 1, FRAMED},
    {"cut in a record", 0, WHOLE - 1, 0, 0, "abcdefghi", 1, 1, FRAMED - 1},
    {"cut in a frame", 0, OFFSET(5) + 3, 0, 0, "abcde", 1, 1, 3},
    {"cut between", 0, OFFSET(5), 0, 0, "abcde", 0, 0, 0},
    {"cut in the header", 0, 10, 0, 0, "", 1, 1, 10},
    {"nothing", 0, 0, 0, 0, "", 0, 0, 0},
    {"a record that stood elsewhere", 0, WHOLE, 2, 4, "abcdfghij", 1, 0, FRAMED},
};

static void damage_costs_what_it_hits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[WHOLE];
		struct seen seen = {0};
		const struct journal_visitor visitor = {on_record, on_damage, &seen};
		struct journal_segment s = {"x", NUMBER, bytes, rows[i].size, true};

		compose(bytes);
		if (rows[i].flip)
			bytes[rows[i].flip] ^= 0x10;
		memmove(bytes + OFFSET(rows[i].over), bytes + OFFSET(rows[i].copy), FRAMED);
		assert_int_equal(journal_read_segment(&s, 0, &visitor), 0);
		if (strcmp(seen.text, rows[i].found) != 0 || seen.damages != rows[i].damages ||
		    seen.tails != rows[i].tails || seen.damaged != rows[i].damaged)
			fail_msg("%s: '%s', %u damages of %u bytes, %u at the end", rows[i].reason,
			         seen.text, seen.damages, (unsigned)seen.damaged, seen.tails);
	}
}

static void a_segment_of_another_number_is_none(void **state)
{
	uint8_t bytes[WHOLE];
	struct seen seen = {0};
	const struct journal_visitor visitor = {on_record, on_damage, &seen};
	const struct journal_segment s = {"x", NUMBER + 1, bytes, sizeof(bytes), false};

	(void)state;
	compose(bytes);
	assert_int_equal(journal_read_segment(&s, 0, &visitor), 0);
	assert_int_equal(seen.records, 0);
	assert_int_equal(seen.tails, 0); /* it is not the last one */
	assert_int_equal(seen.damaged, WHOLE);
}

static void reading_begins_where_it_is_told(void **state)
{
	uint8_t bytes[WHOLE];
	struct seen seen = {0};
	const struct journal_visitor visitor = {on_record, on_damage, &seen};
	const struct journal_segment s = {"x", NUMBER, bytes, sizeof(bytes), true};

	(void)state;
	compose(bytes);
	assert_int_equal(journal_read_segment(&s, OFFSET(4), &visitor), 0);
	assert_string_equal(seen.text, "efghij");
	assert_int_equal(seen.damages, 0);
}

static void commit_letters(struct journal *j, const char *letters, int64_t now_ms)
{
	for (; *letters; letters++) {
		uint8_t record[SIZE];

		memset(record, *letters, sizeof(record));
		assert_int_equal(journal_append(j, record, sizeof(record)), 0);
	}
	assert_int_equal(journal_commit(j, now_ms), 0);
}

static void read_all(const char *path, struct seen *out_seen)
{
	const struct journal_visitor visitor = {on_record, on_damage, out_seen};

	memset(out_seen, 0, sizeof(*out_seen));
	assert_int_equal(journal_read(path, (struct journal_position){0, 0}, &visitor), 0);
}

static void segments_follow_each_other(void **state)
{
	const struct journal_limits by_age = {100, UINT64_MAX}, by_size = {INT64_MAX / 2, 200};
	struct journal_position third;
	struct folder folder;
	struct journal *j;
	struct seen seen;

	(void)state;
	folder_init(&folder);
	j = journal_open(folder.path, 64);
	assert_non_null(j);
	assert_true(journal_end(j).segment == 0);
	commit_letters(j, "ab", 1000);
	assert_int_equal(journal_append(j, (const uint8_t *)"lost", 4), 0);
	journal_discard(j);
	commit_letters(j, "cd", 1010);
	commit_letters(j, "ef", 1020);
	third = journal_end(j);
	assert_int_equal(third.segment, 3);
	assert_int_equal(journal_append(j, (const uint8_t *)"", 0), -EMSGSIZE);
	assert_int_equal(journal_append(j, (const uint8_t *)"", JOURNAL_RECORD_MAX + 1), -EMSGSIZE);
	journal_close(j);
	/* A start begins another one. */
	j = journal_open(folder.path, 64);
	commit_letters(j, "g", 1030);
	assert_int_equal(journal_end(j).segment, 4);
	read_all(folder.path, &seen);
	assert_string_equal(seen.text, "abcdefg");
	assert_int_equal(seen.damages, 0);
	/* The first ended when the second began; what is needed stays. */
	assert_int_equal(journal_retain(j, &by_age, 1110, third), 0);
	assert_int_equal(journal_retain(j, &by_age, 1111, (struct journal_position){1, 99}), 0);
	assert_int_equal(journal_retain(j, &by_age, 1111, third), 1);
	assert_int_equal(journal_retain(j, &by_size, 1111, third), 1);
	assert_true(journal_size(j) <= 200);
	assert_int_equal(journal_retain(j, &by_age, 999999, (struct journal_position){9, 0}), 1);
	read_all(folder.path, &seen);
	assert_string_equal(seen.text, "g");
	/* Should the files be gone, numbers go on all the same. */
	journal_skip(j, 50);
	commit_letters(j, "hi", 1040);
	commit_letters(j, "j", 1040);
	assert_int_equal(journal_end(j).segment, 52);
	journal_close(j);
	folder_done(&folder);
}

static void other_files_are_left_alone(void **state)
{
	struct folder folder;
	struct journal *j;
	struct seen seen;

	(void)state;
	folder_init(&folder);
	folder_write(&folder, "0000000000000001.log.bak", "x");
	folder_write(&folder, "1.log", "x");
	folder_write(&folder, "000000000000000A.log", "x");
	folder_write(&folder, "0000000000000000.log", "x");
	j = journal_open(folder.path, 64);
	commit_letters(j, "a", 1);
	assert_int_equal(journal_end(j).segment, 1);
	read_all(folder.path, &seen);
	assert_string_equal(seen.text, "a");
	assert_int_equal(seen.damages, 0);
	journal_close(j);
	folder_done(&folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(damage_costs_what_it_hits),
	    cmocka_unit_test(a_segment_of_another_number_is_none),
	    cmocka_unit_test(reading_begins_where_it_is_told),
	    cmocka_unit_test(segments_follow_each_other),
	    cmocka_unit_test(other_files_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
