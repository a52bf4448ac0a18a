/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/rx.h"

#include "dataplane/clock.h"
#include "dataplane/neigh.h"
#include "dataplane/punt.h"
#include "dataplane/tx.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

/* Describe a received mbuf; false when it is in pieces that do not fit its first buffer. */
static inline bool describe(const struct port *port, struct rte_mbuf *m, struct frame *f)
{
	if (unlikely(m->nb_segs > 1) && rte_pktmbuf_linearize(m) != 0) {
		f->punt = DROP_NONE;
		f->drop = DROP_JUMBO;
		return false;
	}
	f->bytes = rte_pktmbuf_mtod(m, uint8_t *);
	f->size = m->data_len;
	f->capacity = (uint16_t)(m->buf_len - m->data_off);
	f->flags = port_frame_flags(port, m->ol_flags);
	return true;
}

/* Give a frame to the kernel, or count why not. */
static void give(const struct port *port, uint16_t queue, struct stats_thread *stats,
                 struct frame *f)
{
	bool is_neighbor = f->punt == DROP_NEIGHBOR;
	f->drop = (uint8_t)punt_give(port->punt, queue, is_neighbor, f->bytes, f->size);
	if (f->drop == DROP_NONE)
		stats_add(&stats->punts[f->punt], 1);
}

/* What becomes of a frame that is not DNS; returns the size of the reply that it now is, or 0. */
static __attribute__((noinline)) size_t sort_out(const struct port *port, uint16_t queue,
                                                 struct stats_thread *stats, struct frame *f,
                                                 enum frame_kind kind)
{
	size_t size = 0;
	if (kind == FRAME_NEIGH)
		size = neigh_reply(&port->frame, f);
	if (size > 0)
		stats_add(&stats->neighbor_replies, 1);
	if (f->punt != DROP_NONE)
		give(port, queue, stats, f);
	if (f->drop != DROP_NONE)
		stats_add(&stats->drops[f->drop], 1);
	return size;
}

/* size: of the reply that a packet now is, or 0 */
static void set_aside(struct rx_burst *b, struct rte_mbuf *m, size_t size)
{
	if (size == 0) {
		b->dropped[b->dropped_count++] = m;
		return;
	}
	tx_prepare(m, size);
	b->neighbors[b->neighbor_count++] = m;
}

unsigned rx_receive(const struct port *port, uint16_t queue, struct stats_thread *stats,
                    struct rx_burst *out_burst)
{
	struct rx_burst *b = out_burst;
	struct frame *f = b->frames;
	struct query *q = b->queries;
	struct rte_mbuf **next = b->mbufs; /* those of queries move to the front */
	unsigned count = rte_eth_rx_burst(port->id, queue, b->mbufs, QUERY_BURST_MAX);
	b->query_count = 0;
	b->neighbor_count = 0;
	b->dropped_count = 0;
	if (count == 0)
		return 0;
	for (unsigned i = 0; i < count; i++) /* where data mostly begins */
		rte_prefetch0((uint8_t *)b->mbufs[i]->buf_addr + RTE_PKTMBUF_HEADROOM);
	const uint64_t now_us = clock_now_us();
	for (unsigned i = 0; i < count; i++) {
		struct rte_mbuf *m = b->mbufs[i];
		enum frame_kind kind = FRAME_DROP;
		if (likely(describe(port, m, f)))
			kind = frame_parse(&port->frame, f, q);
		if (unlikely(kind != FRAME_DNS)) {
			set_aside(b, m, sort_out(port, queue, stats, f, kind));
			continue;
		}
		q->now_us = now_us;
		*next++ = m;
		f++;
		q++;
	}
	b->query_count = (unsigned)(q - b->queries);
	return count;
}
