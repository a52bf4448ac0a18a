/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/plain.h"

#include "dataplane/access.h"
#include "dataplane/dns.h"
#include "dataplane/edns.h"
#include "dataplane/headers.h"
#include "dataplane/opt.h"
#include "dataplane/qname.h"
#include "dataplane/reversed.h"

#include <endian.h>
#include <string.h>

#define QUESTION_FIXED 4                            /* QTYPE and QCLASS */
#define COUNTS         UINT64_C(0x0001000000000000) /* a question, nothing else */
#define SIZE_MIN       (DNS_HEADER_SIZE + REVERSED4_SIZE_MAX)
#define SIZE6_MIN      (DNS_HEADER_SIZE + REVERSED6_SIZE + 1 + QUESTION_FIXED)
#define TEST_NET       0x7f0000u /* 127.0.0.0/24, which has entries of its own */

/* Of an OPT: what is the same in all plain ones. From byte 0: root and type; from byte 3: */
#define OPT_HEAD_MASK htobe32(0xffffff00)
#define OPT_HEAD      htobe32(DNS_TYPE_OPT << 8)
#define OPT_REST_MASK htobe64(UINT64_C(0x000000ff0000ffff)) /* version 0, size of options */
#define OPT_CLASS_AT  3
#define OPT_FLAGS_AT  7

/* The type of a question in class IN; of another class, more than any type. */
static inline uint32_t type_in(const uint8_t *question_fixed)
{
	const uint32_t word = be32toh(headers_word32(question_fixed)) - DNS_CLASS_IN;

	return word >> 16 | word << 16;
}

/* What is wrong with an OPT that has options of a size and says nothing else; 0 = nothing. */
static inline uint64_t opt_differs(const uint8_t *opt, uint16_t options_size)
{
	return ((headers_word32(opt) & OPT_HEAD_MASK) ^ OPT_HEAD) |
	       ((headers_word64(opt + OPT_CLASS_AT) & OPT_REST_MASK) ^ htobe64(options_size));
}

/* The size of the COOKIE, when a message ends with an OPT in which that is all; 0 = it does not. */
static __attribute__((noinline)) unsigned find_cookie(const struct query *q)
{
	static const uint8_t sizes[] = {COOKIE_CLIENT_SIZE, COOKIE_SIZE};

	for (unsigned i = 0; i < sizeof(sizes); i++) {
		const uint16_t options_size = OPT_OPTION_HEAD_SIZE + sizes[i];
		const unsigned opt_size = DNS_OPT_SIZE + options_size;
		const uint8_t *opt;

		if (q->size < SIZE_MIN + opt_size)
			break;
		opt = &q->message[q->size - opt_size];
		if (!opt_differs(opt, options_size) &&
		    headers_word32(opt + DNS_OPT_SIZE) ==
		        htobe32(DNS_OPTION_COOKIE << 16 | sizes[i]))
			return sizes[i];
	}
	return 0;
}

/*
 * Whether all around the name is as it is in a plain query; sets what it says. Whether there is an
 * OPT is anyone's guess, so the last bytes are looked at as if there was one.
 */
static inline bool take_form(const struct settings *settings, const struct access_rules *rules,
                             struct query *q)
{
	const uint8_t *message = q->message, *opt;
	uint64_t has_opt, if_opt; /* all bits, if there is one */
	unsigned cookie_size = 0;
	uint32_t type, end, udp_size;

	if (q->size < SIZE_MIN || message[2] & (DNS_QR | DNS_OPCODE_MASK))
		return false;
	has_opt = be64toh(headers_word64(&message[4])) - COUNTS;
	if (has_opt > 1)
		return false; /* at most one additional record */
	if_opt = -has_opt;
	opt = &message[q->size - DNS_OPT_SIZE];
	end = q->size - (DNS_OPT_SIZE & (uint32_t)if_opt);
	if (if_opt & opt_differs(opt, 0)) {
		cookie_size = find_cookie(q);
		if (cookie_size == 0)
			return false;
		opt -= OPT_OPTION_HEAD_SIZE + cookie_size;
		end -= OPT_OPTION_HEAD_SIZE + cookie_size;
	}
	type = type_in(&message[end - QUESTION_FIXED]);
	if (end - SIZE_MIN > PLAIN_END_MAX - SIZE_MIN || type >= DNS_TYPE_OPT ||
	    !access_rules_has(rules, q->client, ACCESS_VALUE(ACCESS_ALLOW)))
		return false;
	udp_size = be16toh(headers_word16(opt + OPT_CLASS_AT)) & (uint32_t)if_opt;
	query_clear(q, settings);
	q->question_end = (uint16_t)end;
	q->qtype = (uint16_t)type;
	q->qclass = DNS_CLASS_IN;
	q->has_opt = has_opt;
	q->cookie_size = (uint8_t)cookie_size;
	q->is_dnssec_ok = (uint8_t)(opt[OPT_FLAGS_AT] & if_opt) >> 7;
	q->udp_size = (uint16_t)(udp_size > DNS_UDP_MIN ? udp_size : DNS_UDP_MIN);
	return true;
}

/* Whether a zone with access rules of its own lets a client in, and asks for no key. */
static bool is_let_in(const struct zone *zone, const struct query *q)
{
	return !zone->needs_key && zone->access &&
	       access_rules_look(zone->access, q->client) == ACCESS_VALUE(ACCESS_ALLOW);
}

/* Whether a zone has answers of some content for a client as for anyone else. */
static inline bool is_open(const struct zone *zone, const struct query *q,
                           enum zone_content content)
{
	return zone->open & content || (zone->served & content && is_let_in(zone, q));
}

/* Judge the cookie at the end of a query. */
static __attribute__((noinline)) void take_cookie(struct query *q)
{
	const struct edns found = {.cookie = q->message + q->size - q->cookie_size,
	                           .cookie_size = q->cookie_size};

	edns_take_cookie(&found, q);
}

/* Queries whose names are looked at by a kernel at once. */
struct batch {
	unsigned count;
	struct query *queries[QUERY_BURST_MAX];
	const uint8_t *names[QUERY_BURST_MAX];
};

static inline void batch_add(struct batch *b, struct query *q)
{
	b->queries[b->count] = q;
	b->names[b->count] = &q->message[DNS_HEADER_SIZE];
	b->count++;
}

/*
 * The zone whose apex is the rest of the name behind some labels, if it is one to be answered.
 *
 * last: of a query before, which mostly is this one's too
 */
static inline bool take_zone(const struct zones *zones, const struct zone **last, struct query *q,
                             unsigned labels_size, enum zone_content content)
{
	const unsigned at = DNS_HEADER_SIZE + labels_size, end = q->question_end - QUESTION_FIXED;
	const uint8_t *apex = &q->message[at];
	const struct zone *zone = *last;

	if (at >= end)
		return false;
	if (!zone_has_apex(zone, apex, end - at)) {
		zone = zones_find_apex(zones, apex, end - at);
		if (!zone)
			return false;
		*last = zone;
	}
	if (!is_open(zone, q, content))
		return false;
	q->zone = zone;
	q->apex_offset = (uint16_t)at;
	q->access = ACCESS_ALLOW;
	q->is_plain = true;
	if (q->cookie_size > 0)
		take_cookie(q);
	return true;
}

static void parse4(const struct reversed *kernel, const struct zones *zones, const struct batch *b,
                   struct plain *out_plain)
{
	const struct zone *zone = zones_at(zones, 0);
	uint32_t *addresses = out_plain->addresses4;
	uint8_t sizes[QUERY_BURST_MAX];
	const unsigned asked = b->count;
	unsigned count = 0;

	kernel->scan4(b->names, asked, addresses, sizes);
	for (unsigned i = 0; i < asked; i++) {
		struct query *q = b->queries[i];
		const uint32_t address = addresses[i];

		if (sizes[i] == 0 || address >> 8 == TEST_NET ||
		    !take_zone(zones, &zone, q, sizes[i], ZONE_HAS_IP4))
			continue;
		q->kind = QUERY_IP4;
		q->address4 = address;
		out_plain->queries4[count] = q;
		addresses[count++] = address;
	}
	out_plain->count4 = count;
}

static void parse6(const struct reversed *kernel, const struct zones *zones, const struct batch *b,
                   struct plain *out_plain)
{
	const struct zone *zone = zones_at(zones, 0);
	address6_t *addresses = out_plain->addresses6;
	bool found[QUERY_BURST_MAX];
	unsigned count = 0;

	kernel->scan6(b->names, b->count, addresses, found);
	for (unsigned i = 0; i < b->count; i++) {
		struct query *q = b->queries[i];
		const address6_t address = addresses[i];

		if (!found[i] || qname_is_mapped(address) ||
		    !take_zone(zones, &zone, q, REVERSED6_SIZE, ZONE_HAS_IP6))
			continue;
		q->kind = QUERY_IP6;
		q->address6 = address;
		out_plain->queries6[count] = q;
		addresses[count++] = address;
	}
	out_plain->count6 = count;
}

unsigned plain_parse(const struct tables *t, const struct reversed *kernel, struct query *queries,
                     unsigned count, struct plain *out_plain)
{
	const struct settings *settings = tables_settings(t);
	const struct access_rules *rules = tables_access(t);
	const struct zones *zones = tables_zones(t);
	struct batch batches[2]; /* of short names and of long ones */

	out_plain->count4 = out_plain->count6 = 0;
	batches[0].count = batches[1].count = 0;
	if (!zones || !rules || zones_count(zones) == 0 || zones_has_address_apex(zones) ||
	    (settings && settings->is_cookie_required))
		return 0;
	for (unsigned i = 0; i < count; i++) {
		struct query *q = &queries[i];

		q->is_plain = false;
		/* an apex so long that it makes an IPv4 query as long is left to parse.c */
		if (take_form(settings, rules, q))
			batch_add(&batches[q->question_end >= SIZE6_MIN], q);
	}
	if (batches[0].count > 0)
		parse4(kernel, zones, &batches[0], out_plain);
	if (batches[1].count > 0)
		parse6(kernel, zones, &batches[1], out_plain);
	return out_plain->count4 + out_plain->count6;
}
