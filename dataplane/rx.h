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

/* Between rx and tx; what is behind the first entries is of an older burst. */
struct rx_burst {
	unsigned query_count;
	unsigned neighbor_count;
	unsigned dropped_count;
	struct rte_mbuf *mbufs[QUERY_BURST_MAX]; /* of frames[] */
	struct frame frames[QUERY_BURST_MAX];    /* of queries[] */
	struct query queries[QUERY_BURST_MAX];
	struct rte_mbuf *neighbors[QUERY_BURST_MAX]; /* replies to neighbours, to be sent */
	struct rte_mbuf *dropped[QUERY_BURST_MAX];   /* to be freed */
};

/*
 * Receive up to a burst. Afterwards queries[] are ready for answer_burst(), neighbours are
 * answered, the kernel's frames are given to it, and dropped frames are counted.
 *
 * Returns: frames received
 */
unsigned rx_receive(const struct port *port, uint16_t queue, struct stats_thread *stats,
                    struct rx_burst *out_burst);
