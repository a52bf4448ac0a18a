/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/rx.h"

#include "dataplane/neigh.h"
#include "dataplane/punt.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

/*
 * What the device says of the checksums. A checksum it calls bad is left to frame_parse(): some
 * devices call a UDP checksum of 0 bad, which RFC 768 allows.
 */
static uint8_t checksum_flags(const struct port *port, const struct rte_mbuf *m)
{
	uint8_t flags = port->frame_flags;
	if (!port->has_checksum)
		return flags;
	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		flags |= FRAME_IP_CHECKED;
	if ((m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		flags |= FRAME_UDP_CHECKED;
	else if ((m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_NONE)
		flags |= FRAME_UDP_PARTIAL; /* a virtual machine beside us: nothing to verify */
	return flags;
}

/* Describe a received mbuf; false when it is in pieces that do not fit its first buffer. */
static bool describe(const struct port *port, struct rte_mbuf *m, struct frame *f)
{
	if (unlikely(m->nb_segs > 1) && rte_pktmbuf_linearize(m) != 0) {
		f->drop = DROP_JUMBO;
		return false;
	}
	f->bytes = rte_pktmbuf_mtod(m, uint8_t *);
	f->size = m->data_len;
	f->capacity = (uint16_t)(m->buf_len - m->data_off);
	f->flags = checksum_flags(port, m);
	return true;
}

static void sort_out(const struct port *port, struct rx_burst *b, unsigned index)
{
	struct frame *f = &b->frames[index];
	b->sizes[index] = 0;
	switch (frame_parse(&port->frame, f, &b->queries[b->query_count])) {
	case FRAME_DNS:
		b->query_frames[b->query_count++] = (uint8_t)index;
		break;
	case FRAME_NEIGH:
		b->sizes[index] = (uint16_t)neigh_reply(&port->frame, f);
		break;
	case FRAME_PUNT:
	case FRAME_DROP:
		break;
	}
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

unsigned rx_receive(const struct port *port, uint16_t queue, struct stats_thread *stats,
                    struct rx_burst *out_burst)
{
	struct rx_burst *b = out_burst;
	unsigned neighbors = 0;
	b->query_count = 0;
	b->count = rte_eth_rx_burst(port->id, queue, b->mbufs, QUERY_BURST_MAX);
	for (unsigned i = 0; i < b->count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(b->mbufs[i], void *));
	for (unsigned i = 0; i < b->count; i++) {
		struct frame *f = &b->frames[i];
		f->drop = DROP_NONE;
		f->punt = DROP_NONE;
		b->sizes[i] = 0;
		if (describe(port, b->mbufs[i], f))
			sort_out(port, b, i);
		neighbors += b->sizes[i] != 0;
		if (unlikely(f->punt != DROP_NONE))
			give(port, queue, stats, f);
		if (f->drop != DROP_NONE)
			stats_add(&stats->drops[f->drop], 1);
	}
	if (neighbors > 0)
		stats_add(&stats->neighbor_replies, neighbors);
	return b->count;
}
