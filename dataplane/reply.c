/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/reply.h"

#include "dataplane/dns.h"
#include "dataplane/qname.h"
#include "dataplane/query_set.h"
#include "dataplane/text.h"

#include <endian.h>
#include <string.h>

#define REPLY_POINTER     0xc000u     /* compression pointer (RFC 1035 section 4.1.4) */
#define REPLY_TTL_MAX     0x7fffffffu /* RFC 2181 section 8 */
#define REPLY_OPTION_SIZE 4           /* option header */
#define LOOPBACK_NET      0x7f000000u
#define CNAMES_MAX        8 /* followed within the zone */

static const uint8_t test_text[] = "test entry (RFC 5782)";

/* Writes past the limit are left out and remembered, so that one check at the end will do. */
struct writer {
	uint8_t *bytes;
	size_t size;
	size_t limit;
	bool is_full;
};

static inline void put(struct writer *w, const void *bytes, size_t size)
{
	if (w->is_full || w->limit - w->size < size) {
		w->is_full = true;
		return;
	}
	memcpy(&w->bytes[w->size], bytes, size);
	w->size += size;
}

static inline void put_u16(struct writer *w, unsigned value)
{
	uint16_t word = htobe16((uint16_t)value);

	put(w, &word, 2);
}

static inline void put_u32(struct writer *w, uint32_t value)
{
	uint32_t word = htobe32(value);

	put(w, &word, 4);
}

static uint32_t ttl_of(uint32_t ttl_s)
{
	return ttl_s < REPLY_TTL_MAX ? ttl_s : REPLY_TTL_MAX;
}

static void set_u16(struct writer *w, size_t at, size_t value)
{
	uint16_t word = htobe16((uint16_t)value);

	memcpy(&w->bytes[at], &word, 2);
}

static void set_u32(struct writer *w, size_t at, uint32_t value)
{
	uint32_t word = htobe32(value);

	memcpy(&w->bytes[at], &word, 4);
}

#define ADDRESS_RECORD_SIZE 16u
#define RECORD_FIXED_SIZE   12 /* of a record whose owner is a pointer, up to its RDATA */

/* Owner (an offset to point at), type, class IN and TTL; the caller puts RDLENGTH and RDATA. */
static void put_record(struct writer *w, size_t owner, enum dns_type type, uint32_t ttl_s)
{
	put_u16(w, REPLY_POINTER | (unsigned)owner);
	put_u16(w, type);
	put_u16(w, DNS_CLASS_IN);
	put_u32(w, ttl_of(ttl_s));
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

	if (q->zone->apex.size + 1u + length <= DNS_NAME_MAX) {
		put(w, &length, 1);
		put(w, label, length);
	}
	put_u16(w, REPLY_POINTER | q->apex_offset);
}

/* A name, with a pointer when it is below the apex. */
static void put_name(struct writer *w, const struct query *q, const struct zone_name *name)
{
	size_t apex_at;

	if (labels_ends_with(name->bytes, name->size, q->zone->apex.bytes, q->zone->apex.size,
	                     &apex_at)) {
		put(w, name->bytes, apex_at);
		put_u16(w, REPLY_POINTER | q->apex_offset);
	} else {
		put(w, name->bytes, name->size);
	}
}

static void put_name_server(struct writer *w, const struct query *q, unsigned index)
{
	const struct zone *zone = q->zone;

	if (zone->ns_count == 0) {
		put_below_apex(w, q, "ns");
	} else {
		put_name(w, q, &zone->ns[index]);
	}
}

static void put_soa(struct writer *w, const struct query *q, uint64_t generation)
{
	const struct soa *soa = q->zone->soa;
	size_t start = w->size;

	put(w, soa->bytes, soa->size);
	if (w->is_full)
		return;
	for (unsigned i = 0; i < SOA_POINTERS; i++)
		set_u16(w, start + soa->pointers[i], REPLY_POINTER | q->apex_offset);
	set_u32(w, start + soa->serial_at, (uint32_t)generation);
}

/* That of the apex itself, whose TTL is not that of what is not there. */
static void put_apex_soa(struct writer *w, const struct query *q, uint64_t generation)
{
	size_t start = w->size;

	put_soa(w, q, generation);
	if (!w->is_full)
		set_u32(w, start + SOA_TTL, ttl_of(q->zone->ttl_s));
}

/* A whole record, in two words. */
static unsigned put_address(struct writer *w, const struct query *q, uint32_t code)
{
	const uint64_t head = (uint64_t)(REPLY_POINTER | DNS_HEADER_SIZE) << 48 |
	                      (uint64_t)DNS_TYPE_A << 32 | DNS_CLASS_IN << 16;
	const uint64_t ttl_s = ttl_of(q->zone->ttl_s);
	const uint64_t words[2] = {htobe64(head | ttl_s >> 16),
	                           htobe64(ttl_s << 48 | UINT64_C(4) << 32 | code)};

	put(w, words, sizeof(words));
	return 1;
}

static uint32_t bits_of(const struct query *q)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < q->listings->count; i++) {
		uint32_t list = q->listings->listings[i]->list;

		if (zone_shows(q->zone, list))
			bits |= zone_value(q->zone, list);
	}
	return bits;
}

/* Category << 8 | trust of the list with the most trust; of equal ones, of the lowest category. */
static uint32_t allowance_of(const struct query *q)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < q->listings->count; i++) {
		uint32_t list = q->listings->listings[i]->list, value;

		if (!zone_shows(q->zone, list))
			continue;
		value = zone_value(q->zone, list);
		if (best == 0 || (value & 0xff) > (best & 0xff) ||
		    ((value & 0xff) == (best & 0xff) && value < best))
			best = value;
	}
	return best;
}

static unsigned put_codes(struct writer *w, const struct query *q)
{
	uint32_t last = 0;
	unsigned count = 0;

	for (uint32_t i = 0; i < q->listings->count && !w->is_full; i++) {
		const struct listing *listing = q->listings->listings[i];

		if (listing->code == last || !zone_shows(q->zone, listing->list))
			continue;
		last = listing->code;
		count += put_address(w, q, last);
	}
	return count;
}

static unsigned put_addresses(struct writer *w, const struct query *q)
{
	if (q->is_always)
		return put_address(w, q, q->always->code);
	if (q->is_test_entry)
		return put_address(w, q, q->address4);
	switch ((enum zone_view)q->zone->view) {
	case ZONE_VIEW_CODES:
		break;
	case ZONE_VIEW_BITS:
		return put_address(w, q, LOOPBACK_NET | bits_of(q));
	case ZONE_VIEW_ALLOW:
		return put_address(w, q, LOOPBACK_NET | allowance_of(q));
	}
	return put_codes(w, q);
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

/* Static records of one type, or of the first one for ANY (RFC 8482 section 4.1). */
static unsigned put_records(struct writer *w, size_t owner, const struct record *records,
                            size_t record_count, unsigned type)
{
	unsigned count = 0;

	if (type == DNS_TYPE_ANY && record_count > 0)
		type = records[0].type;
	for (size_t i = 0; i < record_count; i++) {
		if (records[i].type != type)
			continue;
		put_record(w, owner, records[i].type, records[i].ttl_s);
		put_u16(w, records[i].rdata_size);
		put(w, records[i].rdata, records[i].rdata_size);
		count++;
	}
	return count;
}

/* The static records of an absolute name of the zone. */
static const struct record *find_records(const struct query *q, const struct zone_name *name,
                                         size_t *out_count)
{
	const struct zone *zone = q->zone;
	size_t apex_at;
	bool exists;

	if (!zone->records ||
	    !labels_ends_with(name->bytes, name->size, zone->apex.bytes, zone->apex.size, &apex_at))
		return NULL;
	return records_find(zone->records, name->bytes, apex_at, out_count, &exists);
}

/*
 * RFC 1034 section 4.3.2 step 3a: a CNAME is followed as far as it stays among our records.
 *
 * out_is_nodata: the last name has nothing of the type, which is for the SOA to say (RFC 2308
 *                section 2.2). Of the apex only a query for it tells all: then the chain stays open
 */
static unsigned put_record_answer(struct writer *w, const struct query *q, bool *out_is_nodata)
{
	const struct record *records = q->records;
	size_t record_count = q->record_count, owner = DNS_HEADER_SIZE;
	unsigned count = 0;

	for (unsigned i = 0; records && i < CNAMES_MAX; i++) {
		struct zone_name target;

		if (records[0].type != DNS_TYPE_CNAME || q->qtype == DNS_TYPE_CNAME ||
		    q->qtype == DNS_TYPE_ANY) {
			unsigned more = put_records(w, owner, records, record_count, q->qtype);

			*out_is_nodata = more == 0 && records[0].name_size > 0;
			return count + more;
		}
		count += put_records(w, owner, records, 1, DNS_TYPE_CNAME);
		target = (struct zone_name){records[0].rdata, (uint8_t)records[0].rdata_size};
		owner = w->size - target.size;
		records = find_records(q, &target, &record_count);
	}
	return count;
}

/*
 * Addresses of our name servers below the apex, behind their NS records (RFC 1034 section 4.3.2
 * step 6). What does not fit is left out (RFC 2181 section 9).
 *
 * first: of the NS records
 */
static unsigned put_glue(struct writer *w, const struct query *q, size_t first)
{
	unsigned count = 0;

	for (unsigned i = 0; i < q->zone->ns_count && !w->is_full; i++) {
		const struct record *records;
		size_t owner = first + RECORD_FIXED_SIZE, record_count = 0, end = w->size;
		unsigned more;

		first = owner + (unsigned)(w->bytes[owner - 2] << 8 | w->bytes[owner - 1]);
		records = find_records(q, &q->zone->ns[i], &record_count);
		more = put_records(w, owner, records, record_count, DNS_TYPE_A) +
		       put_records(w, owner, records, record_count, DNS_TYPE_AAAA);
		if (!w->is_full) {
			count += more;
			continue;
		}
		w->size = end;
		w->is_full = false;
		return count;
	}
	return count;
}

static unsigned put_apex_answer(struct writer *w, const struct query *q, uint64_t generation)
{
	const struct zone *zone = q->zone;
	unsigned count = zone->ns_count ? zone->ns_count : 1;

	switch (q->qtype) {
	case DNS_TYPE_SOA:
	case DNS_TYPE_ANY: /* RFC 8482 section 4.1: one RRset */
		put_apex_soa(w, q, generation);
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
	}
	count = put_records(w, DNS_HEADER_SIZE, q->records, q->record_count, q->qtype);
	if (count == 0 && q->qtype == DNS_TYPE_TXT)
		count = put_text(w, q, zone->apex_text, zone->apex_text_size);
	return count;
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
	unsigned answers = 0, authorities = 0, additionals = 0;
	bool is_nodata = false;
	size_t start = w->size;

	if (q->kind == QUERY_APEX)
		answers = put_apex_answer(w, q, generation);
	else if (q->records)
		answers = put_record_answer(w, q, &is_nodata);
	else if (q->listings || q->is_test_entry || q->is_always)
		answers = put_listed_answer(w, q);
	if (answers == 0 || is_nodata) {
		q->rcode = q->exists ? DNS_NOERROR : DNS_NXDOMAIN;
		put_soa(w, q, generation);
		authorities = 1;
	}
	if (q->kind == QUERY_APEX && q->qtype == DNS_TYPE_NS)
		additionals = put_glue(w, q, start);
	set_u16(w, 6, answers);
	set_u16(w, 8, authorities);
	set_u16(w, 10, additionals);
}

/* Fold what did not fit: TC over UDP (RFC 2181 section 9); over TCP there is nothing to retry. */
static void truncate(struct writer *w, struct query *q)
{
	w->size = q->question_end;
	w->is_full = false;
	set_u16(w, 6, 0);
	set_u16(w, 8, 0);
	set_u16(w, 10, 0);
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
	put_u16(w, REPLY_POINTER | DNS_HEADER_SIZE);
	put_u16(w, DNS_TYPE_TXT);
	put_u16(w, DNS_CLASS_CH);
	put_u32(w, 0);
	put_u16(w, 1u + q->identity_size);
	put(w, &q->identity_size, 1);
	put(w, q->identity, q->identity_size);
	set_u16(w, 6, 1);
}

/* The OPT of an answer; an EDE comes on top, if there is room. */
struct opt_plan {
	size_t size; /* 0 = none */
	bool has_cookie, has_nsid, has_keepalive;
};

/*
 * Room for all of it is there in any real transport; in a smaller one options are left out.
 *
 * room: bytes behind the question
 */
static struct opt_plan plan_opt(const struct query *q, size_t room)
{
	struct opt_plan plan = {.size = q->has_opt ? DNS_OPT_SIZE : 0};
	size_t cookie_size = REPLY_OPTION_SIZE + COOKIE_SIZE, nsid_size;
	size_t keepalive_size = REPLY_OPTION_SIZE + 2;

	if (q->cookie_state != COOKIE_NONE && room >= plan.size + cookie_size) {
		plan.has_cookie = true;
		plan.size += cookie_size;
	}
	if (q->is_keepalive_asked && room >= plan.size + keepalive_size) {
		plan.has_keepalive = true;
		plan.size += keepalive_size;
	}
	if (!q->is_nsid_asked || !q->settings || q->settings->nsid_size == 0)
		return plan;
	nsid_size = REPLY_OPTION_SIZE + (size_t)q->settings->nsid_size;
	if (room >= plan.size + nsid_size) {
		plan.has_nsid = true;
		plan.size += nsid_size;
	}
	return plan;
}

static const char *ede_text(const struct query *q, unsigned code)
{
	switch (code) {
	case DNS_EDE_NOT_READY:
		return "zone not loaded yet";
	case DNS_EDE_PROHIBITED:
		return q->zone ? "no key of the zone in the name" : "not in the access list";
	case DNS_EDE_NOT_AUTHORITATIVE:
		return "not a zone of this server";
	case DNS_EDE_INVALID_DATA:
		return "zone data expired";
	}
	return "";
}

/* RFC 8914 section 3: the text is for people; it is the first to go, the code the next. */
static void put_ede(struct writer *w, const struct query *q, unsigned code)
{
	const char *text = ede_text(q, code);
	size_t text_size = strlen(text), room = w->limit - w->size;

	if (room < REPLY_OPTION_SIZE + 2)
		return;
	if (room < REPLY_OPTION_SIZE + 2 + text_size)
		text_size = 0;
	put_u16(w, DNS_OPTION_EDE);
	put_u16(w, 2 + (unsigned)text_size);
	put_u16(w, code);
	put(w, text, text_size);
}

static void put_options(struct writer *w, const struct query *q, const struct opt_plan *plan)
{
	size_t start = w->size;

	if (plan->has_cookie) {
		put_u16(w, DNS_OPTION_COOKIE);
		put_u16(w, COOKIE_SIZE);
		put(w, q->cookie, COOKIE_SIZE);
	}
	if (plan->has_keepalive) {
		put_u16(w, DNS_OPTION_KEEPALIVE);
		put_u16(w, 2);
		put_u16(w, q->tcp_idle_ds);
	}
	if (plan->has_nsid) {
		put_u16(w, DNS_OPTION_NSID);
		put_u16(w, q->settings->nsid_size);
		put(w, q->settings->nsid, q->settings->nsid_size);
	}
	if (q->ede)
		put_ede(w, q, q->ede - 1u);
	end_rdata(w, start);
}

/* An OPT without options. */
static inline void put_opt_alone(struct writer *w, const struct query *q)
{
	const uint64_t head = (uint64_t)DNS_TYPE_OPT << 40 | (uint64_t)QUERY_UDP_SIZE << 24;
	const uint64_t flags =
	    (uint64_t)(q->rcode >> 4) << 16 | (q->is_dnssec_ok ? DNS_DO >> 8 : 0);
	const uint64_t word = htobe64(head | flags); /* up to the first byte of the flags */

	put(w, &word, 8);
	put(w, "\0\0", 3);
}

static void put_opt(struct writer *w, const struct query *q, const struct opt_plan *plan)
{
	put_opt_alone(w, q);
	if (plan->size > DNS_OPT_SIZE || q->ede)
		put_options(w, q, plan);
	set_u16(w, 10, (size_t)(w->bytes[10] << 8 | w->bytes[11]) + 1);
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
	opt = plan_opt(q, w.limit - q->question_end);
	w.bytes[2] = DNS_QR | (w.bytes[2] & (DNS_OPCODE_MASK | DNS_RD));
	memset(&w.bytes[4], 0, DNS_HEADER_SIZE - 4);
	set_u16(&w, 4, q->question_end > DNS_HEADER_SIZE);
	if (q->kind != QUERY_ERROR) {
		/* RFC 1035 section 6.2: an answer to QCLASS=* is not authoritative */
		w.bytes[2] |= q->qclass == DNS_CLASS_ANY ? 0 : DNS_AA;
		w.limit -= opt.size;
		if (q->kind == QUERY_CHAOS)
			put_identity(&w, q);
		else
			put_sections(&w, q, generation);
		if (w.is_full)
			truncate(&w, q);
		w.limit += opt.size;
	} else if (q->must_use_tcp) {
		w.bytes[2] |= DNS_TC;
	}
	w.bytes[3] = q->rcode & 0x0f;
	if (q->has_opt)
		put_opt(&w, q, &opt);
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
		put_opt_alone(w, q);
	q->reply_size = (uint16_t)w->size;
}

/* The answer of a plain query for something with one listing; false = it is not that. */
static bool reply_listed(struct query *q)
{
	struct writer w;

	if (q->qtype != DNS_TYPE_A || q->listings->count != 1 || q->zone->view != ZONE_VIEW_CODES)
		return false;
	if (!begin_plain(q, ADDRESS_RECORD_SIZE, 1u << 16, &w))
		return false;
	put_address(&w, q, q->listings->listings[0]->code);
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
	put_soa(&w, q, generation);
	end_plain(q, &w);
	return true;
}

void reply_truncate(struct query *q)
{
	struct writer w = {q->message, q->question_end, limit_of(q), false};
	struct opt_plan opt = plan_opt(q, w.limit - q->question_end);

	w.bytes[2] |= DNS_TC;
	memset(&w.bytes[6], 0, DNS_HEADER_SIZE - 6);
	if (q->has_opt)
		put_opt(&w, q, &opt);
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
