/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/plain.h"

#include "dataplane/access.h"
#include "dataplane/dns.h"
#include "dataplane/qname.h"
#include "dataplane/reversed.h"

#include <endian.h>
#include <string.h>

#define QUESTION_FIXED 4                            /* QTYPE and QCLASS */
#define COUNTS         UINT64_C(0x0001000000000000) /* a question, nothing else */
#define SIZE_MIN       (DNS_HEADER_SIZE + REVERSED4_SIZE_MAX)
#define SIZE6_MIN      (DNS_HEADER_SIZE + REVERSED6_SIZE + 1 + QUESTION_FIXED)

static uint64_t load64(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return be64toh(word);
}

static uint32_t load32(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return be32toh(word);
}

/* Take an OPT without options at the end of the message; false when it is anything else. */
static bool take_opt(struct query *q, const uint8_t *opt)
{
	uint64_t word = load64(opt); /* root, type, class, extended rcode, version, flags */
	uint16_t udp_size = (uint16_t)(word >> 24);

	q->has_opt = true;
	q->is_dnssec_ok = word & DNS_DO >> 8;
	q->udp_size = udp_size < DNS_UDP_MIN ? DNS_UDP_MIN : udp_size;
	return word >> 40 == DNS_TYPE_OPT && (word & 0xff00) == 0 && opt[9] == 0 && opt[10] == 0;
}

/* Whether all around the name is as it is in a plain query; sets what it says. */
static bool take_form(const struct access_rules *rules, struct query *q)
{
	uint64_t others;
	uint32_t type;

	if (q->size < SIZE_MIN || q->message[2] & (DNS_QR | DNS_OPCODE_MASK))
		return false;
	others = load64(&q->message[4]) - COUNTS;
	if (others > 1)
		return false; /* at most one additional record */
	q->question_end = q->size;
	if (others == 1) {
		q->question_end = (uint16_t)(q->size - DNS_OPT_SIZE);
		if (!take_opt(q, &q->message[q->question_end]))
			return false;
	}
	if (q->question_end < SIZE_MIN)
		return false;
	type = load32(&q->message[q->question_end - QUESTION_FIXED]);
	q->qtype = (uint16_t)(type >> 16);
	q->qclass = (uint16_t)type;
	return q->qclass == DNS_CLASS_IN && q->qtype < DNS_TYPE_OPT &&
	       access_rules_get(rules, q->client) == ACCESS_VALUE(ACCESS_ALLOW);
}

/* Whether a zone that is not for everybody answers this client as it would anyone else. */
static bool is_let_in(const struct zone *zone, const struct query *q)
{
	return !zone->needs_key &&
	       access_rules_look(zone->access, q->client) == ACCESS_VALUE(ACCESS_ALLOW);
}

/* The zone whose apex is the rest of the name behind some labels, if it is one to be answered. */
static bool take_zone(const struct zones *zones, struct query *q, unsigned labels_size)
{
	const unsigned at = DNS_HEADER_SIZE + labels_size, end = q->question_end - QUESTION_FIXED;
	const struct zone *zone;

	if (at >= end || end - DNS_HEADER_SIZE > DNS_NAME_MAX)
		return false;
	zone = zones_find_apex(zones, &q->message[at], end - at);
	if (!zone || zone->state != ZONE_SERVING || (zone->is_restricted && !is_let_in(zone, q)))
		return false;
	q->zone = zone;
	q->apex_offset = (uint16_t)at;
	q->access = ACCESS_ALLOW;
	q->is_plain = true;
	return true;
}

static bool take4(const struct zones *zones, struct query *q, uint32_t address, unsigned size)
{
	if (size == 0 || !take_zone(zones, q, size) || !(q->zone->content & ZONE_HAS_IP4))
		return false;
	q->kind = QUERY_IP4;
	q->label_count = 4;
	q->address4 = address;
	if (q->zone->content != ZONE_HAS_IP4) { /* it may be above other things */
		memcpy(q->name, &q->message[DNS_HEADER_SIZE], REVERSED4_SIZE_MAX);
		q->name_size = (uint8_t)size;
	}
	return true;
}

/* Where 32 labels of a byte are. */
static void note_labels(struct labels *out_labels)
{
	for (unsigned i = 0; i < REVERSED6_SIZE / 2; i++)
		out_labels->offsets[i] = (uint8_t)(2 * i);
	out_labels->count = REVERSED6_SIZE / 2; /* those of the apex are not asked for */
}

static bool take6(const struct zones *zones, struct query *q, address6_t address)
{
	if (qname_is_mapped(address) || !take_zone(zones, q, REVERSED6_SIZE) ||
	    !(q->zone->content & ZONE_HAS_IP6))
		return false;
	q->kind = QUERY_IP6;
	q->label_count = 32;
	q->address4 = (uint32_t)address;
	q->address6 = address;
	note_labels(&q->labels);
	q->name_size = REVERSED6_SIZE;
	qname_fold(q->name, &q->message[DNS_HEADER_SIZE], REVERSED6_SIZE);
	return true;
}

/* Queries whose names are looked at by a kernel at once. */
struct batch {
	const uint8_t *names[QUERY_BURST_MAX];
	uint8_t indices[QUERY_BURST_MAX];
	unsigned count;
};

static void batch_add(struct batch *b, const struct query *q, unsigned index, bool is_wanted)
{
	b->names[b->count] = &q->message[DNS_HEADER_SIZE];
	b->indices[b->count] = (uint8_t)index;
	b->count += is_wanted;
}

static uint32_t parse4(const struct reversed *kernel, const struct zones *zones,
                       struct query *queries, const struct batch *b)
{
	uint32_t addresses[QUERY_BURST_MAX], parsed = 0;
	uint8_t sizes[QUERY_BURST_MAX];

	kernel->scan4(b->names, b->count, addresses, sizes);
	for (unsigned i = 0; i < b->count; i++) {
		bool is_taken = take4(zones, &queries[b->indices[i]], addresses[i], sizes[i]);

		parsed |= (uint32_t)is_taken << b->indices[i];
	}
	return parsed;
}

static uint32_t parse6(const struct reversed *kernel, const struct zones *zones,
                       struct query *queries, const struct batch *b)
{
	address6_t addresses[QUERY_BURST_MAX];
	bool found[QUERY_BURST_MAX];
	uint32_t parsed = 0;

	kernel->scan6(b->names, b->count, addresses, found);
	for (unsigned i = 0; i < b->count; i++) {
		bool is_taken = found[i] && take6(zones, &queries[b->indices[i]], addresses[i]);

		parsed |= (uint32_t)is_taken << b->indices[i];
	}
	return parsed;
}

uint32_t plain_parse(const struct tables *t, const struct reversed *kernel, struct query *queries,
                     unsigned count)
{
	const struct settings *settings = tables_settings(t);
	const struct access_rules *rules = tables_access(t);
	const struct zones *zones = tables_zones(t);
	struct batch four, six;
	uint32_t parsed = 0;

	four.count = six.count = 0;
	if (!zones || !rules || zones_has_address_apex(zones) ||
	    (settings && settings->is_cookie_required))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		struct query *q = &queries[i];
		bool is_plain, is_long;

		query_reset(q, settings);
		is_plain = take_form(rules, q);
		/* an apex so long that it makes an IPv4 query as long is left to parse.c */
		is_long = q->question_end >= SIZE6_MIN;
		batch_add(&four, q, i, is_plain && !is_long);
		batch_add(&six, q, i, is_plain && is_long);
	}
	if (four.count > 0)
		parsed |= parse4(kernel, zones, queries, &four);
	if (six.count > 0)
		parsed |= parse6(kernel, zones, queries, &six);
	return parsed;
}
