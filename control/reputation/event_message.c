/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/event_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS6_SIZE 16

/* --- addresses --- */

static address6_t get6(const uint8_t *bytes)
{
	address6_t address = 0;

	for (unsigned i = 0; i < ADDRESS6_SIZE; i++)
		address = address << 8 | bytes[i];
	return address;
}

static void put6(address6_t address, uint8_t *out_bytes)
{
	for (unsigned i = ADDRESS6_SIZE; i-- > 0; address >>= 8)
		out_bytes[i] = (uint8_t)address;
}

static struct address_range range4(uint32_t address)
{
	return (struct address_range){.first = address, .last = address};
}

/* IPv4 in IPv6 is IPv4, as in texts. Errors: -EINVAL */
static int range6(const ProtobufCBinaryData *bytes, struct address_range *out_range)
{
	address6_t address;

	if (bytes->len != ADDRESS6_SIZE)
		return -EINVAL;
	address = get6(bytes->data);
	if (address >> 32 == 0xffff)
		*out_range = range4((uint32_t)address);
	else
		*out_range =
		    (struct address_range){.is_ip6 = true, .first = address, .last = address};
	return 0;
}

static int range_of(uint32_t ip4, const ProtobufCBinaryData *ip6, struct address_range *out_range)
{
	if (ip6->len)
		return range6(ip6, out_range);
	*out_range = range4(ip4);
	return 0;
}

static int hop_of(const ProtobufCBinaryData *bytes, struct address_range *out_range)
{
	const uint8_t *b = bytes->data;

	if (bytes->len != 4)
		return range6(bytes, out_range);
	*out_range =
	    range4((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
	return 0;
}

/* --- what comes in --- */

struct reading {
	const Reputed__Events__Event *message;
	const uint8_t *hash_key;
	struct event *event;
};

/* Each returns NULL, or what is wrong. */

static const char *read_address(struct reading *r)
{
	if (range_of(r->message->ip4, &r->message->ip6, &r->event->address) < 0)
		return "ip6: expected 16 bytes";
	if (event_check_address(&r->event->address) < 0)
		return "ip4, ip6: expected an address that is not loopback";
	return NULL;
}

static const char *read_class(struct reading *r)
{
	const Reputed__Events__Event *m = r->message;

	if (m->class_ >= EVENT_CLASS_COUNT || m->class_ == EVENT_DHA)
		return "class: expected a number of enum event_class, not dha";
	r->event->class = (enum event_class)m->class_;
	if (m->count > EVENT_COUNT_MAX)
		return "count: expected at most 10000";
	if (m->count)
		r->event->count = m->count;
	if (m->given_case != REPUTED__EVENTS__EVENT__GIVEN_PROBABILITY)
		return NULL;
	if (r->event->class != EVENT_SPAM_VERDICT)
		return "probability: expected it only with class spam_verdict";
	if (!(m->probability >= 0 && m->probability <= 1))
		return "probability: expected a number from 0 to 1";
	r->event->probability = m->probability;
	return NULL;
}

static uint64_t rehash(uint64_t hash, const uint8_t *hash_key)
{
	char digits[17];

	if (hash == 0)
		return 0;
	snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)hash);
	return event_hash(digits, 16, hash_key);
}

static int read_person(const char *text, uint64_t hash, const uint8_t *hash_key, uint64_t *out_hash)
{
	size_t size = strlen(text);

	if (size > EVENT_PERSON_MAX || (size && hash))
		return -EINVAL;
	*out_hash = size ? event_hash(text, size, hash_key) : rehash(hash, hash_key);
	return 0;
}

static const char *read_people(struct reading *r)
{
	const Reputed__Events__Event *m = r->message;

	if (read_person(m->recipient, m->recipient_hash, r->hash_key, &r->event->recipient) < 0)
		return "recipient: expected at most 320 bytes, or recipient_hash";
	if (read_person(m->user, m->user_hash, r->hash_key, &r->event->user) < 0)
		return "user: expected at most 320 bytes, or user_hash";
	return NULL;
}

static const char *read_hops(struct reading *r)
{
	const Reputed__Events__Event *m = r->message;

	if (m->n_received > EVENT_HOPS_MAX)
		return "received: expected at most 8";
	for (size_t i = 0; i < m->n_received; i++) {
		if (hop_of(&m->received[i], &r->event->hops[i]) < 0)
			return "received: expected 4 or 16 bytes each";
	}
	r->event->hop_count = (uint8_t)m->n_received;
	return NULL;
}

static const char *read_texts(struct reading *r)
{
	const Reputed__Events__Event *m = r->message;
	struct event *e = r->event;

	if (m->domain[0] && event_set_domain(e, m->domain, strlen(m->domain)) < 0)
		return "domain: expected a domain name";
	if (event_set_id(e, (const char *)m->id.data, m->id.len) < 0)
		return "id: expected at most 64 printable ASCII characters";
	if (event_set_note(e, m->note, strlen(m->note)) < 0)
		return "note: expected a text without control characters";
	return NULL;
}

int event_from_message(const Reputed__Events__Event *message, int64_t now_ms,
                       const uint8_t hash_key[16], struct event *out_event, char *out_error,
                       size_t error_size)
{
	static const char *(*const steps[])(struct reading *) = {
	    read_address, read_class, read_people, read_hops, read_texts,
	};
	struct event event = {.count = 1, .probability = 1, .weight = 1};
	struct reading r = {message, hash_key, &event};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const char *wrong = steps[i](&r);

		if (!wrong)
			continue;
		snprintf(out_error, error_size, "%s", wrong);
		return -EINVAL;
	}
	event.is_authenticated = message->is_authenticated;
	event.is_null_sender = message->is_null_sender;
	event.time_ms = message->time_ms ? message->time_ms : now_ms;
	*out_event = event;
	return 0;
}

/* --- the journal --- */

static ProtobufCBinaryData borrow(const void *bytes, size_t size)
{
	return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)bytes};
}

static void fill_counted(const struct event_record *record, uint8_t ip6[ADDRESS6_SIZE],
                         Reputed__Events__Counted *c)
{
	const struct event *e = &record->event;

	reputed__events__counted__init(c);
	c->time_ms = e->time_ms;
	c->class_ = e->class;
	if (e->address.is_ip6) {
		put6(e->address.first, ip6);
		c->ip6 = borrow(ip6, ADDRESS6_SIZE);
	} else {
		c->ip4 = (uint32_t)e->address.first;
	}
	c->count = e->count;
	if (e->probability != 1) {
		c->given_case = REPUTED__EVENTS__COUNTED__GIVEN_PROBABILITY;
		c->probability = e->probability;
	}
	c->weight = e->weight;
	c->recipient = e->recipient;
	c->user = e->user;
	c->is_authenticated = e->is_authenticated;
	c->is_null_sender = e->is_null_sender;
	c->domain = borrow(e->domain, e->domain_size);
	c->id = borrow(e->id, strlen(e->id));
	c->note = borrow(e->note, strlen(e->note));
	c->reporter = borrow(e->reporter, strlen(e->reporter));
	c->asn = record->asn;
	c->is_own = record->is_own;
}

size_t event_record_pack(const struct event_record *record, uint8_t out_bytes[EVENT_RECORD_MAX])
{
	Reputed__Events__Record message = REPUTED__EVENTS__RECORD__INIT;
	Reputed__Events__Delisted delisted = REPUTED__EVENTS__DELISTED__INIT;
	Reputed__Events__Key key = REPUTED__EVENTS__KEY__INIT;
	Reputed__Events__Counted counted;
	uint8_t address[ADDRESS6_SIZE];

	message.received_ms = record->received_ms;
	switch (record->kind) {
	case EVENT_RECORD_EVENT:
		fill_counted(record, address, &counted);
		message.counted = &counted;
		break;
	case EVENT_RECORD_DELIST:
		put6(record->key.address, address);
		key.kind = record->key.kind;
		key.length = record->key.length;
		key.address = borrow(address, sizeof(address));
		key.name = borrow(record->key.name, record->key.name_size);
		delisted.key = &key;
		delisted.who = borrow(record->who, strlen(record->who));
		delisted.why = borrow(record->why, strlen(record->why));
		message.delisted = &delisted;
		break;
	case EVENT_RECORD_NOTHING:
		break;
	}
	return reputed__events__record__pack(&message, out_bytes);
}

/* A text that was ours; it fits, and holds no NUL. Errors: -EINVAL */
static int take_text(const ProtobufCBinaryData *from, char *out_text, size_t max)
{
	if (from->len > max || (from->len && memchr(from->data, '\0', from->len)))
		return -EINVAL;
	if (from->len)
		memcpy(out_text, from->data, from->len);
	out_text[from->len] = '\0';
	return 0;
}

/* A name in wire form: labels that end where it ends. */
static bool is_wire(const ProtobufCBinaryData *name)
{
	size_t at = 0;

	if (name->len > NAME_WIRE_MAX)
		return false;
	while (at < name->len) {
		if (name->data[at] == 0 || name->data[at] > 63)
			return false;
		at += 1u + name->data[at];
	}
	return at == name->len;
}

static int take_counted(const Reputed__Events__Counted *c, struct event_record *out)
{
	bool is_given = c->given_case == REPUTED__EVENTS__COUNTED__GIVEN_PROBABILITY;
	float probability = is_given ? c->probability : 1;
	struct event *e = &out->event;

	if (c->class_ >= EVENT_CLASS_COUNT || c->class_ == EVENT_DHA || c->count < 1 ||
	    c->count > EVENT_COUNT_MAX || !(c->weight > 0 && c->weight <= 1000) ||
	    !(probability >= 0 && probability <= 1) || !is_wire(&c->domain) ||
	    range_of(c->ip4, &c->ip6, &e->address) < 0 || event_check_address(&e->address) < 0 ||
	    take_text(&c->id, e->id, EVENT_ID_MAX) < 0 ||
	    take_text(&c->note, e->note, EVENT_NOTE_MAX) < 0 ||
	    take_text(&c->reporter, e->reporter, EVENT_REPORTER_MAX) < 0)
		return -EINVAL;
	e->time_ms = c->time_ms;
	e->received_ms = out->received_ms;
	e->class = (enum event_class)c->class_;
	e->count = c->count;
	e->probability = probability;
	e->weight = c->weight;
	e->recipient = c->recipient;
	e->user = c->user;
	e->is_authenticated = c->is_authenticated;
	e->is_null_sender = c->is_null_sender;
	e->domain_size = (uint8_t)c->domain.len;
	if (c->domain.len)
		memcpy(e->domain, c->domain.data, c->domain.len);
	out->asn = c->asn;
	out->is_own = c->is_own;
	return 0;
}

static int take_delisted(const Reputed__Events__Delisted *d, struct event_record *out)
{
	const Reputed__Events__Key *key = d->key;

	if (!key || key->kind > LEDGER_GLOBAL || key->length > 128 ||
	    key->address.len != ADDRESS6_SIZE || !is_wire(&key->name) ||
	    take_text(&d->who, out->who, EVENT_WHO_MAX) < 0 ||
	    take_text(&d->why, out->why, EVENT_WHY_MAX) < 0)
		return -EINVAL;
	out->key.kind = (uint8_t)key->kind;
	out->key.length = (uint8_t)key->length;
	out->key.address = get6(key->address.data);
	out->key.name_size = (uint8_t)key->name.len;
	if (key->name.len)
		memcpy(out->key.name, key->name.data, key->name.len);
	return 0;
}

int event_record_unpack(const uint8_t *bytes, size_t size, struct event_record *out_record)
{
	Reputed__Events__Record *message = reputed__events__record__unpack(NULL, size, bytes);
	int rc = 0;

	if (!message)
		return -EINVAL;
	memset(out_record, 0, sizeof(*out_record));
	out_record->received_ms = message->received_ms;
	out_record->kind = message->counted    ? EVENT_RECORD_EVENT
	                   : message->delisted ? EVENT_RECORD_DELIST
	                                       : EVENT_RECORD_NOTHING;
	if (message->counted && message->delisted)
		rc = -EINVAL;
	else if (message->counted)
		rc = take_counted(message->counted, out_record);
	else if (message->delisted)
		rc = take_delisted(message->delisted, out_record);
	reputed__events__record__free_unpacked(message, NULL);
	return rc;
}
