/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The entries of manual lists, in LMDB. A change is synced before the call returns. Every record
 * carries a checksum; a record or file that is damaged is told and does not stop the start.
 *
 * Threads: manual_open() before any other thread is started (it forks to try the file);
 * manual_put, _delete, _expire from one thread; the reading functions from any.
 */
#include "control/manual_key.h"
#include "feeds/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts may be NULL. In callbacks all pointers are valid until the callback returns. */
struct manual_record {
	const char *key; /* canonical */
	uint32_t code;   /* host order; 0 = the list's */
	const char *text, *reason, *author;
	int64_t added_s, expires_s; /* Unix time; expires_s 0 = never */
};

struct manual;

/* Told about everything damaged and what is done about it. */
typedef void manual_complain(const char *message, void *context);

/*
 * Open the store in a folder, made if missing. A damaged file is moved aside to
 * data.mdb.damaged-TIME and an empty store takes its place. The folder belongs to one process.
 * Errors: NULL with errno
 */
struct manual *manual_open(const char *folder, manual_complain *complain, void *context);

/*
 * To read only, in another process than the one that keeps it; nothing is made or moved aside.
 * Errors: NULL with errno; ENOENT: there is none
 */
struct manual *manual_open_reading(const char *folder, manual_complain *complain, void *context);
void manual_close(struct manual *m);

/*
 * Add a record or replace the one of the same key, which keeps its added_s; synced on return.
 * Errors: negative errno (-ENOSPC disk or store full); nothing changed
 */
int manual_put(struct manual *m, const char *list, const struct manual_record *record,
               bool *out_is_new);

/* Delete a record; synced on return. Errors: negative errno; nothing changed */
int manual_delete(struct manual *m, const char *list, const char *key, bool *out_was_there);

/* Return false to stop. */
typedef bool manual_visit(const struct manual_record *record, void *context);

/*
 * Visit the records of a list that have not expired at now_s, in the order of their keys.
 * Errors: negative errno
 */
int manual_each(struct manual *m, const char *list, int64_t now_s, manual_visit *visit,
                void *context);

/* Delete what has expired at now_s from a list. Errors: negative errno; nothing changed */
int manual_expire(struct manual *m, const char *list, int64_t now_s, uint64_t *out_count);

struct manual_dataset {
	struct dataset *dataset; /* the caller's */
	uint64_t count;          /* records in it */
	int64_t next_expiry_s;   /* the earliest expiry; 0 = none expires */
};

/* The dataset of a list as it is to be answered at now_s. Errors: negative errno */
int manual_build(struct manual *m, const char *list, int64_t now_s, struct manual_dataset *out);
