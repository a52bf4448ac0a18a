/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/catalog.h"

#include "control/id_pool.h"

#include <sodium.h>

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define FEW         2  /* listings kept inside a verdict */
#define SLOTS_FIRST 64 /* a power of two */

/* An open-addressed hash of ids; id 0 is an empty slot. */
struct slot {
	uint32_t hash, id;
};

struct index {
	struct slot *slots;
	size_t mask, count;
};

struct listing {
	char *text;
	uint32_t list, code, hash;
	uint32_t use_count; /* verdicts */
	uint32_t next;      /* in the chain below */
	uint8_t text_size;
	bool is_marked;
};

struct verdict {
	address6_t count6; /* modulo 2^128 */
	uint64_t count4, count_names;
	union {
		uint32_t few[FEW];
		uint32_t *many;
	};
	uint32_t hash, next;
	uint32_t count;
	bool is_marked;
	bool is_suspect; /* in the chain of suspects */
};

/* Ids of one kind: records by id, and chains of ids through the records. */
struct catalog {
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct index listing_index, verdict_index;
	struct listing *listings; /* [0] is not used */
	struct verdict *verdicts;
	size_t listing_capacity, verdict_capacity;
	uint32_t listing_end, verdict_end; /* ids from here on were never used */
	struct id_pool listing_ids, verdict_ids;
	uint32_t late_listings, late_verdicts; /* dropped by the last collect: not free before the
	                                          next one */
	size_t content_size;                   /* bytes of texts and of longer sets, as allocated */
	uint32_t *parts;                       /* of a union that is being made */
	size_t part_capacity;
	uint32_t suspects; /* verdicts that were made, or lost their last count, since the last
	                    collect */
};

static uint32_t hash_bytes(const struct catalog *catalog, const void *bytes, size_t size)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint32_t hash;

	crypto_shorthash(out, bytes, size, catalog->key);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

/* Bytes that malloc() took for a block. */
static size_t block_size(void *block)
{
	return block ? malloc_usable_size(block) + sizeof(size_t) : 0;
}

static int index_init(struct index *x)
{
	x->slots = calloc(SLOTS_FIRST, sizeof(*x->slots));
	x->mask = SLOTS_FIRST - 1;
	x->count = 0;
	return x->slots ? 0 : -ENOMEM;
}

static void index_put(struct index *x, uint32_t hash, uint32_t id)
{
	size_t i = hash & x->mask;

	while (x->slots[i].id)
		i = (i + 1) & x->mask;
	x->slots[i] = (struct slot){.hash = hash, .id = id};
}

/* Make room for one more. */
static int index_reserve(struct index *x)
{
	struct index bigger = {.mask = 2 * x->mask + 1, .count = x->count};

	if ((x->count + 1) * 4 <= (x->mask + 1) * 3)
		return 0;
	bigger.slots = calloc(bigger.mask + 1, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i <= x->mask; i++)
		if (x->slots[i].id)
			index_put(&bigger, x->slots[i].hash, x->slots[i].id);
	free(x->slots);
	*x = bigger;
	return 0;
}

/* Take an id out and close the gap in its run. */
static void index_remove(struct index *x, uint32_t hash, uint32_t id)
{
	size_t gap = hash & x->mask;

	while (x->slots[gap].id != id)
		gap = (gap + 1) & x->mask;
	for (size_t i = (gap + 1) & x->mask; x->slots[i].id; i = (i + 1) & x->mask) {
		size_t home = x->slots[i].hash & x->mask;

		if (((i - home) & x->mask) < ((i - gap) & x->mask))
			continue;
		x->slots[gap] = x->slots[i];
		gap = i;
	}
	x->slots[gap].id = 0;
	x->count--;
}

struct catalog *catalog_new(void)
{
	struct catalog *catalog = calloc(1, sizeof(*catalog));

	if (!catalog)
		return NULL;
	if (sodium_init() < 0) {
		errno = EIO;
		goto fail;
	}
	randombytes_buf(catalog->key, sizeof(catalog->key));
	catalog->listing_end = catalog->verdict_end = 1;
	if (index_init(&catalog->listing_index) < 0 || index_init(&catalog->verdict_index) < 0 ||
	    id_pool_init(&catalog->listing_ids, CATALOG_ID_MAX) < 0 ||
	    id_pool_init(&catalog->verdict_ids, CATALOG_ID_MAX) < 0) {
		errno = ENOMEM;
		goto fail;
	}
	return catalog;
fail:
	catalog_free(catalog);
	return NULL;
}

void catalog_free(struct catalog *catalog)
{
	if (!catalog)
		return;
	for (uint32_t id = 1; id < catalog->listing_end; id++)
		free(catalog->listings[id].text);
	for (uint32_t id = 1; id < catalog->verdict_end; id++)
		if (catalog->verdicts[id].count > FEW)
			free(catalog->verdicts[id].many);
	free(catalog->listings);
	free(catalog->verdicts);
	free(catalog->listing_index.slots);
	free(catalog->verdict_index.slots);
	id_pool_done(&catalog->listing_ids);
	id_pool_done(&catalog->verdict_ids);
	free(catalog->parts);
	free(catalog);
}

void catalog_limit(struct catalog *catalog, uint32_t id_max)
{
	catalog->listing_ids.max = catalog->verdict_ids.max = id_max;
}

/* Room for a record at index `end` of an array. */
static int grow(void **array, size_t *capacity, size_t end, size_t record_size)
{
	size_t wanted = *capacity ? *capacity + *capacity / 2 : 64;
	void *bigger;

	if (end < *capacity)
		return 0;
	bigger = realloc(*array, wanted * record_size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*capacity = wanted;
	return 0;
}

static bool is_listing(const struct listing *a, const struct catalog_listing *b)
{
	return a->list == b->list && a->code == b->code && a->text_size == b->text_size &&
	       (!b->text_size || !memcmp(a->text, b->text, b->text_size));
}

static uint32_t hash_listing(const struct catalog *catalog, const struct catalog_listing *listing)
{
	uint8_t bytes[8 + CATALOG_TEXT_MAX];

	memcpy(bytes, &listing->list, 4);
	memcpy(bytes + 4, &listing->code, 4);
	if (listing->text_size)
		memcpy(bytes + 8, listing->text, listing->text_size);
	return hash_bytes(catalog, bytes, 8u + listing->text_size);
}

static int new_listing(struct catalog *catalog, const struct catalog_listing *from, uint32_t hash,
                       uint32_t *out_id)
{
	struct listing *l;
	char *text = NULL;
	uint32_t id;
	int rc = index_reserve(&catalog->listing_index);

	if (!rc)
		rc = grow((void **)&catalog->listings, &catalog->listing_capacity,
		          catalog->listing_end, sizeof(*catalog->listings));
	if (rc < 0)
		return rc;
	if (from->text_size) {
		text = malloc(from->text_size);
		if (!text)
			return -ENOMEM;
		memcpy(text, from->text, from->text_size);
	}
	id = id_pool_take(&catalog->listing_ids);
	if (!id) {
		free(text);
		return -ENOSPC;
	}
	if (id == catalog->listing_end)
		catalog->listing_end++;
	catalog->content_size += block_size(text);
	l = &catalog->listings[id];
	*l = (struct listing){.text = text,
	                      .text_size = from->text_size,
	                      .list = from->list,
	                      .code = from->code,
	                      .hash = hash};
	index_put(&catalog->listing_index, hash, id);
	catalog->listing_index.count++;
	*out_id = id;
	return 0;
}

int catalog_listing(struct catalog *catalog, const struct catalog_listing *listing,
                    uint32_t *out_id)
{
	uint32_t hash = hash_listing(catalog, listing);
	const struct index *x = &catalog->listing_index;

	for (size_t i = hash & x->mask; x->slots[i].id; i = (i + 1) & x->mask) {
		if (x->slots[i].hash == hash &&
		    is_listing(&catalog->listings[x->slots[i].id], listing)) {
			*out_id = x->slots[i].id;
			return 0;
		}
	}
	return new_listing(catalog, listing, hash, out_id);
}

static const uint32_t *listings_of(const struct verdict *v)
{
	return v->count > FEW ? v->many : v->few;
}

static void suspect(struct catalog *catalog, uint32_t id)
{
	struct verdict *v = &catalog->verdicts[id];

	if (v->is_suspect)
		return;
	v->is_suspect = true;
	v->next = catalog->suspects;
	catalog->suspects = id;
}

static int new_verdict(struct catalog *catalog, const uint32_t *listings, size_t count,
                       uint32_t hash, uint32_t *out_id)
{
	struct verdict v = {.count = (uint32_t)count, .hash = hash};
	uint32_t id;
	int rc = index_reserve(&catalog->verdict_index);

	if (!rc)
		rc = grow((void **)&catalog->verdicts, &catalog->verdict_capacity,
		          catalog->verdict_end, sizeof(*catalog->verdicts));
	if (rc < 0)
		return rc;
	if (count > FEW) {
		v.many = malloc(count * sizeof(*v.many));
		if (!v.many)
			return -ENOMEM;
	}
	id = id_pool_take(&catalog->verdict_ids);
	if (!id) {
		if (count > FEW)
			free(v.many);
		return -ENOSPC;
	}
	if (id == catalog->verdict_end)
		catalog->verdict_end++;
	memcpy(count > FEW ? v.many : v.few, listings, count * sizeof(*listings));
	if (count > FEW)
		catalog->content_size += block_size(v.many);
	catalog->verdicts[id] = v;
	for (size_t i = 0; i < count; i++)
		catalog->listings[listings[i]].use_count++;
	index_put(&catalog->verdict_index, hash, id);
	catalog->verdict_index.count++;
	suspect(catalog, id);
	*out_id = id;
	return 0;
}

int catalog_verdict(struct catalog *catalog, const uint32_t *listings, size_t count,
                    uint32_t *out_id)
{
	uint32_t hash = hash_bytes(catalog, listings, count * sizeof(*listings));
	const struct index *x = &catalog->verdict_index;

	assert(count >= 1 && count <= CATALOG_LISTINGS_MAX);
	for (size_t i = hash & x->mask; x->slots[i].id; i = (i + 1) & x->mask) {
		const struct verdict *v = &catalog->verdicts[x->slots[i].id];

		if (x->slots[i].hash == hash && v->count == count &&
		    !memcmp(listings_of(v), listings, count * sizeof(*listings))) {
			*out_id = x->slots[i].id;
			return 0;
		}
	}
	return new_verdict(catalog, listings, count, hash, out_id);
}

int catalog_union(struct catalog *catalog, const uint32_t *verdicts, size_t count, uint32_t *out_id)
{
	size_t part_count = 0, verdict_count = 0;
	uint32_t last = 0;

	for (size_t i = 0; i < count; i++) {
		const struct verdict *v = &catalog->verdicts[verdicts[i]];

		if (!verdicts[i])
			continue;
		while (part_count + v->count > catalog->part_capacity) {
			int rc = grow((void **)&catalog->parts, &catalog->part_capacity,
			              catalog->part_capacity, sizeof(*catalog->parts));

			if (rc < 0)
				return rc;
		}
		memcpy(catalog->parts + part_count, listings_of(v), v->count * sizeof(uint32_t));
		part_count += v->count;
		verdict_count++;
		last = verdicts[i];
	}
	if (verdict_count <= 1) {
		*out_id = last;
		return 0;
	}
	return catalog_verdict(catalog, catalog->parts, part_count, out_id);
}

void catalog_get_listing(const struct catalog *catalog, uint32_t id,
                         struct catalog_listing *out_listing)
{
	const struct listing *l = &catalog->listings[id];

	*out_listing = (struct catalog_listing){
	    .list = l->list, .code = l->code, .text = l->text, .text_size = l->text_size};
}

size_t catalog_get_verdict(const struct catalog *catalog, uint32_t id,
                           const uint32_t **out_listings)
{
	*out_listings = listings_of(&catalog->verdicts[id]);
	return catalog->verdicts[id].count;
}

static bool is_painted(const struct verdict *v)
{
	return v->count4 || v->count6 || v->count_names;
}

static void adjust(struct catalog *catalog, enum catalog_kind kind, uint32_t id,
                   address6_t difference)
{
	struct verdict *v = &catalog->verdicts[id];

	if (!id)
		return;
	switch (kind) {
	case CATALOG_IP4:
		v->count4 += (uint64_t)difference;
		break;
	case CATALOG_IP6:
		v->count6 += difference;
		break;
	case CATALOG_NAMES:
		v->count_names += (uint64_t)difference;
		break;
	}
	if (!is_painted(v))
		suspect(catalog, id);
}

void catalog_add(struct catalog *catalog, enum catalog_kind kind, uint32_t verdict,
                 address6_t added)
{
	adjust(catalog, kind, verdict, added);
}

void catalog_remove(struct catalog *catalog, enum catalog_kind kind, uint32_t verdict,
                    address6_t removed)
{
	adjust(catalog, kind, verdict, -removed);
}

bool catalog_mark_listing(struct catalog *catalog, uint32_t id)
{
	bool was = catalog->listings[id].is_marked;

	catalog->listings[id].is_marked = true;
	return was;
}

bool catalog_mark_verdict(struct catalog *catalog, uint32_t id)
{
	bool was = catalog->verdicts[id].is_marked;

	catalog->verdicts[id].is_marked = true;
	return was;
}

/* The chains in `late` become free. */
static void free_late(struct catalog *catalog)
{
	for (uint32_t id = catalog->late_listings, next; id; id = next) {
		next = catalog->listings[id].next;
		id_pool_give(&catalog->listing_ids, id);
	}
	for (uint32_t id = catalog->late_verdicts, next; id; id = next) {
		next = catalog->verdicts[id].next;
		id_pool_give(&catalog->verdict_ids, id);
	}
	catalog->late_listings = catalog->late_verdicts = 0;
}

static void drop_listing(struct catalog *catalog, uint32_t id)
{
	struct listing *l = &catalog->listings[id];

	index_remove(&catalog->listing_index, l->hash, id);
	catalog->content_size -= block_size(l->text);
	free(l->text);
	*l = (struct listing){.next = catalog->late_listings};
	catalog->late_listings = id;
}

static int drop_verdict(struct catalog *catalog, uint32_t id, catalog_forget *forget, void *context)
{
	struct verdict *v = &catalog->verdicts[id];
	const uint32_t *listings = listings_of(v);
	int rc = v->is_marked ? forget(context, false, id) : 0;

	for (size_t i = 0; i < v->count; i++) {
		struct listing *l = &catalog->listings[listings[i]];

		if (--l->use_count)
			continue;
		if (l->is_marked && !rc)
			rc = forget(context, true, listings[i]);
		drop_listing(catalog, listings[i]);
	}
	index_remove(&catalog->verdict_index, v->hash, id);
	if (v->count > FEW) {
		catalog->content_size -= block_size(v->many);
		free(v->many);
	}
	*v = (struct verdict){.next = catalog->late_verdicts};
	catalog->late_verdicts = id;
	return rc;
}

int catalog_collect(struct catalog *catalog, catalog_forget *forget, void *context)
{
	int rc = 0;

	free_late(catalog);
	for (uint32_t id = catalog->suspects, next; id; id = next) {
		struct verdict *v = &catalog->verdicts[id];
		int error = 0;

		next = v->next;
		v->is_suspect = false;
		if (!is_painted(v))
			error = drop_verdict(catalog, id, forget, context);
		if (!rc)
			rc = error;
	}
	catalog->suspects = 0;
	return rc;
}

void catalog_stats(const struct catalog *catalog, struct catalog_stats *out_stats)
{
	*out_stats = (struct catalog_stats){
	    .listing_count = catalog->listing_index.count,
	    .verdict_count = catalog->verdict_index.count,
	    .listing_max = catalog->listing_end - 1,
	    .verdict_max = catalog->verdict_end - 1,
	    .memory_size = catalog->listing_capacity * sizeof(*catalog->listings) +
	                   catalog->verdict_capacity * sizeof(*catalog->verdicts) +
	                   (catalog->listing_index.mask + catalog->verdict_index.mask + 2) *
	                       sizeof(struct slot) +
	                   catalog->content_size,
	};
}
