/* SPDX-License-Identifier: BSD-3-Clause */
/* zones against the list of their apexes. */
#include "dataplane/table/zones.h"
#include "tests/fuzz/table/check.h"
#include "tests/fuzz/table/input.h"

#include <errno.h>
#include <string.h>

#define ZONES_MAX 40
#define OPS_MAX   300

struct name {
	size_t size;
	uint8_t bytes[300];
};

struct model {
	size_t count;
	struct name apexes[ZONES_MAX];
};

/* A name of few labels, or raw bytes; case as the input has it. */
static void pick_name(struct input *in, struct name *name)
{
	uint8_t shape = input_byte(in);

	name->size = 0;
	if (shape < 0x10) {
		for (size_t n = input_byte(in); n > 0; n--)
			name->bytes[name->size++] = input_byte(in);
		return;
	}
	for (size_t n = shape % 5; n > 0; n--) {
		uint8_t kind = input_byte(in);
		size_t size = kind & 1 ? 1 : 9;

		name->bytes[name->size++] = (uint8_t)size;
		memcpy(&name->bytes[name->size], "nine-more", size);
		name->bytes[name->size] = (uint8_t)("abAB[`@{z"[kind / 2 % 9]);
		name->size += size;
	}
	name->bytes[name->size++] = 0;
}

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

static bool is_well_formed(const struct name *name)
{
	size_t at = 0;

	if (name->size > 255)
		return false;
	while (at < name->size && name->bytes[at] != 0) {
		if (name->bytes[at] > 63)
			return false;
		at += 1u + name->bytes[at];
	}
	return at + 1 == name->size;
}

static bool is_lower(const struct name *name)
{
	for (size_t i = 0; i < name->size; i++) {
		if (lower(name->bytes[i]) != name->bytes[i])
			return false;
	}
	return true;
}

static bool is_same(const struct name *apex, const uint8_t *bytes, size_t size)
{
	if (apex->size != size)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (apex->bytes[i] != lower(bytes[i]))
			return false;
	}
	return true;
}

/* Index of the zone of a well-formed name and where its apex starts, or m->count. */
static size_t model_find(const struct model *m, const struct name *name, size_t *out_offset)
{
	for (size_t at = 0;; at += 1u + name->bytes[at]) {
		for (size_t i = 0; i < m->count; i++) {
			if (is_same(&m->apexes[i], &name->bytes[at], name->size - at)) {
				*out_offset = at;
				return i;
			}
		}
		if (name->bytes[at] == 0)
			return m->count;
	}
}

static void add(struct zones *z, struct model *m, const struct name *name)
{
	static struct zone zone;
	size_t offset = 1;
	int want = 0;

	if (m->count == ZONES_MAX || name->size > UINT8_MAX)
		return;
	memset(&zone, 0, sizeof(zone));
	zone.apex = (struct zone_name){name->bytes, (uint8_t)name->size};
	zone.ttl_s = (uint32_t)m->count;
	if (!is_well_formed(name) || !is_lower(name))
		want = -EINVAL;
	else if (model_find(m, name, &offset) < m->count && offset == 0)
		want = -EEXIST;
	CHECK(zones_add(z, &zone) == want);
	if (want == 0)
		m->apexes[m->count++] = *name;
}

static void check_find(const struct zones *z, const struct model *m, const struct name *name)
{
	size_t want = m->count, want_offset = 999, offset = 999;
	const struct zone *zone = zones_find(z, name->bytes, name->size, &offset);

	if (is_well_formed(name))
		want = model_find(m, name, &want_offset);
	CHECK(zone == zones_at(z, want)); /* NULL past the last */
	CHECK(offset == want_offset);
	CHECK(zone == NULL || zone->ttl_s == want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct zones *z = zones_new();
	static struct model m;

	CHECK(z);
	m.count = 0;
	for (int i = 0; i < OPS_MAX && !input_is_empty(&in); i++) {
		uint8_t op = input_byte(&in);
		struct name name;

		pick_name(&in, &name);
		if (op & 1)
			add(z, &m, &name);
		check_find(z, &m, &name);
		CHECK(zones_count(z) == m.count);
	}
	for (size_t i = 0; i < m.count; i++)
		check_find(z, &m, &m.apexes[i]);
	zones_free(z);
	return 0;
}
