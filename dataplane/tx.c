/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/tx.h"

#include "dataplane/punt.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <string.h>

/* Give the headers of the answered queries back; the others keep size 0. */
static unsigned finish_queries(struct rx_burst *b)
{
	unsigned replies = 0;
	for (unsigned i = 0; i < b->query_count; i++) {
		unsigned index = b->query_frames[i];
		size_t dns_size = b->queries[i].reply_size;
		if (dns_size == 0)
			continue;
		b->sizes[index] = (uint16_t)frame_reply(&b->frames[index], dns_size);
		replies++;
	}
	return replies;
}

void tx_send(const struct port *port, uint16_t queue, struct stats_thread *stats,
             struct rx_burst *burst)
{
	struct rte_mbuf *out[QUERY_BURST_MAX], *dropped[QUERY_BURST_MAX];
	unsigned out_count = 0, dropped_count = 0;
	unsigned replies = finish_queries(burst);

	for (unsigned i = 0; i < burst->count; i++) {
		struct rte_mbuf *m = burst->mbufs[i];
		if (burst->sizes[i] == 0) {
			dropped[dropped_count++] = m;
			continue;
		}
		m->data_len = burst->sizes[i];
		m->pkt_len = burst->sizes[i];
		/* What the device said of the query is not true of the answer. */
		m->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
		out[out_count++] = m;
	}
	if (dropped_count > 0)
		rte_pktmbuf_free_bulk(dropped, dropped_count);
	if (out_count == 0)
		return;

	unsigned sent = rte_eth_tx_burst(port->id, queue, out, (uint16_t)out_count);
	if (unlikely(sent < out_count)) {
		rte_pktmbuf_free_bulk(out + sent, out_count - sent);
		stats_add(&stats->drops[DROP_TX_FULL], out_count - sent);
	}
	stats_add(&stats->replies[STATS_DPDK], replies < sent ? replies : sent);
}

/* A packet with a copy of a frame, padded to what Ethernet needs; NULL = no packet is free. */
static struct rte_mbuf *copy(const struct port *port, const struct punt_frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(port->pool);
	if (m == NULL)
		return NULL;
	uint16_t size = f->size < FRAME_SIZE_MIN ? FRAME_SIZE_MIN : f->size;
	char *bytes = rte_pktmbuf_append(m, size);
	if (bytes == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(bytes, f->bytes, f->size);
	memset(bytes + f->size, 0, size - (size_t)f->size);
	return m;
}

unsigned tx_punted(const struct port *port, uint16_t queue, struct stats_thread *stats)
{
	struct rte_mbuf *out[QUERY_BURST_MAX];
	const struct punt_frame *f;
	unsigned taken = 0, count = 0;

	for (; taken < QUERY_BURST_MAX && (f = punt_next(port->punt)) != NULL; taken++) {
		out[count] = copy(port, f);
		count += out[count] != NULL;
		punt_taken(port->punt);
	}
	if (taken == 0)
		return 0;
	unsigned sent = rte_eth_tx_burst(port->id, queue, out, (uint16_t)count);
	if (sent < count)
		rte_pktmbuf_free_bulk(out + sent, count - sent);
	stats_add(&stats->punt_sent, sent);
	if (sent < taken)
		stats_add(&stats->punt_unsent, taken - sent);
	return taken;
}
