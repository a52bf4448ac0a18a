/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a source is asked again. That fetches happen is tests/smoke/test_fetch.py's.
 */
#include "control/fetcher.h"

#include <event2/event.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR 3600
#define DAY  (24 * HOUR)
#define MANY 100

static const struct {
	const char *reason;
	uint64_t refresh_s, min_interval_s;
	unsigned failures;
	uint64_t retry_after_s, expected_s;
} delays[] = {
    {"all is well", HOUR, 0, 0, 0, HOUR},
    {"the provider wants more time than the operator", HOUR, 2 * HOUR, 0, 0, 2 * HOUR},
    {"the first failure", HOUR, 0, 1, 0, 60},
    {"the second", HOUR, 0, 2, 0, 120},
    {"the seventh: no more than an hour", DAY, 0, 7, 0, HOUR},
    {"failures without end", DAY, 0, 4000000000u, 0, HOUR},
    {"failing is no reason to ask less often than when all is well", 300, 0, 9, 0, 300},
    {"nor more often than is allowed", DAY, 2 * HOUR, 1, 0, 2 * HOUR},
    {"the server asks to wait", HOUR, 0, 1, 1234, 1234},
    {"the server asks to wait for less", HOUR, 0, 3, 1, 240},
    {"the server asks to wait for ever", HOUR, 0, 1, UINT64_MAX, DAY},
};

static void delays_are_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		const struct fetcher_settings settings = {
		    .refresh_s = delays[i].refresh_s, .min_interval_s = delays[i].min_interval_s};
		uint64_t delay_s =
		    fetcher_delay_s(&settings, delays[i].failures, delays[i].retry_after_s);

		if (delay_s != delays[i].expected_s)
			fail_msg("%s: %llu s", delays[i].reason, (unsigned long long)delay_s);
	}
}

struct fixture {
	struct event_base *base;
	struct fetcher *fetcher;
	char folder[64], program[128];
	unsigned ended, failed;
};

/* A program in place of reputed-fetch: a script that says something. */
static void setup(struct fixture *f, const char *script)
{
	FILE *file;

	memset(f, 0, sizeof(*f));
	snprintf(f->folder, sizeof(f->folder), "/tmp/reputed-fetcher-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->program, sizeof(f->program), "%s/program", f->folder);
	file = fopen(f->program, "w");
	assert_non_null(file);
	fputs(script, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(f->program, 0700), 0);
	f->base = event_base_new();
	f->fetcher = fetcher_new(f->base, f->program);
	assert_non_null(f->fetcher);
}

static void teardown(struct fixture *f)
{
	char command[128];

	fetcher_free(f->fetcher);
	event_base_free(f->base);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	assert_int_equal(system(command), 0);
}

static void on_done(const struct fetch_result *result, void *context)
{
	struct fixture *f = context;

	f->ended++;
	f->failed += result->outcome == FETCH_FAILED;
}

static struct fetcher_task *add(struct fixture *f, const char *name, const char *source)
{
	const struct fetcher_settings settings = {
	    .request = {.source = source, .size_max = 1000, .timeout_s = 5}, .refresh_s = HOUR};
	struct fetcher_task *task;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	task = fetcher_add(f->fetcher, &settings, path, on_done, f);
	assert_non_null(task);
	return task;
}

static void run_until(struct fixture *f, unsigned ended)
{
	while (f->ended < ended)
		assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
}

#define ANSWER(outcome)                                                                            \
	"#!/bin/sh\nread source\necho '{\"outcome\":\"" outcome                                    \
	"\",\"reason\":\"r\",\"retry_after_s\":0,\"size\":1}'\n"

/* What the scripts counted: never more than there are places. */
static void check_counts(const struct fixture *f)
{
	char path[128];
	unsigned count, lines = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/counts", f->folder);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fscanf(file, "%u", &count) == 1) {
		lines++;
		assert_in_range(count, 0, FETCHER_RUNNING_MAX);
	}
	fclose(file);
	assert_int_equal(lines, MANY);
}

static void many_at_once_take_turns(void **state)
{
	struct fetcher_task *tasks[MANY];
	struct fixture f;
	char name[16];

	(void)state;
	/* Each counts who runs beside it. */
	setup(&f,
	      "#!/bin/sh\nd=${0%/*}\n: >$d/run.$$\nls $d | grep -c run. >>$d/counts\n"
	      "read source\nrm $d/run.$$\n"
	      "echo '{\"outcome\":\"fetched\",\"reason\":\"\",\"retry_after_s\":0,\"size\":1}'\n");
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		tasks[i] = add(&f, name, "http://example/");
	}
	run_until(&f, MANY);
	assert_int_equal(f.failed, 0);
	check_counts(&f);
	for (unsigned i = 0; i < MANY; i++)
		fetcher_remove(tasks[i]);
	teardown(&f);
}

static const struct {
	const char *reason, *script;
	bool is_failed;
} answers[] = {
    {"fetched", ANSWER("fetched"), false},
    {"unchanged", ANSWER("unchanged"), false},
    {"failed", ANSWER("failed"), true},
    {"an outcome that there is not", ANSWER("burnt"), true},
    {"no JSON", "#!/bin/sh\necho hello\n", true},
    {"silence", "#!/bin/sh\nexit 3\n", true},
    {"more than an answer", "#!/bin/sh\nyes\n", true},
    {"a crash", "#!/bin/sh\nkill -SEGV $$\n", true},
    {"no program", "", true},
};

static void whatever_the_child_says_is_a_result(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct fetcher_task *task;
		struct fixture f;

		setup(&f, answers[i].script);
		if (!answers[i].script[0])
			unlink(f.program);
		task = add(&f, "s", "http://example/");
		run_until(&f, 1);
		if (f.failed != answers[i].is_failed)
			fail_msg("%s", answers[i].reason);
		fetcher_remove(task);
		teardown(&f);
	}
}

static void what_was_asked_is_remembered(void **state)
{
	struct fetcher_task *task;
	struct fixture f;
	FILE *file;
	char path[128];

	(void)state;
	setup(&f, ANSWER("fetched"));
	task = add(&f, "s", "http://example/");
	run_until(&f, 1);
	fetcher_remove(task);
	snprintf(path, sizeof(path), "%s/s", f.folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	task = add(&f, "s", "http://example/");
	assert_in_range(fetcher_due_s(task), HOUR - HOUR / 10 - 1, HOUR + HOUR / 10);
	fetcher_remove(task);
	unlink(path);
	task = add(&f, "s", "http://example/");
	assert_int_equal(fetcher_due_s(task), 0); /* the file is lost */
	fetcher_remove(task);
	task = add(&f, "s", "http://example/other");
	assert_int_equal(fetcher_due_s(task), 0); /* another source */
	fetcher_remove(task);
	teardown(&f);
}

static void a_child_that_is_not_wanted_is_killed(void **state)
{
	struct fetcher_task *task;
	struct fixture f;

	(void)state;
	setup(&f, "#!/bin/sh\nexec sleep 1000\n");
	task = add(&f, "s", "http://example/");
	assert_int_equal(event_base_loop(f.base, EVLOOP_ONCE), 0); /* the timer: it starts */
	fetcher_remove(task);                                      /* waits for its end */
	assert_int_equal(f.ended, 0);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(delays_are_bounded),
	    cmocka_unit_test(many_at_once_take_turns),
	    cmocka_unit_test(whatever_the_child_says_is_a_result),
	    cmocka_unit_test(what_was_asked_is_remembered),
	    cmocka_unit_test(a_child_that_is_not_wanted_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
