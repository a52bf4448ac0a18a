/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the files of the dataset share. The way from entries to a dataset:
 * dataset_builder.c collects, into dataset_runs.h, dataset_ranges.c and dataset_names.c resolve,
 * dataset_sets.c interns the sets of values they find.
 */
#include "feeds/bogons.h"
#include "feeds/dataset.h"
#include "feeds/dataset_runs.h"
#include "feeds/intern.h"

/* Texts of values: blocks in a chain, so that pointers into them stay good. */
struct dataset_texts {
	struct dataset_texts *next;
	size_t size, used;
	char bytes[];
};

/* How an entry applies, interned: an entry is then a range and one number. */
struct dataset_how {
	uint32_t value;
	uint8_t level;
	bool is_exclusion, first_wins, last_wins, is_part;
};

#define DATASET_RECENT 1024 /* a power of two */

struct dataset_builder {
	struct dataset_options options;
	struct bogons bogons4, bogons6;
	bool is_clean4[256]; /* by first octet: no bogons under it */
	struct dataset_facts facts;
	size_t message_count, skip_count;
	struct dataset_message messages[DATASET_MESSAGES_MAX], skips[DATASET_MESSAGES_MAX];

	/*
	 * Single addresses that apply alike. An entry that comes after another how with first_wins
	 * is never one of them: the order of adding matters then, and they have none.
	 */
	uint32_t *points4;
	size_t point4_count, point4_capacity;
	uint32_t points_how; /* of all of them, when there are any */
	bool are_points_closed;

	struct dataset_range_runs ranges4, ranges6;
	struct dataset_name_runs names;

	struct dataset_value *values;
	size_t value_count, value_capacity, texts_size;
	struct intern value_index;
	uint32_t recent_values[DATASET_RECENT]; /* ids, by what is quickly seen of a value */
	struct dataset_texts *texts;
	uint8_t hash_key[16];
	bool are_values_replaced;

	struct dataset_how *hows;
	size_t how_count, how_capacity;
	struct intern how_index;
	uint32_t recent_hows[DATASET_RECENT]; /* numbers, by hash: others share the place */
	bool is_part_counted; /* the first piece of an entry was bogon: count the next */
};

/*
 * Hows in the order they win: level descending, exclusions first, then values ascending.
 */
struct dataset_ranks {
	struct dataset_how *hows; /* by rank; values are replaced by the first equal one */
	size_t count;
	uint32_t *of; /* by the number of a how: its rank */
};

/* From then on nothing is added to the builder. Errors: -ENOMEM */
int dataset_ranks_init(struct dataset_ranks *ranks, struct dataset_builder *b);
void dataset_ranks_done(struct dataset_ranks *ranks);

/* Entries that start at one address or are for one name. */
struct dataset_candidate {
	address6_t key; /* last address or scope */
	size_t order;   /* of adding */
	uint32_t rank;
	uint8_t level; /* set by dataset_candidates_reduce() */
};

/* Apply first_wins and drop equal ones; adds to entry_count. Returns how many are left, sorted by
 * key, level, rank. */
size_t dataset_candidates_reduce(struct dataset_candidate *candidates, size_t count,
                                 const struct dataset_ranks *ranks, uint64_t *entry_count);

/* Sets of values while they are found. Ids from 1, in the order of first use. */
struct dataset_set_table {
	uint32_t *single;  /* by value: the set of that value alone, or 0 */
	uint32_t *members; /* of all sets, one after the other */
	uint32_t *ends;    /* by set id: where its members end; ends[0] = 0 */
	size_t member_count, member_capacity, count, capacity;
	struct intern index;
	uint8_t hash_key[16];
};

int dataset_set_table_init(struct dataset_set_table *table, const struct dataset_builder *b);
void dataset_set_table_done(struct dataset_set_table *table);

/* The set of 1 to DATASET_SET_MAX values, ascending. Errors: -ENOMEM */
int dataset_set_intern(struct dataset_set_table *table, const uint32_t *values, size_t count,
                       uint32_t *out_set);

/* The finished sets; the builder's values and texts move into them. Errors: NULL */
struct dataset_sets {
	struct dataset_value *values;
	struct dataset_texts *texts;
	const struct dataset_value **members;
	uint32_t *ends;
	size_t count, memory_size;
};

struct dataset_sets *dataset_sets_new(struct dataset_set_table *table, struct dataset_builder *b);
void dataset_sets_free(struct dataset_sets *sets);

/* IPv4 edges while they are made; see struct dataset_edges4. */
struct dataset_edges {
	uint32_t *at, *sets;
	uint64_t *is_last;
	size_t count, range_count, capacity, word_capacity, set_capacity;
};

/* Add a range above all others; it is joined with one that it touches. Errors: -ENOMEM */
int dataset_edges_append(struct dataset_edges *e, uint32_t first, uint32_t last, uint32_t set);

/* Make edges of sorted points, in their memory: it is e's from now on. Errors: -ENOMEM: it is the
 * caller's, what is in it is undefined */
int dataset_edges_points(struct dataset_edges *e, uint32_t *points, size_t count, uint32_t set);

void dataset_edges_done(struct dataset_edges *e);

/* Move them into the dataset. Returns the bytes they take. */
size_t dataset_edges_give(struct dataset_edges *e, struct dataset *out_dataset);

/* Sort points. Errors: -ENOMEM; nothing changed. Cost: linear; 1 MiB beside them */
int dataset_sort_points(uint32_t *points, size_t count);

/* Drop equal ones of sorted points; returns how many are left. */
size_t dataset_points_unite(uint32_t *points, size_t count);

/* Resolve the builder's entries into the dataset. Errors: -ENOMEM */
int dataset_resolve_ranges(struct dataset_builder *b, bool is_ip6,
                           const struct dataset_ranks *ranks, struct dataset_set_table *sets,
                           struct dataset *out_dataset);
int dataset_resolve_names(struct dataset_builder *b, const struct dataset_ranks *ranks,
                          struct dataset_set_table *sets, struct dataset *out_dataset);

/* Intern a checked value; is_text_kept: its text is in the builder's blocks already. */
int dataset_value_intern(struct dataset_builder *b, struct dataset_value value, bool is_text_kept,
                         uint32_t *out_id);

/* Free what only adding needs. */
void dataset_builder_close(struct dataset_builder *b);

void dataset_texts_free(struct dataset_texts *texts);

/*
 * Give memory of an array back that is not needed any more, before the array is freed: whole pages
 * of [from, to), whose contents are undefined then. Returns the end of what was given back, or
 * from.
 */
const void *dataset_release(const void *from, const void *to);

/* An array without what it has beyond a size; NULL stays, and so does an array of which nothing is
 * used. */
void *dataset_fitted(void *array, size_t size);

/* Make room for that many items. Errors: -ENOMEM; nothing changed */
int dataset_grow_more(void **array, size_t *capacity, size_t needed, size_t item_size);
static inline int dataset_grow(void **array, size_t *capacity, size_t needed, size_t item_size)
{
	return needed <= *capacity ? 0 : dataset_grow_more(array, capacity, needed, item_size);
}
