/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Queries at a rate, or as many as are answered, through one DPDK port for some time, and what came
 * of them. A query's time runs from when it was due to be sent, so that a generator or a device
 * that falls behind makes no server look fast (no coordinated omission).
 *
 * Threads: trial_run() from main; it runs worker i on queue i.
 */
#include "bench/flood/book.h"
#include "bench/flood/judge.h"
#include "bench/flood/mix.h"
#include "bench/flood/packet.h"
#include "bench/histogram.h"
#include "dataplane/frame.h"

struct rte_mempool;

#define TRIAL_WORKERS_MAX 16

/* Set up once; see port.h. */
struct trial_means {
	uint16_t port;
	unsigned worker_count; /* = queues, lcores */
	struct rte_mempool *pool;
	struct packet_path path;
	struct frame_port station; /* who we are, for ARP and neighbour discovery */
	const struct mix *mix;
	struct book books[TRIAL_WORKERS_MAX]; /* by worker, each with ports of its own */
};

struct trial_plan {
	double rate;       /* queries/s of all workers; 0 = by window */
	unsigned window;   /* in flight at most; one worker */
	double seconds;    /* of sending */
	double patience_s; /* for answers after that */
	bool is_echo;      /* the peer only sends back: nothing is judged */
	bool is_shown;     /* a line on stderr each second */
	bool is_idle;      /* sleeps a little between two looks, instead of looking all the time */
};

struct trial_result {
	uint64_t sent, answered, results[JUDGE_RESULT_COUNT];
	uint64_t strays;          /* answers nobody waited for: late or doubled */
	uint64_t late;            /* queries sent more than a millisecond after they were due */
	double seconds;           /* from the first query to the last */
	struct histogram latency; /* ticks */
};

/* Queries without an answer, of all sent. */
double trial_loss(const struct trial_result *r);

/* Learn the server's MAC. Errors: -ETIMEDOUT after some seconds */
int trial_find_server(struct trial_means *means);

/* Errors: -ENOMEM, or the launch's */
int trial_run(struct trial_means *means, const struct trial_plan *plan,
              struct trial_result *out_result);
