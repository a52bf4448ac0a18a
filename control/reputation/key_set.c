/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/key_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN  256
#define CAPACITY_KEPT 16384

/* FNV-1a of eight bytes at a time: what collides costs a comparison, no more. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct ledger_key *key)
{
	uint64_t hash = mix((uint64_t)key->kind << 8 | key->length, (uint64_t)key->address);

	hash = mix(hash, (uint64_t)(key->address >> 64));
	for (unsigned i = 0; i < key->name_size; i++)
		hash = mix(hash, key->name[i]);
	return hash;
}

static bool is_same(const struct ledger_key *a, const struct ledger_key *b)
{
	return a->kind == b->kind && a->length == b->length && a->address == b->address &&
	       a->name_size == b->name_size && memcmp(a->name, b->name, a->name_size) == 0;
}

static size_t find(const struct key_set *s, const struct ledger_key *key)
{
	size_t at = hash_of(key) & (s->slots - 1);

	while (s->index[at] && !is_same(&s->keys[s->index[at] - 1], key))
		at = (at + 1) & (s->slots - 1);
	return at;
}

static int grow(struct key_set *s)
{
	size_t capacity = s->capacity ? 2 * s->capacity : CAPACITY_MIN;
	struct ledger_key *keys = reallocarray(s->keys, capacity, sizeof(*keys));
	uint32_t *index;

	if (!keys)
		return -ENOMEM;
	s->keys = keys;
	index = calloc(2 * capacity, sizeof(*index));
	if (!index)
		return -ENOMEM;
	free(s->index);
	s->index = index;
	s->slots = 2 * capacity;
	s->capacity = capacity;
	for (size_t i = 0; i < s->count; i++)
		s->index[find(s, &s->keys[i])] = (uint32_t)i + 1;
	return 0;
}

int key_set_add(struct key_set *s, const struct ledger_key *key)
{
	size_t at;

	if (s->count == s->capacity) {
		int rc = grow(s);

		if (rc < 0)
			return rc;
	}
	at = find(s, key);
	if (s->index[at])
		return 0;
	s->keys[s->count++] = *key;
	s->index[at] = (uint32_t)s->count;
	return 0;
}

void key_set_clear(struct key_set *s)
{
	if (s->capacity > CAPACITY_KEPT) {
		key_set_done(s);
		return;
	}
	/* Few of many slots: those alone. */
	if (s->count < s->slots / 16) {
		while (s->count) {
			size_t at = find(s, &s->keys[s->count - 1]);

			s->count--;
			s->index[at] = 0;
		}
		return;
	}
	s->count = 0;
	if (s->index)
		memset(s->index, 0, s->slots * sizeof(*s->index));
}

void key_set_done(struct key_set *s)
{
	free(s->keys);
	free(s->index);
	*s = (struct key_set){0};
}
