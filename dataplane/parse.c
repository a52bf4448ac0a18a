/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/parse.h"

#include "dataplane/access.h"
#include "dataplane/cursor.h"
#include "dataplane/dns.h"
#include "dataplane/edns.h"
#include "dataplane/identity.h"
#include "dataplane/qname.h"

#include <string.h>

/*
 * A name without compression (a query's first name has nothing to point at). Its labels are found
 * here and nowhere else: a walk along 127 of them costs as much as all the rest of an answer.
 */
static void cursor_name(struct cursor *c, struct labels *out_labels)
{
	const uint8_t *name = &c->bytes[c->offset];
	size_t left = c->size - c->offset, at = 0, count = 0;

	if (left > DNS_NAME_MAX)
		left = DNS_NAME_MAX;
	while (at < left && name[at] != 0 && name[at] <= DNS_LABEL_MAX && count < LABELS_MAX) {
		out_labels->offsets[count++] = (uint8_t)at;
		at += 1u + name[at];
	}
	out_labels->count = count;
	if (at < left && name[at] == 0)
		cursor_skip(c, at + 1);
	else
		c->is_bad = true;
}

/* The owner of an additional record, which may be compressed; says whether it is the root. */
static bool cursor_owner(struct cursor *c)
{
	size_t start = c->offset;
	uint8_t length;

	do {
		length = cursor_u8(c);
		if (length >= 0xc0) {
			cursor_skip(c, 1);
			return false;
		}
		if (length > DNS_LABEL_MAX || c->offset - start > DNS_NAME_MAX)
			c->is_bad = true;
		cursor_skip(c, length);
	} while (length && !c->is_bad);
	return c->offset == start + 1;
}

/* Queries have OPT, TSIG or SIG(0); a long message of records costs no more than an answer. */
#define ADDITIONAL_MAX 8

static uint16_t header_u16(const struct query *q, size_t at)
{
	return (uint16_t)(q->message[at] << 8 | q->message[at + 1]);
}

/* A record of the additional section: OPT counts, others are skipped. */
static void parse_additional(struct cursor *c, struct query *q, struct edns *found)
{
	bool is_root = cursor_owner(c);
	uint16_t type = cursor_u16(c), class = cursor_u16(c);
	uint32_t ttl = (uint32_t)cursor_u16(c) << 16;
	uint16_t rdata_size;

	ttl |= cursor_u16(c);
	rdata_size = cursor_u16(c);
	if (c->is_bad || c->size - c->offset < rdata_size) {
		c->is_bad = true;
		return;
	}
	if (type == DNS_TYPE_OPT) {
		struct cursor rdata = {c->bytes, c->offset + rdata_size, c->offset, false};

		edns_take(found, q, rdata, class, ttl);
		found->is_malformed |= !is_root;
	}
	cursor_skip(c, rdata_size);
}

/* The question, if there is one; the rcode that its form calls for. */
static enum dns_rcode parse_question(struct cursor *c, struct query *q)
{
	uint16_t count = header_u16(q, 4);

	if (count == 0)
		return DNS_NOERROR; /* RFC 7873 section 5.4; the rest is seen by admit_cookie() */
	if (count != 1)
		return DNS_FORMERR; /* RFC 9619 */
	cursor_name(c, &q->labels);
	q->qtype = cursor_u16(c);
	q->qclass = cursor_u16(c);
	if (c->is_bad)
		return DNS_FORMERR;
	q->question_end = (uint16_t)c->offset;
	return DNS_NOERROR;
}

/* Everything after the header; the rcode that the form of the message calls for. */
static enum dns_rcode parse_sections(struct query *q)
{
	struct cursor c = {q->message, q->size, DNS_HEADER_SIZE, false};
	const uint16_t additional_count = header_u16(q, 10);
	struct edns found = {0};
	enum dns_rcode rcode = parse_question(&c, q);

	if (rcode != DNS_NOERROR)
		return rcode;
	if (header_u16(q, 6) != 0 || header_u16(q, 8) != 0)
		return DNS_FORMERR;
	for (unsigned i = 0; i < additional_count && i < ADDITIONAL_MAX && !c.is_bad; i++)
		parse_additional(&c, q, &found);
	if (c.is_bad || c.offset != c.size || additional_count > ADDITIONAL_MAX)
		return DNS_FORMERR;
	if (found.opt_count > 1 || found.is_malformed)
		return DNS_FORMERR; /* RFC 6891 section 6.1.1, section 7 */
	if (found.version > 0)
		return DNS_BADVERS; /* RFC 6891 section 6.1.3 */
	edns_take_cookie(&found, q);
	return DNS_NOERROR;
}

static void fail(struct query *q, enum dns_rcode rcode, unsigned ede)
{
	q->kind = QUERY_ERROR;
	q->rcode = (uint8_t)rcode;
	q->ede = (uint16_t)ede;
}

#define EDE(code) ((code) + 1u)
#define NO_EDE    0u

/* Whether the client may be answered in full; fails the query otherwise. */
static bool admit_cookie(struct query *q)
{
	if (q->question_end == DNS_HEADER_SIZE) {
		/* RFC 7873 section 5.4: without a question it is about the cookie alone */
		fail(q,
		     q->cookie_state == COOKIE_NONE      ? DNS_FORMERR
		     : q->cookie_state == COOKIE_INVALID ? DNS_BADCOOKIE
		                                         : DNS_NOERROR,
		     NO_EDE);
		return false;
	}
	if (!q->settings || !q->settings->is_cookie_required || q->is_tcp || q->has_valid_cookie)
		return true;
	/* RFC 7873 section 5.2.3; who does no cookies is asked to come over TCP instead */
	q->must_use_tcp = q->cookie_state == COOKIE_NONE;
	fail(q, q->must_use_tcp ? DNS_NOERROR : DNS_BADCOOKIE, NO_EDE);
	return false;
}

/* Whether class and type can be answered from a zone at all; fails the query otherwise. */
static bool admit_type(struct query *q)
{
	if (q->qtype == DNS_TYPE_OPT) {
		fail(q, DNS_FORMERR, NO_EDE); /* RFC 6891 section 6.1.1: OPT is no question */
		return false;
	}
	if (q->qclass != DNS_CLASS_IN && q->qclass != DNS_CLASS_ANY && q->qclass != DNS_CLASS_CH) {
		fail(q, DNS_REFUSED, EDE(DNS_EDE_NOT_AUTHORITATIVE));
		return false;
	}
	if (q->qtype == DNS_TYPE_AXFR || q->qtype == DNS_TYPE_IXFR) {
		fail(q, DNS_REFUSED, NO_EDE); /* RFC 5936 section 2.2.1: a matter of policy */
		return false;
	}
	if (q->qtype >= DNS_TYPE_META_FIRST && q->qtype < DNS_TYPE_ANY) {
		fail(q, DNS_NOTIMP, EDE(DNS_EDE_NOT_SUPPORTED));
		return false;
	}
	return true;
}

static void take_name(struct query *q, const uint8_t *name, size_t size)
{
	qname_fold(q->name, name, size);
	q->name_size = (uint8_t)size;
}

/* The kind of the name of `size` bytes before the apex, with its address. */
static enum query_kind key_of(struct query *q, const uint8_t *name, size_t size)
{
	struct qname_range4 range4;
	struct qname_range6 range6;
	uint8_t content = q->zone->content;
	bool is_ip4;

	if (size == 0)
		return QUERY_APEX;
	is_ip4 =
	    content & ZONE_HAS_IP4 && q->label_count == 4 && qname_octets(name, size, &range4) == 4;
	if (is_ip4)
		q->address4 = range4.first;
	if (is_ip4 && content == ZONE_HAS_IP4)
		return QUERY_IP4; /* nothing but IPv4 here: the name will not be needed */
	take_name(q, name, size);
	if (is_ip4)
		return QUERY_IP4;
	if (content & (ZONE_HAS_IP4 | ZONE_HAS_IP6) && q->label_count == 32 &&
	    qname_nibbles(name, size, &range6) == 32) {
		q->address4 = (uint32_t)range6.first;
		q->address6 = range6.first;
		if (qname_is_mapped(range6.first))
			return QUERY_IP4;
		if (content & ZONE_HAS_IP6)
			return QUERY_IP6;
	}
	return QUERY_NAME;
}

static void find_identity(struct query *q)
{
	const uint8_t *name = &q->message[DNS_HEADER_SIZE];

	q->identity = identity_find(q->settings, name, q->question_end - DNS_HEADER_SIZE - 4u,
	                            &q->identity_size);
	if (q->identity)
		q->kind = QUERY_CHAOS;
	else
		fail(q, DNS_REFUSED, EDE(DNS_EDE_NOT_AUTHORITATIVE));
}

/*
 * A name without the key that its zone needs. Lookup decides what there is: the zone's own name
 * servers.
 */
static void take_keyless(struct query *q)
{
	take_name(q, &q->message[DNS_HEADER_SIZE], q->apex_offset - DNS_HEADER_SIZE);
	q->kind = QUERY_KEYLESS;
}

/* Find the key label, the one just left of the apex; nothing is known of it yet. */
static void split_key(struct query *q, const uint8_t *name)
{
	size_t at = q->labels.offsets[q->label_count - 1];

	if (!q->zone->keys) {
		take_keyless(q);
		return;
	}
	q->key_offset = (uint16_t)(DNS_HEADER_SIZE + at);
	q->key_hash = keys_hash(q->zone->keys, &name[at]);
	q->is_key_due = true;
}

static void admit_key(struct query *q)
{
	const uint8_t *name = &q->message[DNS_HEADER_SIZE];
	size_t size = q->key_offset - DNS_HEADER_SIZE;
	int key = keys_find(q->zone->keys, &q->message[q->key_offset], q->key_hash);

	if (key < 0) {
		take_keyless(q);
		return;
	}
	q->key = (uint32_t)key + 1;
	q->label_count--;
	q->kind = (uint8_t)(size == 0 ? QUERY_KEY : key_of(q, name, size));
}

/* In steps over the burst, so that its cache misses overlap. */
static void admit_keys(const struct query_set *queries)
{
	for (unsigned i = 0; i < queries->count; i++) {
		const struct query *q = queries->queries[i];

		if (q->is_key_due)
			keys_prefetch(q->zone->keys, q->key_hash);
	}
	for (unsigned i = 0; i < queries->count; i++) {
		if (queries->queries[i]->is_key_due)
			admit_key(queries->queries[i]);
	}
}

/* What the zone's own rules say, if that is stricter than the server's. Returns whether the name is
 * to be looked at. */
static bool admit_client(struct query *q)
{
	const struct access_listing *always;
	enum access_action action = access_of_zone(q->zone, q->client, &always);

	if (!access_is_stricter(action, (enum access_action)q->access))
		return true;
	q->access = (uint8_t)action;
	q->always = always;
	if (action == ACCESS_DROP)
		q->drop = DROP_ACCESS;
	else if (action == ACCESS_REFUSE)
		fail(q, DNS_REFUSED, EDE(DNS_EDE_PROHIBITED));
	return action != ACCESS_DROP && action != ACCESS_REFUSE;
}

static void find_zone(const struct tables *t, const struct zones *zones, struct query *q)
{
	const uint8_t *name = &q->message[DNS_HEADER_SIZE];
	size_t size = q->question_end - DNS_HEADER_SIZE - 4u, offset = 0;

	if (!t) {
		fail(q, DNS_SERVFAIL, EDE(DNS_EDE_NOT_READY));
		return;
	}
	q->zone = zones ? zones_find_labels(zones, name, size, &q->labels, &offset) : NULL;
	if (!q->zone) {
		fail(q, DNS_REFUSED, EDE(DNS_EDE_NOT_AUTHORITATIVE));
		return;
	}
	q->apex_offset = (uint16_t)(DNS_HEADER_SIZE + offset);
	if (q->zone->access && !q->is_internal && !admit_client(q))
		return;
	switch ((enum zone_state)q->zone->state) {
	case ZONE_NOT_LOADED:
		fail(q, DNS_SERVFAIL, EDE(DNS_EDE_NOT_READY));
		return;
	case ZONE_EXPIRED:
		fail(q, DNS_SERVFAIL, EDE(DNS_EDE_INVALID_DATA));
		return;
	case ZONE_SERVING:
		q->label_count = (uint8_t)q->labels.count;
		while (q->label_count > 0 && q->labels.offsets[q->label_count - 1] >= offset)
			q->label_count--; /* those of the apex */
		if (q->zone->needs_key && offset > 0 && !q->is_internal)
			split_key(q, name);
		else
			q->kind = (uint8_t)key_of(q, name, offset);
		return;
	}
	fail(q, DNS_SERVFAIL, EDE(DNS_EDE_NOT_READY));
}

static void parse_query(const struct tables *t, const struct zones *zones, struct query *q)
{
	enum access_action action;
	enum dns_rcode form;

	if (q->size < DNS_HEADER_SIZE) {
		q->drop = DROP_DNS_SHORT;
		return;
	}
	if (q->message[2] & DNS_QR) {
		q->drop = DROP_DNS_RESPONSE; /* answering one would let two servers loop */
		return;
	}
	action = access_find(t, q->client, &q->always);
	q->access = (uint8_t)action;
	if (action == ACCESS_DROP) {
		q->drop = DROP_ACCESS;
		return;
	}
	form = parse_sections(q);
	if (action == ACCESS_REFUSE)
		fail(q, DNS_REFUSED, EDE(DNS_EDE_PROHIBITED));
	else if (q->message[2] & DNS_OPCODE_MASK)
		fail(q, DNS_NOTIMP, EDE(DNS_EDE_NOT_SUPPORTED));
	else if (form != DNS_NOERROR)
		fail(q, form, NO_EDE);
	else if (!admit_cookie(q) || !admit_type(q))
		return;
	else if (q->qclass == DNS_CLASS_CH)
		find_identity(q);
	else
		find_zone(t, zones, q);
}

void parse_burst(const struct tables *t, const struct query_set *queries)
{
	const struct zones *zones = t ? tables_zones(t) : NULL;
	const struct settings *settings = t ? tables_settings(t) : NULL;
	bool is_key_due = false;

	for (unsigned i = 0; i < queries->count; i++) {
		struct query *q = queries->queries[i];

		query_reset(q, settings);
		parse_query(t, zones, q);
		is_key_due |= q->is_key_due;
	}
	if (is_key_due)
		admit_keys(queries);
}
