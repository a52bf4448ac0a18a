/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/zones.h"

#include "dataplane/table/labels.h"

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
	struct zone **zones; /* as they were added */
	size_t count;
	size_t room;                    /* of zones; the index is twice as large */
	struct place *index;            /* open addressing by apex */
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

static bool is_valid(const struct zone *zone)
{
	struct labels labels;

	if (split(zone->apex, zone->apex_size, &labels) < 0 ||
	    !labels_is_lower(zone->apex, zone->apex_size))
		return false;
	if (zone->ns_count > ZONE_NS_MAX || zone->test_code_count > ZONE_TEST_CODES_MAX ||
	    zone->apex_text_size > sizeof(zone->apex_text) || zone->state > ZONE_EXPIRED)
		return false;
	for (size_t i = 0; i < zone->ns_count; i++) {
		if (split(zone->ns[i], zone->ns_size[i], &labels) < 0)
			return false;
	}
	return true;
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

		if (z->index[at].hash == hash && zone->apex_size == size &&
		    labels_are_equal(zone->apex, apex, size))
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

int zones_add(struct zones *z, const struct zone *zone)
{
	struct labels labels;
	struct zone *copy;
	uint64_t hash = 0;
	int rc;

	if (!is_valid(zone))
		return -EINVAL;
	split(zone->apex, zone->apex_size, &labels);
	for (size_t i = labels.count; i-- > 0;)
		hash = labels_hash(&z->key, hash, zone->apex + labels.offsets[i]);
	if (index_find(z, hash, zone->apex, zone->apex_size))
		return -EEXIST;
	rc = grow(z);
	if (rc < 0)
		return rc;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *zone;
	z->zones[z->count++] = copy;
	index_add(z->index, 2 * z->room - 1, hash, copy);
	z->has_depth[labels.count] = true;
	return 0;
}

const struct zone *zones_find(const struct zones *z, const uint8_t *name, size_t size,
                              size_t *out_offset)
{
	const struct zone *found = NULL;
	struct labels labels;
	uint64_t hash = 0;

	if (split(name, size, &labels) < 0)
		return NULL;
	for (size_t depth = 0; depth <= labels.count; depth++) {
		size_t offset = depth > 0 ? labels.offsets[labels.count - depth] : size - 1;
		const struct zone *zone = NULL;

		if (depth > 0)
			hash = labels_hash(&z->key, hash, name + offset);
		if (z->has_depth[depth])
			zone = index_find(z, hash, name + offset, size - offset);
		if (zone) {
			found = zone;
			*out_offset = offset;
		}
	}
	return found;
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
