/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * DPDK workers: each polls its queue of every port, run to completion, on an lcore of its own.
 *
 * Threads: all calls from main.
 */
#include "dataplane/options.h"
#include "dataplane/port.h"
#include "dataplane/stats.h"
#include "dataplane/update.h"

struct worker_options {
	unsigned count; /* lcores 1 .. count */
	enum options_idle idle;
	const struct ports *ports;
	const struct update *update;
	struct stats *stats;
	unsigned first_stats; /* index of worker 0's counters */
};

struct worker_group;

/* Start the workers; all is borrowed. Errors: NULL with errno; none is left running. */
struct worker_group *worker_start(const struct worker_options *options);

/* Stop, wait for and free the workers. NULL is allowed. */
void worker_stop(struct worker_group *g);
