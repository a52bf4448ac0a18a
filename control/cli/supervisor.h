/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Runs a few programs in the foreground: starts them in order, starts each again when it dies, with
 * a growing delay, and stops them in reverse order. Knows nothing of what the programs do.
 *
 * Each runs in a process group of its own, so that Ctrl-C reaches only the supervisor, and gets
 * SIGTERM when the supervisor dies.
 *
 * Threads: the one that runs the event base, which must be the one that called supervisor_new().
 */
#include <stdbool.h>
#include <sys/types.h>

struct event_base;
struct supervisor;

#define SUPERVISOR_PROGRAMS_MAX 4

struct supervisor_limits {
	unsigned backoff_min_ms, backoff_max_ms; /* the delay doubles from one death to the next */
	unsigned healthy_ms; /* a life as long as this takes the delay back to the least */
	unsigned start_ms;   /* a death sooner than this before supervisor_ready() is final */
	unsigned stop_ms;    /* from SIGTERM to SIGKILL */
};

#define SUPERVISOR_LIMITS_DEFAULT                                                                  \
	{                                                                                          \
		.backoff_min_ms = 100, .backoff_max_ms = 10000, .healthy_ms = 30000,               \
		.start_ms = 5000, .stop_ms = 5000                                                  \
	}

enum supervisor_kind {
	SUPERVISOR_STARTED,
	SUPERVISOR_DIED,       /* is started again after delay_ms */
	SUPERVISOR_STOPPED,    /* because it was asked to */
	SUPERVISOR_KILLED,     /* did not stop when asked to; SIGKILL was sent */
	SUPERVISOR_FAILED,     /* died before all was ready: everything is being stopped */
	SUPERVISOR_CANNOT_RUN, /* fork or exec; error says why. Counts as a death. */
};

struct supervisor_event {
	enum supervisor_kind kind;
	unsigned program;
	pid_t pid;
	int status;        /* of waitpid() */
	int error;         /* errno */
	unsigned delay_ms; /* until the next start */
};

typedef void supervisor_report(const struct supervisor_event *event, void *context);

/*
 * argvs:  count argument vectors that outlive the supervisor; argv[0] is the path of the program
 * Errors: NULL with errno
 */
struct supervisor *supervisor_new(struct event_base *base, char *const *const *argvs,
                                  unsigned count, const struct supervisor_limits *limits,
                                  supervisor_report *report, void *context);

/* Programs must have been stopped. NULL is allowed. */
void supervisor_free(struct supervisor *s);

/* Start all programs, in order. */
void supervisor_start(struct supervisor *s);

/* All is well: from now on a program that dies is always started again. */
void supervisor_ready(struct supervisor *s);

/* Stop all programs, the last first, then leave the event loop, even if it is not entered yet. */
void supervisor_stop(struct supervisor *s);

/* A program could not be started: FAILED was reported. */
bool supervisor_is_failed(const struct supervisor *s);

/* The process of a program, or 0 when it does not run. */
pid_t supervisor_pid(const struct supervisor *s, unsigned program);
