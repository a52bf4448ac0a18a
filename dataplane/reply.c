/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/reply.h"

#include "dataplane/dns.h"
#include "dataplane/opt.h"
#include "dataplane/query_set.h"
#include "dataplane/rr.h"
#include "dataplane/sections.h"

#include <endian.h>
#include <string.h>

/* Fold what did not fit: TC over UDP (RFC 2181 section 9); over TCP there is nothing to retry. */
static void truncate(struct writer *w, struct query *q)
{
	w->size = q->question_end;
	w->is_full = false;
	writer_set_u16(w, 6, 0);
	writer_set_u16(w, 8, 0);
	writer_set_u16(w, 10, 0);
	if (q->is_tcp) {
		q->rcode = DNS_SERVFAIL;
		w->bytes[2] &= (uint8_t)~DNS_AA;
	} else {
		w->bytes[2] |= DNS_TC;
	}
}

/* The text of a QUERY_CHAOS; another type than TXT has no data, and no zone whose SOA could say so.
 */
static void put_identity(struct writer *w, const struct query *q)
{
	if (q->qtype != DNS_TYPE_TXT && q->qtype != DNS_TYPE_ANY)
		return;
	writer_u16(w, RR_POINTER | DNS_HEADER_SIZE);
	writer_u16(w, DNS_TYPE_TXT);
	writer_u16(w, DNS_CLASS_CH);
	writer_u32(w, 0);
	writer_u16(w, 1u + q->identity_size);
	writer_put(w, &q->identity_size, 1);
	writer_put(w, q->identity, q->identity_size);
	writer_set_u16(w, 6, 1);
}

static size_t limit_of(const struct query *q)
{
	size_t limit = q->udp_size < QUERY_UDP_SIZE ? q->udp_size : QUERY_UDP_SIZE;

	return q->is_tcp || q->capacity < limit ? q->capacity : limit;
}

static void reply_query(struct query *q, uint64_t generation)
{
	struct writer w = {q->message, q->question_end, limit_of(q), false};
	struct opt_plan opt;

	if (w.limit < q->question_end + (q->has_opt ? DNS_OPT_SIZE : 0u)) {
		q->drop = DROP_NO_ROOM;
		return;
	}
	opt = opt_plan(q, w.limit - q->question_end);
	w.bytes[2] = DNS_QR | (w.bytes[2] & (DNS_OPCODE_MASK | DNS_RD));
	memset(&w.bytes[4], 0, DNS_HEADER_SIZE - 4);
	writer_set_u16(&w, 4, q->question_end > DNS_HEADER_SIZE);
	if (q->kind != QUERY_ERROR) {
		/* RFC 1035 section 6.2: an answer to QCLASS=* is not authoritative */
		w.bytes[2] |= q->qclass == DNS_CLASS_ANY ? 0 : DNS_AA;
		w.limit -= opt.size;
		if (q->kind == QUERY_CHAOS)
			put_identity(&w, q);
		else
			sections_put(&w, q, generation);
		if (w.is_full)
			truncate(&w, q);
		w.limit += opt.size;
	} else if (q->must_use_tcp) {
		w.bytes[2] |= DNS_TC;
	}
	w.bytes[3] = q->rcode & 0x0f;
	if (q->has_opt)
		opt_put(&w, q, &opt);
	q->reply_size = (uint16_t)w.size;
}

/*
 * Header, record and OPT of a plain query's answer.
 *
 * counts:  of the answer and authority sections, as they are in the header
 * is_room: whether there is for a record of size bytes; false: nothing is done
 */
static inline bool begin_plain(struct query *q, size_t size, uint32_t counts, struct writer *out_w)
{
	const uint64_t word = htobe64(UINT64_C(1) << 48 | (uint64_t)counts << 16 | q->has_opt);
	uint8_t *message = q->message;

	if (limit_of(q) < q->question_end + size + (q->has_opt ? DNS_OPT_SIZE : 0u))
		return false;
	message[2] = (uint8_t)(DNS_QR | DNS_AA | (message[2] & DNS_RD));
	message[3] = q->rcode;
	memcpy(&message[4], &word, sizeof(word));
	*out_w = (struct writer){message, q->question_end, SIZE_MAX, false};
	return true;
}

static inline void end_plain(struct query *q, struct writer *w)
{
	if (q->has_opt)
		opt_put_alone(w, q);
	q->reply_size = (uint16_t)w->size;
}

/* The answer of a plain query for something with one listing; false = it is not that. */
static bool reply_listed(struct query *q)
{
	struct writer w;

	if (q->qtype != DNS_TYPE_A || q->listings->count != 1 || q->zone->view != ZONE_VIEW_CODES)
		return false;
	if (!begin_plain(q, RR_ADDRESS_SIZE, 1u << 16, &w))
		return false;
	rr_address(&w, q, q->listings->listings[0]->code);
	end_plain(q, &w);
	return true;
}

/* The answer of a plain query for something not listed; false = there is no room. */
static bool reply_unlisted(struct query *q, uint64_t generation)
{
	struct writer w;

	q->rcode = q->exists ? DNS_NOERROR : DNS_NXDOMAIN;
	if (!begin_plain(q, q->zone->soa->size, 1, &w))
		return false;
	rr_soa(&w, q, generation);
	end_plain(q, &w);
	return true;
}

void reply_truncate(struct query *q)
{
	struct writer w = {q->message, q->question_end, limit_of(q), false};
	struct opt_plan opt = opt_plan(q, w.limit - q->question_end);

	w.bytes[2] |= DNS_TC;
	memset(&w.bytes[6], 0, DNS_HEADER_SIZE - 6);
	if (q->has_opt)
		opt_put(&w, q, &opt);
	q->reply_size = (uint16_t)w.size;
}

/* What plain queries take is what reply_query() would make of them, by a shorter way. */
void reply_burst(const struct tables *t, struct query *queries, unsigned count)
{
	uint64_t generation = t ? atomic_load_explicit(&t->generation, memory_order_relaxed) : 0;
	struct query_set listed, unlisted, rest;

	listed.count = unlisted.count = rest.count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct query *q = &queries[i];
		bool is_plain = q->is_plain & !q->is_test_entry, is_listed = q->listings != NULL;

		query_set_add(&listed, q, is_plain & is_listed);
		query_set_add(&unlisted, q, is_plain & !is_listed);
		query_set_add(&rest, q, !is_plain & (q->drop == DROP_NONE));
	}
	for (unsigned i = 0; i < listed.count; i++) {
		if (!reply_listed(listed.queries[i]))
			reply_query(listed.queries[i], generation);
	}
	for (unsigned i = 0; i < unlisted.count; i++) {
		if (!reply_unlisted(unlisted.queries[i], generation))
			reply_query(unlisted.queries[i], generation);
	}
	for (unsigned i = 0; i < rest.count; i++)
		reply_query(rest.queries[i], generation);
}
