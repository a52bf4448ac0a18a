/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A file of LMDB, with one unnamed database. LMDB trusts what is on its pages and crashes on
 * damage, so a file is first tried in a child process.
 */
#include <lmdb.h>

#include <stddef.h>

#define STORE_KEY_MAX 511 /* bytes; LMDB's own limit */

/* size_max: bytes of address space; the file grows as needed. Errors: negative errno */
int store_open(const char *folder, size_t size_max, MDB_env **out_env, MDB_dbi *out_dbi);

/* To read only, beside the process that keeps it. Errors: negative errno, -ENOENT no file */
int store_open_reading(const char *folder, size_t size_max, MDB_env **out_env, MDB_dbi *out_dbi);

/*
 * Open the file in a child process, walk all of it and try a change.
 * Threads: only while there is no other. Errors: -EBADMSG: out_why says what happened; other
 * negative errno: could not be tried
 */
int store_try(const char *folder, size_t size_max, char *out_why, size_t why_size);

/* LMDB's error as a negative errno: damage is -EBADMSG, a full store -ENOSPC. */
int store_errno(int rc);
