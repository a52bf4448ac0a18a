/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/stats.h"

#include "dataplane/query_set.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stats {
	unsigned thread_count;
	struct stats_thread threads[];
};

static const char *const transport_names[STATS_TRANSPORT_COUNT] = {
    [STATS_DPDK] = "dpdk",
    [STATS_UDP] = "udp",
    [STATS_TCP] = "tcp",
};

/* What a frame may be punted for. */
static const uint8_t punt_reasons[] = {
    DROP_IP_OPTIONS, DROP_FRAGMENT, DROP_NOT_OUR_ADDRESS, DROP_IP_PROTOCOL, DROP_UDP_PORT,
    DROP_NEIGHBOR,   DROP_ICMP,
};

static const char *const rcode_names[STATS_RCODE_COUNT] = {
    [STATS_NOERROR] = "NOERROR",   [STATS_FORMERR] = "FORMERR",     [STATS_SERVFAIL] = "SERVFAIL",
    [STATS_NXDOMAIN] = "NXDOMAIN", [STATS_NOTIMP] = "NOTIMP",       [STATS_REFUSED] = "REFUSED",
    [STATS_BADVERS] = "BADVERS",   [STATS_BADCOOKIE] = "BADCOOKIE", [STATS_OTHER_RCODE] = "other",
};

static const char *const cookie_names[COOKIE_STATE_COUNT] = {
    [COOKIE_CLIENT_ONLY] = "client_only",
    [COOKIE_INVALID] = "invalid",
    [COOKIE_VALID] = "valid",
};

static const char *const class_names[RATES_CLASS_COUNT] = {
    [RATES_RESPONSES] = "response",
    [RATES_NXDOMAINS] = "nxdomain",
    [RATES_ERRORS] = "error",
};

/* RCODE (RFC 6895 section 2.3) -> enum stats_rcode; those above are STATS_OTHER_RCODE. */
static const uint8_t rcode_slots[] = {
    STATS_NOERROR,     STATS_FORMERR,     STATS_SERVFAIL,    STATS_NXDOMAIN,    STATS_NOTIMP,
    STATS_REFUSED,     STATS_OTHER_RCODE, STATS_OTHER_RCODE, STATS_OTHER_RCODE, STATS_OTHER_RCODE,
    STATS_OTHER_RCODE, STATS_OTHER_RCODE, STATS_OTHER_RCODE, STATS_OTHER_RCODE, STATS_OTHER_RCODE,
    STATS_OTHER_RCODE, STATS_BADVERS,     STATS_OTHER_RCODE, STATS_OTHER_RCODE, STATS_OTHER_RCODE,
    STATS_OTHER_RCODE, STATS_OTHER_RCODE, STATS_OTHER_RCODE, STATS_BADCOOKIE,
};

struct stats *stats_new(unsigned thread_count)
{
	size_t size = sizeof(struct stats) + thread_count * sizeof(struct stats_thread);
	size = (size + 63) & ~(size_t)63;
	struct stats *s = aligned_alloc(64, size);
	if (s == NULL)
		return NULL;
	memset(s, 0, size);
	s->thread_count = thread_count;
	for (unsigned i = 0; i < thread_count; i++)
		s->threads[i].index = i;
	return s;
}

void stats_free(struct stats *s)
{
	free(s);
}

struct stats_thread *stats_of_thread(struct stats *s, unsigned index)
{
	return &s->threads[index];
}

static void count_answered(struct stats_thread *t, const struct query *q)
{
	bool is_known = q->rcode < sizeof(rcode_slots);

	if (q->cookie_state != COOKIE_NONE)
		stats_add(&t->cookies[q->cookie_state], 1);
	if (q->must_use_tcp)
		stats_add(&t->sent_to_tcp, 1);
	stats_add(&t->rcodes[is_known ? rcode_slots[q->rcode] : STATS_OTHER_RCODE], 1);
}

/* Whatever there is to count of some queries. */
static void count_in_full(struct stats_thread *t, const struct query_set *queries)
{
	for (unsigned i = 0; i < queries->count; i++) {
		const struct query *q = queries->queries[i];
		if (q->key)
			keys_prefetch_count(q->zone->keys, q->key - 1, t->index);
	}
	for (unsigned i = 0; i < queries->count; i++) {
		const struct query *q = queries->queries[i];
		if (q->key)
			keys_count_query(q->zone->keys, q->key - 1, t->index);
		if (q->observed)
			observed_count(q->zone->observed, q->observed, t->index);
		if (q->limited) {
			stats_add(&t->limited[q->limited - 1], 1);
			stats_add(&t->slipped, q->reply_size > 0);
		}
		if (q->reply_size > 0)
			count_answered(t, q);
		else
			stats_add(&t->drops[q->drop < DROP_COUNT ? q->drop : DROP_NONE], 1);
	}
}

/* RCODEs that are counted by themselves: a byte each of a word, which holds a burst. */
#define RCODES_ALONE 8

_Static_assert(offsetof(struct query, rcode) == offsetof(struct query, reply_size) + 3 &&
                   offsetof(struct query, limited) == offsetof(struct query, reply_size) + 7,
               "what is counted of an answer is in one word, from its RCODE on");

/*
 * The RCODE of an answer if that is all there is to count of it, else some higher number. One word,
 * as which RCODE it is differs from query to query as chance has it.
 */
static inline uint64_t outcome_of(const struct query *q)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)q + offsetof(struct query, reply_size), sizeof(word));
	return le64toh(word) >> 24;
}

void stats_count_burst(struct stats_thread *t, enum stats_transport transport,
                       struct query *queries, unsigned count)
{
	uint64_t rcodes = 0; /* a byte for each of RCODES_ALONE */
	struct query_set others;

	others.count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct query *q = &queries[i];
		const uint64_t outcome = outcome_of(q);

		/* of a plain query (plain.h) there is nothing else to count */
		if (q->is_plain && !q->observed && q->reply_size > 0 && outcome < RCODES_ALONE)
			rcodes += UINT64_C(1) << outcome * 8;
		else
			query_set_add(&others, q, true);
	}
	for (unsigned rcode = 0; rcodes > 0; rcode++, rcodes >>= 8)
		stats_add(&t->rcodes[rcode_slots[rcode]], rcodes & 0xff);
	if (others.count > 0)
		count_in_full(t, &others);
	stats_add(&t->queries[transport], count);
}

/* Sum one counter over all threads, given its place in the first thread's counters. */
static uint64_t sum(const struct stats *s, const stats_counter *first)
{
	size_t offset = (size_t)((const char *)first - (const char *)&s->threads[0]);
	uint64_t total = 0;
	for (unsigned i = 0; i < s->thread_count; i++) {
		const char *thread = (const char *)&s->threads[i];
		total += atomic_load_explicit(
		    (const stats_counter *)(const void *)(thread + offset), memory_order_relaxed);
	}
	return total;
}

struct emitter {
	stats_emit *emit;
	void *context;
};

static void emit_labelled(const struct emitter *e, const char *format, const char *label,
                          const char *help, uint64_t value) __attribute__((format(printf, 2, 0)));

static void emit_labelled(const struct emitter *e, const char *format, const char *label,
                          const char *help, uint64_t value)
{
	char name[96];
	snprintf(name, sizeof(name), format, label);
	e->emit(e->context, name, help, value);
}

void stats_visit(const struct stats *s, stats_emit *emit, void *context)
{
	const struct emitter e = {emit, context};
	const struct stats_thread *t = &s->threads[0];

	for (unsigned i = 0; i < STATS_TRANSPORT_COUNT; i++)
		emit_labelled(&e, "queries{transport=\"%s\"}", transport_names[i],
		              "DNS messages received", sum(s, &t->queries[i]));
	for (unsigned i = 0; i < STATS_TRANSPORT_COUNT; i++)
		emit_labelled(&e, "replies{transport=\"%s\"}", transport_names[i],
		              "DNS messages answered", sum(s, &t->replies[i]));
	for (unsigned i = 0; i < STATS_RCODE_COUNT; i++)
		emit_labelled(&e, "rcodes{rcode=\"%s\"}", rcode_names[i],
		              "DNS messages answered, by response code", sum(s, &t->rcodes[i]));
	for (unsigned i = COOKIE_NONE + 1; i < COOKIE_STATE_COUNT; i++)
		emit_labelled(&e, "cookies{state=\"%s\"}", cookie_names[i],
		              "DNS messages answered that came with a cookie",
		              sum(s, &t->cookies[i]));
	emit(context, "sent_to_tcp", "DNS messages answered with TC for want of a cookie",
	     sum(s, &t->sent_to_tcp));
	for (unsigned i = DROP_NONE + 1; i < DROP_COUNT; i++)
		emit_labelled(&e, "drops{reason=\"%s\"}", drop_names[i], drop_meanings[i],
		              sum(s, &t->drops[i]));

	for (size_t i = 0; i < sizeof(punt_reasons); i++) {
		unsigned reason = punt_reasons[i];
		emit_labelled(&e, "punts{reason=\"%s\"}", drop_names[reason],
		              "frames given to the kernel, by why they were not answered",
		              sum(s, &t->punts[reason]));
	}
	emit(context, "punt_refused", "frames given to the kernel that it did not take",
	     sum(s, &t->punt_refused));
	emit(context, "punt_sent", "frames of the kernel sent on DPDK ports",
	     sum(s, &t->punt_sent));
	emit(context, "punt_unsent", "frames of the kernel that a DPDK port did not take",
	     sum(s, &t->punt_unsent));

	for (unsigned i = 0; i < RATES_CLASS_COUNT; i++)
		emit_labelled(&e, "rate_limited{class=\"%s\"}", class_names[i],
		              "answers over the rate limit of the client's network",
		              sum(s, &t->limited[i]));
	emit(context, "rate_slipped", "of these, answered with TC alone, so as to come over TCP",
	     sum(s, &t->slipped));

	/* Closed first: a connection counted between the two sums makes the difference larger,
	 * never negative. */
	uint64_t closed = sum(s, &t->tcp_closed);
	uint64_t accepted = sum(s, &t->tcp_accepted);
	emit(context, "neighbor_replies", "ARP, neighbour solicitation and echo requests answered",
	     sum(s, &t->neighbor_replies));
	emit(context, "tcp_connections_accepted", "TCP connections accepted", accepted);
	emit(context, "tcp_connections_open", "TCP connections open now",
	     accepted > closed ? accepted - closed : 0);
	emit(context, "tcp_connections_evicted",
	     "TCP connections closed to make room for newer ones", sum(s, &t->tcp_evicted));
	emit(context, "tcp_connections_refused",
	     "TCP connections closed at once: their client has too many", sum(s, &t->tcp_refused));
	emit(context, "tcp_connections_idle", "TCP connections closed after the idle timeout",
	     sum(s, &t->tcp_idle));
}

void stats_visit_workers(const struct stats *s, unsigned first, unsigned count, stats_emit *emit,
                         void *context)
{
	for (unsigned i = 0; i < count; i++) {
		const stats_counter *replies = &s->threads[first + i].replies[STATS_DPDK];
		char name[64];
		snprintf(name, sizeof(name), "worker_replies{worker=\"%u\"}", i);
		emit(context, name, "DNS messages answered by a worker of the DPDK ports",
		     atomic_load_explicit(replies, memory_order_relaxed));
	}
}
