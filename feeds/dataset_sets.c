/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/dataset_private.h"

#include <sodium.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct set_key {
	const uint32_t *values;
	size_t count;
};

int dataset_set_table_init(struct dataset_set_table *table, const struct dataset_builder *b)
{
	*table = (struct dataset_set_table){0};
	memcpy(table->hash_key, b->hash_key, sizeof(table->hash_key));
	table->single = calloc(b->value_count, sizeof(*table->single));
	if (!table->single ||
	    dataset_grow((void **)&table->ends, &table->capacity, 1, sizeof(*table->ends)) < 0) {
		dataset_set_table_done(table);
		return -ENOMEM;
	}
	table->ends[0] = 0;
	return 0;
}

void dataset_set_table_done(struct dataset_set_table *table)
{
	free(table->single);
	free(table->members);
	free(table->ends);
	intern_done(&table->index);
	*table = (struct dataset_set_table){0};
}

static bool set_equals(const void *things, uint32_t id, const void *key)
{
	const struct dataset_set_table *table = things;
	const struct set_key *wanted = key;
	uint32_t start = table->ends[id - 1];

	return table->ends[id] - start == wanted->count &&
	       !memcmp(table->members + start, wanted->values,
	               wanted->count * sizeof(*wanted->values));
}

static int set_add(struct dataset_set_table *table, const struct set_key *key, uint32_t *out_set)
{
	if (table->member_count + key->count > UINT32_MAX ||
	    dataset_grow((void **)&table->members, &table->member_capacity,
	                 table->member_count + key->count, sizeof(*table->members)) < 0 ||
	    dataset_grow((void **)&table->ends, &table->capacity, table->count + 2,
	                 sizeof(*table->ends)) < 0)
		return -ENOMEM;
	memcpy(table->members + table->member_count, key->values,
	       key->count * sizeof(*key->values));
	table->member_count += key->count;
	table->ends[++table->count] = (uint32_t)table->member_count;
	*out_set = (uint32_t)table->count;
	return 0;
}

int dataset_set_intern(struct dataset_set_table *table, const uint32_t *values, size_t count,
                       uint32_t *out_set)
{
	struct set_key key = {values, count};
	uint8_t bytes[crypto_shorthash_BYTES];
	uint32_t hash, set;

	if (count == 1) {
		uint32_t *single = &table->single[values[0]];

		if (!*single && set_add(table, &key, single) < 0)
			return -ENOMEM;
		*out_set = *single;
		return 0;
	}
	crypto_shorthash(bytes, (const uint8_t *)values, count * sizeof(*values), table->hash_key);
	memcpy(&hash, bytes, sizeof(hash));
	set = intern_find(&table->index, hash, set_equals, table, &key);
	if (set == INTERN_NONE) {
		if (set_add(table, &key, &set) < 0 || intern_add(&table->index, hash, set) < 0)
			return -ENOMEM;
	}
	*out_set = set;
	return 0;
}

struct dataset_sets *dataset_sets_new(struct dataset_set_table *table, struct dataset_builder *b)
{
	struct dataset_sets *sets = calloc(1, sizeof(*sets));

	if (!sets)
		return NULL;
	sets->members = malloc((table->member_count + 1) * sizeof(const struct dataset_value *));
	if (!sets->members) {
		free(sets);
		return NULL;
	}
	sets->values = b->values;
	sets->texts = b->texts;
	sets->ends = table->ends;
	sets->count = table->count;
	sets->memory_size = sizeof(*sets) + b->value_capacity * sizeof(*b->values) + b->texts_size +
	                    table->member_count * sizeof(const struct dataset_value *) +
	                    table->capacity * sizeof(*table->ends);
	b->values = NULL;
	b->value_count = 0;
	b->texts = NULL;
	table->ends = NULL;
	for (size_t i = 0; i < table->member_count; i++)
		sets->members[i] = &sets->values[table->members[i]];
	return sets;
}

void dataset_sets_free(struct dataset_sets *sets)
{
	if (!sets)
		return;
	dataset_texts_free(sets->texts);
	free(sets->values);
	free(sets->members);
	free(sets->ends);
	free(sets);
}

size_t dataset_set(const struct dataset *d, uint32_t set,
                   const struct dataset_value *const **out_values)
{
	uint32_t start = d->sets->ends[set - 1];

	*out_values = d->sets->members + start;
	return d->sets->ends[set] - start;
}

size_t dataset_set_count(const struct dataset *d)
{
	return d->sets->count;
}
