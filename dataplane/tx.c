/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/tx.h"

#include "dataplane/punt.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <string.h>

/* Turn the answered queries into packets, the first of mbufs[]; returns how many. */
static unsigned finish_queries(struct rx_burst *b)
{
	struct rte_mbuf **next = b->mbufs;
	struct frame *f = b->frames;
	for (unsigned i = 0; i < b->query_count; i++, f++) {
		struct rte_mbuf *m = b->mbufs[i];
		size_t dns_size = b->queries[i].reply_size;
		if (unlikely(dns_size == 0)) {
			b->dropped[b->dropped_count++] = m;
			continue;
		}
		tx_prepare(m, frame_reply(f, dns_size));
		*next++ = m;
	}
	return (unsigned)(next - b->mbufs);
}

void tx_send(const struct port *port, uint16_t queue, struct stats_thread *stats,
             struct rx_burst *burst)
{
	struct rte_mbuf **out = burst->mbufs;
	unsigned replies = finish_queries(burst), count = replies;

	for (unsigned i = 0; i < burst->neighbor_count; i++)
		out[count++] = burst->neighbors[i];
	if (burst->dropped_count > 0)
		rte_pktmbuf_free_bulk(burst->dropped, burst->dropped_count);
	if (count == 0)
		return;

	unsigned sent = rte_eth_tx_burst(port->id, queue, out, (uint16_t)count);
	if (unlikely(sent < count)) {
		rte_pktmbuf_free_bulk(out + sent, count - sent);
		stats_add(&stats->drops[DROP_TX_FULL], count - sent);
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
