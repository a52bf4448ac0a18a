/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/worker.h"

#include "dataplane/answer.h"
#include "dataplane/clock.h"
#include "dataplane/limit.h"
#include "dataplane/rx.h"
#include "dataplane/tx.h"

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <urcu-qsbr.h>

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SPINS_BEFORE_SLEEP 1024 /* empty rounds */
#define SLEEP_MAX_US       100
#define TIMER_SLACK_NS     1000 /* the default of 50 us would be most of a sleep */

struct queue {
	const struct port *port;
	uint16_t index;
};

struct worker {
	alignas(64) const atomic_bool *stop;
	const struct update *update;
	struct stats_thread *stats;
	enum options_idle idle;
	bool is_running;     /* main only */
	atomic_bool is_done; /* worker: writes last; main: reads before it frees */
	unsigned queue_count;
	struct queue queues[OPTIONS_PORTS_MAX];
	struct rx_burst burst;
};

struct worker_group {
	alignas(64) atomic_bool stop; /* main: writes; workers: read */
	unsigned count;
	struct worker workers[];
};

/* Workers share no line with each other, nor with what tells them to stop. */
_Static_assert(sizeof(struct worker) % 64 == 0, "whole lines");
_Static_assert(offsetof(struct worker_group, workers) % 64 == 0, "a line of its own");

static unsigned serve(struct worker *w, const struct queue *q)
{
	struct rx_burst *b = &w->burst;
	unsigned punted = 0;
	if (q->port->punt != NULL && q->index == 0)
		punted = tx_punted(q->port, q->index, w->stats);
	unsigned count = rx_receive(q->port, q->index, w->stats, b);
	if (count == 0)
		return punted;
	if (b->query_count > 0) {
		const struct tables *tables = update_tables(w->update);
		answer_burst(tables, b->queries, b->query_count);
		if (limit_is_on(tables))
			limit_burst(tables, clock_steady_us(), b->queries, b->query_count);
		stats_count_burst(w->stats, STATS_DPDK, b->queries, b->query_count);
	}
	tx_send(q->port, q->index, w->stats, b);
	return count + punted;
}

/* After an empty round: spin, then sleep longer and longer. */
static void rest(unsigned empty_rounds)
{
	if (empty_rounds < SPINS_BEFORE_SLEEP) {
		rte_pause();
		return;
	}
	unsigned sleep_us = 1 + (empty_rounds - SPINS_BEFORE_SLEEP) / 16;
	rcu_thread_offline();
	usleep(sleep_us < SLEEP_MAX_US ? sleep_us : SLEEP_MAX_US);
	rcu_thread_online();
}

static int run(void *argument)
{
	struct worker *w = argument;
	unsigned empty_rounds = 0;

	if (w->idle == IDLE_BACKOFF)
		(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	rcu_register_thread();
	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		unsigned count = 0;
		for (unsigned i = 0; i < w->queue_count; i++) {
			count += serve(w, &w->queues[i]);
			rcu_quiescent_state();
		}
		empty_rounds = count > 0 ? 0 : empty_rounds + 1;
		if (empty_rounds > 0 && w->idle == IDLE_BACKOFF)
			rest(empty_rounds);
	}
	rcu_unregister_thread();
	atomic_store_explicit(&w->is_done, true, memory_order_release);
	return 0;
}

/* Give each worker its queue of every port; see struct port. */
static void assign(struct worker_group *g, const struct ports *ports)
{
	for (unsigned i = 0; i < ports->count; i++) {
		const struct port *p = &ports->list[i];
		for (uint16_t q = 0; q < p->queue_count; q++) {
			struct worker *w = &g->workers[(p->first_worker + q) % g->count];
			w->queues[w->queue_count++] = (struct queue){p, q};
		}
	}
}

struct worker_group *worker_start(const struct worker_options *options)
{
	size_t size = sizeof(struct worker_group) + options->count * sizeof(struct worker);
	struct worker_group *g = aligned_alloc(64, (size + 63) & ~(size_t)63);
	if (g == NULL)
		return NULL;
	memset(g, 0, size);
	g->count = options->count;
	assign(g, options->ports);
	for (unsigned i = 0; i < g->count; i++) {
		struct worker *w = &g->workers[i];
		w->stop = &g->stop;
		w->update = options->update;
		w->stats = stats_of_thread(options->stats, options->first_stats + i);
		w->idle = options->idle;
		if (w->queue_count == 0)
			continue; /* no device has a queue for it */
		int error = rte_eal_remote_launch(run, w, i + 1);
		if (error != 0) {
			worker_stop(g);
			errno = -error;
			return NULL;
		}
		w->is_running = true;
	}
	return g;
}

void worker_stop(struct worker_group *g)
{
	if (g == NULL)
		return;
	atomic_store(&g->stop, true);
	for (unsigned i = 0; i < g->count; i++) {
		struct worker *w = &g->workers[i];
		if (!w->is_running)
			continue;
		rte_eal_wait_lcore(i + 1);
		assert(atomic_load_explicit(&w->is_done, memory_order_acquire));
	}
	free(g);
}
