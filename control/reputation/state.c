/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/state.h"

#include "control/durable.h"
#include "control/reputation/key_form.h"
#include "control/store.h"

#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATE_SIZE_MAX (UINT64_C(64) << 30) /* bytes of address space */
#define STATE_FORMAT   1
#define SUM_SIZE       8
#define SNAPSHOT_MIN   (1u << 16)
#define ENTRY_SIZE     4 /* sizes of key and record */

_Static_assert(crypto_shorthash_BYTES == SUM_SIZE, "of a record");
_Static_assert(KEY_FORM_BYTES_MAX <= STORE_KEY_MAX, "LMDB's limit");

/* No key of the ledger begins like this. */
static const uint8_t moment_key[] = {0xff, 'm'};

struct moment_bytes { /* as stored */
	uint64_t format, segment, offset;
	int64_t now_ms;
};

struct state {
	MDB_env *env;
	MDB_dbi dbi;
};

int state_aside(const char *path)
{
	int folder = durable_folder(path), rc;
	char name[64];

	if (folder < 0)
		return folder;
	snprintf(name, sizeof(name), "data.mdb.damaged-%lld", (long long)time(NULL));
	rc = durable_rename(folder, "data.mdb", name);
	unlinkat(folder, "lock.mdb", 0);
	close(folder);
	return rc;
}

int state_prepare(const char *path, char *out_why, size_t why_size)
{
	int folder = durable_folder(path), rc = 0;

	if (folder < 0)
		return folder;
	/* The folder is ours alone: a lock file can only be a left-over of a killed process. */
	unlinkat(folder, "lock.mdb", 0);
	if (faccessat(folder, "data.mdb", F_OK, 0) == 0)
		rc = store_try(path, STATE_SIZE_MAX, out_why, why_size);
	close(folder);
	if (rc == -EBADMSG) {
		int moved = state_aside(path);

		return moved < 0 ? moved : rc;
	}
	return rc;
}

struct state *state_open(const char *folder)
{
	struct state *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return NULL;
	rc = store_open(folder, STATE_SIZE_MAX, &s->env, &s->dbi);
	if (rc == 0)
		return s;
	free(s);
	errno = -rc;
	return NULL;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	mdb_env_close(s->env);
	free(s);
}

/* Of the key too, so that no record is taken for another's. */
static void sum_of(const MDB_val *key, const uint8_t *bytes, size_t size, uint8_t out_sum[SUM_SIZE])
{
	static const uint8_t of_all[crypto_shorthash_KEYBYTES] = "state of a key";
	uint8_t of_key[crypto_shorthash_KEYBYTES] = {0};

	crypto_shorthash(of_key, key->mv_data, key->mv_size, of_all);
	crypto_shorthash(out_sum, bytes, size, of_key);
}

/* --- loading --- */

/* A value without its checksum. Errors: -EBADMSG */
static int check_value(const MDB_val *key, const MDB_val *value, const uint8_t **out_bytes,
                       size_t *out_size)
{
	const uint8_t *bytes = value->mv_data;
	uint8_t sum[SUM_SIZE];

	if (value->mv_size < SUM_SIZE)
		return -EBADMSG;
	*out_bytes = bytes + SUM_SIZE;
	*out_size = value->mv_size - SUM_SIZE;
	sum_of(key, *out_bytes, *out_size, sum);
	return memcmp(sum, bytes, SUM_SIZE) == 0 ? 0 : -EBADMSG;
}

/* Errors: -ENOENT none; -EBADMSG */
static int load_moment(const struct state *s, MDB_txn *txn, struct state_moment *out_moment)
{
	MDB_val key = {sizeof(moment_key), (void *)(uintptr_t)moment_key}, value;
	struct moment_bytes stored;
	const uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = store_errno(mdb_get(txn, s->dbi, &key, &value));

	if (rc == 0)
		rc = check_value(&key, &value, &bytes, &size);
	if (rc < 0)
		return rc;
	if (size != sizeof(stored))
		return -EBADMSG;
	memcpy(&stored, bytes, sizeof(stored));
	if (stored.format != STATE_FORMAT)
		return -EBADMSG;
	*out_moment = (struct state_moment){{stored.segment, stored.offset}, stored.now_ms};
	return 0;
}

static int load_key(struct ledger *ledger, const MDB_val *key, const MDB_val *value)
{
	struct ledger_key ledger_key;
	const uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = check_value(key, value, &bytes, &size);

	if (rc == 0)
		rc = key_form_read(key->mv_data, key->mv_size, &ledger_key);
	if (rc == 0)
		rc = ledger_restore(ledger, &ledger_key, bytes, size);
	return rc == -EINVAL ? -EBADMSG : rc;
}

static int load_keys(const struct state *s, MDB_txn *txn, struct ledger *ledger)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = store_errno(mdb_cursor_open(txn, s->dbi, &cursor));

	if (rc < 0)
		return rc;
	for (;;) {
		rc = store_errno(mdb_cursor_get(cursor, &key, &value, MDB_NEXT));
		if (rc < 0)
			break;
		if (key.mv_size == sizeof(moment_key) &&
		    memcmp(key.mv_data, moment_key, sizeof(moment_key)) == 0)
			continue;
		rc = load_key(ledger, &key, &value);
		if (rc < 0)
			break;
	}
	mdb_cursor_close(cursor);
	return rc == -ENOENT ? 0 : rc;
}

int state_load(struct state *s, struct ledger *ledger, struct state_moment *out_moment)
{
	struct state_moment moment = {{0, 0}, 0};
	MDB_txn *txn;
	int rc = store_errno(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn));

	if (rc < 0)
		return rc;
	rc = load_moment(s, txn, &moment);
	if (rc == 0) {
		ledger_advance(ledger, moment.now_ms);
		rc = load_keys(s, txn, ledger);
	} else if (rc == -ENOENT) {
		rc = 0;
	}
	mdb_txn_abort(txn);
	if (rc == 0)
		*out_moment = moment;
	return rc;
}

/* --- snapshots --- */

struct taking {
	struct ledger *ledger;
	struct state_snapshot *snapshot;
	int rc;
};

static int reserve(struct state_snapshot *s, size_t more)
{
	size_t capacity = s->capacity ? s->capacity : SNAPSHOT_MIN;
	uint8_t *grown;

	if (s->capacity - s->size >= more)
		return 0;
	while (capacity - s->size < more)
		capacity *= 2;
	grown = realloc(s->bytes, capacity);
	if (!grown)
		return -ENOMEM;
	s->bytes = grown;
	s->capacity = capacity;
	return 0;
}

/* An entry: two sizes, the key, its record; a record of no bytes is a key that is gone. */
static bool take_key(const struct ledger_key *key, void *context)
{
	struct taking *t = context;
	struct state_snapshot *s = t->snapshot;
	uint16_t key_size, size;
	uint8_t *at;

	t->rc = reserve(s, ENTRY_SIZE + KEY_FORM_BYTES_MAX + LEDGER_RECORD_MAX);
	if (t->rc < 0)
		return false;
	at = s->bytes + s->size;
	key_size = (uint16_t)key_form_bytes(key, at + ENTRY_SIZE);
	size = (uint16_t)ledger_save(t->ledger, key, at + ENTRY_SIZE + key_size);
	memcpy(at, &key_size, 2);
	memcpy(at + 2, &size, 2);
	s->size += (size_t)ENTRY_SIZE + key_size + size;
	s->count++;
	return true;
}

static bool forget_key(const struct ledger_key *key, void *context)
{
	(void)key;
	(void)context;
	return true;
}

struct state_snapshot *state_snapshot_take(struct ledger *ledger, const struct state_moment *moment,
                                           bool is_full)
{
	struct state_snapshot *s = calloc(1, sizeof(*s));
	struct taking t = {ledger, s, 0};

	if (!s)
		return NULL;
	s->moment = *moment;
	s->is_full = is_full;
	if (is_full) {
		ledger_dirty(ledger, forget_key, NULL);
		ledger_each(ledger, take_key, &t);
	} else {
		ledger_dirty(ledger, take_key, &t);
	}
	if (t.rc == 0)
		return s;
	state_snapshot_free(s);
	errno = -t.rc;
	return NULL;
}

int state_snapshot_more(struct state_snapshot *s, struct ledger *ledger,
                        const struct state_moment *moment)
{
	struct taking t = {ledger, s, 0};

	ledger_dirty(ledger, take_key, &t);
	s->moment = *moment;
	return t.rc;
}

void state_snapshot_free(struct state_snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->bytes);
	free(snapshot);
}

/* --- writing --- */

/* Returns 0 or LMDB's error. */
static int put(const struct state *s, MDB_txn *txn, MDB_val *key, const uint8_t *bytes, size_t size)
{
	MDB_val value = {SUM_SIZE + size, NULL};
	int rc = mdb_put(txn, s->dbi, key, &value, MDB_RESERVE);

	if (rc != 0)
		return rc;
	sum_of(key, bytes, size, value.mv_data);
	memcpy((uint8_t *)value.mv_data + SUM_SIZE, bytes, size);
	return 0;
}

static int put_moment(const struct state *s, MDB_txn *txn, const struct state_moment *moment)
{
	MDB_val key = {sizeof(moment_key), (void *)(uintptr_t)moment_key};
	const struct moment_bytes stored = {STATE_FORMAT, moment->position.segment,
	                                    moment->position.offset, moment->now_ms};

	return put(s, txn, &key, (const uint8_t *)&stored, sizeof(stored));
}

static int put_all(const struct state *s, MDB_txn *txn, const struct state_snapshot *snapshot)
{
	int rc = snapshot->is_full ? mdb_drop(txn, s->dbi, 0) : 0;

	for (size_t at = 0; at < snapshot->size && rc == 0;) {
		const uint8_t *entry = snapshot->bytes + at;
		uint16_t key_size, size;
		MDB_val key;

		memcpy(&key_size, entry, 2);
		memcpy(&size, entry + 2, 2);
		key = (MDB_val){key_size, (void *)(uintptr_t)(entry + ENTRY_SIZE)};
		if (size)
			rc = put(s, txn, &key, entry + ENTRY_SIZE + key_size, size);
		else
			rc = mdb_del(txn, s->dbi, &key, NULL);
		if (rc == MDB_NOTFOUND) /* came and went between two snapshots */
			rc = 0;
		at += (size_t)ENTRY_SIZE + key_size + size;
	}
	return rc == 0 ? put_moment(s, txn, &snapshot->moment) : rc;
}

int state_write(struct state *s, const struct state_snapshot *snapshot)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, 0, &txn);

	if (rc != 0)
		return store_errno(rc);
	rc = put_all(s, txn, snapshot);
	if (rc == 0)
		return store_errno(mdb_txn_commit(txn));
	mdb_txn_abort(txn);
	return store_errno(rc);
}
