/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config.h"
#include "control/durable.h"
#include "control/log.h"
#include "control/reputation/keeper_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENT_SIZE (UINT64_C(64) << 20)
#define SEGMENTS_MIN 16 /* that size_max is at least, so that it can be kept to */
#define ID_BYTES     64 /* of the journal that an event takes, about */
#define PATH_SIZE    4096

uint32_t keeper_asn_now(const struct keeper *k, const struct address_range *address)
{
	return k->asn ? asn_lookup(address, k->asn) : 0;
}

static struct ledger *make_ledger(struct keeper *k, const struct dials *dials)
{
	const struct ledger_hooks hooks = {keeper_asn, keeper_changed, k};

	return ledger_new(dials, &hooks);
}

static void path_in(const struct keeper *k, const char *name, char out_path[PATH_SIZE])
{
	snprintf(out_path, PATH_SIZE, "%s/%s", k->folder, name);
}

/* --- the state --- */

static void tell_state(struct keeper *k, const char *why)
{
	k->damaged_files++;
	log_error("state '%s/state' is damaged (%s): moved aside, made again from the journal",
	          k->folder, why);
}

/* Errors: negative errno */
static int open_state(struct keeper *k, struct state_moment *out_moment)
{
	char path[PATH_SIZE], why[160] = "";
	int rc;

	path_in(k, "state", path);
	rc = state_prepare(path, why, sizeof(why));
	if (rc == -EBADMSG)
		tell_state(k, why);
	else if (rc < 0)
		return rc;
	for (unsigned try = 0;; try++) {
		k->state = state_open(path);
		k->ledger = k->state ? make_ledger(k, &k->dials) : NULL;
		if (!k->ledger)
			return -errno;
		rc = state_load(k->state, k->ledger, out_moment);
		if (rc != -EBADMSG || try)
			return rc;
		tell_state(k, "a record that is not whole");
		state_close(k->state);
		ledger_free(k->ledger);
		k->state = NULL;
		k->ledger = NULL;
		rc = state_aside(path);
		if (rc < 0)
			return rc;
	}
}

/* --- replay --- */

struct replay {
	struct keeper *k;
	struct journal_position counted; /* what is before is in the state */
	struct journal_position tail;    /* where a crash left something; segment 0 = nowhere */
	int64_t last_ms;
	uint64_t events, bad;
};

/* An event that a failed commit left behind may be there twice: it is counted once. */
static void replay_event(struct replay *r, const struct event_record *record, bool is_counted)
{
	struct keeper *k = r->k;
	uint64_t id = keeper_id(k, &record->event);

	if (record->event.id[0]) {
		if (id_window_has(&k->ids, id))
			return;
		if (id_window_add(&k->ids, id) < 0)
			log_limited(&k->memory_log, "out of memory: an event may be counted twice");
	}
	if (is_counted)
		return;
	keeper_count(k, record);
	r->events++;
}

static int replay_record(const uint8_t *bytes, size_t size, struct journal_position position,
                         void *context)
{
	struct replay *r = context;
	bool is_counted = journal_position_compare(position, r->counted) < 0;
	struct event_record record;

	if (event_record_unpack(bytes, size, &record) < 0) {
		r->bad++;
		return 0;
	}
	if (record.received_ms > r->last_ms)
		r->last_ms = record.received_ms;
	if (record.kind == EVENT_RECORD_EVENT)
		replay_event(r, &record, is_counted);
	else if (record.kind == EVENT_RECORD_DELIST && !is_counted)
		ledger_delist(r->k->ledger, &record.key, record.received_ms);
	return 0;
}

static void replay_damage(const char *path, struct journal_position position, uint64_t size,
                          bool is_tail, void *context)
{
	struct replay *r = context;

	if (is_tail) {
		log_info("journal '%s': %" PRIu64 " bytes at %" PRIu64
		         " were being written when it ended",
		         path, size, position.offset);
		r->tail = position;
		return;
	}
	r->k->damaged_files++;
	log_error("journal '%s': damaged at byte %" PRIu64 ", %" PRIu64 " bytes are skipped", path,
	          position.offset, size);
}

/* Where to read from, so that the last ids are known too. */
static struct journal_position replay_start(const struct keeper *k, const char *path,
                                            struct journal_position counted)
{
	int folder = durable_folder(path);
	struct journal_file *files = NULL;
	size_t count = 0;
	uint64_t size = 0, from = counted.segment;

	(void)k;
	if (folder < 0)
		return counted;
	if (journal_list(folder, &files, &count) < 0)
		count = 0;
	while (count-- > 0 && size < (uint64_t)ID_WINDOW_MAX * ID_BYTES) {
		size += files[count].size;
		if (files[count].number < from)
			from = files[count].number;
	}
	free(files);
	close(folder);
	return from < counted.segment ? (struct journal_position){from, 0}
	                              : (struct journal_position){counted.segment, 0};
}

static int replay(struct keeper *k, const struct state_moment *moment)
{
	struct replay r = {.k = k, .counted = moment->position, .last_ms = moment->now_ms};
	const struct journal_visitor visitor = {replay_record, replay_damage, &r};
	char path[PATH_SIZE];
	int rc;

	path_in(k, "journal", path);
	k->journal = journal_open(path, k->limits.size_max / SEGMENTS_MIN < SEGMENT_SIZE
	                                    ? k->limits.size_max / SEGMENTS_MIN
	                                    : SEGMENT_SIZE);
	if (!k->journal)
		return -errno;
	journal_skip(k->journal, moment->position.segment);
	rc = journal_read(path, replay_start(k, path, moment->position), &visitor);
	if (rc < 0)
		return rc;
	if (r.tail.segment)
		journal_cut(k->journal, r.tail);
	if (r.bad)
		log_error("journal '%s': %" PRIu64 " records are not understood", path, r.bad);
	ledger_clock_init(&k->clock, r.last_ms);
	k->saved = *moment;
	memset(k->class_counts, 0, sizeof(k->class_counts));
	log_info("reputation: %" PRIu64 " events replayed", r.events);
	return 0;
}

/* --- configuration --- */

static struct asn_lookup *open_networks(const char *path)
{
	char error[200] = "";
	struct asn_lookup *asn = asn_lookup_open(path, error, sizeof(error));

	if (!asn)
		log_error("reputation.asn '%s': %s: no networks are known", path, error);
	return asn;
}

struct keeper_settings *keeper_settings_new(const struct config *config)
{
	const struct config_reputation *r = config->reputation;
	struct keeper_settings *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->admission = admission_new(config);
	if (!s->admission) {
		free(s);
		return NULL;
	}
	if (r->asn)
		s->asn = open_networks(r->asn);
	s->dials = r->dials;
	s->limits =
	    (struct journal_limits){(int64_t)r->journal.keep_s * 1000, r->journal.size_max_bytes};
	return s;
}

void keeper_settings_free(struct keeper_settings *settings)
{
	if (!settings)
		return;
	asn_lookup_close(settings->asn);
	admission_free(settings->admission);
	free(settings);
}

struct moving {
	const struct ledger *from;
	struct ledger *to;
	int rc;
};

static bool move_key(const struct ledger_key *key, void *context)
{
	struct moving *m = context;
	uint8_t bytes[LEDGER_RECORD_MAX];
	size_t size = ledger_save(m->from, key, bytes);

	m->rc = ledger_restore(m->to, key, bytes, size);
	return m->rc == 0;
}

/* Another ledger with the same evidence. Errors: -ENOMEM, -EINVAL */
static int change_dials(struct keeper *k, const struct dials *dials)
{
	struct moving m = {.from = k->ledger, .to = make_ledger(k, dials)};

	if (!m.to)
		return -errno;
	ledger_advance(m.to, ledger_now(k->ledger));
	ledger_each(k->ledger, move_key, &m);
	if (m.rc < 0) {
		ledger_free(m.to);
		return m.rc;
	}
	ledger_free(k->ledger);
	k->ledger = m.to;
	k->dials = *dials;
	k->is_full_needed = true;
	return 0;
}

/* All but the dials, of settings that are to be thrown away. An old database of networks is better
 * than none. */
static void take_settings(struct keeper *k, struct keeper_settings *settings)
{
	admission_tell(settings->admission);
	if (k->admission)
		admission_inherit(settings->admission, k->admission);
	admission_free(k->admission);
	k->admission = settings->admission;
	settings->admission = NULL;
	if (settings->asn) {
		asn_lookup_close(k->asn);
		k->asn = settings->asn;
		settings->asn = NULL;
	}
	k->limits = settings->limits;
}

int keeper_configure(struct keeper *k, struct keeper_settings *settings)
{
	int rc = 0;

	keeper_commit(k);
	if (memcmp(&k->dials, &settings->dials, sizeof(k->dials)) != 0)
		rc = change_dials(k, &settings->dials);
	if (rc == 0)
		take_settings(k, settings);
	keeper_settings_free(settings);
	return rc;
}

/* --- open and close --- */

static int open_all(struct keeper *k, const struct config *config)
{
	struct keeper_settings *settings;
	struct state_moment moment;
	int rc;

	k->folder_fd = durable_folder(k->folder);
	if (k->folder_fd < 0)
		return k->folder_fd;
	rc = hash_key_open(k->folder_fd, k->hash_key);
	if (rc < 0) {
		log_error("'%s/hash.key': %s", k->folder, strerror(-rc));
		return rc;
	}
	settings = keeper_settings_new(config);
	if (!settings)
		return -errno;
	k->dials = settings->dials;
	take_settings(k, settings);
	keeper_settings_free(settings);
	rc = open_state(k, &moment);
	return rc < 0 ? rc : replay(k, &moment);
}

struct keeper *keeper_open(const char *folder, const struct config *config,
                           const struct reputation_hooks *hooks)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int rc = -ENOMEM;

	if (!k)
		return NULL;
	k->folder_fd = -1;
	k->is_saving = true;
	k->folder = strdup(folder);
	k->batch = calloc(KEEPER_BATCH_MAX, sizeof(*k->batch));
	id_window_init(&k->ids, ID_WINDOW_MAX);
	if (k->folder && k->batch)
		rc = open_all(k, config);
	if (rc == 0) {
		/* Nobody is told of what was so before. */
		if (hooks)
			k->hooks = *hooks;
		return k;
	}
	log_error("reputation '%s': %s", folder, strerror(-rc));
	keeper_close(k);
	errno = -rc;
	return NULL;
}

void keeper_close(struct keeper *k)
{
	if (!k)
		return;
	key_set_done(&k->changed);
	state_snapshot_free(k->unsaved);
	state_snapshot_free(k->collected);
	state_close(k->state);
	journal_close(k->journal);
	ledger_free(k->ledger);
	asn_lookup_close(k->asn);
	admission_free(k->admission);
	id_window_done(&k->ids);
	explicit_bzero(k->hash_key, sizeof(k->hash_key));
	if (k->folder_fd >= 0)
		close(k->folder_fd);
	free(k->folder);
	free(k->batch);
	free(k);
}
