/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What reputation.c (the main loop) and reputation_thread.c share. */
#include "control/reputation/event_datagram.h"
#include "control/reputation/event_stream.h"
#include "control/reputation/keeper.h"
#include "control/worker.h"

#include <event2/event.h>

#include <pthread.h>

#define REPUTATION_STATE_MS 2500 /* that the last writing of the state may take at the end */

enum reputation_job_kind {
	REPUTATION_JOB_SUBMIT,
	REPUTATION_JOB_DELIST,
	REPUTATION_JOB_LOOK,
	REPUTATION_JOB_SETTINGS,
};

struct reputation_job {
	struct reputation_job *next;
	enum reputation_job_kind kind;
	bool is_cancelled;
	/* submit */
	char reporter[EVENT_REPORTER_MAX + 1];
	struct event *events;
	uint8_t *bytes; /* outcomes */
	enum reputation_outcome *outcomes;
	size_t count;
	reputation_done *done;
	/* delist */
	struct ledger_key key;
	char who[EVENT_WHO_MAX + 1], why[EVENT_WHY_MAX + 1];
	int rc;
	reputation_delisted *delisted;
	/* look */
	reputation_look *look;
	reputation_looked *looked;
	/* settings */
	struct keeper_settings *settings;
	void *context; /* of the callback */
};

struct reputation_queue {
	struct reputation_job *first, **last;
};

/* Writes a snapshot of the state, while the thread goes on. */
struct reputation_saving {
	struct worker_job job;
	struct reputation *reputation;
	struct state_snapshot *snapshot;
	int rc;
};

struct reputation {
	pthread_t thread;
	bool is_started; /* main loop */
	pthread_mutex_t lock;
	struct reputation_queue todo, finished;     /* under lock */
	size_t waiting;                             /* under lock: events in todo */
	bool is_stopping;                           /* under lock */
	struct reputation_stats stats;              /* under lock; the thread: writes */
	uint64_t refused[REPUTATION_OUTCOME_COUNT]; /* main loop */
	struct event *finished_event;               /* main loop */
	int finished_fd, wake_fd;
	struct admission *admission; /* main loop: for tokens */

	/* The thread's, once it runs. */
	struct event_base *base;
	struct event *wake_event, *tick_event;
	struct keeper *keeper;
	struct event_datagram *datagram;
	struct event_stream *stream;
	struct worker *writer;
	bool is_writer_stopped; /* else it still writes */
	struct reputation_saving saving;
	struct reputation_queue settling; /* submissions that wait for the commit */
	bool is_ending;
};

void reputation_queue_init(struct reputation_queue *q);
void reputation_queue_push(struct reputation_queue *q, struct reputation_job *job);

/* All that is in it, linked. */
struct reputation_job *reputation_queue_take(struct reputation_queue *q);

/* Wake who waits for an eventfd. */
void reputation_poke(int fd);

void reputation_job_free(struct reputation_job *job);

/* The thread; context: the struct reputation. Its two events of its own base: */
void *reputation_thread(void *context);
void reputation_on_wake(evutil_socket_t fd, short what, void *context);
void reputation_on_tick(evutil_socket_t fd, short what, void *context);
