/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A dataset against the definition at the head of feeds/dataset.h, written down naively: 64
 * addresses of each family, and the names of up to three labels out of four. Once from a run of
 * entries, as small feeds are, and once from many small ones, as large feeds are.
 */
#include "feeds/dataset_private.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 40
#define ADDRESSES   64
#define VALUES      8
#define BASE4       0xc0000200u
#define BASE6       ((address6_t)0x20010db8 << 96)
#define LABELS      4

enum kind { RANGE4, RANGE6, NAME };

struct entry {
	enum kind kind;
	unsigned first, last;           /* of a range */
	unsigned scope, depth, name[3]; /* of a name: labels from the right */
	unsigned value, level;
	bool is_exclusion, first_wins, is_part, is_dropped;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static struct entry entry_decode(const uint8_t bytes[4])
{
	struct entry e = {
	    .kind = bytes[0] % 3,
	    .value = bytes[0] / 3 % VALUES,
	    .is_exclusion = bytes[0] >= 192,
	    .level = bytes[1] % 4,
	    .first_wins = bytes[1] & 4,
	    .is_part = bytes[1] & 8,
	    .first = bytes[2] % ADDRESSES,
	    .last = bytes[3] % ADDRESSES,
	    .scope = bytes[3] % 3 + 1,
	    .depth = bytes[1] / 16 % 3 + 1,
	};

	if (e.first > e.last) {
		e.first = e.last;
		e.last = bytes[2] % ADDRESSES;
	}
	for (unsigned i = 0; i < e.depth; i++)
		e.name[i] = bytes[2] >> 2 * i & 3;
	return e;
}

static size_t wire_of(const unsigned *name, unsigned depth, uint8_t out_wire[2 * 3])
{
	for (unsigned i = 0; i < depth; i++) {
		out_wire[2 * i] = 1;
		out_wire[2 * i + 1] = (uint8_t)('a' + name[depth - 1 - i]);
	}
	return 2 * depth;
}

static void entry_add(struct dataset_builder *b, const struct entry *e)
{
	struct dataset_value value = {.code = 0x7f000002 + e->value};
	struct dataset_entry entry = {
	    .level = (uint8_t)e->level,
	    .is_exclusion = e->is_exclusion,
	    .first_wins = e->first_wins,
	    .is_part = e->is_part,
	};
	address6_t base = e->kind == RANGE4 ? BASE4 : BASE6;
	struct address_range range = {e->kind == RANGE6, base + e->first, base + e->last, false};
	uint8_t wire[6];

	if (!e->is_exclusion)
		require(dataset_value(b, &value, &entry.value) == 0);
	if (e->kind == NAME)
		require(dataset_add_name(b, wire, wire_of(e->name, e->depth, wire), e->scope,
		                         &entry) == 0);
	else
		require(dataset_add_range(b, &range, &entry) == 0);
}

static bool is_same_key(const struct entry *a, const struct entry *b)
{
	if (a->kind != b->kind || a->level != b->level)
		return false;
	if (a->kind != NAME)
		return a->first == b->first && a->last == b->last;
	return a->scope == b->scope && a->depth == b->depth &&
	       !memcmp(a->name, b->name, a->depth * sizeof(a->name[0]));
}

/* Marks what first_wins drops; returns what facts.entry_count has to be. */
static uint64_t entries_count(struct entry *entries, size_t count)
{
	uint64_t distinct = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_counted = false;

		for (size_t j = 0; j < i; j++) {
			if (!is_same_key(&entries[i], &entries[j]))
				continue;
			entries[i].is_dropped |= entries[i].first_wins;
		}
		if (entries[i].is_dropped || entries[i].is_exclusion || entries[i].is_part)
			continue;
		for (size_t j = 0; j < i; j++)
			is_counted |= is_same_key(&entries[i], &entries[j]) &&
			              !entries[j].is_dropped && !entries[j].is_exclusion &&
			              !entries[j].is_part &&
			              entries[j].first_wins == entries[i].first_wins &&
			              entries[i].value == entries[j].value;
		distinct += !is_counted;
	}
	return distinct;
}

/* How near an entry is to a name: 0 = does not cover it, else more is nearer. */
static unsigned nearness(const struct entry *e, const unsigned *name, unsigned depth)
{
	if (e->kind != NAME || e->depth > depth ||
	    memcmp(e->name, name, e->depth * sizeof(name[0])) != 0)
		return 0;
	if (e->depth == depth)
		return e->scope & DATASET_EXACT ? 10 : 0;
	return e->scope & DATASET_SUBTREE ? e->depth : 0;
}

/* Bits of the values that hold where rank[i] > 0, by (level, rank). */
static unsigned expected(const struct entry *entries, size_t count, const unsigned *ranks)
{
	unsigned best = 0, values = 0;
	bool is_excluded = false;

	for (size_t i = 0; i < count; i++)
		if (ranks[i] && entries[i].level * 100 + ranks[i] > best)
			best = entries[i].level * 100 + ranks[i];
	for (size_t i = 0; i < count; i++) {
		if (!ranks[i] || entries[i].level * 100 + ranks[i] != best)
			continue;
		if (entries[i].is_exclusion)
			is_excluded = true;
		else
			values |= 1u << entries[i].value;
	}
	return is_excluded ? 0 : values;
}

static unsigned set_values(const struct dataset *d, uint32_t set)
{
	const struct dataset_value *const *members;
	unsigned values = 0;
	size_t count;

	if (!set)
		return 0;
	count = dataset_set(d, set, &members);
	for (size_t i = 0; i < count; i++) {
		unsigned bit = 1u << (members[i]->code - 0x7f000002);

		require(!(values & bit));
		values |= bit;
	}
	return values;
}

static uint32_t range_set(const struct dataset *d, enum kind kind, unsigned address)
{
	struct dataset_range4 range;

	for (size_t i = 0; kind == RANGE4 && i < d->edges4.count;) {
		i = dataset_edge4_range(&d->edges4, i, &range);
		if (range.first <= BASE4 + address && BASE4 + address <= range.last)
			return range.set;
	}
	for (size_t i = 0; kind == RANGE6 && i < d->range6_count; i++)
		if (d->ranges6[i].first <= BASE6 + address && BASE6 + address <= d->ranges6[i].last)
			return d->ranges6[i].set;
	return 0;
}

static uint32_t name_set(const struct dataset *d, const unsigned *name, unsigned depth)
{
	for (unsigned above = depth; above; above--) {
		uint8_t wire[6];
		size_t size = wire_of(name, above, wire);

		for (size_t i = 0; i < d->name_count; i++) {
			const struct dataset_name *n = &d->names[i];
			uint32_t set = above == depth ? n->exact : n->subtree;

			if (n->size == size && !memcmp(d->name_bytes + n->offset, wire, size) &&
			    set != DATASET_ABSENT)
				return set;
		}
	}
	return 0;
}

static void ranges_compare(const struct dataset *d, const struct entry *entries, size_t count,
                           enum kind kind)
{
	unsigned ranks[ENTRIES_MAX];

	for (unsigned address = 0; address < ADDRESSES; address++) {
		for (size_t i = 0; i < count; i++)
			ranks[i] = entries[i].kind == kind && !entries[i].is_dropped &&
			           entries[i].first <= address && address <= entries[i].last;
		require(set_values(d, range_set(d, kind, address)) ==
		        expected(entries, count, ranks));
	}
}

static void names_compare(const struct dataset *d, const struct entry *entries, size_t count)
{
	unsigned ranks[ENTRIES_MAX];

	for (unsigned which = 0; which < 3 * LABELS * LABELS * LABELS; which++) {
		unsigned depth = which % 3 + 1, rest = which / 3;
		unsigned name[3] = {rest % 4, rest / 4 % 4, rest / 16};

		for (size_t i = 0; i < count; i++)
			ranks[i] = entries[i].is_dropped ? 0 : nearness(&entries[i], name, depth);
		require(set_values(d, name_set(d, name, depth)) == expected(entries, count, ranks));
	}
}

/* run_max: entries of a run; 0 = as many as there are */
static struct dataset *dataset_of(const struct entry *entries, size_t count, size_t run_max)
{
	struct dataset_options options = {.drop_bogons = true};
	struct dataset_builder *b = dataset_builder_new(&options);
	struct dataset *d;

	require(b != NULL);
	b->ranges4.chunk_max = b->ranges6.chunk_max = b->names.chunk_max = run_max;
	for (size_t i = 0; i < count; i++)
		entry_add(b, &entries[i]);
	d = dataset_finish(b);
	require(d != NULL);
	return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entry entries[ENTRIES_MAX] = {0};
	struct dataset *one, *many;
	size_t run_max = size % 4 + 1, count = 0;

	for (; count < ENTRIES_MAX && size >= 4; data += 4, size -= 4)
		entries[count++] = entry_decode(data);
	one = dataset_of(entries, count, 0);
	many = dataset_of(entries, count, run_max);
	require(entries_count(entries, count) == one->facts.entry_count);
	require(one->facts.entry_count == many->facts.entry_count);
	require(!memcmp(one->facts.hash, many->facts.hash, sizeof(one->facts.hash)));
	ranges_compare(one, entries, count, RANGE4);
	ranges_compare(one, entries, count, RANGE6);
	names_compare(one, entries, count);
	dataset_free(one);
	dataset_free(many);
	return 0;
}
