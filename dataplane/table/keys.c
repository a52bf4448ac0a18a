/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/keys.h"

#include "dataplane/table/labels.h"

#include <sodium.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_SIZE 64 /* length byte, lower-case bytes, zeros */
#define INDEX_MIN  16 /* a power of two */
#define LINE       8  /* counters of a cache line */

struct place {
	uint32_t check; /* of the hash: bits that did not choose the place */
	uint32_t key;   /* index + 1, 0 ends a probe */
};

struct keys {
	struct labels_key secret;
	size_t count, room; /* of labels; the index is twice as large as room */
	uint8_t (*labels)[LABEL_SIZE];
	char **names;
	struct place *index;
	size_t stripe;            /* counters from one stripe to the next */
	_Atomic uint64_t *counts; /* NULL until sealed */
};

struct keys *keys_new(void)
{
	struct keys *k = calloc(1, sizeof(*k));
	int rc;

	if (!k) {
		errno = ENOMEM;
		return NULL;
	}
	rc = labels_key_init(&k->secret);
	if (rc < 0) {
		free(k);
		errno = -rc;
		return NULL;
	}
	return k;
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++)
		free(k->names[i]);
	if (k->labels)
		sodium_memzero(k->labels, k->count * sizeof(*k->labels));
	free(k->labels);
	free(k->names);
	free(k->index);
	free(k->counts);
	free(k);
}

static void lower(const uint8_t *label, uint8_t out_label[LABEL_SIZE])
{
	memset(out_label, 0, LABEL_SIZE);
	memcpy(out_label, label, 1u + label[0]);
	for (unsigned i = 1; i <= label[0]; i++) {
		if (out_label[i] >= 'A' && out_label[i] <= 'Z')
			out_label[i] |= 0x20;
	}
}

static void index_add(struct keys *k, size_t key)
{
	uint64_t hash = labels_hash(&k->secret, 0, k->labels[key]);
	size_t mask = 2 * k->room - 1, at = hash & mask;

	while (k->index[at].key)
		at = (at + 1) & mask;
	k->index[at] = (struct place){(uint32_t)(hash >> 32), (uint32_t)key + 1};
}

static int grow(struct keys *k)
{
	size_t room = k->room ? 2 * k->room : INDEX_MIN / 2;
	struct place *index = calloc(2 * room, sizeof(*index));
	char **names = index ? reallocarray(k->names, room, sizeof(*names)) : NULL;
	uint8_t(*labels)[LABEL_SIZE] = NULL;

	if (names) {
		k->names = names;
		labels = reallocarray(k->labels, room, sizeof(*labels));
	}
	if (!labels) {
		free(index);
		return -ENOMEM;
	}
	k->labels = labels;
	free(k->index);
	k->index = index;
	k->room = room;
	for (size_t i = 0; i < k->count; i++)
		index_add(k, i);
	return 0;
}

static bool is_valid(const uint8_t *label, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t c = label[i] | 0x20;

		if (!(c >= 'a' && c <= 'z') && !(label[i] >= '0' && label[i] <= '9') &&
		    label[i] != '-')
			return false;
	}
	return size >= KEYS_LABEL_MIN && size <= KEYS_LABEL_MAX;
}

int keys_add(struct keys *k, const uint8_t *label, size_t size, const char *name)
{
	uint8_t wire[LABEL_SIZE] = {(uint8_t)size};
	char *copy;
	int rc;

	if (!is_valid(label, size) || strlen(name) > KEYS_NAME_MAX)
		return -EINVAL;
	memcpy(wire + 1, label, size);
	if (keys_find(k, wire) >= 0)
		return -EEXIST;
	if (k->count == KEYS_MAX)
		return -E2BIG;
	rc = k->count == k->room ? grow(k) : 0;
	if (rc < 0)
		return rc;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	lower(wire, k->labels[k->count]);
	k->names[k->count] = copy;
	index_add(k, k->count);
	k->count++;
	return 0;
}

int keys_seal(struct keys *k)
{
	k->stripe = (k->count + LINE) / LINE * LINE;
	k->counts = calloc(KEYS_STRIPES * k->stripe, sizeof(*k->counts));
	return k->counts ? 0 : -ENOMEM;
}

int keys_find(const struct keys *k, const uint8_t *label)
{
	size_t mask = 2 * k->room - 1;
	uint8_t wanted[LABEL_SIZE];
	uint64_t hash;

	if (k->count == 0)
		return -1;
	lower(label, wanted);
	hash = labels_hash(&k->secret, 0, wanted);
	for (size_t at = hash & mask; k->index[at].key; at = (at + 1) & mask) {
		const struct place *place = &k->index[at];

		if (place->check == (uint32_t)(hash >> 32) &&
		    sodium_memcmp(k->labels[place->key - 1], wanted, LABEL_SIZE) == 0)
			return (int)place->key - 1;
	}
	return -1;
}

void keys_count_query(struct keys *k, uint32_t index, unsigned thread)
{
	size_t at = thread % KEYS_STRIPES * k->stripe + index;

	atomic_fetch_add_explicit(&k->counts[at], 1, memory_order_relaxed);
}

size_t keys_size(const struct keys *k)
{
	return k->count;
}

const char *keys_name(const struct keys *k, size_t index)
{
	return k->names[index];
}

uint64_t keys_queries(const struct keys *k, size_t index)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < KEYS_STRIPES; i++)
		sum +=
		    atomic_load_explicit(&k->counts[i * k->stripe + index], memory_order_relaxed);
	return sum;
}

void keys_carry(struct keys *k, const struct keys *older)
{
	for (size_t i = 0; i < older->count; i++) {
		uint64_t queries = keys_queries(older, i);
		int found = queries ? keys_find(k, older->labels[i]) : -1;

		if (found >= 0)
			atomic_fetch_add_explicit(&k->counts[found], queries, memory_order_relaxed);
	}
}
