/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Keeps the ledger, its journal and its state on disk in step: events are admitted into a batch;
 * a commit brings the batch to disk, and only then counts it. The same code replays the journal, so
 * what comes back after a crash is what was there.
 *
 * Threads: one, but for keeper_open(), which is to be called before there is any other thread.
 */
#include "control/reputation/admission.h"
#include "control/reputation/event_message.h"
#include "control/reputation/journal.h"
#include "control/reputation/state.h"

struct keeper;

#define KEEPER_BATCH_MAX 4096 /* events */

/*
 * Open the folder and bring the ledger to where the journal ends.
 * config: with a section reputation; copied. Errors: NULL with errno, logged
 */
struct keeper *keeper_open(const char *folder, const struct config *config,
                           const struct reputation_hooks *hooks);

/* What is not committed is lost. */
void keeper_close(struct keeper *k);

/* What the keeper takes of a configuration; it may be made on another thread. */
struct keeper_settings {
	struct admission *admission;
	struct dials dials;
	struct journal_limits limits;
	struct asn_lookup *asn; /* NULL = none */
};

/* Reads the database of networks, too: one that is bad is told, and done without.
 * Errors: NULL with errno */
struct keeper_settings *keeper_settings_new(const struct config *config);
void keeper_settings_free(struct keeper_settings *settings);

/* Other settings, the keeper's from now on; on failure the old ones stay. Errors: -ENOMEM */
int keeper_configure(struct keeper *k, struct keeper_settings *settings);

/*
 * Take an event into the batch. *outcome is set now when it is refused, else at the next commit,
 * until which it must stay; a full batch is committed first.
 *
 * outcome: NULL = nobody asks, it is only counted
 */
void keeper_take(struct keeper *k, struct admission_reporter *reporter, const struct event *event,
                 uint8_t *outcome);

/* Bring the batch to disk, count it, and tell what changed. */
void keeper_commit(struct keeper *k);

/* Delist with an audit row; the batch is committed before. Errors: -ENOENT; -ENOSPC … not saved */
int keeper_delist(struct keeper *k, const struct ledger_key *key, const char *who, const char *why);

/* Once a second: time passes, a disk that was full is tried again, old segments go. */
void keeper_tick(struct keeper *k);

/* Count events that did not get here. */
void keeper_refuse(struct keeper *k, enum reputation_outcome outcome, uint64_t count);

/*
 * A snapshot for the state, when one is due (or is_forced and there is something new); NULL when
 * not. It is given back with what became of it.
 */
struct state_snapshot *keeper_snapshot(struct keeper *k, bool is_forced);
void keeper_snapshot_done(struct keeper *k, struct state_snapshot *snapshot, int rc);

struct state *keeper_state(const struct keeper *k); /* for state_write() */
const struct ledger *keeper_ledger(const struct keeper *k);
const struct admission *keeper_admission(const struct keeper *k);
/* audit_rows(). Threads: any */
json_t *keeper_delistings(const struct keeper *k, const struct ledger_key *key);
const uint8_t *keeper_hash_key(const struct keeper *k);
int64_t keeper_now(struct keeper *k);
void keeper_stats(const struct keeper *k, struct reputation_stats *out_stats);
