/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names in runs. Each is how many bytes its key shares with the one before, how many follow, the
 * number of its how, its scope, and the bytes that follow.
 */
#include "feeds/dataset_private.h"
#include "feeds/dataset_runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Names collected before they are sorted, and bytes of their keys: about as much as a second-level
 * cache holds. */
#define CHUNK       (1u << 14)
#define CHUNK_KEYS  (1u << 20)
#define WRITTEN_MAX (3 * DATASET_NUMBER_MAX + 1) /* without the bytes that follow */

static size_t shared_size(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	size_t shorter = a_size < b_size ? a_size : b_size, shared = 0;

	while (shared < shorter && a[shared] == b[shared])
		shared++;
	return shared;
}

static int compare_keys(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

	return order ? order : (a_size > b_size) - (a_size < b_size);
}

static void name_write(struct dataset_name_runs *r, const struct dataset_name_entry *name)
{
	const uint8_t *key = r->keys + name->offset;
	size_t shared = shared_size(r->last, r->last_size, key, name->size);
	uint8_t *out = r->runs.bytes + r->runs.size;

	out = dataset_number_write(out, shared);
	out = dataset_number_write(out, name->size - shared);
	out = dataset_number_write(out, name->how);
	*out++ = name->scope;
	memcpy(out, key + shared, name->size - shared);
	memcpy(r->last + shared, key + shared, name->size - shared);
	r->last_size = name->size;
	r->runs.size = (size_t)(out - r->runs.bytes) + name->size - shared;
}

/* Errors: -ENOMEM */
static int chunk_write(struct dataset_name_runs *r)
{
	const struct dataset_name_entry *first = r->chunk;

	dataset_sort_names(r->chunk, r->chunk_count, r->keys);
	if (dataset_runs_reserve(&r->runs, r->chunk_count * WRITTEN_MAX + r->keys_size) < 0)
		return -ENOMEM;
	/* A feed that is sorted is one run. */
	if (!r->runs.count ||
	    compare_keys(r->last, r->last_size, r->keys + first->offset, first->size) > 0) {
		if (dataset_runs_begin(&r->runs) < 0)
			return -ENOMEM;
		r->last_size = 0;
	}
	for (size_t i = 0; i < r->chunk_count; i++)
		name_write(r, &r->chunk[i]);
	r->chunk_count = r->keys_size = 0;
	return 0;
}

int dataset_name_runs_add(struct dataset_name_runs *r, const uint8_t *wire, size_t size,
                          unsigned scope, uint32_t how)
{
	size_t key_size;

	if ((r->chunk_count == (r->chunk_max ? r->chunk_max : CHUNK) ||
	     r->keys_size >= CHUNK_KEYS) &&
	    chunk_write(r) < 0)
		return -ENOMEM;
	if (dataset_grow((void **)&r->chunk, &r->chunk_capacity, r->chunk_count + 1,
	                 sizeof(*r->chunk)) < 0 ||
	    dataset_grow((void **)&r->keys, &r->keys_capacity, r->keys_size + DATASET_NAME_KEY_MAX,
	                 1) < 0)
		return -ENOMEM;
	key_size = dataset_name_key(wire, size, r->keys + r->keys_size);
	r->chunk[r->chunk_count++] =
	    (struct dataset_name_entry){r->keys_size, how, (uint16_t)key_size, (uint8_t)scope};
	r->keys_size += key_size ? key_size : 1; /* offsets tell the order: never equal */
	return 0;
}

static void chunk_free(struct dataset_name_runs *r)
{
	free(r->chunk);
	free(r->keys);
	r->chunk = NULL;
	r->keys = NULL;
	r->chunk_capacity = r->keys_capacity = 0;
}

int dataset_name_runs_end(struct dataset_name_runs *r)
{
	if (r->chunk_count && chunk_write(r) < 0)
		return -ENOMEM;
	chunk_free(r);
	return 0;
}

void dataset_name_runs_done(struct dataset_name_runs *r)
{
	chunk_free(r);
	dataset_runs_done(&r->runs);
	r->chunk_count = r->keys_size = r->last_size = 0;
}

/* Read the next entry of a run. Returns false at its end. */
static bool cursor_next(struct dataset_name_cursor *c)
{
	const uint8_t *at = c->run.at;
	uint32_t shared, rest;

	if (at == c->run.end)
		return false;
	at = dataset_number_read(at, &shared);
	at = dataset_number_read(at, &rest);
	at = dataset_number_read(at, &c->how);
	c->scope = *at++;
	memcpy(c->key + shared, at, rest);
	c->size = (uint16_t)(shared + rest);
	c->run.at = at + rest;
	if (c->run.at >= c->run.due)
		dataset_run_release(&c->run);
	return true;
}

/* By key, then in the order of the runs. */
static bool is_before(const void *context, uint32_t a, uint32_t b)
{
	const struct dataset_name_reader *reader = context;
	const struct dataset_name_cursor *left = &reader->cursors[a], *right = &reader->cursors[b];
	int order = compare_keys(left->key, left->size, right->key, right->size);

	return order ? order < 0 : a < b;
}

static void sift_down(struct dataset_name_reader *reader, size_t at)
{
	dataset_runs_sift(reader->heap, reader->count, at, is_before, reader);
}

int dataset_name_reader_init(struct dataset_name_reader *reader, const struct dataset_name_runs *r)
{
	*reader = (struct dataset_name_reader){0};
	reader->cursors = malloc((r->runs.count + 1) * sizeof(*reader->cursors));
	reader->heap = malloc((r->runs.count + 1) * sizeof(*reader->heap));
	if (!reader->cursors || !reader->heap)
		return -ENOMEM;
	for (size_t i = 0; i < r->runs.count; i++) {
		reader->cursors[i].run = dataset_runs_cursor(&r->runs, i);
		if (cursor_next(&reader->cursors[i]))
			reader->heap[reader->count++] = (uint32_t)i;
	}
	for (size_t i = reader->count / 2; i-- > 0;)
		sift_down(reader, i);
	return 0;
}

void dataset_name_reader_done(struct dataset_name_reader *reader)
{
	free(reader->cursors);
	free(reader->heap);
	*reader = (struct dataset_name_reader){0};
}

void dataset_name_reader_next(struct dataset_name_reader *reader)
{
	if (!cursor_next(&reader->cursors[reader->heap[0]]))
		reader->heap[0] = reader->heap[--reader->count];
	if (reader->count > 1)
		sift_down(reader, 0);
}
