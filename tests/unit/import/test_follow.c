/* SPDX-License-Identifier: BSD-3-Clause */
/* No line is lost and none is read twice, however a log is rotated, and over restarts. */
#include "control/import/follow.h"
#include "control/import/import.h"
#include "control/import/position.h"
#include "tests/unit/control/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct reader {
	struct folder folder;
	struct follow *follow;
	struct follow_place place;
	int clock; /* of the files, in seconds: what is written later has a later time */
	char all[65536];
};

static void append(struct reader *r, const char *name, const char *text)
{
	struct timespec times[2] = {{.tv_sec = 1700000000 + ++r->clock},
	                            {.tv_sec = 1700000000 + r->clock}};
	int fd = open(folder_at(&r->folder, name), O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void move(struct reader *r, const char *from, const char *to)
{
	assert_int_equal(rename(folder_at(&r->folder, from), folder_at(&r->folder, to)), 0);
}

static void copy_and_truncate(struct reader *r, const char *from, const char *to)
{
	size_t size;
	char *text = folder_read(&r->folder, from, &size);

	append(r, to, text);
	assert_int_equal(truncate(folder_at(&r->folder, from), 0), 0);
	free(text);
}

static void start(struct reader *r, const char *name)
{
	r->follow = follow_open(folder_at(&r->folder, name), &r->place);
	assert_non_null(r->follow);
}

/* What can be read now, lines joined by blanks. */
static const char *read_all(struct reader *r)
{
	struct span line;
	int rc;

	r->all[0] = '\0';
	while ((rc = follow_next(r->follow, &line, &r->place)) == 1) {
		if (r->all[0])
			strcat(r->all, " ");
		strncat(r->all, line.text, line.size < 32 ? line.size : 32);
	}
	assert_int_equal(rc, 0);
	follow_place(r->follow, &r->place);
	return r->all;
}

static void restart(struct reader *r, const char *name)
{
	follow_close(r->follow);
	start(r, name);
}

static void reader_init(struct reader *r)
{
	memset(r, 0, sizeof(*r));
	folder_init(&r->folder);
}

static void reader_done(struct reader *r)
{
	follow_close(r->follow);
	folder_done(&r->folder);
}

static void test_grows(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r);
	start(&r, "log");
	assert_string_equal(read_all(&r), "");
	append(&r, "log", "a1");
	assert_string_equal(read_all(&r), "");
	append(&r, "log", "2\nb\nc");
	assert_string_equal(read_all(&r), "a12 b");
	restart(&r, "log");
	assert_string_equal(read_all(&r), "");
	append(&r, "log", "d\n\ne\n");
	assert_string_equal(read_all(&r), "cd  e");
	assert_int_equal(follow_counts(r.follow)->losses, 0);
	reader_done(&r);
}

static void test_renamed(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r);
	append(&r, "log", "a\nb\n");
	append(&r, "log.1.gz", "not of it\n");
	append(&r, "log.old", "neither\n");
	start(&r, "log");
	assert_string_equal(read_all(&r), "a b");
	move(&r, "log", "log.1");
	assert_string_equal(read_all(&r), "");
	append(&r, "log.1", "c\n");
	append(&r, "log", "");
	assert_string_equal(read_all(&r), "c");
	append(&r, "log.1", "d\ne");
	append(&r, "log", "f\n");
	assert_string_equal(read_all(&r), "d e f");
	append(&r, "log", "g\n");
	assert_string_equal(read_all(&r), "g");
	assert_int_equal(follow_counts(r.follow)->losses, 0);
	assert_int_equal(follow_counts(r.follow)->rotations, 1);
	reader_done(&r);
}

static void test_copied(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r);
	append(&r, "log", "a\nb\n");
	start(&r, "log");
	assert_string_equal(read_all(&r), "a b");
	append(&r, "log", "c\n");
	copy_and_truncate(&r, "log", "log.1");
	assert_string_equal(read_all(&r), "c");
	append(&r, "log", "d\n");
	assert_string_equal(read_all(&r), "d");
	append(&r, "log", "e\nf\n");
	move(&r, "log.1", "log.2");
	copy_and_truncate(&r, "log", "log.1");
	append(&r, "log", "g is longer than what was read\n");
	assert_string_equal(read_all(&r), "e f g is longer than what was read");
	assert_int_equal(follow_counts(r.follow)->losses, 0);
	reader_done(&r);
}

/* Copied, and not yet truncated: the copy is not the next file. */
static void test_copying(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r);
	append(&r, "log", "a\n");
	start(&r, "log");
	assert_string_equal(read_all(&r), "a");
	append(&r, "log.1", "a\n");
	assert_string_equal(read_all(&r), "");
	append(&r, "log", "b\n");
	assert_string_equal(read_all(&r), "b");
	reader_done(&r);
}

static void test_away(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r);
	append(&r, "log", "a\nb\n");
	start(&r, "log");
	assert_string_equal(read_all(&r), "a b");
	append(&r, "log", "c\n");
	move(&r, "log", "log.2");
	append(&r, "log.1", "d\n");
	append(&r, "log", "e\n");
	restart(&r, "log");
	assert_string_equal(read_all(&r), "c d e");
	append(&r, "log", "f\n");
	unlink(folder_at(&r.folder, "log"));
	append(&r, "log", "g\n");
	restart(&r, "log");
	assert_string_equal(read_all(&r), "g");
	assert_int_equal(follow_counts(r.follow)->losses, 1);
	reader_done(&r);
}

static void test_pattern(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r);
	append(&r, "T10.LOG", "#Software: x\n");
	start(&r, "T*.LOG");
	assert_string_equal(read_all(&r), "");
	append(&r, "T10.LOG", "#Fields: x\na\n");
	assert_string_equal(read_all(&r), "#Software: x #Fields: x a");
	append(&r, "T10.LOG", "b\n");
	append(&r, "T11.LOG", "#Software: x\n#Fields: x\nc\n");
	assert_string_equal(read_all(&r), "b #Software: x #Fields: x c");
	restart(&r, "T*.LOG");
	append(&r, "T12.LOG", "#Software: x\n#Fields: x\nd\n");
	assert_string_equal(read_all(&r), "#Software: x #Fields: x d");
	assert_int_equal(follow_counts(r.follow)->losses, 0);
	reader_done(&r);
}

static void test_long(void **state)
{
	size_t size = 3 * IMPORT_LINE_MAX;
	char *text = malloc(size + 3);
	struct span line;
	struct reader r;

	(void)state;
	assert_non_null(text);
	reader_init(&r);
	memset(text, 'x', size);
	strcpy(text + size, "\n");
	append(&r, "log", "a\n");
	append(&r, "log", text);
	append(&r, "log", "b\n");
	start(&r, "log");
	assert_int_equal(follow_next(r.follow, &line, &r.place), 1);
	assert_int_equal(follow_next(r.follow, &line, &r.place), 1);
	assert_int_equal(line.size, IMPORT_LINE_MAX + 1);
	assert_int_equal(r.place.offset, 2);
	assert_int_equal(follow_next(r.follow, &line, &r.place), 1);
	assert_true(scan_is(line, "b"));
	assert_int_equal(r.place.offset, size + 3);
	assert_int_equal(follow_next(r.follow, &line, &r.place), 0);
	reader_done(&r);
	free(text);
}

static void test_position(void **state)
{
	struct follow_place place = {"0123456789abcdef", 1u << 20}, again;
	struct folder f;

	(void)state;
	folder_init(&f);
	assert_int_equal(position_read(folder_at(&f, "p"), &again), 0);
	assert_string_equal(again.file, "");
	assert_int_equal(position_write(folder_at(&f, "made/p"), &place), 0);
	assert_int_equal(position_read(folder_at(&f, "made/p"), &again), 0);
	assert_string_equal(again.file, place.file);
	assert_int_equal(again.offset, place.offset);
	folder_write(&f, "made/p", "{\"file\": \"x\", \"offset\": 1}");
	assert_int_equal(position_read(folder_at(&f, "made/p"), &again), -EBADMSG);
	assert_string_equal(again.file, "");
	folder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grows),  cmocka_unit_test(test_renamed),
	    cmocka_unit_test(test_copied), cmocka_unit_test(test_copying),
	    cmocka_unit_test(test_away),   cmocka_unit_test(test_pattern),
	    cmocka_unit_test(test_long),   cmocka_unit_test(test_position),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
