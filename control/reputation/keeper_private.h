/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What keeper.c (running) and keeper_open.c (starting, configuring) share. */
#include "control/config_reputation.h"
#include "control/log.h"
#include "control/reputation/asn_lookup.h"
#include "control/reputation/hash_key.h"
#include "control/reputation/journal.h"
#include "control/reputation/keeper.h"
#include "control/reputation/key_set.h"
#include "control/reputation/ledger_clock.h"

struct keeper_item {
	struct event_record record;
	uint8_t *outcome;
	enum reputation_outcome decided; /* when it is saved */
};

struct keeper {
	char *folder;
	int folder_fd;
	uint8_t hash_key[HASH_KEY_SIZE];
	struct reputation_hooks hooks;
	struct dials dials;
	struct asn_lookup *asn; /* NULL = no networks are known */
	struct admission *admission;
	struct id_window ids;
	struct journal *journal;
	struct journal_limits limits;
	struct state *state;
	struct ledger *ledger;
	struct ledger_clock clock;
	struct key_set changed;
	const struct event_record *counting; /* while the ledger counts it */

	struct keeper_item *batch;
	size_t batch_count, batch_ids;
	uint8_t nobodys; /* outcome that nobody asks for */

	struct state_moment saved;        /* what the state on disk is of */
	struct state_snapshot *unsaved;   /* one that could not be written */
	struct state_snapshot *collected; /* the next one so far; NULL = nothing yet */
	bool is_snapshot_out, is_full_needed;
	int64_t snapshot_ms, retained_ms; /* monotonic */
	uint64_t uncounted;               /* events since the last snapshot */

	bool is_saving;
	uint64_t outcome_counts[REPUTATION_OUTCOME_COUNT], class_counts[EVENT_CLASS_COUNT];
	uint64_t journal_errors, damaged_files;
	struct log_limit memory_log, retain_log, state_log;
};

/* Hooks of the ledger; context: the keeper. */
void keeper_changed(const struct ledger_key *key, void *context);
uint32_t keeper_asn(const struct address_range *address, void *context);

/* The network of an address as the database has it now; 0 = not known. */
uint32_t keeper_asn_now(const struct keeper *k, const struct address_range *address);

/* The hash that an event is known again by. */
uint64_t keeper_id(const struct keeper *k, const struct event *e);

/* Count an event that is in the journal. */
void keeper_count(struct keeper *k, const struct event_record *record);
