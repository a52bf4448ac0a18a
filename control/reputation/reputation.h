/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The reputation service: a thread that owns the ledger, its journal and its state on disk. Events
 * come in by calls of the main loop (HTTP, control socket) and by its own sockets (datagrams, a
 * stream); each is admitted, journaled, synced, counted and acknowledged, in this order. What that
 * changes is told to one listener on the thread, which makes listings of it.
 *
 * Threads: the main loop, but for hooks, which say where they run.
 */
#include "control/reputation/ledger.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct event_base;
struct reputation;

struct reputation_hooks {
	/*
	 * A batch of events was counted, or time passed. Keys: each changed key once. Runs on the
	 * reputation's thread; the ledger is borrowed until it returns, and is not to be changed.
	 */
	void (*changed)(const struct ledger *ledger, const struct ledger_key *keys, size_t count,
	                int64_t now_ms, void *context);
	void *context;
};

/*
 * Open the state in a folder (journal, LMDB), replay what the state lacks, start the thread.
 * Damaged files are moved aside, told in the log, and rebuilt from the journal.
 *
 * config:  with a section reputation; copied. Own networks are its guard.never_list.
 * hooks:   NULL = nobody asks
 * Threads: before all others, as it forks to try the state
 * Errors:  NULL with errno, logged
 */
struct reputation *reputation_new(struct event_base *base, const char *folder,
                                  const struct config *config,
                                  const struct reputation_hooks *hooks);

/* Returns false when the thread cannot be waited for. What was acknowledged is on disk. */
bool reputation_stop(struct reputation *r, int timeout_ms);
void reputation_free(struct reputation *r);

/* Another configuration: copied; dials change what is counted from now on. Paths of sockets and
 * files stay. Errors: -ENOMEM */
int reputation_configure(struct reputation *r, const struct config *config);

/* What became of an event. The names are reputation_outcome_name(), in metrics and answers. */
enum reputation_outcome {
	REPUTATION_COUNTED,
	REPUTATION_REPEATED, /* this id was counted before: success for the sender */
	REPUTATION_BAD,      /* the form; the error says which member */
	REPUTATION_FUTURE,
	REPUTATION_TOO_OLD,
	REPUTATION_UNKNOWN_REPORTER,
	REPUTATION_TOO_MANY,  /* the reporter's rate; try again later */
	REPUTATION_NOT_SAVED, /* disk full or failing: not counted, try again later */
	REPUTATION_OWN,       /* of a network of ours: recorded, never listed */
	REPUTATION_TOO_LARGE, /* the message as a whole */
	REPUTATION_OUTCOME_COUNT,
};
const char *reputation_outcome_name(enum reputation_outcome outcome);

/* Called on the main loop when all events of a submission are on disk and counted, or refused. */
typedef void reputation_done(const enum reputation_outcome *outcomes, size_t count, void *context);

/* Submit events of a reporter (copied): all or none are queued. Errors: -ENOBUFS too many wait */
int reputation_submit(struct reputation *r, const char *reporter, const struct event *events,
                      size_t count, reputation_done *done, void *context);

/* Count events that did not get as far as reputation_submit(). */
void reputation_refuse(struct reputation *r, enum reputation_outcome outcome, uint64_t count);

/* The secret under which recipients and users are hashed; 16 bytes, for event_parse_json(). */
const uint8_t *reputation_hash_key(const struct reputation *r);

/* The reporter a token belongs to, compared in constant time; NULL = none. Borrowed until the next
 * reputation_configure(). */
const char *reputation_reporter(const struct reputation *r, const char *token);

/* Delist with an audit row (who, why, the evidence as it was); texts are cut to their room.
 * Done's rc: 0, -ENOENT nothing known, -ENOSPC … not saved, -ECANCELED */
typedef void reputation_delisted(int rc, void *context);
void reputation_delist(struct reputation *r, const struct ledger_key *key, const char *who,
                       const char *why, reputation_delisted *done, void *context);

/* Who delisted a key, when and why: an array, newest first (audit_rows()); null when that cannot be
 * read. */
json_t *reputation_delistings(const struct reputation *r, const struct ledger_key *key);

/* Run a function on the thread with the ledger, read only; then done on the main loop. */
typedef void reputation_look(const struct ledger *ledger, int64_t now_ms, void *context);
typedef void reputation_looked(bool is_cancelled, void *context);
void reputation_ask(struct reputation *r, reputation_look *look, reputation_looked *done,
                    void *context);

struct reputation_stats {
	struct ledger_stats ledger;
	uint64_t outcomes[REPUTATION_OUTCOME_COUNT];
	uint64_t classes[EVENT_CLASS_COUNT];
	uint64_t journal_size, journal_errors, damaged_files;
	bool is_saving; /* false: the disk is full or failing, events are refused */
};
void reputation_stats(const struct reputation *r, struct reputation_stats *out_stats);
