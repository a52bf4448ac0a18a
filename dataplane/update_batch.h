/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Batches: Begin .. Commit made into published tables.
 *
 * Each message is checked when it comes. A full load fills tables of its own meanwhile, so that its
 * memory is that of a table, and Commit publishes them with one store. A delta is collected, and
 * Commit applies it in place in the order definitions, paints and names, zones, access, settings,
 * generation.
 * What a batch makes unneeded is let go in update_batch_settle(), a grace period later.
 *
 * Threads: the update thread only, registered with liburcu-qsbr and online; others read
 * store->tables with update_store_tables().
 */
#include "dataplane/table/tables.h"
#include "dataplane/update_check.h"
#include "dataplane/update_delta.h"
#include "dataplane/update_keys.h"
#include "dataplane/update_zones.h"

#define UPDATE_STORE_APART 64 /* a cache line */

/* What is published, and what the writer has to know of it. At the start of a cache line. */
struct update_store {
	struct tables *tables; /* update thread: stores; readers: consume */
	/* what follows changes with each commit: readers shall not lose their line by that */
	char apart[UPDATE_STORE_APART - sizeof(struct tables *)];
	struct update_defined defined;        /* in tables, and by an open delta */
	struct update_list_names *list_names; /* NULL = none */
	uint64_t generation;                  /* 0 = nothing was committed */
	uint64_t entries;                     /* as the last Commit said */
	enum hugepages_mode hugepages;        /* of new tables; constant */
	_Atomic unsigned freeing;             /* replaced tables; their last owner decrements */
	uint8_t secret[SETTINGS_SECRET_SIZE]; /* of cookies, when nobody sends one; random */
	bool is_torn; /* a delta ran out of memory half-way: only a full load is taken */
};

/* Free all; no reader may be left. Waits for what is still being freed. */
void update_store_done(struct update_store *s);

static inline struct tables *update_store_tables(const struct update_store *s)
{
	return __atomic_load_n(&s->tables, __ATOMIC_CONSUME);
}

struct update_batch {
	struct update_store *store;
	bool is_open, is_full;
	uint64_t generation;

	/* full: the tables being filled, and the ids defined in them */
	struct tables *next;
	struct update_defined next_defined;

	struct update_delta delta; /* delta: what was checked */

	bool is_committing; /* delta: its Commit came, and is under way */
	uint64_t entries;

	/* both: the last Zones, Access and Settings; NULL = unchanged */
	struct zones *zones;
	struct update_list_names *list_names;
	struct access_rules *access;
	struct settings *settings;
	struct update_keys *keys;
	struct rates *rates;
	bool has_rates; /* NULL counts: no limits any more */

	/* both: ids of Forget; from Commit to settle they are due */
	uint32_t *verdicts, *listings;
	size_t verdict_count, listing_count;
	size_t verdict_capacity, listing_capacity;

	/* what the last Commit replaced, until settle */
	struct zones *old_zones;
	struct access_rules *old_access;
	struct settings *old_settings;
	struct rates *old_rates;
	struct update_retired *old_tables;
	struct update_retired *retired; /* reserved at Begin, so that Commit cannot fail */
};

enum update_batch_result {
	UPDATE_BATCH_TAKEN,     /* nothing to answer */
	UPDATE_BATCH_GOES_ON,   /* a Commit that takes long: update_batch_go_on() is next */
	UPDATE_BATCH_COMMITTED, /* to be answered; then update_batch_settle() */
};

void update_batch_init(struct update_batch *b, struct update_store *store);

/* Free all of it; nothing is due. */
void update_batch_done(struct update_batch *b);

/* Throw an open batch away; what is published stays as it is. Allowed when none is open, but not
 * while a Commit is under way. */
void update_batch_abort(struct update_batch *b);

/*
 * Take a Begin, Define, Forget, Paint4, Paint6, PutNames, Zones, Access, Settings or Commit.
 *
 * request: owned by b from now on, whatever happens
 * Returns: enum update_batch_result
 * Errors:  negative errno with the text, and the batch is thrown away; what is published is as it
 *          was, except that a delta that ran out of memory half-way leaves store->is_torn
 */
int update_batch_take(struct update_batch *b, channel_request *request,
                      struct update_error *out_error);

/*
 * Go on with a Commit, for some milliseconds; till it is over, no message and no abort.
 *
 * Returns, errors: as update_batch_take()
 */
int update_batch_go_on(struct update_batch *b, struct update_error *out_error);

/* Whether settling waits for readers, so that the answer is better sent before. */
bool update_batch_settling_waits(const struct update_batch *b);

/*
 * Let go what a Commit replaced, and forget ids: after the answer was sent, before the next
 * message. Waits a grace period when there is something; freeing a full load happens on another
 * thread.
 */
void update_batch_settle(struct update_batch *b);
