/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/supervisor.h"

#include <event2/event.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct program {
	struct supervisor *supervisor;
	char *const *argv;
	pid_t pid; /* 0 = does not run */
	int64_t started_ms, first_started_ms;
	unsigned backoff_ms; /* the next delay */
	bool is_stopping;    /* SIGTERM was sent */
	struct event *restart;
};

struct supervisor {
	struct event_base *base;
	struct supervisor_limits limits;
	supervisor_report *report;
	void *context;
	unsigned count;
	struct program programs[SUPERVISOR_PROGRAMS_MAX];
	struct event *child; /* SIGCHLD */
	struct event *kill;  /* a program takes too long to stop */
	bool is_ready, is_stopping, is_failed;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void report(const struct program *p, enum supervisor_kind kind,
                   const struct supervisor_event *details)
{
	struct supervisor_event event = *details;

	event.kind = kind;
	event.program = (unsigned)(p - p->supervisor->programs);
	p->supervisor->report(&event, p->supervisor->context);
}

static void arm(struct event *timer, unsigned ms)
{
	struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

	event_add(timer, &delay);
}

/* In the child: becomes the program, or tells the parent why not. */
static void __attribute__((noreturn)) become(char *const *argv, pid_t parent, int error_fd)
{
	sigset_t none;
	ssize_t told;
	int error;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* died before prctl() */
		_exit(127);
	execv(argv[0], argv);
	error = errno;
	told = write(error_fd, &error, sizeof(error));
	_exit(told == sizeof(error) ? 127 : 126);
}

/* Returns 0, or the errno of fork or exec. */
static int launch(struct program *p)
{
	pid_t parent = getpid(), pid;
	int fds[2], error = 0;
	ssize_t got;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return errno;
	pid = fork();
	if (pid == 0)
		become(p->argv, parent, fds[1]);
	error = pid < 0 ? errno : 0;
	close(fds[1]);
	if (pid > 0) {
		/* Ends without a byte when exec closes the pipe. */
		do
			got = read(fds[0], &error, sizeof(error));
		while (got < 0 && errno == EINTR);
		if (got == sizeof(error))
			waitpid(pid, NULL, 0);
		else
			p->pid = pid;
	}
	close(fds[0]);
	return error;
}

static void start(struct program *p);

static void die(struct program *p, struct supervisor_event *event)
{
	const struct supervisor_limits *limits = &p->supervisor->limits;
	int64_t now = now_ms();

	if (!p->supervisor->is_ready && now - p->first_started_ms < limits->start_ms) {
		p->supervisor->is_failed = true;
		report(p, SUPERVISOR_FAILED, event);
		supervisor_stop(p->supervisor);
		return;
	}
	if (now - p->started_ms >= limits->healthy_ms)
		p->backoff_ms = limits->backoff_min_ms;
	event->delay_ms = p->backoff_ms;
	p->backoff_ms =
	    2 * p->backoff_ms < limits->backoff_max_ms ? 2 * p->backoff_ms : limits->backoff_max_ms;
	report(p, event->error ? SUPERVISOR_CANNOT_RUN : SUPERVISOR_DIED, event);
	arm(p->restart, event->delay_ms);
}

static void start(struct program *p)
{
	struct supervisor_event event = {0};

	p->started_ms = now_ms();
	if (!p->first_started_ms)
		p->first_started_ms = p->started_ms;
	event.error = launch(p);
	event.pid = p->pid;
	if (event.error)
		die(p, &event);
	else
		report(p, SUPERVISOR_STARTED, &event);
}

static void on_restart(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	start(context);
}

/* Ask the last program that runs to stop; leave the loop when none does. */
static void stop_next(struct supervisor *s)
{
	for (unsigned i = s->count; i-- > 0;) {
		struct program *p = &s->programs[i];

		if (!p->pid)
			continue;
		if (!p->is_stopping) {
			p->is_stopping = true;
			kill(p->pid, SIGTERM);
			arm(s->kill, s->limits.stop_ms);
		}
		return;
	}
	event_base_loopexit(s->base, NULL); /* counts even before the loop is entered */
}

static void on_kill(evutil_socket_t fd, short what, void *context)
{
	struct supervisor *s = context;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < s->count; i++) {
		struct program *p = &s->programs[i];

		if (!p->pid || !p->is_stopping)
			continue;
		report(p, SUPERVISOR_KILLED, &(struct supervisor_event){.pid = p->pid});
		kill(p->pid, SIGKILL);
	}
}

static void on_child(evutil_socket_t fd, short what, void *context)
{
	struct supervisor *s = context;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < s->count; i++) {
		struct program *p = &s->programs[i];
		struct supervisor_event event = {.pid = p->pid};

		if (!p->pid || waitpid(p->pid, &event.status, WNOHANG) != p->pid)
			continue;
		p->pid = 0;
		if (s->is_stopping) {
			event_del(s->kill);
			report(p, SUPERVISOR_STOPPED, &event);
			stop_next(s);
		} else {
			die(p, &event);
		}
	}
}

struct supervisor *supervisor_new(struct event_base *base, char *const *const *argvs,
                                  unsigned count, const struct supervisor_limits *limits,
                                  supervisor_report *tell, void *context)
{
	struct supervisor *s = NULL;

	if (count == 0 || count > SUPERVISOR_PROGRAMS_MAX) {
		errno = EINVAL;
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->base = base;
	s->limits = *limits;
	s->report = tell;
	s->context = context;
	s->count = count;
	for (unsigned i = 0; i < count; i++) {
		struct program *p = &s->programs[i];

		p->supervisor = s;
		p->argv = argvs[i];
		p->backoff_ms = limits->backoff_min_ms;
		p->restart = evtimer_new(base, on_restart, p);
		if (!p->restart)
			goto fail;
	}
	s->child = evsignal_new(base, SIGCHLD, on_child, s);
	s->kill = evtimer_new(base, on_kill, s);
	if (s->child && s->kill && event_add(s->child, NULL) == 0)
		return s;
fail:
	supervisor_free(s);
	errno = ENOMEM;
	return NULL;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

void supervisor_free(struct supervisor *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->count; i++)
		free_event(s->programs[i].restart);
	free_event(s->child);
	free_event(s->kill);
	free(s);
}

void supervisor_start(struct supervisor *s)
{
	for (unsigned i = 0; i < s->count && !s->is_stopping; i++)
		start(&s->programs[i]);
}

void supervisor_ready(struct supervisor *s)
{
	s->is_ready = true;
}

void supervisor_stop(struct supervisor *s)
{
	if (s->is_stopping)
		return;
	s->is_stopping = true;
	for (unsigned i = 0; i < s->count; i++)
		event_del(s->programs[i].restart);
	stop_next(s);
}

bool supervisor_is_failed(const struct supervisor *s)
{
	return s->is_failed;
}

pid_t supervisor_pid(const struct supervisor *s, unsigned program)
{
	return program < s->count ? s->programs[program].pid : 0;
}
