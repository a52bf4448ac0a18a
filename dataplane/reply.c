/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/reply.h"

#include "dataplane/dns.h"
#include "dataplane/qname.h"
#include "dataplane/text.h"

#include <string.h>

#define REPLY_POINTER  0xc000u     /* compression pointer (RFC 1035 section 4.1.4) */
#define REPLY_TTL_MAX  0x7fffffffu /* RFC 2181 section 8 */
#define REPLY_EDE_SIZE 6           /* option header and info code */

static const uint8_t test_text[] = "test entry (RFC 5782)";

/* Writes past the limit are left out and remembered, so that one check at the end will do. */
struct writer {
	uint8_t *bytes;
	size_t size;
	size_t limit;
	bool is_full;
};

static void put(struct writer *w, const void *bytes, size_t size)
{
	if (w->is_full || w->limit - w->size < size) {
		w->is_full = true;
		return;
	}
	memcpy(&w->bytes[w->size], bytes, size);
	w->size += size;
}

static void put_u16(struct writer *w, unsigned value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(w, bytes, 2);
}

static void put_u32(struct writer *w, uint64_t value)
{
	put_u16(w, (unsigned)(value >> 16 & 0xffff));
	put_u16(w, (unsigned)(value & 0xffff));
}

static void put_ttl(struct writer *w, uint64_t ttl_s)
{
	put_u32(w, ttl_s < REPLY_TTL_MAX ? ttl_s : REPLY_TTL_MAX);
}

static void set_u16(struct writer *w, size_t at, size_t value)
{
	w->bytes[at] = (uint8_t)(value >> 8);
	w->bytes[at + 1] = (uint8_t)value;
}

/* Owner (an offset to point at), type, class IN and TTL; the caller puts RDLENGTH and RDATA. */
static void put_record(struct writer *w, size_t owner, enum dns_type type, uint64_t ttl_s)
{
	put_u16(w, REPLY_POINTER | (unsigned)owner);
	put_u16(w, type);
	put_u16(w, DNS_CLASS_IN);
	put_ttl(w, ttl_s);
}

/* Leave room for RDLENGTH, to be set by end_rdata(). */
static size_t begin_rdata(struct writer *w)
{
	put_u16(w, 0);
	return w->size;
}

static void end_rdata(struct writer *w, size_t start)
{
	if (!w->is_full)
		set_u16(w, start - 2, w->size - start);
}

/* A label below the apex; the apex itself when that would be too long for a name. */
static void put_below_apex(struct writer *w, const struct query *q, const char *label)
{
	uint8_t length = (uint8_t)strlen(label);

	if (q->zone->apex_size + 1u + length <= DNS_NAME_MAX) {
		put(w, &length, 1);
		put(w, label, length);
	}
	put_u16(w, REPLY_POINTER | q->apex_offset);
}

/* A name server's name, with a pointer when it is below the apex. */
static void put_name_server(struct writer *w, const struct query *q, unsigned index)
{
	const struct zone *zone = q->zone;
	size_t apex_at;

	if (zone->ns_count == 0) {
		put_below_apex(w, q, "ns");
	} else if (qname_ends_with(zone->ns[index], zone->ns_size[index], zone->apex,
	                           zone->apex_size, &apex_at)) {
		put(w, zone->ns[index], apex_at);
		put_u16(w, REPLY_POINTER | q->apex_offset);
	} else {
		put(w, zone->ns[index], zone->ns_size[index]);
	}
}

static void put_soa(struct writer *w, const struct query *q, uint64_t generation, uint32_t ttl_s)
{
	const struct zone *zone = q->zone;
	size_t start;

	put_record(w, q->apex_offset, DNS_TYPE_SOA, ttl_s);
	start = begin_rdata(w);
	put_name_server(w, q, 0);
	put_below_apex(w, q, "hostmaster");
	put_u32(w, generation & UINT32_MAX);
	put_ttl(w, zone->soa_refresh_s);
	put_ttl(w, zone->soa_retry_s);
	put_ttl(w, zone->soa_expire_s);
	put_ttl(w, zone->negative_ttl_s);
	end_rdata(w, start);
}

static unsigned put_address(struct writer *w, const struct query *q, uint32_t code)
{
	put_record(w, DNS_HEADER_SIZE, DNS_TYPE_A, q->zone->ttl_s);
	put_u16(w, 4);
	put_u32(w, code);
	return 1;
}

static unsigned put_addresses(struct writer *w, const struct query *q)
{
	uint32_t last = 0;
	unsigned count = 0;

	if (q->is_always)
		return put_address(w, q, q->always->code);
	if (q->is_test_entry)
		return put_address(w, q, q->address4);
	for (uint32_t i = 0; i < q->listings->count; i++) {
		const struct listing *listing = q->listings->listings[i];

		if (!zone_shows(q->zone, listing->list) || listing->code == last)
			continue;
		last = listing->code;
		count += put_address(w, q, last);
	}
	return count;
}

static unsigned put_text(struct writer *w, const struct query *q, const void *text, size_t size)
{
	uint8_t length = (uint8_t)size;

	if (size == 0)
		return 0;
	put_record(w, DNS_HEADER_SIZE, DNS_TYPE_TXT, q->zone->ttl_s);
	put_u16(w, 1u + length);
	put(w, &length, 1);
	put(w, text, length);
	return 1;
}

static unsigned put_apex_answer(struct writer *w, const struct query *q, uint64_t generation)
{
	const struct zone *zone = q->zone;
	unsigned count = zone->ns_count ? zone->ns_count : 1;

	switch (q->qtype) {
	case DNS_TYPE_SOA:
	case DNS_TYPE_ANY: /* RFC 8482 section 4.1: one RRset */
		put_soa(w, q, generation, zone->ttl_s);
		return 1;
	case DNS_TYPE_NS:
		for (unsigned i = 0; i < count; i++) {
			size_t start;

			put_record(w, DNS_HEADER_SIZE, DNS_TYPE_NS, zone->ttl_s);
			start = begin_rdata(w);
			put_name_server(w, q, i);
			end_rdata(w, start);
		}
		return count;
	case DNS_TYPE_TXT:
		return put_text(w, q, zone->apex_text, zone->apex_text_size);
	}
	return 0;
}

static unsigned put_listed_answer(struct writer *w, const struct query *q)
{
	uint8_t text[TEXT_MAX];

	switch (q->qtype) {
	case DNS_TYPE_A:
	case DNS_TYPE_ANY: /* RFC 8482 section 4.1: one RRset */
		return put_addresses(w, q);
	case DNS_TYPE_TXT:
		if (q->is_always)
			return put_text(w, q, text, text_write_always(q, text));
		if (q->is_test_entry)
			return put_text(w, q, test_text, sizeof(test_text) - 1);
		return put_text(w, q, text, text_write(q, text));
	}
	return 0;
}

/* Answer and authority of a query for one of our zones; sets the counts and the rcode. */
static void put_sections(struct writer *w, struct query *q, uint64_t generation)
{
	unsigned answers = 0, authorities = 0;

	if (q->kind == QUERY_APEX)
		answers = put_apex_answer(w, q, generation);
	else if (q->listings || q->is_test_entry || q->is_always)
		answers = put_listed_answer(w, q);
	if (answers == 0) {
		q->rcode = q->exists ? DNS_NOERROR : DNS_NXDOMAIN;
		put_soa(w, q, generation, q->zone->negative_ttl_s); /* RFC 2308 section 5 */
		authorities = 1;
	}
	set_u16(w, 6, answers);
	set_u16(w, 8, authorities);
}

/* Fold what did not fit: TC over UDP (RFC 2181 section 9); over TCP there is nothing to retry. */
static void truncate(struct writer *w, struct query *q)
{
	w->size = q->question_end;
	w->is_full = false;
	set_u16(w, 6, 0);
	set_u16(w, 8, 0);
	if (q->is_tcp) {
		q->rcode = DNS_SERVFAIL;
		w->bytes[2] &= (uint8_t)~DNS_AA;
	} else {
		w->bytes[2] |= DNS_TC;
	}
}

static void put_opt(struct writer *w, const struct query *q)
{
	bool has_ede = q->ede && w->limit - w->size >= DNS_OPT_SIZE + REPLY_EDE_SIZE;
	uint8_t extended[4] = {q->rcode >> 4, 0, q->is_dnssec_ok ? DNS_DO >> 8 : 0, 0};

	put(w, "", 1); /* root */
	put_u16(w, DNS_TYPE_OPT);
	put_u16(w, QUERY_UDP_SIZE);
	put(w, extended, 4);
	put_u16(w, has_ede ? REPLY_EDE_SIZE : 0);
	if (has_ede) {
		put_u16(w, DNS_OPTION_EDE);
		put_u16(w, 2);
		put_u16(w, q->ede - 1u);
	}
	set_u16(w, 10, 1);
}

static size_t limit_of(const struct query *q)
{
	size_t limit = q->udp_size < QUERY_UDP_SIZE ? q->udp_size : QUERY_UDP_SIZE;

	return q->is_tcp || q->capacity < limit ? q->capacity : limit;
}

static void reply_query(struct query *q, uint64_t generation)
{
	struct writer w = {q->message, q->question_end, limit_of(q), false};
	size_t opt_size = q->has_opt ? DNS_OPT_SIZE : 0;

	if (w.limit < q->question_end + opt_size) {
		q->drop = DROP_NO_ROOM;
		return;
	}
	w.bytes[2] = DNS_QR | (w.bytes[2] & (DNS_OPCODE_MASK | DNS_RD));
	memset(&w.bytes[4], 0, DNS_HEADER_SIZE - 4);
	set_u16(&w, 4, q->question_end > DNS_HEADER_SIZE);
	if (q->kind != QUERY_ERROR) {
		/* RFC 1035 section 6.2: an answer to QCLASS=* is not authoritative */
		w.bytes[2] |= q->qclass == DNS_CLASS_IN ? DNS_AA : 0;
		w.limit -= opt_size;
		put_sections(&w, q, generation);
		if (w.is_full)
			truncate(&w, q);
		w.limit += opt_size;
	}
	w.bytes[3] = q->rcode & 0x0f;
	if (q->has_opt)
		put_opt(&w, q);
	q->reply_size = (uint16_t)w.size;
}

void reply_truncate(struct query *q)
{
	struct writer w = {q->message, q->question_end, limit_of(q), false};

	w.bytes[2] |= DNS_TC;
	memset(&w.bytes[6], 0, DNS_HEADER_SIZE - 6);
	if (q->has_opt)
		put_opt(&w, q);
	q->reply_size = (uint16_t)w.size;
}

void reply_burst(const struct tables *t, struct query *queries, unsigned count)
{
	uint64_t generation = t ? atomic_load_explicit(&t->generation, memory_order_relaxed) : 0;

	for (unsigned i = 0; i < count; i++) {
		if (queries[i].drop == DROP_NONE)
			reply_query(&queries[i], generation);
	}
}
