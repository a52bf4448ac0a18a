/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * DPDK's environment: made from the command line's ports, cores and hugepages, without a
 * configuration of its own. Once per process. Not called at all when there is no --port.
 *
 * The main thread is a floating lcore on the processors that no worker has; worker i is lcore i
 * + 1.
 */
#include "dataplane/options.h"

#include <stdbool.h>
#include <stddef.h>

struct eal_plan {
	unsigned worker_count;
	unsigned cores[OPTIONS_CORES_MAX]; /* processor of each worker */
	bool has_hugepages;
	size_t memory_mb; /* wanted for packets */
};

/*
 * Decide on cores and memory; touches nothing. Without --core there is one worker, on the last
 * processor this process may use.
 *
 * packet_count: packet buffers that each worker may need
 * Errors: negative errno, out_error (OPTIONS_ERROR_MAX bytes) names the flag
 */
int eal_plan(const struct options *options, size_t packet_count, struct eal_plan *out_plan,
             char *out_error);

/* Start DPDK and probe the devices. Errors: negative errno with out_error set. */
int eal_start(const struct options *options, const struct eal_plan *plan, char *out_error);

void eal_stop(void);
