/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/keys.h"

#include "dataplane/table/labels.h"
#include "dataplane/table/stripes.h"

#include <sodium.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_SIZE 64 /* length byte, lower-case bytes, zeros */
#define INDEX_MIN  16 /* a power of two */

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
	struct stripes queries; /* counts is NULL until sealed */
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
	stripes_done(&k->queries);
	free(k);
}

/* A label in lower case, filled up with zeros. */
static void fold(const uint8_t *label, uint64_t out_words[LABEL_SIZE / 8])
{
	memset(out_words, 0, LABEL_SIZE);
	memcpy(out_words, label, 1u + label[0]);
	for (unsigned i = 0; i < LABEL_SIZE / 8; i++)
		out_words[i] = labels_fold(out_words[i]);
}

/* In constant time: all words, whatever the first ones say. */
static bool is_equal(const uint8_t *label, const uint64_t words[LABEL_SIZE / 8])
{
	uint64_t difference = 0;

	for (unsigned i = 0; i < LABEL_SIZE / 8; i++) {
		uint64_t word;

		memcpy(&word, label + 8 * i, 8);
		difference |= word ^ words[i];
	}
	return difference == 0;
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
	uint64_t words[LABEL_SIZE / 8];
	char *copy;
	int rc;

	if (!is_valid(label, size) || strlen(name) > KEYS_NAME_MAX)
		return -EINVAL;
	memcpy(wire + 1, label, size);
	if (keys_find(k, wire, keys_hash(k, wire)) >= 0)
		return -EEXIST;
	if (k->count == KEYS_MAX)
		return -E2BIG;
	rc = k->count == k->room ? grow(k) : 0;
	if (rc < 0)
		return rc;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	fold(wire, words);
	memcpy(k->labels[k->count], words, LABEL_SIZE);
	k->names[k->count] = copy;
	index_add(k, k->count);
	k->count++;
	return 0;
}

int keys_seal(struct keys *k)
{
	return stripes_init(&k->queries, k->count);
}

uint64_t keys_hash(const struct keys *k, const uint8_t *label)
{
	uint64_t hash = labels_hash(&k->secret, 0, label);

	if (k->count)
		__builtin_prefetch(&k->index[hash & (2 * k->room - 1)]);
	return hash;
}

void keys_prefetch(const struct keys *k, uint64_t hash)
{
	uint32_t key = k->count ? k->index[hash & (2 * k->room - 1)].key : 0;

	if (key)
		__builtin_prefetch(k->labels[key - 1]);
}

int keys_find(const struct keys *k, const uint8_t *label, uint64_t hash)
{
	size_t mask = 2 * k->room - 1;
	uint64_t wanted[LABEL_SIZE / 8];

	if (k->count == 0)
		return -1;
	fold(label, wanted);
	for (size_t at = hash & mask; k->index[at].key; at = (at + 1) & mask) {
		const struct place *place = &k->index[at];

		if (place->check == (uint32_t)(hash >> 32) &&
		    is_equal(k->labels[place->key - 1], wanted))
			return (int)place->key - 1;
	}
	return -1;
}

void keys_count_query(struct keys *k, uint32_t index, unsigned thread)
{
	stripes_add(&k->queries, index, thread, 1);
}

void keys_prefetch_count(const struct keys *k, uint32_t index, unsigned thread)
{
	__builtin_prefetch(stripes_at(&k->queries, index, thread), 1);
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
	return stripes_sum(&k->queries, index);
}

void keys_carry(struct keys *k, const struct keys *older)
{
	for (size_t i = 0; i < older->count; i++) {
		uint64_t queries = keys_queries(older, i);
		const uint8_t *label = older->labels[i];
		int found = queries ? keys_find(k, label, keys_hash(k, label)) : -1;

		if (found >= 0)
			stripes_add(&k->queries, (size_t)found, 0, queries);
	}
}
