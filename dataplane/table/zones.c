/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/zones.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_MIN 16 /* a power of two */

struct place {
	uint64_t hash;
	const struct zone *zone; /* NULL ends a probe */
};

struct zones {
	struct labels_key key;
	struct zone **zones; /* as they were added; each one block */
	size_t count;
	size_t room;                    /* of zones; the index is twice as large */
	struct place *index;            /* open addressing by apex */
	size_t depth_max;               /* labels of the deepest apex */
	bool has_depth[LABELS_MAX + 1]; /* some apex has that many labels */
};

struct zones *zones_new(void)
{
	struct zones *z = calloc(1, sizeof(*z));
	int rc;

	if (!z) {
		errno = ENOMEM;
		return NULL;
	}
	rc = labels_key_init(&z->key);
	if (rc < 0) {
		free(z);
		errno = -rc;
		return NULL;
	}
	return z;
}

void zones_free(struct zones *z)
{
	if (!z)
		return;
	for (size_t i = 0; i < z->count; i++) {
		keys_free(z->zones[i]->keys);
		records_free((struct records *)z->zones[i]->records);
		observed_free(z->zones[i]->observed);
		free(z->zones[i]);
	}
	free(z->zones);
	free(z->index);
	free(z);
}

/* Take apart a name that ends with its root label. */
static int split(const uint8_t *name, size_t size, struct labels *out_labels)
{
	if (size == 0 || name[size - 1] != 0)
		return -EINVAL;
	return labels_split(name, size - 1, out_labels);
}

static bool is_name(const struct zone_name *name)
{
	struct labels labels;

	return split(name->bytes, name->size, &labels) == 0;
}

static bool is_valid(const struct zone *zone)
{
	if (!is_name(&zone->apex) || !labels_is_lower(zone->apex.bytes, zone->apex.size))
		return false;
	if (zone->ns_count > ZONE_NS_MAX || zone->test_code_count > ZONE_TEST_CODES_MAX ||
	    zone->state > ZONE_EXPIRED || zone->view > ZONE_VIEW_ALLOW)
		return false;
	if ((zone->soa_mname.size && !is_name(&zone->soa_mname)) ||
	    (zone->soa_rname.size && !is_name(&zone->soa_rname)))
		return false;
	for (size_t i = 0; i < zone->ns_count; i++) {
		if (!is_name(&zone->ns[i]))
			return false;
	}
	return true;
}

static uint64_t fold_multiply(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, bytes, size);
	return labels_fold(word);
}

/* The first and the last 4 or 2 bytes of less than 8, or the only one. */
static uint64_t load_short(const uint8_t *bytes, size_t size)
{
	if (size >= 4)
		return load(bytes, 4) << 32 | load(bytes + size - 4, 4);
	return size >= 2 ? load(bytes, 2) << 32 | load(bytes + size - 2, 2) : load(bytes, 1);
}

/*
 * Hash of an apex, upper and lower case alike: eight bytes a multiplication, of which the last
 * eight may have been taken before. Keyed, but not more than that: who asks cannot add apexes, so
 * all that can collide is what the operator configured.
 */
static uint64_t hash_apex(const struct labels_key *key, const uint8_t *apex, size_t size)
{
	uint64_t hash = key->words[0] ^ size;

	if (size < 8) {
		hash ^= load_short(apex, size);
	} else {
		for (size_t at = 0; at + 8 < size; at += 8)
			hash = fold_multiply(hash ^ load(apex + at, 8), key->words[1] | 1);
		hash ^= load(apex + size - 8, 8);
	}
	hash = fold_multiply(hash, key->words[1] | 1);
	return fold_multiply(hash, UINT64_C(0x9e3779b97f4a7c15));
}

static void index_add(struct place *index, size_t mask, uint64_t hash, const struct zone *zone)
{
	size_t at = hash & mask;

	while (index[at].zone)
		at = (at + 1) & mask;
	index[at].hash = hash;
	index[at].zone = zone;
}

/* The zone of an apex, given in any case. */
static const struct zone *index_find(const struct zones *z, uint64_t hash, const uint8_t *apex,
                                     size_t size)
{
	const size_t mask = 2 * z->room - 1;

	if (z->count == 0)
		return NULL;
	for (size_t at = hash & mask; z->index[at].zone; at = (at + 1) & mask) {
		const struct zone *zone = z->index[at].zone;

		if (z->index[at].hash == hash && zone->apex.size == size &&
		    labels_are_equal(zone->apex.bytes, apex, size))
			return zone;
	}
	return NULL;
}

static int grow(struct zones *z)
{
	size_t room = z->room > 0 ? 2 * z->room : INDEX_MIN / 2;
	struct place *index;
	struct zone **zones;

	if (z->count < z->room)
		return 0;
	index = calloc(2 * room, sizeof(*index));
	if (!index)
		return -ENOMEM;
	zones = realloc(z->zones, room * sizeof(struct zone *));
	if (!zones) {
		free(index);
		return -ENOMEM;
	}
	for (size_t i = 0; z->count > 0 && i < 2 * z->room; i++) {
		if (z->index[i].zone)
			index_add(index, 2 * room - 1, z->index[i].hash, z->index[i].zone);
	}
	free(z->index);
	z->index = index;
	z->zones = zones;
	z->room = room;
	return 0;
}

/* Where the parts of a zone go, one after another; without memory, how large they are. */
struct parts {
	uint8_t *bytes; /* NULL = only measure */
	size_t size;
};

static const void *copy_part(struct parts *p, const void *part, size_t size, size_t alignment)
{
	void *copy;

	p->size = (p->size + alignment - 1) / alignment * alignment;
	copy = p->bytes ? p->bytes + p->size : NULL;
	p->size += size;
	if (copy && size)
		memcpy(copy, part, size);
	return copy;
}

static void copy_name(struct parts *p, struct zone_name *name)
{
	name->bytes = copy_part(p, name->bytes, name->size, 1);
}

static size_t count_lists(const struct zone *zone)
{
	size_t count = 0;

	for (unsigned word = 0; word < LISTSET_WORDS; word++)
		count += (size_t)__builtin_popcountll(zone->lists[word]);
	return count;
}

/* Copy what a zone points to, all but its records. */
static void copy_parts(struct parts *p, struct zone *zone, const struct soa *soa, size_t soa_size)
{
	struct zone_name ns[ZONE_NS_MAX];

	zone->soa = copy_part(p, soa, soa_size, _Alignof(struct soa));
	if (zone->values)
		zone->values = copy_part(p, zone->values, count_lists(zone) * sizeof(uint32_t),
		                         _Alignof(uint32_t));
	zone->test_codes = copy_part(p, zone->test_codes, zone->test_code_count * sizeof(uint32_t),
	                             _Alignof(uint32_t));
	for (size_t i = 0; i < zone->ns_count; i++) {
		ns[i] = zone->ns[i];
		copy_name(p, &ns[i]);
	}
	zone->ns = copy_part(p, ns, zone->ns_count * sizeof(*ns), _Alignof(struct zone_name));
	zone->apex_text = copy_part(p, zone->apex_text, zone->apex_text_size, 1);
	copy_name(p, &zone->apex);
	copy_name(p, &zone->soa_mname);
	copy_name(p, &zone->soa_rname);
}

/* A copy of a zone in one block. Errors: NULL */
static struct zone *copy_zone(const struct zone *zone)
{
	struct zone measured = *zone, *copy;
	struct parts parts = {NULL, sizeof(*copy)};
	union soa_buffer soa;
	size_t soa_size = soa_make(zone, &soa);

	copy_parts(&parts, &measured, &soa.soa, soa_size);
	copy = malloc(parts.size);
	if (!copy)
		return NULL;
	*copy = *zone;
	parts = (struct parts){(uint8_t *)copy, sizeof(*copy)};
	copy_parts(&parts, copy, &soa.soa, soa_size);
	return copy;
}

int zones_add(struct zones *z, const struct zone *zone)
{
	struct labels labels;
	struct zone *copy;
	uint64_t hash;
	int rc;

	if (!is_valid(zone))
		return -EINVAL;
	split(zone->apex.bytes, zone->apex.size, &labels);
	hash = hash_apex(&z->key, zone->apex.bytes, zone->apex.size);
	if (index_find(z, hash, zone->apex.bytes, zone->apex.size))
		return -EEXIST;
	rc = grow(z);
	if (rc < 0)
		return rc;
	copy = copy_zone(zone);
	if (!copy)
		return -ENOMEM;
	z->zones[z->count++] = copy;
	index_add(z->index, 2 * z->room - 1, hash, copy);
	z->has_depth[labels.count] = true;
	if (labels.count > z->depth_max)
		z->depth_max = labels.count;
	return 0;
}

const struct zone *zones_find(const struct zones *z, const uint8_t *name, size_t size,
                              size_t *out_offset)
{
	struct labels labels;

	return split(name, size, &labels) < 0
	           ? NULL
	           : zones_find_labels(z, name, size, &labels, out_offset);
}

const struct zone *zones_find_labels(const struct zones *z, const uint8_t *name, size_t size,
                                     const struct labels *labels, size_t *out_offset)
{
	size_t depth = labels->count < z->depth_max ? labels->count : z->depth_max;

	for (;; depth--) { /* the longest first */
		size_t offset = depth > 0 ? labels->offsets[labels->count - depth] : size - 1;

		if (z->has_depth[depth]) {
			uint64_t hash = hash_apex(&z->key, name + offset, size - offset);
			const struct zone *zone = index_find(z, hash, name + offset, size - offset);

			if (zone) {
				*out_offset = offset;
				return zone;
			}
		}
		if (depth == 0)
			return NULL;
	}
}

size_t zone_rank(const struct zone *zone, uint32_t list)
{
	size_t rank = 0;

	for (uint32_t word = 0; word < list / 64; word++)
		rank += (size_t)__builtin_popcountll(zone->lists[word]);
	return rank + (size_t)__builtin_popcountll(zone->lists[list / 64] &
	                                           ((UINT64_C(1) << (list % 64)) - 1));
}

uint32_t zone_value(const struct zone *zone, uint32_t list)
{
	return zone->values ? zone->values[zone_rank(zone, list)] : 0;
}

int zones_give_keys(struct zones *z, const uint8_t *apex, size_t size, struct keys *keys)
{
	size_t offset = 0;
	struct zone *zone = (struct zone *)zones_find(z, apex, size, &offset);

	if (!zone || offset != 0 || !zone->needs_key)
		return -ENOENT;
	if (zone->keys)
		return -EEXIST;
	zone->keys = keys;
	return 0;
}

size_t zones_count(const struct zones *z)
{
	return z->count;
}

const struct zone *zones_at(const struct zones *z, size_t index)
{
	return index < z->count ? z->zones[index] : NULL;
}
