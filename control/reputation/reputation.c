/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config.h"
#include "control/config_reputation.h"
#include "control/log.h"
#include "control/reputation/reputation_private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define REPUTATION_WAITING_MAX 65536 /* events */
#define REPUTATION_TICK_MS     1000

const char *reputation_outcome_name(enum reputation_outcome outcome)
{
	static const char *const names[] = {
	    [REPUTATION_COUNTED] = "counted",   [REPUTATION_REPEATED] = "repeated",
	    [REPUTATION_BAD] = "bad",           [REPUTATION_FUTURE] = "future",
	    [REPUTATION_TOO_OLD] = "too_old",   [REPUTATION_UNKNOWN_REPORTER] = "unknown_reporter",
	    [REPUTATION_TOO_MANY] = "too_many", [REPUTATION_NOT_SAVED] = "not_saved",
	    [REPUTATION_OWN] = "own",           [REPUTATION_TOO_LARGE] = "too_large",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == REPUTATION_OUTCOME_COUNT, "every one");

	return names[outcome];
}

/* --- the main loop --- */

static void job_over(struct reputation *r, struct reputation_job *job)
{
	switch (job->kind) {
	case REPUTATION_JOB_SUBMIT:
		for (size_t i = 0; i < job->count; i++)
			job->outcomes[i] = job->is_cancelled
			                       ? REPUTATION_NOT_SAVED
			                       : (enum reputation_outcome)job->bytes[i];
		if (job->done)
			job->done(job->outcomes, job->count, job->context);
		break;
	case REPUTATION_JOB_DELIST:
		if (job->delisted)
			job->delisted(job->is_cancelled ? -ECANCELED : job->rc, job->context);
		break;
	case REPUTATION_JOB_LOOK:
		if (job->looked)
			job->looked(job->is_cancelled, job->context);
		break;
	case REPUTATION_JOB_SETTINGS:
		break;
	}
	(void)r;
	reputation_job_free(job);
}

static void deliver(struct reputation *r, struct reputation_queue *from, bool is_cancelled)
{
	struct reputation_job *job, *next;

	pthread_mutex_lock(&r->lock);
	job = reputation_queue_take(from);
	pthread_mutex_unlock(&r->lock);
	for (; job; job = next) {
		next = job->next;
		job->is_cancelled = is_cancelled;
		job_over(r, job);
	}
}

static void on_finished(evutil_socket_t fd, short what, void *context)
{
	struct reputation *r = context;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) >= 0)
		deliver(r, &r->finished, false);
}

static void enqueue(struct reputation *r, struct reputation_job *job)
{
	bool is_cancelled;

	pthread_mutex_lock(&r->lock);
	is_cancelled = r->is_stopping;
	if (!is_cancelled) {
		reputation_queue_push(&r->todo, job);
		r->waiting += job->count;
	}
	pthread_mutex_unlock(&r->lock);
	if (!is_cancelled) {
		reputation_poke(r->wake_fd);
		return;
	}
	job->is_cancelled = true;
	job_over(r, job);
}

static struct reputation_job *job_new(enum reputation_job_kind kind, void *context)
{
	struct reputation_job *job = calloc(1, sizeof(*job));

	if (job) {
		job->kind = kind;
		job->context = context;
	}
	return job;
}

int reputation_submit(struct reputation *r, const char *reporter, const struct event *events,
                      size_t count, reputation_done *done, void *context)
{
	struct reputation_job *job;
	size_t waiting;

	pthread_mutex_lock(&r->lock);
	waiting = r->waiting;
	pthread_mutex_unlock(&r->lock);
	if (count > REPUTATION_WAITING_MAX || waiting > REPUTATION_WAITING_MAX - count)
		return -ENOBUFS;
	job = job_new(REPUTATION_JOB_SUBMIT, context);
	if (!job)
		return -ENOMEM;
	job->done = done;
	job->count = count;
	job->events = calloc(count + 1, sizeof(*job->events));
	job->bytes = calloc(count + 1, sizeof(*job->bytes));
	job->outcomes = calloc(count + 1, sizeof(*job->outcomes));
	if (!job->events || !job->bytes || !job->outcomes) {
		reputation_job_free(job);
		return -ENOMEM;
	}
	memcpy(job->events, events, count * sizeof(*events));
	strncpy(job->reporter, reporter, EVENT_REPORTER_MAX);
	enqueue(r, job);
	return 0;
}

void reputation_delist(struct reputation *r, const struct ledger_key *key, const char *who,
                       const char *why, reputation_delisted *done, void *context)
{
	struct reputation_job *job = job_new(REPUTATION_JOB_DELIST, context);

	if (!job) {
		if (done)
			done(-ENOMEM, context);
		return;
	}
	job->delisted = done;
	job->key = *key;
	strncpy(job->who, who, EVENT_WHO_MAX);
	strncpy(job->why, why, EVENT_WHY_MAX);
	enqueue(r, job);
}

void reputation_ask(struct reputation *r, reputation_look *look, reputation_looked *done,
                    void *context)
{
	struct reputation_job *job = job_new(REPUTATION_JOB_LOOK, context);

	if (!job) {
		if (done)
			done(true, context);
		return;
	}
	job->look = look;
	job->looked = done;
	enqueue(r, job);
}

json_t *reputation_delistings(const struct reputation *r, const struct ledger_key *key)
{
	json_t *rows = keeper_delistings(r->keeper, key);

	return rows ? rows : json_null();
}

int reputation_configure(struct reputation *r, const struct config *config)
{
	struct reputation_job *job = job_new(REPUTATION_JOB_SETTINGS, NULL);
	struct admission *admission = admission_new(config);

	if (job)
		job->settings = keeper_settings_new(config);
	if (!job || !admission || !job->settings) {
		reputation_job_free(job);
		admission_free(admission);
		return -ENOMEM;
	}
	admission_free(r->admission);
	r->admission = admission;
	enqueue(r, job);
	return 0;
}

const char *reputation_reporter(const struct reputation *r, const char *token)
{
	const struct admission_reporter *found = admission_token(r->admission, token);

	return found ? found->name : NULL;
}

const uint8_t *reputation_hash_key(const struct reputation *r)
{
	return keeper_hash_key(r->keeper);
}

void reputation_refuse(struct reputation *r, enum reputation_outcome outcome, uint64_t count)
{
	r->refused[outcome] += count;
}

void reputation_stats(const struct reputation *r, struct reputation_stats *out_stats)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&r->lock;

	pthread_mutex_lock(lock);
	*out_stats = r->stats;
	pthread_mutex_unlock(lock);
	for (unsigned i = 0; i < REPUTATION_OUTCOME_COUNT; i++)
		out_stats->outcomes[i] += r->refused[i];
}

/* --- start and stop --- */

/* A socket that cannot be opened is told; the rest goes on without it. */
static void open_sockets(struct reputation *r, const struct config_reputation *config)
{
	if (config->socket) {
		r->datagram = event_datagram_new(r->base, config->socket, r->keeper);
		if (!r->datagram)
			log_error("reputation.socket '%s': %s", config->socket, strerror(errno));
	}
	if (config->stream) {
		r->stream = event_stream_new(r->base, config->stream, r->keeper);
		if (!r->stream)
			log_error("reputation.stream '%s': %s", config->stream, strerror(errno));
	}
}

static int open_thread_events(struct reputation *r)
{
	const struct timeval tick = {REPUTATION_TICK_MS / 1000, REPUTATION_TICK_MS % 1000 * 1000};

	r->base = event_base_new();
	if (!r->base)
		return -ENOMEM;
	r->wake_event = event_new(r->base, r->wake_fd, EV_READ | EV_PERSIST, reputation_on_wake, r);
	r->tick_event = event_new(r->base, -1, EV_PERSIST, reputation_on_tick, r);
	if (!r->wake_event || !r->tick_event || event_add(r->wake_event, NULL) < 0 ||
	    event_add(r->tick_event, &tick) < 0)
		return -ENOMEM;
	r->writer = worker_new(r->base, "state");
	return r->writer ? 0 : -errno;
}

/* Signals are the main loop's. */
static int start_thread(struct reputation *r)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&r->thread, NULL, reputation_thread, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return -rc;
	pthread_setname_np(r->thread, "reputation");
	r->is_started = true;
	return 0;
}

static int start(struct reputation *r, struct event_base *base, const struct config *config)
{
	int rc;

	r->admission = admission_new(config);
	if (!r->admission)
		return -errno;
	r->finished_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->finished_fd < 0 || r->wake_fd < 0)
		return -errno;
	r->finished_event = event_new(base, r->finished_fd, EV_READ | EV_PERSIST, on_finished, r);
	if (!r->finished_event || event_add(r->finished_event, NULL) < 0)
		return -ENOMEM;
	rc = open_thread_events(r);
	if (rc < 0)
		return rc;
	open_sockets(r, config->reputation);
	keeper_stats(r->keeper, &r->stats);
	return start_thread(r);
}

struct reputation *reputation_new(struct event_base *base, const char *folder,
                                  const struct config *config, const struct reputation_hooks *hooks)
{
	struct reputation *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	reputation_queue_init(&r->todo);
	reputation_queue_init(&r->finished);
	reputation_queue_init(&r->settling);
	r->finished_fd = r->wake_fd = -1;
	r->keeper = keeper_open(folder, config, hooks);
	rc = r->keeper ? start(r, base, config) : -errno;
	if (rc == 0)
		return r;
	if (r->keeper)
		log_error("reputation: cannot start: %s", strerror(-rc));
	reputation_stop(r, 0);
	reputation_free(r);
	errno = -rc;
	return NULL;
}

bool reputation_stop(struct reputation *r, int timeout_ms)
{
	struct timespec deadline;

	pthread_mutex_lock(&r->lock);
	r->is_stopping = true;
	pthread_mutex_unlock(&r->lock);
	if (r->is_started) {
		reputation_poke(r->wake_fd);
		clock_gettime(CLOCK_REALTIME, &deadline);
		deadline.tv_sec += timeout_ms / 1000;
		deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
		if (deadline.tv_nsec >= 1000000000) {
			deadline.tv_sec++;
			deadline.tv_nsec -= 1000000000;
		}
		if (pthread_timedjoin_np(r->thread, NULL, &deadline) != 0)
			return false;
		r->is_started = false;
		if (!r->is_writer_stopped)
			return false;
	}
	deliver(r, &r->finished, false);
	deliver(r, &r->todo, true);
	return true;
}

void reputation_free(struct reputation *r)
{
	if (!r)
		return;
	event_stream_free(r->stream);
	event_datagram_free(r->datagram);
	if (r->writer && !r->is_writer_stopped)
		worker_stop(r->writer, REPUTATION_STATE_MS); /* the thread never ran */
	worker_free(r->writer);
	if (r->wake_event)
		event_free(r->wake_event);
	if (r->tick_event)
		event_free(r->tick_event);
	if (r->base)
		event_base_free(r->base);
	if (r->finished_event)
		event_free(r->finished_event);
	if (r->finished_fd >= 0)
		close(r->finished_fd);
	if (r->wake_fd >= 0)
		close(r->wake_fd);
	keeper_close(r->keeper);
	admission_free(r->admission);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
