/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define STORE_TRY_S 60 /* a walk that takes longer goes in circles */

int store_errno(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		return -ENOSPC;
	case MDB_NOTFOUND:
		return -ENOENT;
	default: /* LMDB's own codes are negative, the system's positive */
		return rc > 0 ? -rc : -EBADMSG;
	}
}

static int open_with(const char *folder, size_t size_max, unsigned flags, MDB_env **out_env,
                     MDB_dbi *out_dbi)
{
	MDB_env *env;
	MDB_txn *txn;
	int rc = mdb_env_create(&env);

	if (rc != 0)
		return store_errno(rc);
	rc = mdb_env_set_mapsize(env, size_max);
	if (rc == 0)
		rc = mdb_env_open(env, folder, flags, 0640);
	if (rc == 0)
		rc = mdb_txn_begin(env, NULL, flags, &txn);
	if (rc != 0)
		goto fail;
	rc = mdb_dbi_open(txn, NULL, 0, out_dbi);
	if (rc != 0) {
		mdb_txn_abort(txn);
		goto fail;
	}
	rc = mdb_txn_commit(txn);
	if (rc != 0)
		goto fail;
	*out_env = env;
	return 0;
fail:
	mdb_env_close(env);
	return store_errno(rc);
}

int store_open(const char *folder, size_t size_max, MDB_env **out_env, MDB_dbi *out_dbi)
{
	return open_with(folder, size_max, 0, out_env, out_dbi);
}

int store_open_reading(const char *folder, size_t size_max, MDB_env **out_env, MDB_dbi *out_dbi)
{
	return open_with(folder, size_max, MDB_RDONLY, out_env, out_dbi);
}

/* Returns 0 or LMDB's error. */
static int store_walk(MDB_txn *txn, MDB_dbi dbi)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	unsigned sum = 0;
	int rc = mdb_cursor_open(txn, dbi, &cursor);

	while (rc == 0) {
		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
		for (size_t i = 0; rc == 0 && i < value.mv_size; i++)
			sum += ((const volatile unsigned char *)value.mv_data)[i];
	}
	(void)sum;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* A change loads the list of free pages, which reading does not. */
static int store_walk_all(const char *folder, size_t size_max)
{
	MDB_val key = {1, ""}, value = {1, ""};
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc = store_open(folder, size_max, &env, &dbi);

	if (rc < 0)
		return rc;
	rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc == 0)
		rc = store_walk(txn, dbi);
	if (rc == 0)
		rc = mdb_put(txn, dbi, &key, &value, 0);
	return store_errno(rc);
}

static void store_child(const char *folder, size_t size_max) __attribute__((noreturn));
static void store_child(const char *folder, size_t size_max)
{
	static const int deadly[] = {SIGALRM, SIGBUS, SIGSEGV, SIGABRT, SIGFPE, SIGILL};
	const struct rlimit none = {0, 0};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &none);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	/* A crash is what is being looked for: nobody's handler may go on after it. */
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], SIG_DFL);
	alarm(STORE_TRY_S);
	_exit(-store_walk_all(folder, size_max) & 0xff);
}

int store_try(const char *folder, size_t size_max, char *out_why, size_t why_size)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (child == 0)
		store_child(folder, size_max);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (WIFSIGNALED(status)) {
		snprintf(out_why, why_size, "reading it ends in '%s'", strsignal(WTERMSIG(status)));
		return -EBADMSG;
	}
	switch (WEXITSTATUS(status)) {
	case 0:
		return 0;
	case ENOSPC:
	case ENOMEM:
	case EACCES:
	case EROFS:
	case EDQUOT:
		return -WEXITSTATUS(status);
	default:
		snprintf(out_why, why_size, "%s", strerror(WEXITSTATUS(status)));
		return -EBADMSG;
	}
}
