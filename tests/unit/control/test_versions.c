/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/durable.h"
#include "control/versions.h"
#include "tests/unit/control/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned complaints;

static void complain(const char *message, void *context)
{
	(void)context;
	(void)message;
	complaints++;
}

static struct versions *reopen(struct folder *f, struct versions *v)
{
	versions_close(v);
	complaints = 0;
	v = versions_open(folder_at(f, "feed"), complain, NULL);
	assert_non_null(v);
	versions_keep(v, 3);
	return v;
}

/* Write the incoming file and what is to be remembered of it. */
static struct version_info incoming(struct folder *f, struct versions *v, const char *text)
{
	struct version_info info = {.taken_s = 1000, .mtime_s = 900, .size = strlen(text)};
	int folder = open(f->path, O_RDONLY | O_DIRECTORY);

	folder_write(f, "feed/incoming", text);
	assert_string_equal(versions_incoming_path(v), folder_at(f, "feed/incoming"));
	assert_int_equal(durable_checksum(folder, "feed/incoming", info.checksum), 0);
	close(folder);
	strcpy(info.format, "plain");
	info.facts.entry_count = strlen(text);
	info.facts.declared_count = UINT64_MAX;
	return info;
}

static void take(struct folder *f, struct versions *v, const char *text)
{
	struct version_info info = incoming(f, v, text);

	assert_int_equal(versions_take(v, &info), 0);
}

static void hold(struct folder *f, struct versions *v, const char *text, const char *reason)
{
	struct version_info info = incoming(f, v, text);

	info.cause = VERSION_GUARD;
	strcpy(info.reason, reason);
	assert_int_equal(versions_hold(v, &info), 0);
}

static void expect_current(struct folder *f, struct versions *v, uint64_t number, const char *text)
{
	char name[64];
	size_t size;
	char *got;

	assert_non_null(versions_current(v));
	assert_int_equal(versions_current(v)->number, number);
	snprintf(name, sizeof(name), "feed/%" PRIu64 ".feed", number);
	assert_string_equal(versions_current_path(v), folder_at(f, name));
	got = folder_read(f, name, &size);
	assert_string_equal(got, text);
	free(got);
	assert_int_equal(versions_current(v)->facts.entry_count, strlen(text));
	assert_true(versions_current(v)->facts.declared_count == UINT64_MAX);
}

static void test_keeps_three(void **state)
{
	struct folder f;
	struct versions *v;

	(void)state;
	folder_init(&f);
	v = reopen(&f, NULL);
	assert_null(versions_current(v));
	assert_false(versions_verify(v));
	for (const char *const *text =
	         (const char *const[]){"a", "bb", "ccc", "dddd", "eeeee", NULL};
	     *text; text++)
		take(&f, v, *text);
	expect_current(&f, v, 5, "eeeee");
	assert_int_equal(folder_count(&f, "feed", ".feed"), 3);
	assert_int_equal(folder_count(&f, "feed", ".json"), 3);
	v = reopen(&f, v);
	expect_current(&f, v, 5, "eeeee");
	assert_true(versions_verify(v));
	assert_int_equal(complaints, 0);
	versions_close(v);
	folder_done(&f);
}

/* As many as are asked for; and any of them can be gone back to. */
static void test_keeps_more(void **state)
{
	struct version_kept kept[VERSIONS_KEPT_MAX];
	struct folder f;
	struct versions *v;

	(void)state;
	folder_init(&f);
	v = reopen(&f, NULL);
	versions_keep(v, 5);
	for (const char *const *text =
	         (const char *const[]){"a", "bb", "ccc", "dddd", "eeeee", "ffffff", NULL};
	     *text; text++)
		take(&f, v, *text);
	assert_int_equal(versions_list(v, kept), 5);
	assert_int_equal(kept[0].number, 6);
	assert_int_equal(kept[0].entries, 6);
	assert_int_equal(kept[4].number, 2);
	/* reopening removes none before it is known how many are kept */
	versions_close(v);
	v = versions_open(folder_at(&f, "feed"), complain, NULL);
	assert_int_equal(versions_list(v, kept), 5);
	versions_keep(v, 5);
	assert_int_equal(versions_rollback(v, 1, "x"), -ENOENT);
	assert_int_equal(versions_rollback(v, 6, "x"), -ENOENT);
	assert_int_equal(versions_rollback(v, 7, "x"), -ENOENT);
	assert_int_equal(versions_rollback(v, 3, "by hand"), 0);
	expect_current(&f, v, 3, "ccc");
	assert_int_equal(versions_held(v)->number, 6);
	assert_int_equal(versions_list(v, kept), 2);
	v = reopen(&f, v);
	expect_current(&f, v, 3, "ccc");
	assert_int_equal(versions_held(v)->number, 6);
	versions_keep(v, 1);
	assert_int_equal(versions_list(v, kept), 1);
	assert_int_equal(versions_held(v)->number, 6);
	versions_close(v);
	folder_done(&f);
}

static void test_hold_accept(void **state)
{
	struct folder f;
	struct versions *v;
	struct version_info info;

	(void)state;
	folder_init(&f);
	v = reopen(&f, NULL);
	assert_int_equal(versions_accept(v, &(struct version_info){0}), -ENOENT);
	take(&f, v, "good");
	hold(&f, v, "strange", "grew too much");
	expect_current(&f, v, 1, "good");
	v = reopen(&f, v);
	expect_current(&f, v, 1, "good");
	assert_non_null(versions_held(v));
	assert_string_equal(versions_held(v)->reason, "grew too much");
	info = *versions_held(v);
	assert_int_equal(versions_accept(v, &info), 0);
	expect_current(&f, v, 2, "strange");
	assert_null(versions_held(v));
	v = reopen(&f, v);
	expect_current(&f, v, 2, "strange");
	assert_null(versions_held(v));
	versions_close(v);
	folder_done(&f);
}

static void test_rollback(void **state)
{
	struct folder f;
	struct versions *v;
	struct version_info info;

	(void)state;
	folder_init(&f);
	v = reopen(&f, NULL);
	assert_int_equal(versions_rollback(v, 0, "x"), -ENOENT);
	take(&f, v, "one");
	assert_int_equal(versions_rollback(v, 0, "x"), -ENOENT);
	take(&f, v, "two");
	assert_int_equal(versions_rollback(v, 0, "by hand"), 0);
	expect_current(&f, v, 1, "one");
	v = reopen(&f, v);
	expect_current(&f, v, 1, "one");
	assert_non_null(versions_held(v));
	assert_int_equal(versions_held(v)->cause, VERSION_ROLLED_BACK);
	assert_string_equal(versions_held(v)->reason, "by hand");
	/* and forth again */
	info = *versions_held(v);
	assert_int_equal(versions_accept(v, &info), 0);
	expect_current(&f, v, 2, "two");
	assert_null(versions_held(v));
	/* back, then a new version: what was rolled back is gone, its number not used again */
	assert_int_equal(versions_rollback(v, 0, "by hand"), 0);
	take(&f, v, "three");
	expect_current(&f, v, 3, "three");
	assert_false(folder_has(&f, "feed/2.feed"));
	assert_int_equal(versions_rollback(v, 0, "by hand"), 0);
	expect_current(&f, v, 1, "one");
	versions_close(v);
	folder_done(&f);
}

static void test_confirm_ends_hold(void **state)
{
	struct version_info info;
	struct folder f;
	struct versions *v;

	(void)state;
	folder_init(&f);
	v = reopen(&f, NULL);
	take(&f, v, "one");
	hold(&f, v, "strange", "why");
	info = *versions_current(v);
	info.taken_s = 2000;
	info.mtime_s = 1900;
	info.facts.timestamp_s = 1800;
	assert_int_equal(versions_confirm(v, &info), 0);
	assert_null(versions_held(v));
	v = reopen(&f, v);
	assert_null(versions_held(v));
	assert_int_equal(versions_current(v)->taken_s, 2000);
	assert_int_equal(versions_current(v)->mtime_s, 1900);
	assert_int_equal(versions_current(v)->facts.timestamp_s, 1800);
	versions_close(v);
	folder_done(&f);
}

/* What a crash or a bad disk leaves behind, and which version serves afterwards. */
static const struct damage_row {
	const char *why;
	const char *remove[2], *truncate, *write, *text;
	uint64_t expected; /* 0: none */
	bool is_told, is_in_verify;
} damage_rows[] = {
    {"nothing happened", {NULL}, NULL, NULL, NULL, 3, false, false},
    {"crash while copying", {NULL}, NULL, "feed/incoming", "hal", 3, false, false},
    {"crash after the bytes of 4 got their name",
     {NULL},
     NULL,
     "feed/4.feed",
     "four",
     3,
     false,
     false},
    {"crash while describing 4", {NULL}, NULL, "feed/4.json.new", "{\"num", 3, false, false},
    {"crash while the pointer is written",
     {NULL},
     NULL,
     "feed/current.new",
     "{\"ver",
     3,
     false,
     false},
    {"crash between the files of a held version",
     {NULL},
     NULL,
     "feed/held.feed",
     "held",
     3,
     false,
     false},
    {"pointer lost: the newest good one", {"feed/current"}, NULL, NULL, NULL, 3, true, false},
    {"pointer is rubbish", {NULL}, NULL, "feed/current", "\x01\x02", 3, true, false},
    {"pointer is empty", {NULL}, NULL, "feed/current", "", 3, true, false},
    {"pointer to nothing",
     {NULL},
     NULL,
     "feed/current",
     "{\"version\": 9, \"ignored\": 0, \"last\": 9}",
     3,
     true,
     false},
    {"bytes of the current one lost", {"feed/3.feed"}, NULL, NULL, NULL, 2, true, false},
    {"bytes of the current one cut", {NULL}, "feed/3.feed", NULL, NULL, 2, true, false},
    {"description lost", {"feed/3.json"}, NULL, NULL, NULL, 2, true, false},
    {"description is rubbish", {NULL}, NULL, "feed/3.json", "{}", 2, true, false},
    {"one byte of the current one changed", {NULL}, NULL, "feed/3.feed", "thRee", 2, true, true},
    {"the same in an older one: not looked at yet",
     {NULL},
     NULL,
     "feed/2.feed",
     "tWo",
     3,
     false,
     true},
    {"two lost", {"feed/3.feed", "feed/2.json"}, NULL, NULL, NULL, 1, true, false},
};

static void test_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damage_rows) / sizeof(damage_rows[0]); i++) {
		const struct damage_row *row = &damage_rows[i];
		struct folder f;
		struct versions *v;

		print_message("# %s\n", row->why);
		folder_init(&f);
		v = reopen(&f, NULL);
		take(&f, v, "one");
		take(&f, v, "two");
		take(&f, v, "three");
		for (size_t j = 0; j < 2 && row->remove[j]; j++)
			assert_int_equal(unlink(folder_at(&f, row->remove[j])), 0);
		if (row->truncate)
			assert_int_equal(truncate(folder_at(&f, row->truncate), 1), 0);
		if (row->write)
			folder_write(&f, row->write, row->text);
		v = reopen(&f, v);
		assert_true(versions_verify(v));
		assert_non_null(versions_current(v));
		assert_int_equal(versions_current(v)->number, row->expected);
		assert_int_equal(complaints > 0, row->is_told);
		assert_false(folder_has(&f, "feed/incoming"));
		assert_int_equal(folder_count(&f, "feed", ".new"), 0);
		assert_null(versions_held(v));
		/* What was decided lasts, and the next version gets a new number. */
		v = reopen(&f, v);
		assert_int_equal(versions_current(v)->number, row->expected);
		take(&f, v, "next");
		assert_true(versions_current(v)->number > 3);
		versions_close(v);
		folder_done(&f);
	}
}

static void test_all_lost(void **state)
{
	struct folder f;
	struct versions *v;

	(void)state;
	folder_init(&f);
	v = reopen(&f, NULL);
	take(&f, v, "one");
	folder_write(&f, "feed/1.feed", "oNe");
	v = reopen(&f, v);
	assert_false(versions_verify(v));
	assert_null(versions_current(v));
	assert_true(folder_has(&f, "feed/1.feed.damaged"));
	take(&f, v, "two");
	expect_current(&f, v, 2, "two");
	versions_close(v);
	folder_done(&f);
}

static void test_reject(void **state)
{
	struct folder f;
	struct versions *v;

	(void)state;
	folder_init(&f);
	v = reopen(&f, NULL);
	take(&f, v, "one");
	take(&f, v, "two");
	assert_true(versions_reject(v, "cannot be parsed"));
	expect_current(&f, v, 1, "one");
	assert_true(folder_has(&f, "feed/2.feed.damaged"));
	assert_false(versions_reject(v, "nor this"));
	assert_null(versions_current(v));
	versions_close(v);
	folder_done(&f);
}

/* A failing disk: the old version stays, and nothing is lost. The folder is read-only; root may
 * write anyway, so the incoming file is missing instead. */
static void test_take_fails(void **state)
{
	struct version_info info = {.size = 3};
	struct folder f;
	struct versions *v;

	(void)state;
	folder_init(&f);
	v = reopen(&f, NULL);
	take(&f, v, "one");
	assert_int_equal(versions_take(v, &info), -ENOENT);
	expect_current(&f, v, 1, "one");
	assert_int_equal(versions_hold(v, &info), -ENOENT);
	assert_null(versions_held(v));
	v = reopen(&f, v);
	expect_current(&f, v, 1, "one");
	versions_close(v);
	folder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keeps_three),       cmocka_unit_test(test_hold_accept),
	    cmocka_unit_test(test_keeps_more),        cmocka_unit_test(test_rollback),
	    cmocka_unit_test(test_confirm_ends_hold), cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_all_lost),          cmocka_unit_test(test_reject),
	    cmocka_unit_test(test_take_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
