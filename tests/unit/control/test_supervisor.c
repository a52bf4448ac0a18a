/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Process supervision, with small programs in place of the daemons. The delays are checked as they
 * are reported, not with a clock.
 */
#include "control/cli/supervisor.h"

#include <event2/event.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define EVENTS_MAX 64
#define DEADLINE_S 20
#define LONG_MS    600000

static char *supervised; /* the program's path; set once by main() */

struct run {
	struct event_base *base;
	struct supervisor *supervisor;
	struct supervisor_event events[EVENTS_MAX];
	unsigned count;
	unsigned stop_after_deaths;   /* 0 = never */
	unsigned stop_after_starts;   /* 0 = never */
	const char *stop_when_exists; /* a file; NULL = never */
	struct event *poll;
	bool is_late;
};

static unsigned count_kind(const struct run *r, enum supervisor_kind kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < r->count; i++)
		count += r->events[i].kind == kind;
	return count;
}

static void take_event(const struct supervisor_event *event, void *context)
{
	struct run *r = context;

	if (r->count < EVENTS_MAX)
		r->events[r->count++] = *event;
	if (r->stop_after_deaths && count_kind(r, SUPERVISOR_DIED) == r->stop_after_deaths)
		supervisor_stop(r->supervisor);
	if (r->stop_after_starts && count_kind(r, SUPERVISOR_STARTED) == r->stop_after_starts)
		supervisor_stop(r->supervisor);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct run *r = context;

	(void)fd;
	(void)what;
	r->is_late = true;
	event_base_loopbreak(r->base);
}

static void on_poll(evutil_socket_t fd, short what, void *context)
{
	const struct timeval soon = {.tv_usec = 1000};
	struct run *r = context;

	(void)fd;
	(void)what;
	if (access(r->stop_when_exists, F_OK) == 0)
		supervisor_stop(r->supervisor);
	else
		event_add(r->poll, &soon);
}

static void run(struct run *r, char *const *const *argvs, unsigned count,
                const struct supervisor_limits *limits, bool is_ready)
{
	const struct timeval deadline = {.tv_sec = DEADLINE_S};

	r->base = event_base_new();
	assert_non_null(r->base);
	r->supervisor = supervisor_new(r->base, argvs, count, limits, take_event, r);
	assert_non_null(r->supervisor);
	event_base_once(r->base, -1, EV_TIMEOUT, on_deadline, r, &deadline);
	r->poll = evtimer_new(r->base, on_poll, r);
	if (r->stop_when_exists)
		on_poll(-1, 0, r);
	if (is_ready)
		supervisor_ready(r->supervisor);
	supervisor_start(r->supervisor);
	event_base_dispatch(r->base);
	assert_false(r->is_late);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(supervisor_pid(r->supervisor, i), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void run_done(struct run *r)
{
	supervisor_free(r->supervisor);
	event_free(r->poll);
	event_base_free(r->base);
}

static void delays_double_up_to_the_most(void **state)
{
	static const unsigned delays[] = {1, 2, 4, 8, 8, 8};
	char *const argv[] = {supervised, (char *)"exit", (char *)"3", NULL};
	char *const *const argvs[] = {argv};
	const struct supervisor_limits limits = {
	    .backoff_min_ms = 1, .backoff_max_ms = 8, .healthy_ms = LONG_MS, .stop_ms = LONG_MS};
	struct run r = {.stop_after_deaths = 6};
	unsigned died = 0;

	(void)state;
	run(&r, argvs, 1, &limits, true);
	for (unsigned i = 0; i < r.count; i++) {
		if (r.events[i].kind != SUPERVISOR_DIED)
			continue;
		assert_int_equal(r.events[i].delay_ms, delays[died]);
		assert_true(WIFEXITED(r.events[i].status));
		assert_int_equal(WEXITSTATUS(r.events[i].status), 3);
		died++;
	}
	assert_int_equal(died, 6);
	assert_int_equal(count_kind(&r, SUPERVISOR_STARTED), 6);
	assert_false(supervisor_is_failed(r.supervisor));
	run_done(&r);
}

static void a_healthy_life_resets_the_delay(void **state)
{
	char *const argv[] = {supervised, (char *)"exit", (char *)"0", NULL};
	char *const *const argvs[] = {argv};
	const struct supervisor_limits limits = {
	    .backoff_min_ms = 1, .backoff_max_ms = 8, .healthy_ms = 0, .stop_ms = LONG_MS};
	struct run r = {.stop_after_deaths = 4};

	(void)state;
	run(&r, argvs, 1, &limits, true);
	for (unsigned i = 0; i < r.count; i++)
		if (r.events[i].kind == SUPERVISOR_DIED)
			assert_int_equal(r.events[i].delay_ms, 1);
	run_done(&r);
}

static void a_failed_start_stops_everything(void **state)
{
	char *const good[] = {supervised, (char *)"wait", NULL};
	char *const bad[] = {supervised, (char *)"exit", (char *)"4", NULL};
	char *const *const argvs[] = {good, bad};
	const struct supervisor_limits limits = {
	    .backoff_min_ms = 1, .backoff_max_ms = 1, .start_ms = LONG_MS, .stop_ms = LONG_MS};
	struct run r = {0};

	(void)state;
	run(&r, argvs, 2, &limits, false);
	assert_true(supervisor_is_failed(r.supervisor));
	assert_int_equal(r.count, 4);
	assert_int_equal(r.events[0].kind, SUPERVISOR_STARTED);
	assert_int_equal(r.events[1].kind, SUPERVISOR_STARTED);
	assert_int_equal(r.events[2].kind, SUPERVISOR_FAILED);
	assert_int_equal(r.events[2].program, 1);
	assert_int_equal(WEXITSTATUS(r.events[2].status), 4);
	assert_int_equal(r.events[3].kind, SUPERVISOR_STOPPED);
	assert_int_equal(r.events[3].program, 0);
	run_done(&r);
}

static void a_program_that_is_not_there(void **state)
{
	char *const good[] = {supervised, (char *)"wait", NULL};
	char *const bad[] = {(char *)"/nonexistent/daemon", NULL};
	char *const *const argvs[] = {good, bad};
	const struct supervisor_limits limits = {
	    .backoff_min_ms = 1, .backoff_max_ms = 1, .start_ms = LONG_MS, .stop_ms = LONG_MS};
	struct run r = {0};

	(void)state;
	run(&r, argvs, 2, &limits, false);
	assert_true(supervisor_is_failed(r.supervisor));
	assert_int_equal(r.events[1].kind, SUPERVISOR_FAILED);
	assert_int_equal(r.events[1].error, ENOENT);
	run_done(&r);
	/* The first fails already: there is nothing to wait for, and the second is not started. */
	memset(&r, 0, sizeof(r));
	run(&r, (char *const *const[]){bad, good}, 2, &limits, false);
	assert_true(supervisor_is_failed(r.supervisor));
	assert_int_equal(r.count, 1);
	run_done(&r);
}

static void the_last_is_stopped_first(void **state)
{
	char *const argv[] = {supervised, (char *)"wait", NULL};
	char *const *const argvs[] = {argv, argv, argv};
	const struct supervisor_limits limits = {
	    .backoff_min_ms = 1, .backoff_max_ms = 1, .start_ms = LONG_MS, .stop_ms = LONG_MS};
	struct run r = {.stop_after_starts = 3};

	(void)state;
	run(&r, argvs, 3, &limits, false);
	assert_int_equal(r.count, 6);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(r.events[i].kind, SUPERVISOR_STARTED);
		assert_int_equal(r.events[i].program, i);
		assert_int_equal(r.events[3 + i].kind, SUPERVISOR_STOPPED);
		assert_int_equal(r.events[3 + i].program, 2 - i);
		assert_int_equal(WTERMSIG(r.events[3 + i].status), SIGTERM);
	}
	assert_false(supervisor_is_failed(r.supervisor));
	run_done(&r);
}

static void one_that_does_not_stop_is_killed(void **state)
{
	char folder[] = "/tmp/reputed-test-XXXXXX", file[64];
	char *const good[] = {supervised, (char *)"wait", NULL};
	char *const stubborn[] = {supervised, (char *)"stubborn", file, NULL};
	char *const *const argvs[] = {good, stubborn};
	const struct supervisor_limits limits = {
	    .backoff_min_ms = 1, .backoff_max_ms = 1, .start_ms = LONG_MS, .stop_ms = 1};
	struct run r = {.stop_when_exists = file};
	const struct supervisor_event *killed = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/ready", folder);
	run(&r, argvs, 2, &limits, true);
	for (unsigned i = 0; i < r.count; i++) {
		if (r.events[i].kind == SUPERVISOR_KILLED && r.events[i].program == 1)
			killed = &r.events[i];
		if (r.events[i].kind == SUPERVISOR_STOPPED && r.events[i].program == 1)
			assert_int_equal(WTERMSIG(r.events[i].status), SIGKILL);
	}
	assert_non_null(killed);
	assert_int_equal(count_kind(&r, SUPERVISOR_STOPPED), 2);
	run_done(&r);
	unlink(file);
	rmdir(folder);
}

struct orphan {
	int fd;
};

static void tell_pid(const struct supervisor_event *event, void *context)
{
	const struct orphan *orphan = context;

	if (write(orphan->fd, &event->pid, sizeof(event->pid)) != sizeof(event->pid))
		_exit(1);
}

static void programs_die_with_the_supervisor(void **state)
{
	char *const argv[] = {supervised, (char *)"wait", NULL};
	char *const *const argvs[] = {argv};
	const struct supervisor_limits limits = SUPERVISOR_LIMITS_DEFAULT;
	int fds[2], status = 0;
	pid_t parent, child = 0;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(fds), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		struct orphan orphan = {.fd = fds[1]};
		struct event_base *base = event_base_new();
		struct supervisor *s = supervisor_new(base, argvs, 1, &limits, tell_pid, &orphan);

		alarm(DEADLINE_S);
		supervisor_start(s);
		event_base_dispatch(base);
		_exit(0);
	}
	assert_int_equal(read(fds[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(getpgid(child), child); /* Ctrl-C does not reach it */
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	close(fds[0]);
	close(fds[1]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(delays_double_up_to_the_most),
	    cmocka_unit_test(a_healthy_life_resets_the_delay),
	    cmocka_unit_test(a_failed_start_stops_everything),
	    cmocka_unit_test(a_program_that_is_not_there),
	    cmocka_unit_test(the_last_is_stopped_first),
	    cmocka_unit_test(one_that_does_not_stop_is_killed),
	    cmocka_unit_test(programs_die_with_the_supervisor),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s SUPERVISED\n", argv[0]);
		return 2;
	}
	supervised = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
