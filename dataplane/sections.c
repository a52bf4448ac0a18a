/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/sections.h"

#include "dataplane/rr.h"
#include "dataplane/text.h"

#include <string.h>

#define LOOPBACK_NET 0x7f000000u
#define CNAMES_MAX   8 /* followed within the zone */

static const uint8_t test_text[] = "test entry (RFC 5782)";

/* A label below the apex; the apex itself when that would be too long for a name. */
static void put_below_apex(struct writer *w, const struct query *q, const char *label)
{
	uint8_t length = (uint8_t)strlen(label);

	if (q->zone->apex.size + 1u + length <= DNS_NAME_MAX) {
		writer_put(w, &length, 1);
		writer_put(w, label, length);
	}
	writer_u16(w, RR_POINTER | q->apex_offset);
}

/* A name, with a pointer when it is below the apex. */
static void put_name(struct writer *w, const struct query *q, const struct zone_name *name)
{
	size_t apex_at;

	if (labels_ends_with(name->bytes, name->size, q->zone->apex.bytes, q->zone->apex.size,
	                     &apex_at)) {
		writer_put(w, name->bytes, apex_at);
		writer_u16(w, RR_POINTER | q->apex_offset);
	} else {
		writer_put(w, name->bytes, name->size);
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

/* That of the apex itself, whose TTL is not that of what is not there. */
static void put_apex_soa(struct writer *w, const struct query *q, uint64_t generation)
{
	size_t start = w->size;

	rr_soa(w, q, generation);
	if (!w->is_full)
		writer_set_u32(w, start + SOA_TTL, zone_ttl(q->zone->ttl_s));
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
		count += rr_address(w, q, last);
	}
	return count;
}

static unsigned put_addresses(struct writer *w, const struct query *q)
{
	if (q->is_always)
		return rr_address(w, q, q->always->code);
	if (q->is_test_entry)
		return rr_address(w, q, q->address4);
	switch ((enum zone_view)q->zone->view) {
	case ZONE_VIEW_CODES:
		break;
	case ZONE_VIEW_BITS:
		return rr_address(w, q, LOOPBACK_NET | bits_of(q));
	case ZONE_VIEW_ALLOW:
		return rr_address(w, q, LOOPBACK_NET | allowance_of(q));
	}
	return put_codes(w, q);
}

static unsigned put_text(struct writer *w, const struct query *q, const void *text, size_t size)
{
	uint8_t length = (uint8_t)size;

	if (size == 0)
		return 0;
	rr_begin(w, DNS_HEADER_SIZE, DNS_TYPE_TXT, q->zone->ttl_s);
	writer_u16(w, 1u + length);
	writer_put(w, &length, 1);
	writer_put(w, text, length);
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
		rr_begin(w, owner, records[i].type, records[i].ttl_s);
		writer_u16(w, records[i].rdata_size);
		writer_put(w, records[i].rdata, records[i].rdata_size);
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
		size_t owner = first + RR_FIXED_SIZE, record_count = 0, end = w->size;
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

			rr_begin(w, DNS_HEADER_SIZE, DNS_TYPE_NS, zone->ttl_s);
			start = writer_begin_size(w);
			put_name_server(w, q, i);
			writer_end_size(w, start);
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
	uint8_t text[TEXT_ROOM];

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

void sections_put(struct writer *w, struct query *q, uint64_t generation)
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
		rr_soa(w, q, generation);
		authorities = 1;
	}
	if (q->kind == QUERY_APEX && q->qtype == DNS_TYPE_NS)
		additionals = put_glue(w, q, start);
	writer_set_u16(w, 6, answers);
	writer_set_u16(w, 8, authorities);
	writer_set_u16(w, 10, additionals);
}
