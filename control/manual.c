/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/manual.h"

#include "control/durable.h"
#include "control/manual_record.h"
#include "control/store.h"

#include <lmdb.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MANUAL_SIZE_MAX (1u << 30) /* bytes of address space */

struct manual {
	MDB_env *env;
	MDB_dbi dbi;
	manual_complain *complain;
	void *context;
};

/* Errors: -ENAMETOOLONG */
static int manual_compose(const struct manual *m, const char *list, const char *key, char *out_key,
                          MDB_val *out_value)
{
	size_t list_size = strlen(list) + 1, key_size = strlen(key);

	if (list_size + key_size > (size_t)mdb_env_get_maxkeysize(m->env) ||
	    list_size + key_size > STORE_KEY_MAX)
		return -ENAMETOOLONG;
	memcpy(out_key, list, list_size);
	memcpy(out_key + list_size, key, key_size);
	out_value->mv_data = out_key;
	out_value->mv_size = list_size + key_size;
	return 0;
}

/* Move a file that LMDB cannot be trusted with out of the way. Errors: negative errno */
static int manual_aside(struct manual *m, int folder, const char *path, const char *why)
{
	char aside[64], message[512];
	int rc;

	snprintf(aside, sizeof(aside), "data.mdb.damaged-%" PRId64, (int64_t)time(NULL));
	rc = durable_rename(folder, "data.mdb", aside);
	snprintf(message, sizeof(message),
	         "manual lists '%s/data.mdb' are damaged (%s): %s '%s/%s'; starting with empty "
	         "manual lists",
	         path, why, rc < 0 ? "cannot move the file aside to" : "moved aside to", path,
	         aside);
	if (m->complain)
		m->complain(message, m->context);
	return rc;
}

/* The folder is ours alone (state.h), so a lock file can only be a left-over of a killed process.
 */
static int manual_prepare(struct manual *m, const char *path)
{
	char why[160];
	int folder = durable_folder(path), rc;

	if (folder < 0)
		return folder;
	unlinkat(folder, "lock.mdb", 0);
	rc = faccessat(folder, "data.mdb", F_OK, 0) < 0
	         ? 0
	         : store_try(path, MANUAL_SIZE_MAX, why, sizeof(why));
	if (rc == -EBADMSG)
		rc = manual_aside(m, folder, path, why);
	close(folder);
	return rc;
}

struct manual *manual_open(const char *folder, manual_complain *complain, void *context)
{
	struct manual *m = calloc(1, sizeof(*m));
	int rc = -ENOMEM, fd;

	if (!m)
		goto fail;
	m->complain = complain;
	m->context = context;
	rc = manual_prepare(m, folder);
	if (rc < 0)
		goto fail_free;
	rc = store_open(folder, MANUAL_SIZE_MAX, &m->env, &m->dbi);
	if (rc < 0)
		goto fail_free;
	/* The file's name has to survive, too. */
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 || fsync(fd) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		goto fail_close;
	return m;
fail_close:
	mdb_env_close(m->env);
fail_free:
	free(m);
fail:
	errno = -rc;
	return NULL;
}

struct manual *manual_open_reading(const char *folder, manual_complain *complain, void *context)
{
	struct manual *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return NULL;
	m->complain = complain;
	m->context = context;
	rc = store_open_reading(folder, MANUAL_SIZE_MAX, &m->env, &m->dbi);
	if (rc == 0)
		return m;
	free(m);
	errno = -rc;
	return NULL;
}

void manual_close(struct manual *m)
{
	if (!m)
		return;
	mdb_env_close(m->env);
	free(m);
}

/* Added before now? Keep that time. */
static void manual_keep_added(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, struct manual_record *record,
                              bool *out_is_new)
{
	struct manual_record_buffer buffer;
	struct manual_record old;
	MDB_val value;

	*out_is_new = mdb_get(txn, dbi, key, &value) != 0;
	if (*out_is_new)
		return;
	if (manual_record_decode(key, &value, &buffer, &old) == 0) {
		record->added_s = old.added_s;
		manual_record_done(&buffer);
	}
}

int manual_put(struct manual *m, const char *list, const struct manual_record *record,
               bool *out_is_new)
{
	struct manual_record stored = *record;
	char key_bytes[STORE_KEY_MAX];
	MDB_val key, value = {0};
	MDB_txn *txn;
	bool is_new;
	int rc = manual_compose(m, list, record->key, key_bytes, &key);

	if (rc < 0)
		return rc;
	rc = mdb_txn_begin(m->env, NULL, 0, &txn);
	if (rc != 0)
		return store_errno(rc);
	manual_keep_added(txn, m->dbi, &key, &stored, &is_new);
	rc = manual_record_encode(&key, &stored, &value);
	if (rc == 0)
		rc = store_errno(mdb_put(txn, m->dbi, &key, &value, 0));
	free(value.mv_data);
	if (rc < 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	rc = store_errno(mdb_txn_commit(txn));
	if (rc == 0)
		*out_is_new = is_new;
	return rc;
}

int manual_delete(struct manual *m, const char *list, const char *key_text, bool *out_was_there)
{
	char key_bytes[STORE_KEY_MAX];
	MDB_val key;
	MDB_txn *txn;
	int rc = manual_compose(m, list, key_text, key_bytes, &key);

	if (rc < 0)
		return rc;
	rc = mdb_txn_begin(m->env, NULL, 0, &txn);
	if (rc != 0)
		return store_errno(rc);
	rc = mdb_del(txn, m->dbi, &key, NULL);
	if (rc == MDB_NOTFOUND) {
		mdb_txn_abort(txn);
		*out_was_there = false;
		return 0;
	}
	if (rc != 0) {
		mdb_txn_abort(txn);
		return store_errno(rc);
	}
	rc = store_errno(mdb_txn_commit(txn));
	if (rc == 0)
		*out_was_there = true;
	return rc;
}

struct manual_walk {
	struct manual *m;
	const char *list;
	int64_t now_s;
	MDB_cursor *cursor;
	manual_visit *visit; /* of what has not expired */
	void *context;
	bool is_expiring; /* delete what has expired */
	uint64_t expired;
};

/* Returns 1 to go on, 0 to stop. Errors: negative errno */
static int manual_walk_one(struct manual_walk *walk, MDB_val *key, MDB_val *value)
{
	struct manual_record_buffer buffer;
	struct manual_record record;
	char message[400];
	int rc = manual_record_decode(key, value, &buffer, &record);

	if (rc == -EBADMSG) {
		snprintf(message, sizeof(message),
		         "manual list '%s': the record of '%.*s' is damaged: left out", walk->list,
		         (int)(key->mv_size - strlen(walk->list) - 1),
		         (const char *)key->mv_data + strlen(walk->list) + 1);
		if (walk->m->complain)
			walk->m->complain(message, walk->m->context);
		return 1;
	}
	if (rc < 0)
		return rc;
	rc = 1;
	if (record.expires_s != 0 && record.expires_s <= walk->now_s) {
		walk->expired++;
		if (walk->is_expiring && mdb_cursor_del(walk->cursor, 0) != 0)
			rc = -EIO;
	} else if (walk->visit && !walk->visit(&record, walk->context)) {
		rc = 0;
	}
	manual_record_done(&buffer);
	return rc;
}

/* Visit the records of a list within a transaction. Errors: negative errno */
static int manual_walk(struct manual_walk *walk, MDB_txn *txn)
{
	char key_bytes[STORE_KEY_MAX];
	size_t prefix = strlen(walk->list) + 1;
	MDB_val key, value;
	int rc = manual_compose(walk->m, walk->list, "", key_bytes, &key);

	if (rc < 0)
		return rc;
	rc = mdb_cursor_open(txn, walk->m->dbi, &walk->cursor);
	if (rc != 0)
		return store_errno(rc);
	rc = mdb_cursor_get(walk->cursor, &key, &value, MDB_SET_RANGE);
	while (rc == 0 && key.mv_size >= prefix && memcmp(key.mv_data, walk->list, prefix) == 0) {
		int more = manual_walk_one(walk, &key, &value);

		if (more <= 0) {
			mdb_cursor_close(walk->cursor);
			return more;
		}
		rc = mdb_cursor_get(walk->cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(walk->cursor);
	return rc == MDB_NOTFOUND ? 0 : store_errno(rc);
}

int manual_each(struct manual *m, const char *list, int64_t now_s, manual_visit *visit,
                void *context)
{
	struct manual_walk walk = {
	    .m = m,
	    .list = list,
	    .now_s = now_s,
	    .visit = visit,
	    .context = context,
	};
	MDB_txn *txn;
	int rc = mdb_txn_begin(m->env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return store_errno(rc);
	rc = manual_walk(&walk, txn);
	mdb_txn_abort(txn);
	return rc;
}

int manual_expire(struct manual *m, const char *list, int64_t now_s, uint64_t *out_count)
{
	struct manual_walk walk = {.m = m, .list = list, .now_s = now_s, .is_expiring = true};
	MDB_txn *txn;
	int rc = mdb_txn_begin(m->env, NULL, 0, &txn);

	if (rc != 0)
		return store_errno(rc);
	rc = manual_walk(&walk, txn);
	if (rc < 0 || walk.expired == 0) {
		mdb_txn_abort(txn);
		if (rc == 0)
			*out_count = 0;
		return rc;
	}
	rc = store_errno(mdb_txn_commit(txn));
	if (rc == 0)
		*out_count = walk.expired;
	return rc;
}

struct manual_build {
	struct manual *m;
	struct dataset_builder *builder;
	struct manual_dataset *out;
	int rc;
};

static bool manual_build_one(const struct manual_record *record, void *context)
{
	struct manual_build *build = context;
	const struct dataset_value value = {
	    .code = record->code,
	    .text_kind = record->text ? DATASET_TEXT_OWN : DATASET_TEXT_LIST,
	    .text_size = record->text ? (uint8_t)strlen(record->text) : 0,
	    .text = record->text,
	};
	struct manual_key key;
	uint32_t value_id;
	char error[160];

	/* Both were checked before they were stored; a newer rule must not stop the list. */
	if (manual_key_parse(record->key, &key, error, sizeof(error)) < 0)
		return true;
	build->rc = dataset_value(build->builder, &value, &value_id);
	if (build->rc == -EINVAL) {
		build->rc = 0;
		return true;
	}
	if (build->rc == 0)
		build->rc = manual_key_add(&key, value_id, build->builder);
	if (build->rc < 0)
		return false;
	build->out->count++;
	dataset_builder_facts(build->builder)->line_count++;
	if (record->expires_s != 0 &&
	    (build->out->next_expiry_s == 0 || record->expires_s < build->out->next_expiry_s))
		build->out->next_expiry_s = record->expires_s;
	return true;
}

int manual_build(struct manual *m, const char *list, int64_t now_s, struct manual_dataset *out)
{
	const struct dataset_options options = {.drop_bogons = false};
	struct manual_dataset built = {0};
	struct manual_build build = {.m = m, .out = &built};
	int rc;

	build.builder = dataset_builder_new(&options);
	if (!build.builder)
		return -errno;
	dataset_builder_facts(build.builder)->declared_count = UINT64_MAX;
	rc = manual_each(m, list, now_s, manual_build_one, &build);
	if (rc == 0)
		rc = build.rc;
	if (rc < 0) {
		dataset_builder_free(build.builder);
		return rc;
	}
	built.dataset = dataset_finish(build.builder);
	if (!built.dataset)
		return -errno;
	*out = built;
	return 0;
}
