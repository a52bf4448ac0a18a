/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A thread that runs jobs one after the other, so that the main loop never waits for a disk or a
 * peer. A finished job comes back to the main loop.
 *
 * Threads: worker_new, _submit, _stop and _free on the main loop; worker_poke on any; jobs run on
 * the worker's thread.
 */
#include <stdbool.h>

struct event_base;
struct worker;

/* The first member of what a job is about. */
struct worker_job {
	void (*run)(struct worker_job *job);  /* on the worker's thread */
	void (*done)(struct worker_job *job); /* on the main loop; the job is the callee's again */
	bool is_cancelled;                    /* in done(): the worker stopped before the job ran */
	struct worker_job *next;              /* private */
};

/* Errors: NULL with errno. name: at most 15 bytes, shown by ps. */
struct worker *worker_new(struct event_base *base, const char *name);

/* Queue a job; the queue is the caller's to bound. After worker_stop() it is cancelled at once. */
void worker_submit(struct worker *w, struct worker_job *job);

/*
 * Have something done on the worker's thread that is no job: `poked` runs soon after each
 * worker_poke(), ahead of queued jobs, once for several pokes. To be set before the first poke.
 */
void worker_on_poke(struct worker *w, void (*poked)(void *context), void *context);
void worker_poke(struct worker *w);

/*
 * Cancel what is queued and wait for the job that runs.
 *
 * Returns false when that takes longer than timeout_ms: the thread still runs, and the only safe
 * thing left is to end the process.
 */
bool worker_stop(struct worker *w, int timeout_ms);

/* Free a stopped worker; NULL is allowed. */
void worker_free(struct worker *w);
