/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_lookup.h"

#include "dataplane/answer.h"
#include "dataplane/dns.h"
#include "dataplane/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_CAPACITY UINT16_MAX         /* as over TCP */
#define NAME_TEXT_SIZE   (4 * DNS_NAME_MAX) /* each byte as \DDD, and the end */
#define LOOPBACK         (((address6_t)0xffff << 32) | 0x7f000001)

struct name { /* wire form */
	uint8_t bytes[DNS_NAME_MAX];
	size_t size;
};

static int add_label(struct name *n, const char *label, size_t size)
{
	/* One byte stays for the root label. */
	if (size == 0 || size > DNS_LABEL_MAX || n->size + 1 + size > DNS_NAME_MAX - 1)
		return -EINVAL;
	n->bytes[n->size++] = (uint8_t)size;
	for (size_t i = 0; i < size; i++) {
		char c = label[i];

		if (c <= ' ' || c > '~' || c == '\\')
			return -EINVAL;
		n->bytes[n->size++] = (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	return 0;
}

static int parse_name(const char *key, struct name *out_name)
{
	out_name->size = 0;
	do {
		size_t size = strcspn(key, ".");

		if (add_label(out_name, key, size) < 0)
			return -EINVAL;
		key += size;
		if (*key == '.')
			key++;
	} while (*key);
	return 0;
}

static void reverse4(const uint8_t address[4], struct name *out_name)
{
	char label[4];

	out_name->size = 0;
	for (int i = 3; i >= 0; i--)
		add_label(out_name, label,
		          (size_t)snprintf(label, sizeof(label), "%u", address[i]));
}

static void reverse6(const uint8_t address[16], struct name *out_name)
{
	static const char digits[] = "0123456789abcdef";

	out_name->size = 0;
	for (int i = 15; i >= 0; i--) {
		add_label(out_name, &digits[address[i] & 15], 1);
		add_label(out_name, &digits[address[i] >> 4], 1);
	}
}

static int parse_key(const char *key, struct name *out_name)
{
	uint8_t address[16];

	if (inet_pton(AF_INET, key, address) == 1)
		reverse4(address, out_name);
	else if (inet_pton(AF_INET6, key, address) == 1)
		reverse6(address, out_name);
	else
		return parse_name(key, out_name);
	return 0;
}

/* Presentation form without the last dot (RFC 1035 section 5.1). */
static char *name_text(const uint8_t *name, size_t size)
{
	char text[NAME_TEXT_SIZE];
	size_t used = 0;

	for (size_t at = 0; at < size && name[at]; at += 1u + name[at]) {
		if (at > 0)
			text[used++] = '.';
		for (size_t i = at + 1; i <= at + name[at]; i++) {
			if (name[i] == '.' || name[i] == '\\' || name[i] <= ' ' || name[i] > '~')
				used += (size_t)sprintf(text + used, "\\%03u", name[i]);
			else
				text[used++] = (char)name[i];
		}
	}
	return strndup(text, used);
}

static void ask(struct query *q, uint8_t *message, const struct name *name, enum dns_type type)
{
	const uint8_t tail[4] = {0, (uint8_t)type, 0, DNS_CLASS_IN};

	memset(message, 0, DNS_HEADER_SIZE);
	message[5] = 1; /* QDCOUNT */
	memcpy(message + DNS_HEADER_SIZE, name->bytes, name->size);
	memcpy(message + DNS_HEADER_SIZE + name->size, tail, sizeof(tail));
	memset(q, 0, sizeof(*q));
	q->message = message;
	q->size = (uint16_t)(DNS_HEADER_SIZE + name->size + sizeof(tail));
	q->capacity = MESSAGE_CAPACITY;
	q->is_tcp = true;
	q->client = LOOPBACK;
	q->is_internal = true;
}

static unsigned get_u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static size_t skip_name(const uint8_t *message, size_t size, size_t at)
{
	while (at < size && message[at] != 0) {
		if (message[at] >= 0xc0)
			return at + 2;
		at += 1u + message[at];
	}
	return at + 1;
}

/* The RDATA of the next answer of a type; *at and *left walk over the answers. NULL at the end. */
static const uint8_t *next_rdata(const struct query *q, enum dns_type type, size_t *at,
                                 unsigned *left, size_t *out_size)
{
	while (*left > 0) {
		size_t fixed = skip_name(q->message, q->reply_size, *at);
		size_t rdata = fixed + 10, size;

		if (rdata > q->reply_size)
			return NULL;
		size = get_u16(q->message + fixed + 8);
		if (size > q->reply_size - rdata)
			return NULL;
		--*left;
		*at = rdata + size;
		if (get_u16(q->message + fixed) == (unsigned)type) {
			*out_size = size;
			return q->message + rdata;
		}
	}
	return NULL;
}

static int copy_addresses(const struct query *q, Reputed__Update__LookupZone *zone)
{
	unsigned left = get_u16(q->message + 6);
	size_t at = q->question_end, size;
	const uint8_t *rdata;

	zone->addresses = calloc(left ? left : 1, sizeof(*zone->addresses));
	if (!zone->addresses)
		return -ENOMEM;
	while ((rdata = next_rdata(q, DNS_TYPE_A, &at, &left, &size)) != NULL) {
		if (size == 4)
			zone->addresses[zone->n_addresses++] =
			    (uint32_t)get_u16(rdata) << 16 | get_u16(rdata + 2);
	}
	return 0;
}

static int set_bytes(ProtobufCBinaryData *out, const uint8_t *bytes, size_t size)
{
	if (size == 0)
		return 0;
	out->data = malloc(size);
	if (!out->data)
		return -ENOMEM;
	memcpy(out->data, bytes, size);
	out->len = size;
	return 0;
}

static int copy_text(const struct query *q, Reputed__Update__LookupZone *zone)
{
	unsigned left = get_u16(q->message + 6);
	size_t at = q->question_end, size = 0;
	const uint8_t *rdata = next_rdata(q, DNS_TYPE_TXT, &at, &left, &size);

	if (!rdata || size < 1 || rdata[0] > size - 1)
		return 0;
	return set_bytes(&zone->text, rdata + 1, rdata[0]);
}

static char *list_name(const struct update_list_names *names, uint32_t list)
{
	char number[16];

	if (names && list <= LIST_ID_MAX && names->names[list])
		return strdup(names->names[list]);
	snprintf(number, sizeof(number), "#%u", list);
	return strdup(number);
}

/* The text of one listing alone, as the zone would give it were it the only one. */
static size_t listing_text(const struct query *q, const struct listing *listing,
                           uint8_t out_text[TEXT_ROOM])
{
	union {
		struct verdict verdict;
		uint8_t room[sizeof(struct verdict) + sizeof(const struct listing *)];
	} one;
	struct query alone = *q;
	struct zone shown = *q->zone;

	one.verdict.count = 1;
	memcpy(one.room + offsetof(struct verdict, listings), &listing, sizeof(listing));
	alone.listings = &one.verdict;
	shown.lists[listing->list / 64] |= UINT64_C(1) << (listing->list % 64);
	alone.zone = &shown;
	return text_write(&alone, out_text);
}

static int add_listing(const struct update_list_names *names, const struct query *q,
                       const struct listing *listing, Reputed__Update__LookupZone *zone)
{
	Reputed__Update__LookupListing *m = malloc(sizeof(*m));
	uint8_t text[TEXT_ROOM];

	if (!m)
		return -ENOMEM;
	reputed__update__lookup_listing__init(m);
	zone->listings[zone->n_listings++] = m;
	m->code = listing->code;
	m->is_observed = !zone_shows(q->zone, listing->list);
	m->list = list_name(names, listing->list);
	if (!m->list)
		return -ENOMEM;
	return set_bytes(&m->text, text, listing_text(q, listing, text));
}

static int copy_listings(const struct update_list_names *names, const struct query *q,
                         Reputed__Update__LookupZone *zone)
{
	const struct verdict *all = q->listings ? q->listings : q->observed;
	size_t size = 0;

	if (!all)
		return 0;
	zone->listings = calloc(all->count, sizeof(*zone->listings));
	if (!zone->listings)
		return -ENOMEM;
	for (uint32_t i = 0; i < all->count; i++) {
		const struct listing *listing = all->listings[i];
		int rc;

		if (!zone_shows(q->zone, listing->list) &&
		    !observed_has(q->zone->observed, listing->list))
			continue;
		if (size >= UPDATE_LOOKUP_SIZE) {
			zone->listings_left++;
			continue;
		}
		rc = add_listing(names, q, listing, zone);
		if (rc < 0)
			return rc;
		size += reputed__update__lookup_listing__get_packed_size(
		    zone->listings[zone->n_listings - 1]);
	}
	return 0;
}

static int ask_zone(const struct update_list_names *names, const struct tables *t,
                    const struct name *name, Reputed__Update__LookupZone *zone)
{
	uint8_t messages[2][MESSAGE_CAPACITY];
	struct query queries[2];
	int rc;

	ask(&queries[0], messages[0], name, DNS_TYPE_A);
	ask(&queries[1], messages[1], name, DNS_TYPE_TXT);
	answer_burst(t, queries, 2);
	zone->rcode = queries[0].rcode;
	if (queries[0].reply_size < DNS_HEADER_SIZE || queries[1].reply_size < DNS_HEADER_SIZE)
		return 0;
	rc = copy_addresses(&queries[0], zone);
	if (rc == 0)
		rc = copy_text(&queries[1], zone);
	return rc < 0 ? rc : copy_listings(names, &queries[0], zone);
}

static int add_zone(const struct update_lookup *l, const struct tables *t, const struct zone *z,
                    const struct name *relative, Reputed__Update__LookupAnswer *answer)
{
	struct name name = *relative;
	Reputed__Update__LookupZone *zone;

	if (name.size + z->apex.size > DNS_NAME_MAX)
		return 0;
	memcpy(name.bytes + name.size, z->apex.bytes, z->apex.size);
	name.size += z->apex.size;
	zone = malloc(sizeof(*zone));
	if (!zone)
		return -ENOMEM;
	reputed__update__lookup_zone__init(zone);
	answer->zones[answer->n_zones++] = zone;
	zone->zone = name_text(z->apex.bytes, z->apex.size);
	zone->name = name_text(name.bytes, name.size);
	if (!zone->zone || !zone->name)
		return -ENOMEM;
	return ask_zone(l->list_names, t, &name, zone);
}

static int add_zones(const struct update_lookup *l, const struct name *relative, size_t first_zone,
                     Reputed__Update__LookupAnswer *answer)
{
	struct tables view = {
	    .verdicts = l->tables->verdicts,
	    .addresses4 = l->tables->addresses4,
	    .addresses6 = l->tables->addresses6,
	    .names = l->tables->names,
	    .zones = l->tables->zones,
	    .access = (struct access_rules *)l->allow_all,
	    .generation = atomic_load(&l->tables->generation),
	};
	size_t count = zones_count(view.zones), size = 0, at = first_zone;

	answer->zones = calloc(UPDATE_LOOKUP_ZONES_MAX, sizeof(*answer->zones));
	if (!answer->zones)
		return -ENOMEM;
	for (; at < count && answer->n_zones < UPDATE_LOOKUP_ZONES_MAX && size < UPDATE_LOOKUP_SIZE;
	     at++) {
		size_t added = answer->n_zones;
		int rc = add_zone(l, &view, zones_at(view.zones, at), relative, answer);

		if (rc < 0)
			return rc;
		if (answer->n_zones > added)
			size += reputed__update__lookup_zone__get_packed_size(answer->zones[added]);
	}
	if (at < count)
		answer->next_zone = (uint32_t)at;
	return 0;
}

int update_lookup(const struct update_lookup *l, const char *key, uint32_t first_zone,
                  Reputed__Update__LookupAnswer **out_answer)
{
	Reputed__Update__LookupAnswer *answer;
	struct name name;
	int rc = parse_key(key, &name);

	if (rc < 0)
		return rc;
	answer = malloc(sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	reputed__update__lookup_answer__init(answer);
	answer->key = strdup(key);
	rc = answer->key ? 0 : -ENOMEM;
	if (rc == 0 && l->tables)
		rc = add_zones(l, &name, first_zone, answer);
	if (rc < 0) {
		reputed__update__lookup_answer__free_unpacked(answer, NULL);
		return rc;
	}
	*out_answer = answer;
	return 0;
}
