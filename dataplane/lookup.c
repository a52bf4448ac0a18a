/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/lookup.h"

#include "dataplane/access.h"
#include "dataplane/dns.h"
#include "dataplane/qname.h"

#include <string.h>

/* RFC 5782 section 5 */
#define TEST_NEVER   0x7f000001u /* 127.0.0.1 */
#define TEST_ALWAYS  0x7f000002u /* 127.0.0.2 */
#define LABELS_TRIED 16          /* of a name with more */

static const uint8_t test_name_always[] = "\4test";
static const uint8_t test_name_never[] = "\7invalid";

static bool shows_any(const struct zone *zone, const struct verdict *listings)
{
	for (uint32_t i = 0; listings && i < listings->count; i++) {
		if (zone_shows(zone, listings->listings[i]->list))
			return true;
	}
	return false;
}

static bool is_name(const struct query *q, const uint8_t *name, size_t size)
{
	return q->name_size == size && memcmp(q->name, name, size) == 0;
}

static bool is_test_in(const struct zone *zone, uint32_t first, uint32_t last)
{
	if (first <= TEST_ALWAYS && TEST_ALWAYS <= last)
		return true;
	for (unsigned i = 0; i < zone->test_code_count; i++) {
		uint32_t code = zone->test_codes[i];

		if (first <= code && code <= last && code >> 8 == TEST_ALWAYS >> 8 &&
		    code > TEST_NEVER)
			return true;
	}
	return false;
}

static bool any4_below(const struct tables *t, const struct query *q, uint32_t first, uint32_t last)
{
	return is_test_in(q->zone, first, last) ||
	       table4_any(t->addresses4, first, last, q->zone->lists);
}

static bool any6_below(const struct tables *t, const struct query *q,
                       const struct qname_range6 *range)
{
	address6_t first = range->first, last = range->last;

	if (first <= QNAME_MAPPED_LAST && QNAME_MAPPED_FIRST <= last) {
		uint32_t first4 = first > QNAME_MAPPED_FIRST ? (uint32_t)first : 0;
		uint32_t last4 = last < QNAME_MAPPED_LAST ? (uint32_t)last : UINT32_MAX;

		if (any4_below(t, q, first4, last4))
			return true;
	}
	return q->zone->content & ZONE_HAS_IP6 &&
	       table6_any(t->addresses6, first, last, q->zone->lists);
}

/*
 * Find the name's match, once. Of a name of very many labels the last ones are tried first: when
 * nothing is put below them, they decide, and the others are not looked at, of which there are so
 * many to make us look.
 */
static void match_name(const struct tables *t, struct query *q)
{
	struct names_match *m = &q->match;
	size_t at = 0;

	if (q->has_match)
		return;
	q->has_match = true;
	if (q->label_count > LABELS_TRIED) {
		at = q->labels.offsets[q->label_count - LABELS_TRIED];
		names_lookup(t->names, &q->name[at], q->name_size - at, m);
		m->subject_offset = (uint16_t)(m->subject_offset + at);
		m->verdict = m->subtree; /* of what is below the last ones */
	}
	if (at == 0 || m->below)
		names_lookup(t->names, q->name, q->name_size, m);
}

/*
 * Whether names are listed below this one, through put names or through a subtree verdict, which
 * covers any child that was not put itself (RFC 4592).
 */
static bool any_name_below(const struct tables *t, struct query *q)
{
	if (q->zone->apex.size + q->name_size + 2u > DNS_NAME_MAX)
		return false; /* no room for a label more */
	match_name(t, q);
	return names_any_below(t->names, &q->match, q->zone->lists);
}

/* The zone's own name servers are names of the zone, though they have no records here. */
static bool is_name_server(const struct query *q)
{
	const struct zone *zone = q->zone;
	size_t apex_at, name_at;

	if (zone->ns_count == 0)
		return is_name(q, (const uint8_t *)"\2ns", 3);
	for (unsigned i = 0; i < zone->ns_count; i++) {
		if (labels_ends_with(zone->ns[i].bytes, zone->ns[i].size, zone->apex.bytes,
		                     zone->apex.size, &apex_at) &&
		    labels_ends_with(zone->ns[i].bytes, apex_at, q->name, q->name_size, &name_at))
			return true;
	}
	return false;
}

/*
 * Whether a name that is not listed exists. A name may be above octets and nibbles at once:
 * "2.1" is above 1.2.0.0/16 and above 1200::/8.
 */
static bool exists_above(const struct tables *t, struct query *q)
{
	uint8_t content = q->zone->content;
	struct qname_range4 range4;
	struct qname_range6 range6;
	unsigned count = q->label_count;

	if (content & ZONE_HAS_IP4 && count < 4 &&
	    qname_octets(q->name, q->name_size, &range4) > 0 &&
	    any4_below(t, q, range4.first, range4.last))
		return true;
	if (content & (ZONE_HAS_IP4 | ZONE_HAS_IP6) && count < 32 &&
	    qname_nibbles(q->name, q->name_size, &range6) > 0 && any6_below(t, q, &range6))
		return true;
	if (content & ZONE_HAS_NAMES && any_name_below(t, q))
		return true;
	return is_name_server(q);
}

static inline bool exists(const struct tables *t, struct query *q)
{
	/* without a name: a full IPv4 address, and nothing can be below one */
	return q->name_size > 0 && exists_above(t, q);
}

/* Tables are asked for a burst at once, so that its cache misses overlap. */
static void lookup4(const struct tables *t, const struct query_set *w)
{
	uint32_t addresses[QUERY_BURST_MAX];
	verdict_t verdicts[QUERY_BURST_MAX];

	for (unsigned i = 0; i < w->count; i++)
		addresses[i] = w->queries[i]->address4;
	table4_lookup_burst(t->addresses4, addresses, w->count, verdicts);
	for (unsigned i = 0; i < w->count; i++) {
		struct query *q = w->queries[i];

		q->verdict = verdicts[i];
		if (q->address4 >> 8 != TEST_ALWAYS >> 8)
			continue;
		q->is_test_entry = is_test_in(q->zone, q->address4, q->address4);
		if (q->is_test_entry || q->address4 == TEST_NEVER)
			q->verdict = VERDICT_NONE;
	}
}

static void lookup6(const struct tables *t, const struct query_set *w)
{
	address6_t addresses[QUERY_BURST_MAX];
	verdict_t verdicts[QUERY_BURST_MAX];

	for (unsigned i = 0; i < w->count; i++)
		addresses[i] = w->queries[i]->address6;
	table6_lookup_burst(t->addresses6, addresses, w->count, verdicts);
	for (unsigned i = 0; i < w->count; i++)
		w->queries[i]->verdict = verdicts[i];
}

static verdict_t lookup_name(const struct tables *t, struct query *q)
{
	if (is_name(q, test_name_always, sizeof(test_name_always) - 1)) {
		q->is_test_entry = true;
		q->address4 = TEST_ALWAYS;
		return VERDICT_NONE;
	}
	if (is_name(q, test_name_never, sizeof(test_name_never) - 1))
		return VERDICT_NONE;
	match_name(t, q);
	q->subject_offset = q->match.subject_offset;
	return q->match.verdict;
}

static void lookup_names(const struct tables *t, const struct query_set *w)
{
	struct names_query names[QUERY_BURST_MAX];
	struct names_match matches[QUERY_BURST_MAX];
	struct query *matched[QUERY_BURST_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < w->count; i++) {
		struct query *q = w->queries[i];

		matched[count] = q;
		names[count] = (struct names_query){q->name, q->name_size};
		count += q->label_count <= LABELS_TRIED;
	}
	names_lookup_burst(t->names, names, count, matches);
	for (unsigned i = 0; i < count; i++) {
		matched[i]->match = matches[i];
		matched[i]->has_match = true;
	}
	for (unsigned i = 0; i < w->count; i++)
		w->queries[i]->verdict = lookup_name(t, w->queries[i]);
}

static void lookup_verdicts(const struct tables *t, const struct query_set *queries)
{
	struct query_set four, six, names;

	four.count = six.count = names.count = 0;
	for (unsigned i = 0; i < queries->count; i++) {
		struct query *q = queries->queries[i];

		if (q->drop != DROP_NONE || q->access != ACCESS_ALLOW)
			continue;
		if (q->kind == QUERY_IP4)
			query_set_add(&four, q, true);
		else if (q->kind == QUERY_IP6)
			query_set_add(&six, q, true);
		else if (q->kind == QUERY_NAME)
			query_set_add(&names, q, q->zone->content & ZONE_HAS_NAMES);
	}
	if (four.count > 0)
		lookup4(t, &four);
	if (six.count > 0)
		lookup6(t, &six);
	if (names.count > 0)
		lookup_names(t, &names);
}

/* Records of the zone's own; a name that has some is not looked up in lists. */
static void lookup_records(struct query *q)
{
	bool exists = false;

	if (!q->zone->records || q->is_test_entry ||
	    (q->kind != QUERY_NAME && q->kind != QUERY_APEX && q->kind != QUERY_KEYLESS))
		return;
	q->records =
	    records_find(q->zone->records, q->name, q->name_size, &q->record_count, &exists);
	if (exists)
		q->exists = true;
	if (q->records)
		q->verdict = VERDICT_NONE;
}

/*
 * A name without the key of its zone. The zone's name servers are for everybody: a resolver asks
 * for the addresses of the servers in the NS records before it can ask them anything (RFC 1034
 * section 5.3.3), and holds no key to put there. All else is REFUSED, also what is not there.
 */
static void lookup_keyless(struct query *q)
{
	if (is_name_server(q)) {
		q->exists = true;
		lookup_records(q);
		return;
	}
	q->kind = QUERY_ERROR;
	q->rcode = DNS_REFUSED;
	q->ede = DNS_EDE_PROHIBITED + 1;
}

/* Whether a name is above addresses that the zone may list, which need its remaining labels. */
static bool is_above_addresses(const struct query *q)
{
	uint8_t content = q->zone->content;
	struct qname_range4 range4;
	struct qname_range6 range6;

	return (content & ZONE_HAS_IP4 && q->label_count < 4 &&
	        qname_octets(q->name, q->name_size, &range4) > 0) ||
	       (content & (ZONE_HAS_IP4 | ZONE_HAS_IP6) && q->label_count < 32 &&
	        qname_nibbles(q->name, q->name_size, &range6) > 0);
}

/*
 * Clients for whom no list counts: nothing is listed, or everything that a list of the zone could
 * hold. What the zone has beside its lists is as for others.
 */
static void lookup_without_lists(struct query *q)
{
	bool is_key = q->kind == QUERY_IP4 || q->kind == QUERY_IP6 ||
	              (q->kind == QUERY_NAME && q->zone->content & ZONE_HAS_NAMES);

	q->is_always = q->access == ACCESS_ALWAYS && is_key && !q->records;
	q->exists = q->exists || q->kind == QUERY_APEX || q->kind == QUERY_KEY || q->is_always ||
	            (q->kind == QUERY_NAME &&
	             (is_name_server(q) || (q->access == ACCESS_ALWAYS && is_above_addresses(q))));
}

/* What the zone shows, and what it observes, of something listed. */
static void take_listings(struct query *q, const struct verdict *listings)
{
	q->listings = shows_any(q->zone, listings) ? listings : NULL;
	if (q->zone->observed && listings && observed_any(q->zone->observed, listings))
		q->observed = listings;
}

static void lookup_listings(const struct tables *t, struct query *q)
{
	lookup_records(q);
	if (q->access != ACCESS_ALLOW) {
		lookup_without_lists(q);
		return;
	}
	if (q->verdict != VERDICT_NONE)
		take_listings(q, verdicts_get(t->verdicts, q->verdict));
	q->exists = q->exists || q->kind == QUERY_APEX || q->kind == QUERY_KEY ||
	            q->is_test_entry || q->listings || exists(t, q);
}

void lookup_address(const struct tables *t, struct query *q, const struct verdict *listings)
{
	take_listings(q, listings);
	q->exists = q->listings || exists(t, q);
}

void lookup_burst(const struct tables *t, const struct query_set *queries)
{
	lookup_verdicts(t, queries);
	for (unsigned i = 0; i < queries->count; i++) {
		if (queries->queries[i]->verdict != VERDICT_NONE)
			verdicts_prefetch(t->verdicts, queries->queries[i]->verdict);
	}
	for (unsigned i = 0; i < queries->count; i++) {
		struct query *q = queries->queries[i];

		if (q->drop != DROP_NONE || q->kind == QUERY_ERROR || q->kind == QUERY_CHAOS)
			continue;
		if (q->kind == QUERY_KEYLESS)
			lookup_keyless(q);
		else
			lookup_listings(t, q);
	}
}
