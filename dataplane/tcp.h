/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * DNS over TCP (RFC 7766, RFC 9210): connections, their limits and their idle timeouts; what goes
 * over them is in stream.h. A query that comes in drops, and answers that are taken in drops, must
 * be whole within the idle timeout.
 *
 * Threads: one per struct tcp; a registered and online liburcu-qsbr reader.
 */
#include "dataplane/stats.h"
#include "dataplane/update.h"
#include "dataplane/watch.h"

#include <stdint.h>

#define TCP_MEMORY_MAX (64u << 20) /* bytes waiting in all connections of a thread */

struct tcp;

struct tcp_options {
	int epoll_fd;             /* connections are added with their struct watch */
	unsigned connections_max; /* the longest idle makes room */
	unsigned
	    per_client_max; /* of an IPv4 address or IPv6 /56; further ones are closed at once */
	unsigned idle_ms; /* without a whole query, or all waiting answers taken; RFC 7766 6.2.3 */
	const struct update *update;
	struct stats_thread *stats;
};

/* All is borrowed. Errors: NULL with errno. */
struct tcp *tcp_new(const struct tcp_options *options);

/* Close all connections and free. NULL is allowed. */
void tcp_free(struct tcp *t);

/*
 * Accept what waits at a listener. Call after the connections' events of one epoll_wait() were
 * handled, because a new connection may take the place of an evicted one.
 */
void tcp_accept(struct tcp *t, struct watch *listener, uint64_t now_ms);

/* Handle the events of a connection; allowed on one closed since. */
void tcp_ready(struct tcp *t, struct watch *connection, uint32_t events, uint64_t now_ms);

/* Close connections that were idle for too long, and resume a paused listener. */
void tcp_expire(struct tcp *t, uint64_t now_ms);

/* Milliseconds until tcp_expire() has something to do; -1 = nothing to wait for. */
int tcp_timeout_ms(const struct tcp *t, uint64_t now_ms);
