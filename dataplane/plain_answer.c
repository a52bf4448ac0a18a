/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/dns.h"
#include "dataplane/lookup.h"
#include "dataplane/opt.h"
#include "dataplane/plain.h"
#include "dataplane/qname.h"
#include "dataplane/query_set.h"
#include "dataplane/reply.h"
#include "dataplane/rr.h"

#include <endian.h>
#include <string.h>

/* Bytes that are written at once, so that what is behind a record is written in vain. */
#define CHUNK      SOA_CHUNK
#define CHUNKED(n) (((n) + CHUNK - 1) / CHUNK * CHUNK)

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
 * The header of an answer.
 *
 * size:   bytes of its record, of which whole chunks are written
 * counts: of the answer and authority sections, as they are in the header
 * Returns: where the record goes; NULL = there is no room, and nothing is done
 */
static inline uint8_t *begin(struct query *q, size_t size, uint32_t counts)
{
	const uint64_t word = htobe64(UINT64_C(1) << 48 | (uint64_t)counts << 16 | q->has_opt);
	const size_t opt_size = q->has_opt ? DNS_OPT_SIZE : 0;
	uint8_t *message = q->message;

	if (reply_limit(q) < q->question_end + size + opt_size ||
	    q->capacity < q->question_end + CHUNKED(size) + CHUNK)
		return NULL;
	message[2] = (uint8_t)(DNS_QR | DNS_AA | (message[2] & DNS_RD));
	message[3] = q->rcode;
	memcpy(&message[4], &word, sizeof(word));
	return &message[q->question_end];
}

/* The OPT behind a record; written also when there is to be none. */
static inline void end(struct query *q, size_t size)
{
	struct writer w = {q->message, q->question_end + size, SIZE_MAX, false};

	opt_put_alone(&w, q);
	q->reply_size =
	    (uint16_t)(q->question_end + size + (q->has_opt ? (size_t)DNS_OPT_SIZE : 0));
}

/* The answer for what has one listing, which is shown; false = it is not that simple. */
static inline bool reply_listed(struct query *q, const struct verdict *listings)
{
	uint8_t *record;

	if (q->qtype != DNS_TYPE_A || listings->count != 1 || q->zone->view != ZONE_VIEW_CODES ||
	    q->zone->observed)
		return false;
	record = begin(q, RR_ADDRESS_SIZE, 1u << 16);
	if (!record)
		return false;
	rr_address_write(record, q->zone->ttl_s, listings->first_code);
	q->listings = listings;
	q->exists = true;
	end(q, RR_ADDRESS_SIZE);
	return true;
}

/* The answer for what is not listed; false = it is not that simple. */
static inline bool reply_unlisted(struct query *q, uint64_t generation)
{
	const struct soa *soa = q->zone->soa;
	uint8_t *record;

	if (may_be_above(q))
		return false;
	q->rcode = DNS_NXDOMAIN;
	record = begin(q, soa->size, 1);
	if (!record) {
		q->rcode = DNS_NOERROR;
		return false;
	}
	for (size_t at = 0; at < soa->size; at += CHUNK)
		memcpy(&record[at], &soa->bytes[at], CHUNK);
	rr_soa_finish(record, soa, q->apex_offset, generation);
	end(q, soa->size);
	return true;
}

/*
 * Those that are listed somewhere, though not always where they ask.
 *
 * out_unlisted: gets those that have one listing, which is not shown
 */
static void answer_listed(const struct tables *t, const struct query_set *listed,
                          uint64_t generation, struct query_set *out_unlisted)
{
	const struct verdict *listings[QUERY_BURST_MAX];
	verdict_t verdicts[QUERY_BURST_MAX];

	if (listed->count == 0)
		return;
	for (unsigned i = 0; i < listed->count; i++)
		verdicts[i] = listed->queries[i]->verdict;
	verdicts_get_burst(t->verdicts, verdicts, listed->count, listings);
	for (unsigned i = 0; i < listed->count; i++) {
		struct query *q = listed->queries[i];
		const struct verdict *v = listings[i];

		if (v && v->count == 1 && !q->zone->observed &&
		    !zone_shows(q->zone, v->first_list)) {
			query_set_add(out_unlisted, q, true);
			continue;
		}
		if (!v || !reply_listed(q, v))
			answer_in_full(t, q, v, generation);
	}
}

/* Queries of one kind of address. */
static void answer(const struct tables *t, struct query *const *queries, unsigned count,
                   const verdict_t *verdicts)
{
	const uint64_t generation = atomic_load_explicit(&t->generation, memory_order_relaxed);
	struct query_set listed, unlisted;

	listed.count = unlisted.count = 0;
	for (unsigned i = 0; i < count; i++) {
		const bool is_listed = verdicts[i] != VERDICT_NONE;

		queries[i]->verdict = verdicts[i];
		query_set_add(&listed, queries[i], is_listed);
		query_set_add(&unlisted, queries[i], !is_listed);
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
