/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * From a device's queue to queries: receive a burst, check the frames, and sort out which are DNS.
 *
 * Threads: one worker per struct rx_burst; no allocation, lock or system call of ours.
 */
#include "dataplane/frame.h"
#include "dataplane/port.h"
#include "dataplane/query.h"

#include <stdint.h>

struct rte_mbuf;

/* Between rx and tx; what is behind the first `count` entries is of an older burst. */
struct rx_burst {
	unsigned count;
	unsigned query_count;
	struct rte_mbuf *mbufs[QUERY_BURST_MAX];
	struct frame frames[QUERY_BURST_MAX];
	uint16_t sizes[QUERY_BURST_MAX];       /* bytes to send; 0 = drop or DNS */
	uint8_t query_frames[QUERY_BURST_MAX]; /* query -> its frame */
	struct query queries[QUERY_BURST_MAX];
};

/*
 * Receive up to a burst. Afterwards queries[] are ready for answer_burst(), replies to neighbours
 * have their size, the kernel's frames are given to it, and dropped frames are counted.
 *
 * Returns: frames received
 */
unsigned rx_receive(const struct port *port, uint16_t queue, struct stats_thread *stats,
                    struct rx_burst *out_burst);
