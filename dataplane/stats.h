/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Counters of the packet path. Each serving thread has its own cache lines and is their only
 * writer; a reader sums them with relaxed loads and may be one burst late. Nothing is ever reset.
 */
#include "dataplane/query.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

enum stats_transport { STATS_DPDK, STATS_UDP, STATS_TCP, STATS_TRANSPORT_COUNT };

enum stats_rcode {
	STATS_NOERROR,
	STATS_FORMERR,
	STATS_SERVFAIL,
	STATS_NXDOMAIN,
	STATS_NOTIMP,
	STATS_REFUSED,
	STATS_BADVERS,
	STATS_BADCOOKIE,
	STATS_OTHER_RCODE,
	STATS_RCODE_COUNT,
};

typedef _Atomic uint64_t stats_counter;

/* Written by the owning thread; read by anyone. */
struct stats_thread {
	alignas(64) unsigned index; /* never changes */
	stats_counter queries[STATS_TRANSPORT_COUNT];
	stats_counter replies[STATS_TRANSPORT_COUNT]; /* taken by the socket or the device */
	stats_counter rcodes[STATS_RCODE_COUNT];
	stats_counter drops[DROP_COUNT];
	stats_counter cookies[COOKIE_STATE_COUNT]; /* of answered queries; COOKIE_NONE: unused */
	stats_counter sent_to_tcp;                 /* answered with TC for want of a cookie */
	stats_counter limited[RATES_CLASS_COUNT];  /* over the rate limit, slipped or dropped */
	stats_counter slipped;
	stats_counter neighbor_replies;  /* ARP, neighbour solicitation, echo */
	stats_counter punts[DROP_COUNT]; /* given to the kernel; by what it would be dropped for */
	stats_counter punt_refused;      /* of these, the kernel did not take */
	stats_counter punt_sent;         /* the kernel's frames, sent on a DPDK port */
	stats_counter punt_unsent;       /* the kernel's frames that the port did not take */
	stats_counter tcp_accepted;
	stats_counter tcp_closed; /* for whatever reason; includes evicted and idle ones */
	stats_counter tcp_evicted;
	stats_counter tcp_idle;
	stats_counter tcp_refused; /* closed at once, not accepted */
};

struct stats;

/* Counters for a number of threads, all 0. Errors: NULL with errno. */
struct stats *stats_new(unsigned thread_count);
void stats_free(struct stats *s);

/* The counters of one thread; index < thread_count. */
struct stats_thread *stats_of_thread(struct stats *s, unsigned index);

/* Threads: the owner of the counter only. */
static inline void stats_add(stats_counter *counter, uint64_t n)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

/* Count a burst after answer_burst(): queries, rcodes and drops. Replies are the sender's to count.
 * count: <= QUERY_BURST_MAX */
void stats_count_burst(struct stats_thread *t, enum stats_transport transport,
                       struct query *queries, unsigned count);

/* Called once per counter; the strings are borrowed for the call. */
typedef void stats_emit(void *context, const char *name, const char *help, uint64_t value);

/* Visit the sums over all threads, e.g. `queries{transport="udp"}`. Threads: any. */
void stats_visit(const struct stats *s, stats_emit *emit, void *context);

/*
 * Visit what each DPDK worker answered, `worker_replies{worker="0"}`: whether the queues of the
 * ports share the load.
 *
 * first:   index of worker 0's counters
 * Threads: any
 */
void stats_visit_workers(const struct stats *s, unsigned first, unsigned count, stats_emit *emit,
                         void *context);
