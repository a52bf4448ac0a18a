/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lint_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEADER_SIZE 12
#define LABEL_MAX   63
#define POINTER     0xc0 /* RFC 1035 section 4.1.4 */

/* Reads past the end give 0; the first mistake is remembered. */
struct cursor {
	const uint8_t *bytes;
	size_t size, at;
	const char *error;
};

static void fail(struct cursor *c, const char *error)
{
	if (!c->error)
		c->error = error;
}

static void skip(struct cursor *c, size_t count)
{
	if (c->error || c->size - c->at < count)
		fail(c, "it ends too soon");
	else
		c->at += count;
}

static uint8_t u8(struct cursor *c)
{
	size_t at = c->at;

	skip(c, 1);
	return c->error ? 0 : c->bytes[at];
}

static uint16_t u16(struct cursor *c)
{
	unsigned high = u8(c);

	return (uint16_t)(high << 8 | u8(c));
}

static uint32_t u32(struct cursor *c)
{
	uint32_t high = u16(c);

	return high << 16 | u16(c);
}

static void add_label(struct cursor *c, uint8_t length, struct lint_name *name)
{
	size_t at = c->at;

	skip(c, length);
	if (!c->error && (size_t)name->size + 1 + length + (length > 0) > LINT_NAME_MAX)
		fail(c, "a name of more than 255 octets");
	if (c->error)
		return;
	name->wire[name->size] = length;
	memcpy(&name->wire[name->size + 1], &c->bytes[at], length);
	name->size = (uint8_t)(name->size + 1 + length);
}

/* Pointers may only go back, to before where the name began: so it ends. */
static void read_name(struct cursor *c, struct lint_name *out)
{
	size_t floor = c->at, end = 0;
	uint8_t length;

	out->size = 0;
	do {
		length = u8(c);
		if (c->error)
			break;
		if (length >= POINTER) {
			size_t target = (size_t)(length & ~POINTER & 0xff) << 8;

			target |= u8(c);
			if (target >= floor || target < HEADER_SIZE)
				fail(c, "a compression pointer that does not go back to a name");
			if (!end)
				end = c->at;
			floor = target;
			if (!c->error)
				c->at = target;
		} else if (length > LABEL_MAX) {
			fail(c, "a label of a type that is not in use");
		} else {
			add_label(c, length, out);
		}
	} while (length && !c->error);
	if (end && !c->error)
		c->at = end;
}

static void put_u16(uint8_t *bytes, size_t *at, unsigned value)
{
	bytes[(*at)++] = (uint8_t)(value >> 8);
	bytes[(*at)++] = (uint8_t)value;
}

size_t lint_message_write(const struct lint_query *q, uint8_t out_bytes[LINT_QUERY_MAX])
{
	size_t size = HEADER_SIZE + q->question_count * (q->name.size + 4u) +
	              q->opt_count * (11 + q->options_size);
	size_t at = 0;

	if (size > LINT_QUERY_MAX)
		return 0;
	put_u16(out_bytes, &at, q->id);
	put_u16(out_bytes, &at, q->flags);
	put_u16(out_bytes, &at, q->question_count);
	put_u16(out_bytes, &at, 0);
	put_u16(out_bytes, &at, 0);
	put_u16(out_bytes, &at, q->opt_count);
	for (unsigned i = 0; i < q->question_count; i++) {
		memcpy(&out_bytes[at], q->name.wire, q->name.size);
		at += q->name.size;
		put_u16(out_bytes, &at, q->type);
		put_u16(out_bytes, &at, q->class);
	}
	for (unsigned i = 0; i < q->opt_count; i++) {
		out_bytes[at++] = 0; /* the root */
		put_u16(out_bytes, &at, LINT_OPT);
		put_u16(out_bytes, &at, q->udp_size);
		put_u16(out_bytes, &at, q->version);
		put_u16(out_bytes, &at, q->opt_flags);
		put_u16(out_bytes, &at, (unsigned)q->options_size);
		if (q->options_size)
			memcpy(&out_bytes[at], q->options, q->options_size);
		at += q->options_size;
	}
	return at;
}

static void read_opt(struct cursor *c, const struct lint_record *record, size_t start,
                     struct lint_reply *out)
{
	struct cursor options = {c->bytes, c->at + record->data_size, c->at, NULL};

	if (out->has_opt)
		fail(c, "more than one OPT");
	if (record->section != LINT_ADDITIONAL)
		fail(c, "an OPT outside the additional section");
	if (record->owner.size != 1)
		fail(c, "an OPT whose owner is not the root");
	while (!options.error && options.at < options.size) {
		u16(&options);
		skip(&options, u16(&options));
	}
	if (options.error)
		fail(c, "an OPT whose options do not fit");
	out->has_opt = true;
	out->opt = start;
	out->udp_size = record->class;
	out->rcode |= record->ttl_s >> 24 << 4;
	out->version = (uint8_t)(record->ttl_s >> 16);
	out->opt_flags = (uint16_t)record->ttl_s;
	out->options = c->at;
	out->options_size = record->data_size;
}

/* What can be wrong inside the data of the types that we look into. */
static void check_data(struct cursor *c, const struct lint_reply *r,
                       const struct lint_record *record)
{
	struct lint_name name;
	struct lint_soa soa;
	size_t end = record->data + record->data_size;

	if (record->type == LINT_A && record->class == LINT_IN && record->data_size != 4)
		fail(c, "an A record that is not 4 octets");
	if (record->type == LINT_NS && lint_message_target(r, record, &name) < 0)
		fail(c, "an NS record that is not a name");
	if (record->type == LINT_SOA && lint_message_soa(r, record, &soa) < 0)
		fail(c, "a SOA record that is malformed");
	if (record->type != LINT_TXT)
		return;
	if (record->data_size == 0)
		fail(c, "a TXT record without a string");
	for (size_t at = record->data; at < end; at += 1u + r->bytes[at])
		if (at + 1 + r->bytes[at] > end)
			fail(c, "a TXT record whose strings do not fit");
}

static void read_record(struct cursor *c, enum lint_section section, struct lint_reply *out)
{
	struct lint_record *record = &out->records[out->record_count];
	size_t start = c->at;

	if (out->record_count == LINT_RECORDS_MAX) {
		fail(c, "more than 128 records");
		return;
	}
	record->section = (uint8_t)section;
	read_name(c, &record->owner);
	record->type = u16(c);
	record->class = u16(c);
	record->ttl_s = u32(c);
	record->data_size = u16(c);
	record->data = c->at;
	if (!c->error && c->size - c->at < record->data_size)
		fail(c, "a record whose data runs past the end");
	if (c->error)
		return;
	if (record->type == LINT_OPT) {
		read_opt(c, record, start, out);
	} else {
		check_data(c, out, record);
		out->counts[section]++;
		out->record_count++;
	}
	skip(c, record->data_size);
}

int lint_message_read(const uint8_t *bytes, size_t size, struct lint_reply *out,
                      const char **out_error)
{
	struct cursor c = {bytes, size, 0, NULL};
	uint16_t counts[LINT_SECTIONS];

	memset(out, 0, offsetof(struct lint_reply, records));
	out->bytes = bytes;
	out->size = out->opt = size;
	out->has_opt = false;
	out->version = 0;
	out->opt_flags = out->udp_size = 0;
	out->options = out->options_size = 0;
	out->id = u16(&c);
	out->flags = u16(&c);
	out->rcode = out->flags & 0xf;
	out->question_count = u16(&c);
	for (unsigned i = 0; i < LINT_SECTIONS; i++)
		counts[i] = u16(&c);
	for (unsigned i = 0; i < out->question_count && !c.error; i++) {
		struct lint_name name;
		uint16_t type, class;

		read_name(&c, &name);
		type = u16(&c);
		class = u16(&c);
		if (i > 0)
			continue;
		out->question = name;
		out->type = type;
		out->class = class;
	}
	for (unsigned section = 0; section < LINT_SECTIONS; section++)
		for (unsigned i = 0; i < counts[section] && !c.error; i++)
			read_record(&c, section, out);
	if (!c.error && c.at != size)
		fail(&c, "octets after its last record");
	if (c.error)
		*out_error = c.error;
	return c.error ? -EBADMSG : 0;
}

bool lint_message_option(const struct lint_reply *r, enum lint_option code,
                         const uint8_t **out_data, size_t *out_size)
{
	struct cursor c = {r->bytes, r->options + r->options_size, r->options, NULL};

	while (c.at < c.size && !c.error) {
		unsigned found = u16(&c);
		size_t size = u16(&c);

		if (found == code && !c.error && c.size - c.at >= size) {
			*out_data = &r->bytes[c.at];
			*out_size = size;
			return true;
		}
		skip(&c, size);
	}
	return false;
}

int lint_message_ede(const struct lint_reply *r)
{
	const uint8_t *data;
	size_t size;

	if (!lint_message_option(r, LINT_EDE, &data, &size) || size < 2)
		return -1;
	return data[0] << 8 | data[1];
}

int lint_message_soa(const struct lint_reply *r, const struct lint_record *record,
                     struct lint_soa *out)
{
	struct cursor c = {r->bytes, record->data + record->data_size, record->data, NULL};

	read_name(&c, &out->mname);
	read_name(&c, &out->rname);
	out->serial = u32(&c);
	out->refresh_s = u32(&c);
	out->retry_s = u32(&c);
	out->expire_s = u32(&c);
	out->minimum_s = u32(&c);
	return c.error || c.at != c.size ? -EBADMSG : 0;
}

int lint_message_target(const struct lint_reply *r, const struct lint_record *record,
                        struct lint_name *out)
{
	struct cursor c = {r->bytes, record->data + record->data_size, record->data, NULL};

	read_name(&c, out);
	return c.error || c.at != c.size ? -EBADMSG : 0;
}

const struct lint_record *lint_message_find(const struct lint_reply *r, enum lint_section section,
                                            enum lint_type type)
{
	for (unsigned i = 0; i < r->record_count; i++)
		if (r->records[i].section == section && r->records[i].type == type)
			return &r->records[i];
	return NULL;
}

uint32_t lint_message_address(const struct lint_reply *r, const struct lint_record *record)
{
	struct cursor c = {r->bytes, r->size, record->data, NULL};

	return record->type == LINT_A && record->data_size == 4 ? u32(&c) : 0;
}
