/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/source.h"
#include "tests/unit/control/folder.h"

#include <event2/event.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_S 20

struct bench {
	struct folder f;
	struct event_base *base;
	struct source_set *set;
	unsigned calls;
};

static void on_change(struct source *source, void *context)
{
	struct bench *b = context;

	(void)source;
	b->calls++;
	event_base_loopbreak(b->base);
}

static void bench_init(struct bench *b, unsigned settle_ms)
{
	memset(b, 0, sizeof(*b));
	folder_init(&b->f);
	b->base = event_base_new();
	assert_non_null(b->base);
	b->set = source_set_new(b->base, settle_ms);
	assert_non_null(b->set);
}

static void bench_done(struct bench *b)
{
	source_set_free(b->set);
	event_base_free(b->base);
	folder_done(&b->f);
}

/* Run until on_change() was called. */
static void expect_change(struct bench *b)
{
	const struct timeval deadline = {DEADLINE_S, 0};
	unsigned before = b->calls;

	event_base_loopexit(b->base, &deadline);
	event_base_dispatch(b->base);
	assert_true(b->calls > before);
}

/* All that inotify has to say is said when a later change of another file arrives. */
static void drain(struct bench *b)
{
	struct source *other = source_add(b->set, folder_at(&b->f, "marker"), 0, on_change, b);

	assert_non_null(other);
	folder_write(&b->f, "marker", "x");
	expect_change(b);
	source_remove(other);
}

static void overwrite(struct folder *f, const char *name, const char *text)
{
	int fd = open(folder_at(f, name), O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void set_time(struct folder *f, const char *name)
{
	const struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};

	assert_int_equal(utimensat(AT_FDCWD, folder_at(f, name), times, 0), 0);
}

static void rename_to(struct folder *f, const char *from, const char *to)
{
	assert_int_equal(rename(folder_at(f, from), folder_at(f, to)), 0);
}

/* Each step is one way for a file to become another one; all must be noticed. */
static void do_write(struct folder *f)
{
	folder_write(f, "a/feed", "one\n");
}
static void do_same_size(struct folder *f)
{
	overwrite(f, "a/feed", "two\n");
}
static void do_rename(struct folder *f)
{
	folder_write(f, "a/new", "six\n");
	rename_to(f, "a/new", "a/feed");
}
static void do_rename_same_time(struct folder *f)
{
	folder_write(f, "a/new", "ten\n");
	set_time(f, "a/new");
	rename_to(f, "a/new", "a/feed");
}
static void do_truncate(struct folder *f)
{
	folder_write(f, "a/feed", "");
}
static void do_truncate_call(struct folder *f)
{
	assert_int_equal(truncate(folder_at(f, "a/feed"), 2), 0);
}
static void do_append(struct folder *f)
{
	FILE *file = fopen(folder_at(f, "a/feed"), "a");

	assert_non_null(file);
	fputs("more\n", file);
	fclose(file);
}
static void do_remove(struct folder *f)
{
	assert_int_equal(unlink(folder_at(f, "a/feed")), 0);
}
static void do_remove_folder(struct folder *f)
{
	unlink(folder_at(f, "a/feed"));
	assert_int_equal(rmdir(folder_at(f, "a")), 0);
}
static void do_make_folder(struct folder *f)
{
	assert_int_equal(mkdir(folder_at(f, "a"), 0700), 0);
	folder_write(f, "a/feed", "back\n");
}
static void do_swap_folder(struct folder *f)
{
	assert_int_equal(mkdir(folder_at(f, "b"), 0700), 0);
	folder_write(f, "b/feed", "of b\n");
	rename_to(f, "a", "c");
	rename_to(f, "b", "a");
}
static void do_link_file(struct folder *f)
{
	folder_write(f, "target1", "linked\n");
	unlink(folder_at(f, "a/feed"));
	assert_int_equal(symlink("../target1", folder_at(f, "a/feed")), 0);
}
static void do_write_target(struct folder *f)
{
	overwrite(f, "target1", "LINKED\n");
}
static void do_switch_link(struct folder *f)
{
	folder_write(f, "target2", "linked\n");
	assert_int_equal(symlink(folder_at(f, "target2"), folder_at(f, "a/link")), 0);
	rename_to(f, "a/link", "a/feed");
}
static void do_chmod_times(struct folder *f)
{
	set_time(f, "target2");
}
static void do_link_folder(struct folder *f)
{
	assert_int_equal(mkdir(folder_at(f, "v1"), 0700), 0);
	folder_write(f, "v1/feed", "v1\n");
	unlink(folder_at(f, "a/feed"));
	rename_to(f, "a", "old");
	assert_int_equal(symlink("v1", folder_at(f, "a")), 0);
}
static void do_switch_folder(struct folder *f)
{
	assert_int_equal(mkdir(folder_at(f, "v2"), 0700), 0);
	folder_write(f, "v2/feed", "v2\n");
	assert_int_equal(symlink("v2", folder_at(f, "next")), 0);
	rename_to(f, "next", "a");
}
static void do_hard_link(struct folder *f)
{
	folder_write(f, "hard", "hard\n");
	unlink(folder_at(f, "v2/feed"));
	assert_int_equal(link(folder_at(f, "hard"), folder_at(f, "v2/feed")), 0);
}

static const struct step {
	const char *why;
	void (*change)(struct folder *f);
} steps[] = {
    {"folder and file appear", do_make_folder},
    {"written anew", do_write},
    {"same size, same second", do_same_size},
    {"replaced by rename, same size", do_rename},
    {"replaced by rename, same size, older", do_rename_same_time},
    {"the same again: only the file number differs", do_rename_same_time},
    {"truncated when opened", do_truncate},
    {"written after that", do_write},
    {"truncated without being opened", do_truncate_call},
    {"appended to", do_append},
    {"removed", do_remove},
    {"comes back", do_write},
    {"removed with its folder", do_remove_folder},
    {"comes back with it", do_make_folder},
    {"the folder is swapped", do_swap_folder},
    {"becomes a symbolic link", do_link_file},
    {"what the link names is written", do_write_target},
    {"the link is replaced", do_switch_link},
    {"only the time of the target changes", do_chmod_times},
    {"the folder becomes a link", do_link_folder},
    {"that link is switched", do_switch_folder},
    {"replaced by a hard link", do_hard_link},
};

static void test_changes(void **state)
{
	struct source *source;
	struct bench b;

	(void)state;
	bench_init(&b, 20);
	source = source_add(b.set, folder_at(&b.f, "a/feed"), 0, on_change, &b);
	assert_non_null(source);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		print_message("# %s\n", steps[i].why);
		steps[i].change(&b.f);
		expect_change(&b);
		/* What the same change still has to say must not be taken for the next one. */
		drain(&b);
		event_base_loop(b.base, EVLOOP_NONBLOCK);
	}
	source_remove(source);
	bench_done(&b);
}

static void count_change(struct source *source, void *context)
{
	(void)source;
	++*(unsigned *)context;
}

/* Neither a neighbour nor the file being read is a change. */
static void test_quiet(void **state)
{
	struct source *source;
	unsigned calls = 0;
	struct bench b;
	size_t size;
	char *text;

	(void)state;
	bench_init(&b, 20);
	folder_write(&b.f, "feed", "one\n");
	source = source_add(b.set, folder_at(&b.f, "feed"), 0, count_change, &calls);
	assert_non_null(source);
	folder_write(&b.f, "feed2", "x");
	folder_write(&b.f, "fee", "x");
	text = folder_read(&b.f, "feed", &size);
	free(text);
	drain(&b);
	assert_int_equal(calls, 0);
	source_remove(source);
	bench_done(&b);
}

/* A file that is being written is left alone until it is closed. */
static void test_waits_for_close(void **state)
{
	struct source *source;
	unsigned calls = 0;
	struct bench b;
	FILE *file;

	(void)state;
	bench_init(&b, 3600 * 1000);
	source = source_add(b.set, folder_at(&b.f, "feed"), 0, count_change, &calls);
	assert_non_null(source);
	file = fopen(folder_at(&b.f, "feed"), "w");
	assert_non_null(file);
	fputs("half", file);
	fflush(file);
	drain(&b);
	assert_int_equal(calls, 0);
	fputs(" and whole\n", file);
	fclose(file);
	drain(&b);
	assert_int_equal(calls, 1);
	source_remove(source);
	bench_done(&b);
}

/* Two feeds in one folder, one of them goes: the other is still watched. */
static void test_shared_folder(void **state)
{
	struct source *first, *second;
	unsigned calls = 0;
	struct bench b;

	(void)state;
	bench_init(&b, 20);
	first = source_add(b.set, folder_at(&b.f, "one"), 0, count_change, &calls);
	second = source_add(b.set, folder_at(&b.f, "two"), 0, on_change, &b);
	assert_non_null(first);
	assert_non_null(second);
	source_remove(first);
	folder_write(&b.f, "one", "x");
	folder_write(&b.f, "two", "x");
	expect_change(&b);
	assert_int_equal(calls, 0);
	source_remove(second);
	bench_done(&b);
}

/* Where inotify is blind: a mapping is written without a system call that it sees. */
static void test_polls(void **state)
{
	struct source *source;
	struct bench b;
	char *bytes;
	int fd;

	(void)state;
	bench_init(&b, 20);
	folder_write(&b.f, "feed", "one\n");
	source = source_add(b.set, folder_at(&b.f, "feed"), 1, on_change, &b);
	assert_non_null(source);
	fd = open(folder_at(&b.f, "feed"), O_RDWR);
	assert_true(fd >= 0);
	bytes = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(bytes != MAP_FAILED);
	memcpy(bytes, "two\n", 4);
	expect_change(&b);
	munmap(bytes, 4);
	close(fd);
	source_remove(source);
	bench_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_changes),         cmocka_unit_test(test_quiet),
	    cmocka_unit_test(test_waits_for_close), cmocka_unit_test(test_shared_folder),
	    cmocka_unit_test(test_polls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
