/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/dns.h"
#include "dataplane/lookup.h"
#include "dataplane/opt.h"
#include "dataplane/plain.h"
#include "dataplane/qname.h"
#include "dataplane/query_set.h"
#include "dataplane/reply.h"
#include "dataplane/rr.h"

#include <string.h>

/* The low bytes of the header's counts of these sections. */
#define ANSWER_COUNT_AT    7
#define AUTHORITY_COUNT_AT 9

/* The answer after all that parse.c and lookup.c do, which most plain queries need not. */
static void answer_in_full(const struct tables *t, struct query *q, const struct verdict *listings,
                           uint64_t generation)
{
	const size_t size = q->apex_offset - DNS_HEADER_SIZE;

	if (q->zone->content != ZONE_HAS_IP4) { /* it may be above other things */
		q->name_size = (uint8_t)size;
		qname_fold(q->name, &q->message[DNS_HEADER_SIZE], size);
	}
	q->label_count = q->kind == QUERY_IP4 ? 4 : 32;
	for (unsigned i = 0, at = 0; i < q->label_count; i++) {
		q->labels.offsets[i] = (uint8_t)at;
		at += 1u + q->message[DNS_HEADER_SIZE + at];
	}
	lookup_address(t, q, listings);
	reply_one(q, generation);
}

/* Whether something may be below an address: names, or as many nibbles of longer addresses. */
static inline bool may_be_above(const struct query *q)
{
	const struct zone *zone = q->zone;

	return zone->content != ZONE_HAS_IP4 &&
	       (zone->content & ZONE_HAS_NAMES || zone->has_address_ns ||
	        (zone->content & ZONE_HAS_IP6 && q->apex_offset - DNS_HEADER_SIZE == 4 * 2));
}

/*
 * Whether a record can be written as it is copied, and any OPT behind it, and any client takes
 * them.
 *
 * copied_size: of the record, of which the last bytes may be written in vain
 */
static inline bool has_room(const struct query *q, unsigned copied_size)
{
	const unsigned size = copied_size + DNS_OPT_SIZE + OPT_COOKIE_SIZE;

	return size <= DNS_UDP_MIN - PLAIN_END_MAX && q->question_end + size <= q->capacity;
}

/* Give an OPT, written without options, what is due to a query with a cookie. */
static __attribute__((noinline)) void finish_cookie(struct query *q, uint8_t *opt)
{
	unsigned size = q->reply_size - (OPT_OPTION_HEAD_SIZE + (unsigned)q->cookie_size);

	if (q->cookie_state != COOKIE_NONE) {
		opt_write(opt, q->rcode, q->is_dnssec_ok, OPT_COOKIE_SIZE);
		opt_write_cookie(&opt[DNS_OPT_SIZE], q->cookie);
		size += OPT_COOKIE_SIZE;
	}
	q->reply_size = (uint16_t)size;
}

/*
 * All around the record of an answer, once it is written.
 *
 * record, size: it, behind the question
 * count_at: the byte of the header that counts it; all other counts are the question's
 */
static inline void finish(struct query *q, enum dns_rcode rcode, uint8_t *record, size_t size,
                          size_t count_at)
{
	uint8_t *message = q->message;

	message[2] = (uint8_t)(DNS_QR | DNS_AA | (message[2] & DNS_RD));
	message[3] = (uint8_t)rcode;
	message[count_at] = 1;
	/* also when there is to be none; then it is behind the answer */
	opt_write(&record[size], rcode, q->is_dnssec_ok, 0);
	q->rcode = (uint8_t)rcode;
	q->reply_size = (uint16_t)(q->size + size);
	if (q->cookie_size > 0)
		finish_cookie(q, &record[size]);
}

/* The answer for what has one listing, which is shown; false = it is not that simple. */
static inline bool reply_listed(struct query *q, const struct verdict *listings)
{
	uint8_t *record = &q->message[q->question_end];

	if (q->qtype != DNS_TYPE_A || q->zone->view != ZONE_VIEW_CODES ||
	    !has_room(q, ZONE_ADDRESS_SIZE))
		return false;
	rr_address_write(record, q->zone, listings->first_code);
	finish(q, DNS_NOERROR, record, ZONE_ADDRESS_SIZE, ANSWER_COUNT_AT);
	q->listings = listings;
	q->exists = true;
	return true;
}

/* The answer for what is not listed; false = it is not that simple. */
static inline bool reply_unlisted(struct query *q, uint64_t generation)
{
	const struct soa *soa = q->zone->soa;
	uint8_t *record = &q->message[q->question_end];
	const unsigned copied_size = soa->copied_size;
	unsigned at = 0;

	if (may_be_above(q) || !has_room(q, copied_size))
		return false;
	do {
		memcpy(&record[at], &soa->bytes[at], SOA_CHUNK);
		at += SOA_CHUNK;
	} while (at < copied_size);
	rr_soa_finish(record, soa, q->apex_offset, generation);
	finish(q, DNS_NXDOMAIN, record, soa->size, AUTHORITY_COUNT_AT);
	return true;
}

/* Some queries with their verdicts; see query_set.h. */
struct listed {
	size_t count;
	struct query *queries[QUERY_BURST_MAX];
	verdict_t verdicts[QUERY_BURST_MAX];
};

static inline void listed_add(struct listed *l, struct query *q, verdict_t verdict)
{
	l->queries[l->count] = q;
	l->verdicts[l->count] = verdict;
	l->count += verdict != VERDICT_NONE;
}

/*
 * Those that are listed somewhere, though not always where they ask.
 *
 * out_unlisted: gets those that have one listing, which is not shown
 */
static void answer_listed(const struct tables *t, const struct listed *listed, uint64_t generation,
                          struct query_set *out_unlisted)
{
	const struct verdict *listings[QUERY_BURST_MAX];

	if (listed->count == 0)
		return;
	verdicts_get_burst(t->verdicts, listed->verdicts, listed->count, listings);
	for (unsigned i = 0; i < listed->count; i++) {
		struct query *q = listed->queries[i];
		const struct verdict *v = listings[i];

		if (!v || v->count != 1 || q->zone->observed)
			answer_in_full(t, q, v, generation);
		else if (!zone_shows(q->zone, v->first_list))
			query_set_add(out_unlisted, q, true);
		else if (!reply_listed(q, v))
			answer_in_full(t, q, v, generation);
	}
}

/* Queries of one kind of address. */
static void answer(const struct tables *t, struct query *const *queries, unsigned count,
                   const verdict_t *verdicts)
{
	const uint64_t generation = atomic_load_explicit(&t->generation, memory_order_relaxed);
	struct query_set unlisted;
	struct listed listed;

	listed.count = unlisted.count = 0;
	for (unsigned i = 0; i < count; i++) {
		listed_add(&listed, queries[i], verdicts[i]);
		query_set_add(&unlisted, queries[i], verdicts[i] == VERDICT_NONE);
	}
	answer_listed(t, &listed, generation, &unlisted);
	for (unsigned i = 0; i < unlisted.count; i++) {
		struct query *q = unlisted.queries[i];

		if (!reply_unlisted(q, generation))
			answer_in_full(t, q, NULL, generation);
	}
}

void plain_answer(const struct tables *t, const struct plain *p)
{
	verdict_t verdicts[QUERY_BURST_MAX];

	if (p->count4 > 0) {
		table4_lookup_burst(t->addresses4, p->addresses4, p->count4, verdicts);
		answer(t, p->queries4, p->count4, verdicts);
	}
	if (p->count6 > 0) {
		table6_lookup_burst(t->addresses6, p->addresses6, p->count6, verdicts);
		answer(t, p->queries6, p->count6, verdicts);
	}
}
