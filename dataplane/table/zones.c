/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/zones.h"

#include <endian.h>
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
	bool has_address_apex;          /* see zones_has_address_apex() */
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
		access_rules_free(z->zones[i]->access);
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

static uint64_t load(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* What an apex is found by. */
struct wanted {
	const uint8_t *apex; /* in any case */
	size_t size;
	uint64_t hash;
};

/* The last 16 bytes at once, in lower case; what is in front of a shorter apex is cleared. */
static inline void take_tail(const struct wanted *w, uint64_t out_tail[2])
{
	static const uint8_t masks[2 * ZONE_APEX_ROOM] = {
	    [ZONE_APEX_ROOM... 2 * ZONE_APEX_ROOM - 1] = 0xff};
	const size_t taken = w->size < ZONE_APEX_ROOM ? w->size : ZONE_APEX_ROOM;
	labels_block_t tail =
	    labels_fold_block(*(const labels_block_t *)(w->apex + w->size - ZONE_APEX_ROOM));

	tail &= *(const labels_block_t *)&masks[taken];
	memcpy(out_tail, &tail, sizeof(tail));
}

/*
 * A multiplication, and one for each eight bytes more than 16. Keyed, but not more than that: who
 * asks cannot add apexes, so all that can collide is what the operator configured.
 */
static inline void want(const struct labels_key *key, const uint8_t *apex, size_t size,
                        struct wanted *out_wanted)
{
	struct wanted *w = out_wanted;
	uint64_t tail[2];

	w->apex = apex;
	w->size = size;
	take_tail(w, tail);
	w->hash = fold_multiply(tail[0] ^ key->words[0], tail[1] ^ key->words[1] ^ size);
	for (size_t at = 0; at + ZONE_APEX_ROOM < size; at += 8)
		w->hash = fold_multiply(w->hash ^ labels_fold(load(apex + at)), key->words[1] | 1);
}

/* The same of an apex with nothing in front of it that may be read; room is for a copy. */
static void want_copied(const struct labels_key *key, const uint8_t *apex, size_t size,
                        uint8_t room[2 * ZONE_APEX_ROOM], struct wanted *out_wanted)
{
	if (size < ZONE_APEX_ROOM) {
		memset(room, 0, ZONE_APEX_ROOM);
		apex = memcpy(room + ZONE_APEX_ROOM, apex, size);
	}
	want(key, apex, size, out_wanted);
}

static void index_add(struct place *index, size_t mask, const struct place *place)
{
	size_t at = place->hash & mask;

	while (index[at].zone)
		at = (at + 1) & mask;
	index[at] = *place;
}

static inline const struct zone *index_find(const struct zones *z, const struct wanted *w)
{
	const size_t mask = 2 * z->room - 1;

	if (z->count == 0)
		return NULL;
	for (size_t at = w->hash & mask; z->index[at].zone; at = (at + 1) & mask) {
		const struct place *place = &z->index[at];

		if (place->hash == w->hash && zone_has_apex(place->zone, w->apex, w->size))
			return place->zone;
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
			index_add(index, 2 * room - 1, &z->index[i]);
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

/* Whether the first label of a name is one of a reversed address, or might be. */
static bool is_address_like(const struct zone_name *name)
{
	bool is_digits = name->bytes[0] > 0;

	for (unsigned i = 1; i <= name->bytes[0]; i++)
		is_digits = is_digits && name->bytes[i] >= '0' && name->bytes[i] <= '9';
	return is_digits || name->bytes[0] == 1;
}

static bool has_address_ns(const struct zone *zone)
{
	for (size_t i = 0; i < zone->ns_count; i++) {
		if (is_address_like(&zone->ns[i]))
			return true;
	}
	return false;
}

/* The A record of a question's name, which is behind the header; its address is zero. */
static void make_address(struct zone *zone)
{
	static const uint8_t fixed[ZONE_ADDRESS_SIZE] = {
	    0xc0, 12, 0, 1, 0, 1, [ZONE_ADDRESS_SIZE - 5] = 4};
	const uint32_t ttl_s = htobe32(zone_ttl(zone->ttl_s));

	memcpy(zone->address, fixed, sizeof(fixed));
	memcpy(&zone->address[6], &ttl_s, sizeof(ttl_s));
}

/* What an answer needs to know of a zone at a glance. */
static void sum_up(struct zone *zone)
{
	const uint8_t *apex = zone->apex.bytes;
	const size_t size = zone->apex.size;
	const size_t taken = size < ZONE_APEX_ROOM ? size : ZONE_APEX_ROOM;

	labels_pattern_make(apex + size - taken, taken, &zone->apex_tail);
	labels_pattern_make(apex, taken, &zone->apex_head);
	make_address(zone);
	zone->served = zone->state == ZONE_SERVING ? zone->content : 0;
	zone->open = zone->needs_key || zone->access ? 0 : zone->served;
	zone->has_address_ns = has_address_ns(zone);
}

int zones_add(struct zones *z, const struct zone *zone)
{
	struct labels labels;
	struct zone *copy;
	uint8_t room[2 * ZONE_APEX_ROOM];
	struct wanted wanted;
	int rc;

	if (!is_valid(zone))
		return -EINVAL;
	split(zone->apex.bytes, zone->apex.size, &labels);
	want_copied(&z->key, zone->apex.bytes, zone->apex.size, room, &wanted);
	if (index_find(z, &wanted))
		return -EEXIST;
	rc = grow(z);
	if (rc < 0)
		return rc;
	copy = copy_zone(zone);
	if (!copy)
		return -ENOMEM;
	sum_up(copy);
	z->zones[z->count++] = copy;
	index_add(z->index, 2 * z->room - 1, &(struct place){wanted.hash, copy});
	z->has_depth[labels.count] = true;
	z->has_address_apex |= is_address_like(&zone->apex);
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
			const struct zone *zone;
			struct wanted wanted;
			uint8_t room[2 * ZONE_APEX_ROOM];

			/* the name ends where the apex does, so its bytes are in front */
			if (size >= ZONE_APEX_ROOM)
				want(&z->key, name + offset, size - offset, &wanted);
			else
				want_copied(&z->key, name + offset, size - offset, room, &wanted);
			zone = index_find(z, &wanted);

			if (zone) {
				*out_offset = offset;
				return zone;
			}
		}
		if (depth == 0)
			return NULL;
	}
}

const struct zone *zones_find_apex(const struct zones *z, const uint8_t *apex, size_t size)
{
	struct wanted wanted;

	want(&z->key, apex, size, &wanted);
	return index_find(z, &wanted);
}

bool zones_has_address_apex(const struct zones *z)
{
	return z->has_address_apex;
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
