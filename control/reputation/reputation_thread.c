/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/log.h"
#include "control/reputation/reputation_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void reputation_queue_init(struct reputation_queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

void reputation_queue_push(struct reputation_queue *q, struct reputation_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

struct reputation_job *reputation_queue_take(struct reputation_queue *q)
{
	struct reputation_job *first = q->first;

	reputation_queue_init(q);
	return first;
}

void reputation_poke(int fd)
{
	const uint64_t one = 1;

	/* An eventfd at its maximum is readable already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void reputation_job_free(struct reputation_job *job)
{
	if (!job)
		return;
	free(job->events);
	free(job->bytes);
	free(job->outcomes);
	keeper_settings_free(job->settings);
	free(job);
}

/* --- jobs --- */

static void finish(struct reputation *r, struct reputation_job *job)
{
	pthread_mutex_lock(&r->lock);
	reputation_queue_push(&r->finished, job);
	pthread_mutex_unlock(&r->lock);
	reputation_poke(r->finished_fd);
}

static void run_submit(struct reputation *r, struct reputation_job *job)
{
	struct admission_reporter *reporter =
	    admission_find(keeper_admission(r->keeper), job->reporter);

	for (size_t i = 0; i < job->count; i++) {
		if (reporter) {
			keeper_take(r->keeper, reporter, &job->events[i], &job->bytes[i]);
			continue;
		}
		job->bytes[i] = REPUTATION_UNKNOWN_REPORTER;
		keeper_refuse(r->keeper, REPUTATION_UNKNOWN_REPORTER, 1);
	}
	reputation_queue_push(&r->settling, job);
}

static void run_settings(struct reputation *r, struct reputation_job *job)
{
	int rc = keeper_configure(r->keeper, job->settings);

	job->settings = NULL;
	if (rc < 0)
		log_error("reputation: the configuration is not applied: %s", strerror(-rc));
}

/* Returns whether the job is over; else it is in r->settling. */
static bool run(struct reputation *r, struct reputation_job *job)
{
	switch (job->kind) {
	case REPUTATION_JOB_SUBMIT:
		run_submit(r, job);
		return false;
	case REPUTATION_JOB_DELIST:
		job->rc = keeper_delist(r->keeper, &job->key, job->who, job->why);
		break;
	case REPUTATION_JOB_LOOK:
		keeper_commit(r->keeper); /* what was submitted before is seen */
		job->look(keeper_ledger(r->keeper), keeper_now(r->keeper), job->context);
		break;
	case REPUTATION_JOB_SETTINGS:
		run_settings(r, job);
		break;
	}
	return true;
}

void reputation_on_wake(evutil_socket_t fd, short what, void *context)
{
	struct reputation *r = context;
	struct reputation_job *job, *next;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&r->lock);
	job = reputation_queue_take(&r->todo);
	r->waiting = 0;
	r->is_ending = r->is_stopping;
	pthread_mutex_unlock(&r->lock);
	for (; job; job = next) {
		next = job->next;
		if (run(r, job))
			finish(r, job);
	}
}

void reputation_on_tick(evutil_socket_t fd, short what, void *context)
{
	struct reputation *r = context;

	(void)fd;
	(void)what;
	keeper_tick(r->keeper);
}

static void saving_run(struct worker_job *job)
{
	struct reputation_saving *s = (struct reputation_saving *)job;

	s->rc = state_write(keeper_state(s->reputation->keeper), s->snapshot);
}

static void saving_done(struct worker_job *job)
{
	struct reputation_saving *s = (struct reputation_saving *)job;

	keeper_snapshot_done(s->reputation->keeper, s->snapshot,
	                     job->is_cancelled ? -ECANCELED : s->rc);
	s->snapshot = NULL;
}

static void save_state(struct reputation *r)
{
	struct state_snapshot *snapshot = keeper_snapshot(r->keeper, false);

	if (!snapshot)
		return;
	r->saving = (struct reputation_saving){
	    .job = {saving_run, saving_done}, .reputation = r, .snapshot = snapshot};
	worker_submit(r->writer, &r->saving.job);
}

/* Bring to disk what has come, count it, and tell everybody who waits. */
static void settle(struct reputation *r)
{
	struct reputation_job *job, *next;
	struct reputation_stats stats;

	keeper_commit(r->keeper);
	keeper_stats(r->keeper, &stats);
	pthread_mutex_lock(&r->lock);
	r->stats = stats;
	pthread_mutex_unlock(&r->lock);
	if (r->stream)
		event_stream_acknowledge(r->stream);
	for (job = reputation_queue_take(&r->settling); job; job = next) {
		next = job->next;
		finish(r, job);
	}
}

void *reputation_thread(void *context)
{
	struct reputation *r = context;
	struct state_snapshot *snapshot;

	while (!r->is_ending) {
		event_base_loop(r->base, EVLOOP_ONCE);
		settle(r);
		save_state(r);
	}
	settle(r);
	/* The next start is quicker with it; without it nothing is lost. */
	r->is_writer_stopped = worker_stop(r->writer, REPUTATION_STATE_MS);
	if (r->is_writer_stopped) {
		snapshot = keeper_snapshot(r->keeper, true);
		if (snapshot)
			keeper_snapshot_done(r->keeper, snapshot,
			                     state_write(keeper_state(r->keeper), snapshot));
	}
	return NULL;
}
