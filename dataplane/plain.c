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
#define TEST_NET       0x7f0000u /* 127.0.0.0/24, which has entries of its own */

/* Of the first eight bytes of an OPT: what is the same in all plain ones. */
#define OPT_FIXED UINT64_C(0xffffff000000ff00) /* root, type; version 0 */
#define OPT_HEAD  ((uint64_t)DNS_TYPE_OPT << 40)

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

/*
 * Whether all around the name is as it is in a plain query; sets what it says. Whether there is an
 * OPT is anyone's guess, so the last bytes are looked at as if there was one.
 */
static inline bool take_form(const struct access_rules *rules, struct query *q)
{
	const uint8_t *message = q->message, *opt;
	uint64_t has_opt, word;
	uint32_t type, udp_size;
	uint16_t end;

	if (q->size < SIZE_MIN || message[2] & (DNS_QR | DNS_OPCODE_MASK))
		return false;
	has_opt = load64(&message[4]) - COUNTS;
	if (has_opt > 1)
		return false; /* at most one additional record */
	opt = &message[q->size - DNS_OPT_SIZE];
	word = load64(opt); /* root, type, class, extended rcode, version, flags */
	if (has_opt & ((word & OPT_FIXED) != OPT_HEAD || (opt[9] | opt[10]) != 0))
		return false;
	end = (uint16_t)(q->size - DNS_OPT_SIZE * has_opt);
	type = load32(&message[end - QUESTION_FIXED]);
	udp_size = word >> 24 & 0xffff;
	q->question_end = end;
	q->qtype = (uint16_t)(type >> 16);
	q->qclass = (uint16_t)type;
	q->has_opt = has_opt;
	q->is_dnssec_ok = has_opt & word >> 7;
	q->udp_size = (uint16_t)(has_opt && udp_size > DNS_UDP_MIN ? udp_size : DNS_UDP_MIN);
	return end >= SIZE_MIN && (uint16_t)type == DNS_CLASS_IN && type >> 16 < DNS_TYPE_OPT &&
	       access_rules_get(rules, q->client) == ACCESS_VALUE(ACCESS_ALLOW);
}

/* Whether a zone that is not for everybody answers this client as it would anyone else. */
static bool is_let_in(const struct zone *zone, const struct query *q)
{
	return !zone->needs_key &&
	       access_rules_look(zone->access, q->client) == ACCESS_VALUE(ACCESS_ALLOW);
}

/* The zone whose apex is the rest of the name behind some labels, if it is one to be answered. */
static inline bool take_zone(const struct zones *zones, struct query *q, unsigned labels_size,
                             enum zone_content content)
{
	const unsigned at = DNS_HEADER_SIZE + labels_size, end = q->question_end - QUESTION_FIXED;
	const struct zone *zone;

	if (at >= end || end - DNS_HEADER_SIZE > DNS_NAME_MAX)
		return false;
	zone = zones_find_apex(zones, &q->message[at], end - at);
	if (!zone || zone->state != ZONE_SERVING || !(zone->content & content))
		return false;
	if (zone->is_restricted && !is_let_in(zone, q))
		return false;
	q->zone = zone;
	q->apex_offset = (uint16_t)at;
	q->access = ACCESS_ALLOW;
	q->is_plain = true;
	return true;
}

/* Queries whose names are looked at by a kernel at once. */
struct batch {
	const uint8_t *names[QUERY_BURST_MAX];
	uint8_t indices[QUERY_BURST_MAX];
	unsigned count;
};

static inline void batch_add(struct batch *b, const struct query *q, unsigned index, bool is_wanted)
{
	b->names[b->count] = &q->message[DNS_HEADER_SIZE];
	b->indices[b->count] = (uint8_t)index;
	b->count += is_wanted;
}

static uint32_t parse4(const struct reversed *kernel, const struct zones *zones,
                       struct query *queries, const struct batch *b, struct plain *out_plain)
{
	uint32_t addresses[QUERY_BURST_MAX], parsed = 0;
	uint8_t sizes[QUERY_BURST_MAX];

	kernel->scan4(b->names, b->count, addresses, sizes);
	for (unsigned i = 0; i < b->count; i++) {
		struct query *q = &queries[b->indices[i]];

		if (sizes[i] == 0 || addresses[i] >> 8 == TEST_NET ||
		    !take_zone(zones, q, sizes[i], ZONE_HAS_IP4))
			continue;
		q->kind = QUERY_IP4;
		q->address4 = addresses[i];
		out_plain->queries4[out_plain->count4] = q;
		out_plain->addresses4[out_plain->count4++] = addresses[i];
		parsed |= UINT32_C(1) << b->indices[i];
	}
	return parsed;
}

static uint32_t parse6(const struct reversed *kernel, const struct zones *zones,
                       struct query *queries, const struct batch *b, struct plain *out_plain)
{
	address6_t addresses[QUERY_BURST_MAX];
	bool found[QUERY_BURST_MAX];
	uint32_t parsed = 0;

	kernel->scan6(b->names, b->count, addresses, found);
	for (unsigned i = 0; i < b->count; i++) {
		struct query *q = &queries[b->indices[i]];

		if (!found[i] || qname_is_mapped(addresses[i]) ||
		    !take_zone(zones, q, REVERSED6_SIZE, ZONE_HAS_IP6))
			continue;
		q->kind = QUERY_IP6;
		q->address6 = addresses[i];
		out_plain->queries6[out_plain->count6] = q;
		out_plain->addresses6[out_plain->count6++] = addresses[i];
		parsed |= UINT32_C(1) << b->indices[i];
	}
	return parsed;
}

uint32_t plain_parse(const struct tables *t, const struct reversed *kernel, struct query *queries,
                     unsigned count, struct plain *out_plain)
{
	const struct settings *settings = tables_settings(t);
	const struct access_rules *rules = tables_access(t);
	const struct zones *zones = tables_zones(t);
	struct batch four, six;
	uint32_t parsed = 0;

	out_plain->count4 = out_plain->count6 = 0;
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
		parsed |= parse4(kernel, zones, queries, &four, out_plain);
	if (six.count > 0)
		parsed |= parse6(kernel, zones, queries, &six, out_plain);
	return parsed;
}
