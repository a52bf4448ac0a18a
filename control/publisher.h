/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The thread that owns what is published: datasets of feeds, the manual lists, the configuration
 * and the connection to the data plane. Work is queued to it, and a report comes back.
 *
 * Threads: the main loop; publisher_view_lock() and publisher_poke() from any.
 */
#include "control/config.h"
#include "control/manual.h"
#include "control/publish.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct publisher;

/* What came of a piece of work. */
struct publisher_report {
	bool is_cancelled; /* the daemon stops; nothing else counts */
	int rc;            /* 0, or negative errno: nothing changed (manual: nothing was saved) */
	bool is_changed;   /* manual: the record was new, or was there and is deleted */
	struct publish_result result;
};
typedef void publisher_done(const struct publisher_report *report, void *context);

/* config and manual must outlive it; config until another one is applied. Errors: NULL, errno */
struct publisher *publisher_new(struct event_base *base, const struct config *config,
                                struct manual *manual);

/* See worker_stop(). */
bool publisher_stop(struct publisher *p, int timeout_ms);
void publisher_free(struct publisher *p);

/* Whether a list is answered, as publish_use(). */
struct publisher_use {
	bool is_off, is_expired;
};

/* Publish what the ledger says, from the first publisher_poke() on; before anything else is
 * configured. answers must outlive it. */
struct answers;
void publisher_serve(struct publisher *p, struct answers *answers);
void publisher_poke(void *context); /* an answers_wake(); context: a struct publisher */

/* A dataset for the list of that name; NULL name: unused slot. */
struct publisher_version {
	char *list;
	struct publisher_use use;
	struct dataset *dataset;
};

/*
 * Apply a configuration together with the datasets of its new lists, so that no zone is without
 * data in between. versions: with all it holds the publisher's from now on.
 */
void publisher_configure(struct publisher *p, const struct config *config,
                         struct publisher_version *versions, size_t count, publisher_done *done,
                         void *context);

/* Answer a new dataset; it is the publisher's from now on. An unknown list's is thrown away. */
void publisher_dataset(struct publisher *p, const char *list, struct dataset *dataset,
                       publisher_done *done, void *context);

/* Say whether a list is answered. */
void publisher_use(struct publisher *p, const char *list, struct publisher_use use,
                   publisher_done *done, void *context);

/* Connect and load if needed. */
void publisher_sync(struct publisher *p, publisher_done *done, void *context);

/* Save a record (copied), then answer it. */
void publisher_put(struct publisher *p, const char *list, const struct manual_record *record,
                   publisher_done *done, void *context);

/* Delete a record, then answer accordingly. */
void publisher_delete(struct publisher *p, const char *list, const char *key, publisher_done *done,
                      void *context);

/* Delete what has expired from all manual lists, and answer accordingly. */
void publisher_expire(struct publisher *p, publisher_done *done, void *context);

/* Run a function on the thread, with what is published: read only. Then done. The datasets of lists
 * of the ledger may be behind. */
typedef void publisher_look(const struct publish *publish, const struct config *config,
                            void *context);
void publisher_ask(struct publisher *p, publisher_look *look, publisher_done *done, void *context);

struct publisher_list {
	bool is_loaded;        /* has a dataset */
	uint64_t manual_count; /* records of a manual list */
	int64_t next_expiry_s; /* of a manual list; 0 = none */
};

/* What is known after the last piece of work. */
struct publisher_view {
	bool is_connected;
	uint64_t generation, entries;
	const struct config *config;  /* that is applied */
	struct publisher_list *lists; /* by index into its lists */
};

/* Look at it; short, and nothing else may be locked. */
const struct publisher_view *publisher_view_lock(struct publisher *p);
void publisher_view_unlock(struct publisher *p);
