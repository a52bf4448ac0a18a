/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The good versions of one feed on disk, and at most one version that waits for an operator (held).
 *
 *   N.feed    the bytes as they came      N.json                 what is known of them
 *   current   which version serves        held.feed, held.json   as above
 *   incoming  a copy under way       options-*              version_format.h
 *
 * A version is whole on disk before "current" names it, and "current" is replaced by rename, so a
 * crash at any point leaves the old state or the new one. The last good versions are kept:
 * VERSIONS_KEPT, or as many as versions_keep() says. Damaged files are moved aside (NAME.damaged),
 * told, and never fatal.
 *
 * Threads: one thread per struct versions.
 */
#include "control/version_info.h"

#include <stdbool.h>
#include <stdint.h>

#define VERSIONS_KEPT     3
#define VERSIONS_KEPT_MAX 32

/* A good version on disk. */
struct version_kept {
	uint64_t number, entries;
	int64_t taken_s;
};

struct versions;

/* Told about everything damaged and what is done about it. */
typedef void versions_complain(const char *message, void *context);

/*
 * Open a feed's directory, made if missing (0750); left-overs of a crash are removed.
 * Errors: NULL with errno
 */
struct versions *versions_open(const char *directory, versions_complain *complain, void *context);
void versions_close(struct versions *v);

/* Keep that many good versions, from 1 to VERSIONS_KEPT_MAX; 0 = VERSIONS_KEPT. */
void versions_keep(struct versions *v, size_t count);

/* The good versions that can be gone back to and the current one, the newest first; their number.
 */
size_t versions_list(const struct versions *v, struct version_kept out_kept[VERSIONS_KEPT_MAX]);

/* The good version that serves, or NULL. Borrowed until the next call that changes something. */
const struct version_info *versions_current(const struct versions *v);

/* The version that waits for an operator, or NULL; borrowed likewise. */
const struct version_info *versions_held(const struct versions *v);

/* Paths, borrowed until the next call of the same function. */
const char *versions_current_path(struct versions *v);
const char *versions_held_path(struct versions *v);
const char *versions_incoming_path(struct versions *v);

/*
 * Make sure that the current version's bytes are what they were. A damaged one is moved aside and
 * the good version before it becomes current, until one is whole or none is left.
 * Returns whether there is a current version.
 */
bool versions_verify(struct versions *v);

/* The current version is whole but cannot be used any more: move it aside and go one back. */
bool versions_reject(struct versions *v, const char *why);

/*
 * Make the incoming file the current version; whatever was held is gone. info->number is set here.
 * Errors: negative errno, the old version stays current
 */
int versions_take(struct versions *v, const struct version_info *info);

/* Keep the incoming file as the held version. Errors: negative errno, nothing is held anew. */
int versions_hold(struct versions *v, const struct version_info *info);

/* The folder, for version_format.h. */
int versions_folder(const struct versions *v);

/* Remove the incoming file, if there is one. */
void versions_discard(struct versions *v);

/*
 * The source confirms the current version: its time stamps are renewed, what was held is gone.
 * Errors: negative errno
 */
int versions_confirm(struct versions *v, const struct version_info *info);

/*
 * Make the held version the current one.
 * info: as read now; its facts count. Errors: -ENOENT nothing is held; other negative errno
 */
int versions_accept(struct versions *v, const struct version_info *info);

/*
 * Make a good version before the current one current again; the current one is held from now on,
 * and those between are gone.
 *
 * number: 0 = the one before
 * Errors: -ENOENT there is none; other negative errno
 */
int versions_rollback(struct versions *v, uint64_t number, const char *reason);
