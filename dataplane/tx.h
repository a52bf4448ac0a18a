/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * From answers to a device's queue: turn the headers round, send, and free what is not sent.
 *
 * Threads: as rx.h.
 */
#include "dataplane/rx.h"

#include <rte_mbuf.h>

/* Make a received packet one to be sent. */
static inline void tx_prepare(struct rte_mbuf *m, size_t size)
{
	m->data_len = (uint16_t)size;
	m->pkt_len = (uint32_t)size;
	/* What the device said of the query is not true of the answer. */
	m->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
}

/* Send a burst after answer_burst(); every mbuf of it is sent or freed, and counted. */
void tx_send(const struct port *port, uint16_t queue, struct stats_thread *stats,
             struct rx_burst *burst);

/*
 * Send what the kernel sends through a punted port, at most a burst, so that it never keeps queries
 * waiting.
 *
 * queue:   0, of the worker that alone calls this for the port
 * Returns: frames taken from the kernel
 */
unsigned tx_punted(const struct port *port, uint16_t queue, struct stats_thread *stats);
