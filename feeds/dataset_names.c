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
	const uint8_t *key;
	size_t key_size;
	struct saying subtree;
};

struct walk {
	struct dataset_builder *b;
	const struct dataset_ranks *ranks;
	struct dataset_set_table *sets;
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

static int name_append(struct walk *w, const uint8_t *key, size_t key_size, uint32_t exact,
                       uint32_t subtree)
{
	uint8_t wire[NAME_WIRE_MAX];
	size_t size = dataset_name_wire(key, key_size, wire);

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

static void stack_pop(struct walk *w, const uint8_t *key, size_t key_size)
{
	while (w->depth) {
		const struct above *top = &w->stack[w->depth - 1];

		if (top->key_size < key_size && !memcmp(top->key, key, top->key_size))
			return;
		w->depth--;
	}
}

static int group_resolve(struct walk *w, const uint8_t *key, size_t key_size, size_t group_count)
{
	struct saying exact = {0, 0}, subtree;
	uint32_t exact_set, subtree_set;
	int rc;

	stack_pop(w, key, key_size);
	if (w->depth)
		exact = w->stack[w->depth - 1].subtree;
	subtree = exact;
	rc = scope_resolve(w, group_count, DATASET_EXACT, &exact, &exact_set);
	if (rc == 0)
		rc = scope_resolve(w, group_count, DATASET_SUBTREE, &subtree, &subtree_set);
	if (rc < 0)
		return rc;
	if (subtree_set != DATASET_ABSENT || subtree.level)
		w->stack[w->depth++] = (struct above){key, key_size, subtree};
	if (exact_set == DATASET_ABSENT && subtree_set == DATASET_ABSENT)
		return 0;
	return name_append(w, key, key_size, exact_set, subtree_set);
}

/* The entries of one name from at on. Returns where the next name starts, 0 without memory. */
static size_t group_read(struct walk *w, size_t at, size_t *out_count)
{
	const struct dataset_name_entry *names = w->b->names, *name = &names[at];
	const uint8_t *keys = w->b->name_keys;
	size_t count = 0;

	for (; at < w->b->name_count && names[at].size == name->size &&
	       !memcmp(keys + names[at].offset, keys + name->offset, name->size);
	     at++) {
		if (dataset_grow((void **)&w->group, &w->group_capacity, count + 1,
		                 sizeof(*w->group)) < 0)
			return 0;
		w->group[count] = (struct dataset_candidate){
		    .key = names[at].scope, .order = count, .rank = names[at].how};
		count++;
	}
	if (dataset_grow((void **)&w->found, &w->found_capacity, count, sizeof(*w->found)) < 0)
		return 0;
	*out_count = dataset_candidates_reduce(w->group, count, w->ranks, &w->b->facts.entry_count);
	return at;
}

static int walk_run(struct walk *w)
{
	const void *kept = w->b->names;

	for (size_t at = 0, next; at < w->b->name_count; at = next) {
		const struct dataset_name_entry *name = &w->b->names[at];
		size_t count;
		int rc;

		next = group_read(w, at, &count);
		if (!next)
			return -ENOMEM;
		rc = group_resolve(w, w->b->name_keys + name->offset, name->size, count);
		if (rc < 0)
			return rc;
		if (dataset_is_due(name, (next - at) * sizeof(*name)))
			kept = dataset_release(kept, name);
	}
	return 0;
}

int dataset_resolve_names(struct dataset_builder *b, const struct dataset_ranks *ranks,
                          struct dataset_set_table *sets, struct dataset *out_dataset)
{
	struct walk *w;
	int rc;

	if (!b->name_count)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->b = b;
	w->ranks = ranks;
	w->sets = sets;
	dataset_sort_names(b->names, b->name_count, b->name_keys);
	rc = walk_run(w);
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
