/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config.h"
#include "control/log.h"
#include "control/reputation/audit.h"
#include "control/reputation/keeper_private.h"

#include <sodium.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEPER_SNAPSHOT_MS     30000
#define KEEPER_SNAPSHOT_EVENTS 262144
#define KEEPER_RETAIN_MS       60000
/* Changed keys are collected so many at a time, a tenth of a millisecond, so that no event waits
 * for all of half a minute; but not in a flood, where they change again and again. */
#define KEEPER_COLLECT_KEYS  128
#define KEEPER_COLLECT_BATCH 512         /* events of a commit from which on it is a flood */
#define KEEPER_COLLECT_SIZE  (64u << 20) /* bytes, then it is written */

/* --- what changed --- */

void keeper_changed(const struct ledger_key *key, void *context)
{
	struct keeper *k = context;

	if (k->hooks.changed && key_set_add(&k->changed, key) < 0)
		log_limited(&k->memory_log, "out of memory: a changed score is not told");
}

uint32_t keeper_asn(const struct address_range *address, void *context)
{
	struct keeper *k = context;

	/* An event's own address: as it was known when the event came, so that a replay finds the
	 * same. */
	if (k->counting && k->counting->event.address.is_ip6 == address->is_ip6 &&
	    k->counting->event.address.first == address->first)
		return k->counting->asn;
	return keeper_asn_now(k, address);
}

static void tell_changes(struct keeper *k)
{
	if (!k->hooks.changed || !k->changed.count)
		return;
	k->hooks.changed(k->ledger, k->changed.keys, k->changed.count, ledger_now(k->ledger),
	                 k->hooks.context);
	key_set_clear(&k->changed);
}

/* --- events --- */

uint64_t keeper_id(const struct keeper *k, const struct event *e)
{
	char text[sizeof(e->reporter) + sizeof(e->id)];
	size_t reporter_size = strlen(e->reporter) + 1, id_size = strlen(e->id);
	uint64_t hash;

	memcpy(text, e->reporter, reporter_size);
	memcpy(text + reporter_size, e->id, id_size);
	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)text,
	                 reporter_size + id_size, k->hash_key);
	return hash;
}

void keeper_count(struct keeper *k, const struct event_record *record)
{
	int rc;

	k->class_counts[record->event.class] += record->event.count;
	if (record->is_own)
		return;
	k->counting = record;
	rc = ledger_apply(k->ledger, &record->event);
	k->counting = NULL;
	k->uncounted++;
	if (rc < 0)
		log_limited(&k->memory_log,
		            "an event is in the journal but not counted until the next start: %s",
		            strerror(-rc));
}

static void settle(struct keeper *k, uint8_t *outcome, enum reputation_outcome with)
{
	*outcome = (uint8_t)with;
	k->outcome_counts[with]++;
}

/* Returns false when the record cannot be part of the batch. */
static bool journal_record(struct keeper *k, const struct event_record *record)
{
	uint8_t bytes[EVENT_RECORD_MAX];

	return journal_append(k->journal, bytes, event_record_pack(record, bytes)) == 0;
}

void keeper_take(struct keeper *k, struct admission_reporter *reporter, const struct event *event,
                 uint8_t *outcome)
{
	const struct admission_clocks now = {ledger_clock_wall(), ledger_clock_monotonic()};
	struct keeper_item *item;
	enum reputation_outcome decided;
	uint64_t id;

	if (k->batch_count == KEEPER_BATCH_MAX)
		keeper_commit(k);
	if (!outcome)
		outcome = &k->nobodys;
	item = &k->batch[k->batch_count];
	item->outcome = outcome;
	item->record.kind = EVENT_RECORD_EVENT;
	item->record.event = *event;
	decided = admission_event(k->admission, reporter, &item->record.event, &now);
	if (decided != REPUTATION_COUNTED && decided != REPUTATION_OWN) {
		settle(k, outcome, decided);
		return;
	}
	*outcome = REPUTATION_NOT_SAVED;
	item->decided = decided;
	id = keeper_id(k, &item->record.event);
	if (event->id[0] && id_window_has(&k->ids, id)) {
		/* Perhaps of this very batch: only when that is saved, it is known. */
		item->decided = REPUTATION_REPEATED;
		k->batch_count++;
		return;
	}
	item->record.received_ms = ledger_clock_now(&k->clock, now.wall_ms, now.monotonic_ms);
	item->record.event.received_ms = item->record.received_ms;
	item->record.asn = keeper_asn_now(k, &item->record.event.address);
	item->record.is_own = decided == REPUTATION_OWN;
	if ((event->id[0] && id_window_add(&k->ids, id) < 0)) {
		settle(k, outcome, REPUTATION_NOT_SAVED);
		return;
	}
	if (!journal_record(k, &item->record)) {
		id_window_undo(&k->ids, event->id[0] ? 1 : 0);
		settle(k, outcome, REPUTATION_NOT_SAVED);
		return;
	}
	k->batch_ids += event->id[0] ? 1 : 0;
	k->batch_count++;
}

/* Write what was appended, and note whether the disk takes it. Errors: negative errno */
static int save(struct keeper *k)
{
	int rc = journal_commit(k->journal, k->clock.now_ms);

	if (rc < 0) {
		k->journal_errors++;
		if (k->is_saving)
			log_error("journal '%s/journal': %s: events are refused until it can be "
			          "written again",
			          k->folder, strerror(-rc));
	} else if (!k->is_saving) {
		log_info("journal '%s/journal' is written again", k->folder);
	}
	k->is_saving = rc == 0;
	return rc;
}

/* Add what changed to the next snapshot. */
static void collect(struct keeper *k)
{
	const struct state_moment moment = {journal_end(k->journal), ledger_now(k->ledger)};
	int rc = 0;

	if (k->is_full_needed) {
		state_snapshot_free(k->collected);
		k->collected = NULL;
	}
	if (k->collected)
		rc = state_snapshot_more(k->collected, k->ledger, &moment);
	else
		k->collected = state_snapshot_take(k->ledger, &moment, k->is_full_needed);
	if (rc < 0) {
		state_snapshot_free(k->collected);
		k->collected = NULL;
	}
	k->is_full_needed = !k->collected;
}

static bool is_to_collect(const struct keeper *k, size_t batch_count)
{
	return ledger_dirty_count(k->ledger) >= KEEPER_COLLECT_KEYS &&
	       batch_count < KEEPER_COLLECT_BATCH && !k->is_full_needed &&
	       (!k->collected || k->collected->size < KEEPER_COLLECT_SIZE);
}

void keeper_commit(struct keeper *k)
{
	size_t count = k->batch_count;
	int rc;

	if (!k->batch_count)
		return;
	rc = save(k);
	if (rc < 0)
		id_window_undo(&k->ids, k->batch_ids);
	for (size_t i = 0; i < k->batch_count; i++) {
		struct keeper_item *item = &k->batch[i];

		settle(k, item->outcome, rc < 0 ? REPUTATION_NOT_SAVED : item->decided);
		if (rc == 0 && item->decided != REPUTATION_REPEATED)
			keeper_count(k, &item->record);
	}
	k->batch_count = 0;
	k->batch_ids = 0;
	tell_changes(k);
	if (is_to_collect(k, count))
		collect(k);
}

void keeper_refuse(struct keeper *k, enum reputation_outcome outcome, uint64_t count)
{
	k->outcome_counts[outcome] += count;
}

/* --- delisting --- */

/* The bytes of a text that fit, with what is no text of one line made a '?'. */
static void copy_text(char *to, const char *from, size_t max)
{
	size_t size = strnlen(from, max);

	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7f ? '?' : from[i];
	while (size && from[size] && ((unsigned char)from[size] & 0xc0) == 0x80)
		size--;
	to[size] = '\0';
}

int keeper_delist(struct keeper *k, const struct ledger_key *key, const char *who, const char *why)
{
	struct event_record record = {.kind = EVENT_RECORD_DELIST, .key = *key};
	struct audit_row row = {.key = &record.key, .who = record.who, .why = record.why};
	struct ledger_view view;
	int64_t size;
	int rc;

	keeper_commit(k);
	record.received_ms = row.now_ms = ledger_clock_read(&k->clock);
	copy_text(record.who, who, EVENT_WHO_MAX);
	copy_text(record.why, why, EVENT_WHY_MAX);
	ledger_advance(k->ledger, record.received_ms);
	if (!ledger_look(k->ledger, key, record.received_ms, &view))
		return -ENOENT;
	row.evidence = &view;
	rc = audit_add(k->folder_fd, &row, &size);
	if (rc < 0)
		return rc;
	rc = journal_record(k, &record) ? save(k) : -ENOMEM;
	if (rc == 0)
		rc = ledger_delist(k->ledger, key, record.received_ms);
	if (rc < 0)
		audit_undo(k->folder_fd, size);
	k->uncounted++;
	tell_changes(k);
	return rc;
}

/* --- time --- */

/* Events that come are refused while the disk is full: somebody has to find out that it is not. */
static void try_journal(struct keeper *k)
{
	const struct event_record record = {.kind = EVENT_RECORD_NOTHING,
	                                    .received_ms = k->clock.now_ms};

	if (journal_record(k, &record))
		save(k);
}

static void retain(struct keeper *k, int64_t monotonic_ms)
{
	int rc;

	if (k->retained_ms && monotonic_ms - k->retained_ms < KEEPER_RETAIN_MS)
		return;
	k->retained_ms = monotonic_ms;
	rc = journal_retain(k->journal, &k->limits, k->clock.now_ms, k->saved.position);
	if (rc < 0)
		log_limited(&k->retain_log,
		            "journal '%s/journal': an old segment cannot be "
		            "removed: %s",
		            k->folder, strerror(-rc));
	else if (rc > 0)
		log_info("journal: %d old segments are gone", rc);
}

void keeper_tick(struct keeper *k)
{
	keeper_commit(k);
	ledger_advance(k->ledger, ledger_clock_read(&k->clock));
	if (!k->is_saving)
		try_journal(k);
	retain(k, ledger_clock_monotonic());
	tell_changes(k);
}

/* --- the state on disk --- */

static bool is_snapshot_due(const struct keeper *k, int64_t now_ms)
{
	return k->uncounted >= KEEPER_SNAPSHOT_EVENTS ||
	       now_ms - k->snapshot_ms >= KEEPER_SNAPSHOT_MS ||
	       (k->collected && k->collected->size >= KEEPER_COLLECT_SIZE);
}

struct state_snapshot *keeper_snapshot(struct keeper *k, bool is_forced)
{
	int64_t now_ms = ledger_clock_monotonic();
	struct state_snapshot *snapshot = k->unsaved;

	if (k->is_snapshot_out ||
	    (!snapshot && !k->uncounted && !k->collected && !k->is_full_needed))
		return NULL;
	if (!is_forced && !is_snapshot_due(k, now_ms))
		return NULL;
	keeper_commit(k);
	if (!snapshot) {
		collect(k);
		snapshot = k->collected;
		k->collected = NULL;
		k->uncounted = 0;
	}
	k->unsaved = NULL;
	k->snapshot_ms = now_ms;
	k->is_snapshot_out = snapshot != NULL;
	return snapshot;
}

void keeper_snapshot_done(struct keeper *k, struct state_snapshot *snapshot, int rc)
{
	k->is_snapshot_out = false;
	k->snapshot_ms = ledger_clock_monotonic();
	if (rc < 0) {
		log_limited(&k->state_log, "state '%s/state': %s: trying again", k->folder,
		            strerror(-rc));
		k->unsaved = snapshot;
		return;
	}
	k->saved = snapshot->moment;
	state_snapshot_free(snapshot);
}

/* --- looking --- */

struct state *keeper_state(const struct keeper *k)
{
	return k->state;
}

const struct ledger *keeper_ledger(const struct keeper *k)
{
	return k->ledger;
}

const struct admission *keeper_admission(const struct keeper *k)
{
	return k->admission;
}

json_t *keeper_delistings(const struct keeper *k, const struct ledger_key *key)
{
	return audit_rows(k->folder_fd, key);
}

const uint8_t *keeper_hash_key(const struct keeper *k)
{
	return k->hash_key;
}

int64_t keeper_now(struct keeper *k)
{
	return ledger_clock_read(&k->clock);
}

void keeper_stats(const struct keeper *k, struct reputation_stats *out_stats)
{
	*out_stats = (struct reputation_stats){
	    .journal_size = journal_size(k->journal),
	    .journal_errors = k->journal_errors,
	    .damaged_files = k->damaged_files,
	    .is_saving = k->is_saving,
	};
	ledger_stats(k->ledger, &out_stats->ledger);
	memcpy(out_stats->outcomes, k->outcome_counts, sizeof(out_stats->outcomes));
	memcpy(out_stats->classes, k->class_counts, sizeof(out_stats->classes));
}
