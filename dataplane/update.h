/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The update thread: listens on a unix socket for control and reputectl, takes batches and answers
 * Lookup, Stats and Status (dataplane/proto/update.proto). It is the only writer of the tables.
 *
 * What is published changes only at a Commit: a full load by one pointer swap, a delta in place,
 * address by address, after it was checked whole; one that takes long in turns with other clients.
 * A damaged message, a writer that disconnects, a client that breaks the framing: nothing published
 * changes.
 *
 * Threads: update_start() and update_stop() from main; update_tables() from any reader registered
 * with liburcu-qsbr. No process-wide state: signals are the caller's (the thread blocks all).
 */
#include "dataplane/table/tables.h"

#include <stdint.h>

#define UPDATE_CLIENTS_MAX    16          /* connections at a time; further ones wait */
#define UPDATE_DELTA_SIZE_MAX (64u << 20) /* bytes of one collected delta */

struct update;

/* Called once per counter; name as in Counter of update.proto. Strings are borrowed for the call.
 */
typedef void update_emit(void *context, const char *name, const char *help, uint64_t value);

/* All is borrowed until update_stop(). */
struct update_options {
	const char *path;              /* of the socket; made with mode 0600 */
	enum hugepages_mode hugepages; /* of the tables */

	/*
	 * Counters of the rest of the process, for Stats; called on the update thread with
	 * stats_owner. NULL = none. The update thread adds its own counters to the answer.
	 */
	void (*visit_stats)(void *stats_owner, update_emit *emit, void *context);
	void *stats_owner;

	/* One line for people, lower case, no full stop; called on the update thread. NULL = none.
	 */
	void (*log)(const char *text);

	const char *const *listen; /* "127.0.0.1:5300" …, for Status; ends with NULL; NULL = none */
	const char *const *ports; /* texts of the DPDK ports, likewise */
};

/*
 * Make the socket and start the thread.
 *
 * Errors: NULL with errno (EADDRINUSE: another data plane answers there); nothing is left behind
 */
struct update *update_start(const struct update_options *options);

/*
 * Stop and join the thread, remove the socket, free all tables. No reader may use the tables any
 * more; the calling thread may be registered or not. NULL is allowed.
 */
void update_stop(struct update *u);

/*
 * The tables to answer from, or NULL until the first full load is committed.
 *
 * Valid until the calling reader's next quiescent state: ask once per burst.
 */
const struct tables *update_tables(const struct update *u);
