/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/proto/plain.h"

#include <stdbool.h>
#include <string.h>

#define VARINT           0
#define BYTES            2
#define MORE             0x80u /* a byte of a number follows */
#define KEY(field, type) ((uint8_t)((field) << 3 | (type)))

/* Reads; after the first failure nothing is there any more. */
struct cursor {
	const uint8_t *at, *end;
	bool is_failed;
};

static void fail(struct cursor *c)
{
	c->is_failed = true;
	c->at = c->end;
}

/* A number of at most size bytes, as short as it can be. */
static uint64_t read_number(struct cursor *c, unsigned size)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < size && c->at < c->end; i++) {
		uint8_t byte = *c->at++;

		number |= (uint64_t)(byte & ~MORE) << (7 * i);
		if (!(byte & MORE))
			return number;
	}
	fail(c);
	return 0;
}

/* Whether this field is next. */
static bool read_key(struct cursor *c, uint8_t key)
{
	if (c->at == c->end || *c->at != key)
		return false;
	c->at++;
	return true;
}

static struct cursor read_bytes(struct cursor *c)
{
	uint64_t size = read_number(c, 5);
	struct cursor bytes = {c->at, c->at, false};

	if (size > (uint64_t)(c->end - c->at))
		fail(c);
	else
		c->at = bytes.end = c->at + size;
	return bytes;
}

static uint64_t read_field(struct cursor *c, uint8_t field)
{
	return read_key(c, KEY(field, VARINT)) ? read_number(c, 9) : 0;
}

static void read_begin(struct cursor *c, Reputed__Update__Begin *out)
{
	out->generation = read_field(c, 1);
	out->is_full = read_field(c, 2) != 0;
	out->expected_ip4 = read_field(c, 3);
}

static void read_commit(struct cursor *c, Reputed__Update__Commit *out)
{
	out->generation = read_field(c, 1);
	out->entries = read_field(c, 2);
}

/* Numbers of four bytes, low one first. Returns NULL when there are none. */
static uint32_t *read_fixed(struct cursor *c, uint8_t field, ProtobufCAllocator *a,
                            size_t *out_count)
{
	struct cursor bytes;
	uint32_t *values;
	size_t size;

	if (!read_key(c, KEY(field, BYTES)))
		return NULL;
	bytes = read_bytes(c);
	size = (size_t)(bytes.end - bytes.at);
	values = size > 0 && size % 4 == 0 ? a->alloc(a->allocator_data, size) : NULL;
	if (!values) {
		fail(c);
		return NULL;
	}
	*out_count = size / 4;
	for (size_t i = 0; i < size / 4; i++, bytes.at += 4)
		values[i] = (uint32_t)bytes.at[0] | (uint32_t)bytes.at[1] << 8 |
		            (uint32_t)bytes.at[2] << 16 | (uint32_t)bytes.at[3] << 24;
	return values;
}

static size_t count_numbers(const struct cursor *bytes)
{
	size_t count = 0;

	for (const uint8_t *at = bytes->at; at < bytes->end; at++)
		count += !(*at & MORE);
	return count;
}

static uint32_t *read_numbers(struct cursor *c, uint8_t field, ProtobufCAllocator *a,
                              size_t *out_count)
{
	struct cursor bytes;
	uint32_t *values;
	size_t count;

	if (!read_key(c, KEY(field, BYTES)))
		return NULL;
	bytes = read_bytes(c);
	count = count_numbers(&bytes);
	values = count > 0 ? a->alloc(a->allocator_data, count * sizeof(*values)) : NULL;
	for (size_t i = 0; values && i < count; i++) {
		uint64_t number = read_number(&bytes, 5);

		if (number > UINT32_MAX)
			fail(&bytes);
		values[i] = (uint32_t)number;
	}
	if (!values || bytes.is_failed || bytes.at < bytes.end) {
		fail(c);
		return NULL;
	}
	*out_count = count;
	return values;
}

static void read_paint4(struct cursor *c, ProtobufCAllocator *a, Reputed__Update__Paint4 *out)
{
	out->first = read_fixed(c, 1, a, &out->n_first);
	out->last = read_fixed(c, 2, a, &out->n_last);
	out->verdict = read_numbers(c, 3, a, &out->n_verdict);
}

/* The message in a request. Returns NULL: it is another one, or there is no memory. */
static void *read_message(struct cursor *c, ProtobufCAllocator *a, Reputed__Update__Request *r)
{
	switch (r->kind_case) {
	case REPUTED__UPDATE__REQUEST__KIND_BEGIN:
		r->begin = a->alloc(a->allocator_data, sizeof(*r->begin));
		if (!r->begin)
			return NULL;
		reputed__update__begin__init(r->begin);
		read_begin(c, r->begin);
		return r->begin;
	case REPUTED__UPDATE__REQUEST__KIND_PAINT4:
		r->paint4 = a->alloc(a->allocator_data, sizeof(*r->paint4));
		if (!r->paint4)
			return NULL;
		reputed__update__paint4__init(r->paint4);
		read_paint4(c, a, r->paint4);
		return r->paint4;
	case REPUTED__UPDATE__REQUEST__KIND_COMMIT:
		r->commit = a->alloc(a->allocator_data, sizeof(*r->commit));
		if (!r->commit)
			return NULL;
		reputed__update__commit__init(r->commit);
		read_commit(c, r->commit);
		return r->commit;
	default: /* generated enum: all others are the library's */
		return NULL;
	}
}

static bool is_plain_kind(uint8_t key)
{
	return key == KEY(REPUTED__UPDATE__REQUEST__KIND_BEGIN, BYTES) ||
	       key == KEY(REPUTED__UPDATE__REQUEST__KIND_PAINT4, BYTES) ||
	       key == KEY(REPUTED__UPDATE__REQUEST__KIND_COMMIT, BYTES);
}

Reputed__Update__Request *plain_unpack(ProtobufCAllocator *a, const uint8_t *data, size_t size)
{
	struct cursor c = {data, data + size, false}, message;
	Reputed__Update__Request *r;

	if (size == 0 || !is_plain_kind(data[0]))
		return NULL;
	c.at++;
	message = read_bytes(&c);
	if (c.is_failed || c.at < c.end)
		return NULL;
	r = a->alloc(a->allocator_data, sizeof(*r));
	if (!r)
		return NULL;
	reputed__update__request__init(r);
	r->kind_case = (Reputed__Update__Request__KindCase)(data[0] >> 3);
	if (!read_message(&message, a, r) || message.is_failed || message.at < message.end)
		return NULL;
	return r;
}
