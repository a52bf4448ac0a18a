/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/udp.h"

#include "dataplane/answer.h"
#include "dataplane/clock.h"
#include "dataplane/limit.h"
#include "dataplane/listener.h"

#include <urcu-qsbr.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MESSAGE_SIZE    4096 /* bytes; a longer query is cut, and so FORMERR */
#define BURSTS_PER_TURN 16   /* then other sockets of the thread have their turn */

_Static_assert(MESSAGE_SIZE >= QUERY_UDP_SIZE, "an answer fits the buffer");

struct datagram {
	struct sockaddr_storage client;
	struct iovec data;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
};

struct udp {
	const struct update *update;
	struct stats_thread *stats;
	struct mmsghdr in[QUERY_BURST_MAX];
	struct mmsghdr out[QUERY_BURST_MAX];
	struct datagram datagrams[QUERY_BURST_MAX];
	struct query queries[QUERY_BURST_MAX];
	uint8_t messages[QUERY_BURST_MAX][MESSAGE_SIZE];
};

struct udp *udp_new(const struct update *update, struct stats_thread *stats)
{
	struct udp *u = calloc(1, sizeof(*u));
	if (u == NULL)
		return NULL;
	u->update = update;
	u->stats = stats;
	return u;
}

void udp_free(struct udp *u)
{
	free(u);
}

static int receive(struct udp *u, int fd, bool is_wildcard)
{
	for (unsigned i = 0; i < QUERY_BURST_MAX; i++) {
		struct datagram *d = &u->datagrams[i];
		d->data = (struct iovec){u->messages[i], MESSAGE_SIZE};
		u->in[i].msg_hdr = (struct msghdr){
		    .msg_name = &d->client,
		    .msg_namelen = sizeof(d->client),
		    .msg_iov = &d->data,
		    .msg_iovlen = 1,
		    .msg_control = is_wildcard ? d->control.bytes : NULL,
		    .msg_controllen = is_wildcard ? sizeof(d->control.bytes) : 0,
		};
	}
	return recvmmsg(fd, u->in, QUERY_BURST_MAX, MSG_DONTWAIT, NULL);
}

/*
 * Turn the "arrived at" control message into "send from". The interface is the routing table's
 * choice again, except for link-local addresses, which mean nothing without it.
 */
static void turn_control(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(c);
			info->ipi_ifindex = 0;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);
			if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
				info->ipi6_ifindex = 0;
		}
	}
}

static unsigned prepare_replies(struct udp *u, unsigned count)
{
	unsigned replies = 0;
	for (unsigned i = 0; i < count; i++) {
		if (u->queries[i].reply_size == 0)
			continue;
		u->datagrams[i].data.iov_len = u->queries[i].reply_size;
		u->out[replies] = u->in[i];
		turn_control(&u->out[replies].msg_hdr);
		replies++;
	}
	return replies;
}

/* Send; what the kernel does not take now is dropped: a client asks again. */
static void send_replies(struct udp *u, int fd, unsigned count)
{
	unsigned sent = 0;
	while (sent < count) {
		int n = sendmmsg(fd, u->out + sent, count - sent, MSG_DONTWAIT);
		if (n > 0) {
			sent += (unsigned)n;
			stats_add(&u->stats->replies[STATS_UDP], (unsigned)n);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
			stats_add(&u->stats->drops[DROP_TX_FULL], count - sent);
			return;
		} else if (errno != EINTR) {
			/* One bad destination (port 0, no route) must not stop the others. */
			stats_add(&u->stats->drops[DROP_TX_REFUSED], 1);
			sent++;
		}
	}
}

static void answer(struct udp *u, int fd, unsigned count)
{
	uint64_t now_us = clock_now_us();
	for (unsigned i = 0; i < count; i++) {
		/* Field by field: clearing all of a query costs more than answering it. */
		struct query *q = &u->queries[i];
		q->message = u->messages[i];
		q->size = (uint16_t)u->in[i].msg_len;
		q->capacity = MESSAGE_SIZE;
		q->is_tcp = false;
		q->is_internal = false;
		q->client = listener_client(&u->datagrams[i].client);
		q->now_us = now_us;
	}
	const struct tables *tables = update_tables(u->update);
	answer_burst(tables, u->queries, count);
	if (limit_is_on(tables))
		limit_burst(tables, clock_steady_us(), u->queries, count);
	stats_count_burst(u->stats, STATS_UDP, u->queries, count);
	rcu_quiescent_state();
	send_replies(u, fd, prepare_replies(u, count));
}

void udp_serve(struct udp *u, int fd, bool is_wildcard)
{
	for (int turn = 0; turn < BURSTS_PER_TURN; turn++) {
		int count = receive(u, fd, is_wildcard);
		if (count <= 0)
			return; /* nothing there, or a pending ICMP error that is now consumed */
		answer(u, fd, (unsigned)count);
		if (count < QUERY_BURST_MAX)
			return;
	}
}
