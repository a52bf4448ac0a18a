/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/reply.h"

#include "dataplane/dns.h"
#include "dataplane/opt.h"
#include "dataplane/rr.h"
#include "dataplane/sections.h"

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

void reply_one(struct query *q, uint64_t generation)
{
	struct writer w = {q->message, q->question_end, reply_limit(q), false};
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

void reply_truncate(struct query *q)
{
	struct writer w = {q->message, q->question_end, reply_limit(q), false};
	struct opt_plan opt = opt_plan(q, w.limit - q->question_end);

	w.bytes[2] |= DNS_TC;
	memset(&w.bytes[6], 0, DNS_HEADER_SIZE - 6);
	if (q->has_opt)
		opt_put(&w, q, &opt);
	q->reply_size = (uint16_t)w.size;
}

void reply_burst(const struct tables *t, const struct query_set *queries)
{
	uint64_t generation = t ? atomic_load_explicit(&t->generation, memory_order_relaxed) : 0;

	for (unsigned i = 0; i < queries->count; i++) {
		if (queries->queries[i]->drop == DROP_NONE)
			reply_one(queries->queries[i], generation);
	}
}
