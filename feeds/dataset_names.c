/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In canonical order a subtree is a run, so one pass with a stack of the names above finds what
 * holds for each name. Exclusions from nothing are left out; a listing below an equal one is not,
 * as texts may name the entry that matched.
 */
#include "feeds/dataset_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX (NAME_WIRE_MAX / 2 + 1)

/* What is said of a scope; set 0 = not listed. */
struct saying {
	uint32_t set;
	uint8_t level;
};

struct above {
	size_t key_size; /* of the start of the walk's key */
	struct saying subtree;
};

struct walk {
	struct dataset_builder *b;
	const struct dataset_ranks *ranks;
	struct dataset_set_table *sets;
	struct dataset_name_reader reader;
	uint8_t key[DATASET_NAME_KEY_MAX]; /* of the name that the walk is at */
	size_t key_size;
	struct above stack[DEPTH_MAX];
	size_t depth;
	struct dataset_candidate *group;
	size_t group_capacity;
	uint32_t *found; /* ranks of one scope */
	size_t found_capacity;
	struct dataset_name *names;
	uint8_t *bytes;
	size_t name_count, name_capacity, bytes_size, bytes_capacity;
};

size_t dataset_name_key(const uint8_t *wire, size_t size, uint8_t out_key[DATASET_NAME_KEY_MAX])
{
	uint8_t starts[DEPTH_MAX];
	size_t count = 0, used = 0;

	for (size_t at = 0; at < size; at += 1u + wire[at])
		starts[count++] = (uint8_t)at;
	while (count--) {
		const uint8_t *label = wire + starts[count];

		for (unsigned i = 1; i <= label[0]; i++) {
			if (label[i] <= 1)
				out_key[used++] = 1;
			out_key[used++] = label[i] <= 1 ? label[i] + 1 : label[i];
		}
		out_key[used++] = 0;
	}
	return used;
}

size_t dataset_name_wire(const uint8_t *key, size_t size, uint8_t out_wire[NAME_WIRE_MAX])
{
	uint8_t reversed[NAME_WIRE_MAX];
	size_t at = 0, start = NAME_WIRE_MAX;

	while (at < size) {
		uint8_t label[64];
		size_t length = 0;

		for (; key[at]; at++)
			label[length++] = key[at] == 1 ? key[++at] - 1 : key[at];
		at++;
		start -= length + 1;
		reversed[start] = (uint8_t)length;
		memcpy(reversed + start + 1, label, length);
	}
	memcpy(out_wire, reversed + start, NAME_WIRE_MAX - start);
	return NAME_WIRE_MAX - start;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* What the ranks of one scope say together. count > 0. */
static int found_resolve(struct walk *w, size_t count, struct saying *out_saying)
{
	const struct dataset_how *hows = w->ranks->hows;
	uint32_t values[DATASET_SET_MAX];
	size_t value_count = 0;

	if (count > 1)
		qsort(w->found, count, sizeof(*w->found), compare_u32);
	out_saying->level = hows[w->found[0]].level;
	out_saying->set = 0;
	if (hows[w->found[0]].is_exclusion)
		return 0;
	for (size_t i = 0; i < count && value_count < DATASET_SET_MAX; i++) {
		const struct dataset_how *how = &hows[w->found[i]];

		if (how->level != out_saying->level)
			break;
		if (!value_count || values[value_count - 1] != how->value)
			values[value_count++] = how->value;
	}
	return dataset_set_intern(w->sets, values, value_count, &out_saying->set);
}

/*
 * What the group says of a scope, unless a name above says something with more weight.
 * out_set: DATASET_ABSENT then; out_saying: what holds in the end
 */
static int scope_resolve(struct walk *w, size_t group_count, unsigned scope,
                         struct saying *out_saying, uint32_t *out_set)
{
	struct saying above = *out_saying, own;
	size_t count = 0;
	uint8_t level = 0;
	int rc;

	*out_set = DATASET_ABSENT;
	for (size_t i = 0; i < group_count; i++) {
		if (!(w->group[i].key & scope))
			continue;
		w->found[count++] = w->group[i].rank;
		if (w->group[i].level > level)
			level = w->group[i].level;
	}
	if (!count || level < above.level)
		return 0;
	rc = found_resolve(w, count, &own);
	if (rc < 0)
		return rc;
	if (own.set || above.set)
		*out_set = own.set;
	*out_saying = own;
	return 0;
}

static int name_append(struct walk *w, uint32_t exact, uint32_t subtree)
{
	uint8_t wire[NAME_WIRE_MAX];
	size_t size = dataset_name_wire(w->key, w->key_size, wire);

	if (dataset_grow((void **)&w->names, &w->name_capacity, w->name_count + 1,
	                 sizeof(*w->names)) < 0 ||
	    dataset_grow((void **)&w->bytes, &w->bytes_capacity, w->bytes_size + size + 1, 1) < 0)
		return -ENOMEM;
	w->names[w->name_count++] =
	    (struct dataset_name){w->bytes_size, (uint8_t)size, exact, subtree};
	memcpy(w->bytes + w->bytes_size, wire, size);
	w->bytes_size += size;
	return 0;
}

/* Go to a name, from one that is before it. */
static void key_set(struct walk *w, const uint8_t *key, size_t size)
{
	while (w->depth) {
		const struct above *top = &w->stack[w->depth - 1];

		if (top->key_size < size && !memcmp(w->key, key, top->key_size))
			break;
		w->depth--;
	}
	memcpy(w->key, key, size);
	w->key_size = size;
}

static int group_resolve(struct walk *w, size_t group_count)
{
	struct saying exact = {0, 0}, subtree;
	uint32_t exact_set, subtree_set;
	int rc;

	if (w->depth)
		exact = w->stack[w->depth - 1].subtree;
	subtree = exact;
	rc = scope_resolve(w, group_count, DATASET_EXACT, &exact, &exact_set);
	if (rc == 0)
		rc = scope_resolve(w, group_count, DATASET_SUBTREE, &subtree, &subtree_set);
	if (rc < 0)
		return rc;
	if (subtree_set != DATASET_ABSENT || subtree.level)
		w->stack[w->depth++] = (struct above){w->key_size, subtree};
	if (exact_set == DATASET_ABSENT && subtree_set == DATASET_ABSENT)
		return 0;
	return name_append(w, exact_set, subtree_set);
}

/* Read all entries of the next name. Errors: -ENOMEM */
static int group_read(struct walk *w, const struct dataset_name_cursor *name, size_t *out_count)
{
	size_t count = 0;

	key_set(w, name->key, name->size);
	for (; name && name->size == w->key_size && !memcmp(name->key, w->key, w->key_size);
	     name = dataset_name_reader_get(&w->reader)) {
		if (dataset_grow((void **)&w->group, &w->group_capacity, count + 1,
		                 sizeof(*w->group)) < 0)
			return -ENOMEM;
		w->group[count] = (struct dataset_candidate){
		    .key = name->scope, .order = count, .rank = w->ranks->of[name->how]};
		count++;
		dataset_name_reader_next(&w->reader);
	}
	if (dataset_grow((void **)&w->found, &w->found_capacity, count, sizeof(*w->found)) < 0)
		return -ENOMEM;
	*out_count = dataset_candidates_reduce(w->group, count, w->ranks, &w->b->facts.entry_count);
	return 0;
}

static int walk_run(struct walk *w)
{
	const struct dataset_name_cursor *name;
	size_t count;
	int rc = dataset_name_reader_init(&w->reader, &w->b->names);

	while (!rc && (name = dataset_name_reader_get(&w->reader)) != NULL) {
		rc = group_read(w, name, &count);
		if (!rc)
			rc = group_resolve(w, count);
	}
	dataset_name_reader_done(&w->reader);
	return rc;
}

int dataset_resolve_names(struct dataset_builder *b, const struct dataset_ranks *ranks,
                          struct dataset_set_table *sets, struct dataset *out_dataset)
{
	int rc = dataset_name_runs_end(&b->names);
	struct walk *w;

	if (rc < 0 || !b->names.runs.count)
		return rc;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->b = b;
	w->ranks = ranks;
	w->sets = sets;
	rc = walk_run(w);
	dataset_name_runs_done(&b->names);
	if (rc < 0) {
		free(w->names);
		free(w->bytes);
	} else {
		out_dataset->name_count = w->name_count;
		out_dataset->names = dataset_fitted(w->names, w->name_count * sizeof(*w->names));
		out_dataset->name_bytes = dataset_fitted(w->bytes, w->bytes_size);
		out_dataset->memory_size += w->name_count * sizeof(*w->names) + w->bytes_size;
	}
	free(w->group);
	free(w->found);
	free(w);
	return rc;
}
