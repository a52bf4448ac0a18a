/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/names_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BURST 32 /* names whose cache misses overlap */
#define AHEAD 6  /* labels of a name, from the right, that are looked for ahead */

struct names *names_new(void)
{
	struct names *n = calloc(1, sizeof(*n));
	int rc = n ? labels_key_init(&n->key) : -ENOMEM;

	if (rc == 0)
		rc = name_arena_init(&n->arena);
	if (rc == 0)
		return n;
	free(n);
	errno = -rc;
	return NULL;
}

void names_use(struct names *n, const struct verdicts *verdicts)
{
	n->verdicts = verdicts;
}

void names_use_pages(struct names *n, enum hugepages_mode mode)
{
	n->arena.huge.mode = mode;
}

static void free_below_arrays(struct names *n)
{
	for (uint32_t slab = 1; slab < n->arena.slab_end; slab++) {
		if (name_arena_is_movable(&n->arena, slab))
			continue; /* leaves */
		for (unsigned i = 0; i < name_arena_blocks(&n->arena, slab); i++) {
			uint32_t reference = name_arena_block(&n->arena, slab, i);

			if (names_is_live(n, reference))
				name_below_done(&names_inner_at(n, reference)->below);
		}
	}
	name_below_done(&n->below);
}

void names_free(struct names *n)
{
	if (!n)
		return;
	free_below_arrays(n);
	name_arena_done(&n->arena);
	name_index_done(&n->index);
	retire_done(&n->retire);
	free(n);
}

/* The first labels of a name from the right, on their way through a burst. */
struct ahead {
	struct labels labels;
	bool is_bad;
	size_t count;
	uint64_t hashes[AHEAD];
	uint32_t nodes[AHEAD]; /* that probably are those of the labels; 0 ends it */
};

/* Take a name apart and hint at the lines that will be probed. */
static void look_ahead(const struct names *n, const struct names_query *q, struct ahead *a)
{
	uint64_t hash = 0;

	a->count = 0;
	a->is_bad = labels_split(q->name, q->size, &a->labels) < 0;
	if (a->is_bad)
		return;
	for (; a->count < AHEAD && a->count < a->labels.count; a->count++) {
		size_t offset = a->labels.offsets[a->labels.count - 1 - a->count];

		hash = labels_hash(&n->key, hash, q->name + offset);
		a->hashes[a->count] = hash;
		name_index_prefetch(&n->index, hash);
	}
}

/* Find the nodes that are probably those of the name, and hint at them. */
static void look_at_nodes(const struct names *n, struct ahead *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct name_index_probe probe;

		name_index_probe_start(&n->index, a->hashes[i], &probe);
		a->nodes[i] = name_index_probe_next(&probe);
		if (a->nodes[i] == 0)
			return; /* then there is nothing below either */
		__builtin_prefetch(names_node_at(n, a->nodes[i]));
	}
}

/* The node of a level below its parent, or 0. */
static uint32_t look_at(const struct names *n, const struct ahead *a, size_t level, uint64_t hash,
                        uint32_t parent, const uint8_t *label)
{
	if (level < a->count) {
		uint32_t probably = a->nodes[level];

		if (probably == 0 || name_node_is(names_node_at(n, probably), parent, label))
			return probably;
	}
	return names_find(n, hash, parent, label);
}

static void look_up(const struct names *n, const struct names_query *q, const struct ahead *a,
                    struct names_match *out_match)
{
	const name_below_t *below = &n->below;
	uint64_t hash = 0, value = 0;
	uint32_t node = 0;

	*out_match = (struct names_match){VERDICT_NONE, (uint16_t)q->size, VERDICT_NONE, NULL};
	if (a->is_bad)
		return;
	for (size_t level = 0; level < a->labels.count; level++) {
		size_t offset = a->labels.offsets[a->labels.count - 1 - level];
		uint64_t here;

		hash = level < a->count ? a->hashes[level]
		                        : labels_hash(&n->key, hash, q->name + offset);
		node = look_at(n, a, level, hash, node, q->name + offset);
		below =
		    node != 0 && names_is_inner(n, node) ? &names_inner_at(n, node)->below : NULL;
		if (node == 0)
			break;
		here = names_load_value(names_node_at(n, node));
		if (here & NAMES_VALUE_IS_PUT) {
			value = here;
			out_match->subject_offset = (uint16_t)offset;
		}
	}
	out_match->below = below;
	out_match->subtree = names_subtree_of(value);
	if (value != 0)
		out_match->verdict = out_match->subject_offset == 0 ? names_exact_of(value)
		                                                    : names_subtree_of(value);
}

void names_prefetch(const struct names *n, const uint8_t *name, size_t size)
{
	const struct names_query query = {name, size};
	struct ahead ahead;

	look_ahead(n, &query, &ahead);
}

void names_lookup(const struct names *n, const uint8_t *name, size_t size,
                  struct names_match *out_match)
{
	const struct names_query query = {name, size};
	struct ahead ahead;

	look_ahead(n, &query, &ahead);
	look_at_nodes(n, &ahead);
	look_up(n, &query, &ahead, out_match);
}

void names_lookup_burst(const struct names *n, const struct names_query *queries, size_t count,
                        struct names_match *out_matches)
{
	struct ahead ahead[BURST];

	for (size_t at = 0; at < count; at += BURST) {
		size_t end = count - at < BURST ? count - at : BURST;

		for (size_t i = 0; i < end; i++)
			look_ahead(n, &queries[at + i], &ahead[i]);
		for (size_t i = 0; i < end; i++)
			look_at_nodes(n, &ahead[i]);
		for (size_t i = 0; i < end; i++)
			look_up(n, &queries[at + i], &ahead[i], &out_matches[at + i]);
	}
}

bool names_any_below(const struct names *n, const struct names_match *match,
                     const uint64_t lists[LISTSET_WORDS])
{
	if (match->below && name_below_any(match->below, lists))
		return true;
	return listset_shows(n->verdicts, match->subtree, lists);
}

void names_stats(const struct names *n, struct names_stats *out_stats)
{
	out_stats->memory_size =
	    sizeof(*n) + n->index.memory_size + name_arena_memory(&n->arena) + n->below_memory_size;
	out_stats->name_count = n->name_count;
	out_stats->huge = n->arena.huge;
}
