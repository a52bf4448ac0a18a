/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/worker.h"

#include <event2/event.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct worker_queue {
	struct worker_job *first, **last;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct worker_queue todo, finished; /* under lock */
	bool is_stopping, is_poked;         /* under lock */
	void (*poked)(void *context);
	void *poked_context;
	int fd;              /* eventfd: something is in finished */
	struct event *event; /* main loop */
};

static void worker_queue_init(struct worker_queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

static void worker_queue_push(struct worker_queue *q, struct worker_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
}

static struct worker_job *worker_queue_pop(struct worker_queue *q)
{
	struct worker_job *job = q->first;

	if (job) {
		q->first = job->next;
		if (!q->first)
			q->last = &q->first;
	}
	return job;
}

static void *worker_main(void *context)
{
	struct worker *w = context;
	const uint64_t one = 1;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct worker_job *job;

		while (!w->is_stopping && !w->is_poked && !w->todo.first)
			pthread_cond_wait(&w->wake, &w->lock);
		if (w->is_stopping)
			break;
		if (w->is_poked) {
			w->is_poked = false;
			pthread_mutex_unlock(&w->lock);
			w->poked(w->poked_context);
			pthread_mutex_lock(&w->lock);
		}
		job = worker_queue_pop(&w->todo); /* one a turn: pokes may never end */
		if (!job)
			continue;
		pthread_mutex_unlock(&w->lock);
		job->run(job);
		pthread_mutex_lock(&w->lock);
		worker_queue_push(&w->finished, job);
		/* An eventfd at its maximum is readable already. */
		if (write(w->fd, &one, sizeof(one)) < 0)
			continue;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void worker_deliver(struct worker *w)
{
	struct worker_job *job, *next;

	pthread_mutex_lock(&w->lock);
	job = w->finished.first;
	worker_queue_init(&w->finished);
	pthread_mutex_unlock(&w->lock);
	for (; job; job = next) {
		next = job->next;
		job->done(job);
	}
}

static void worker_on_finished(evutil_socket_t fd, short what, void *context)
{
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	worker_deliver(context);
}

/* Signals are the main loop's: a worker's thread blocks them all. */
static int worker_start_thread(struct worker *w, const char *name)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&w->thread, NULL, worker_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		pthread_setname_np(w->thread, name);
	return rc;
}

struct worker *worker_new(struct event_base *base, const char *name)
{
	struct worker *w = calloc(1, sizeof(*w));
	int rc = ENOMEM;

	if (!w)
		goto fail;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	worker_queue_init(&w->todo);
	worker_queue_init(&w->finished);
	w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->fd < 0) {
		rc = errno;
		goto fail_free;
	}
	w->event = event_new(base, w->fd, EV_READ | EV_PERSIST, worker_on_finished, w);
	if (!w->event || event_add(w->event, NULL) < 0)
		goto fail_event;
	rc = worker_start_thread(w, name);
	if (rc != 0)
		goto fail_event;
	return w;
fail_event:
	if (w->event)
		event_free(w->event);
	close(w->fd);
fail_free:
	free(w);
fail:
	errno = rc;
	return NULL;
}

void worker_submit(struct worker *w, struct worker_job *job)
{
	bool is_cancelled;

	job->is_cancelled = false;
	pthread_mutex_lock(&w->lock);
	is_cancelled = w->is_stopping;
	if (!is_cancelled) {
		worker_queue_push(&w->todo, job);
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	if (is_cancelled) {
		job->is_cancelled = true;
		job->done(job);
	}
}

void worker_on_poke(struct worker *w, void (*poked)(void *context), void *context)
{
	pthread_mutex_lock(&w->lock);
	w->poked = poked;
	w->poked_context = context;
	pthread_mutex_unlock(&w->lock);
}

void worker_poke(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->is_poked = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

bool worker_stop(struct worker *w, int timeout_ms)
{
	struct timespec deadline;
	struct worker_job *job, *next;

	pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += timeout_ms / 1000;
	deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_sec++;
		deadline.tv_nsec -= 1000000000;
	}
	if (pthread_timedjoin_np(w->thread, NULL, &deadline) != 0)
		return false;
	worker_deliver(w);
	job = w->todo.first;
	worker_queue_init(&w->todo);
	for (; job; job = next) {
		next = job->next;
		job->is_cancelled = true;
		job->done(job);
	}
	return true;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	event_free(w->event);
	close(w->fd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
