/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * When each feed that comes from elsewhere is fetched, and the processes that do it: one
 * reputed-fetch for each, a few at a time, the others in a queue; so a server that hangs holds up
 * neither the main loop nor more than its own place.
 *
 * Times are jittered by a tenth, failures tried again with growing delays, and a source is never
 * asked more often than its min_interval_s, also over restarts: NAME.tried beside the file keeps
 * when it was asked last.
 *
 * Threads: the main loop only.
 */
#include "control/fetch/fetch.h"

#include <stdbool.h>
#include <stdint.h>

#define FETCHER_RUNNING_MAX  8
#define FETCHER_FAILED_MIN_S 60          /* after the first failure; doubles */
#define FETCHER_FAILED_MAX_S 3600        /* or refresh_s, if that is less */
#define FETCHER_WAIT_MAX_S   (24 * 3600) /* that a server may ask for */

struct event_base;
struct fetcher;
struct fetcher_task;

/* Strings are copied. */
struct fetcher_settings {
	struct fetch_request request;
	uint64_t refresh_s;      /* > 0 */
	uint64_t min_interval_s; /* 0 = none */
};

/* A fetch ended. May be called by fetcher_now() when no process can be started. */
typedef void fetcher_done(const struct fetch_result *result, void *context);

/* program: path of reputed-fetch. Errors: NULL with errno */
struct fetcher *fetcher_new(struct event_base *base, const char *program);
/* All tasks must be removed. NULL is allowed. */
void fetcher_free(struct fetcher *f);

/*
 * Fetch a source into a file from now on. The first time is at once, or when it is due by what
 * NAME.tried says.
 * Errors: NULL with errno
 */
struct fetcher_task *fetcher_add(struct fetcher *f, const struct fetcher_settings *settings,
                                 const char *path, fetcher_done *done, void *context);

/* A fetch that runs is killed; done is not called any more. NULL is allowed. */
void fetcher_remove(struct fetcher_task *task);

/*
 * Fetch as soon as may be, or as soon as the one that runs is over. Returns the seconds that
 * min_interval_s still asks to wait, in which case nothing is fetched, or 0.
 */
uint64_t fetcher_now(struct fetcher_task *task);

/* Whether a task is one of these settings. */
bool fetcher_is_of(const struct fetcher_task *task, const struct fetcher_settings *settings);

/* Seconds until the next fetch; 0: it runs or waits for a place. */
uint64_t fetcher_due_s(const struct fetcher_task *task);

/* The delay after so many failures in a row, before jitter. */
uint64_t fetcher_delay_s(const struct fetcher_settings *settings, unsigned failures,
                         uint64_t retry_after_s);
