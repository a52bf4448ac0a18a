/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/durable.h"
#include "control/version_format.h"
#include "control/versions_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The highest good version below a number that is not ignored, or NULL. */
static struct version_info *versions_before(struct versions *v, uint64_t number)
{
	for (size_t i = v->good_count; i-- > 0;) {
		if (v->good[i].number < number && v->good[i].number != v->ignored)
			return &v->good[i];
	}
	return NULL;
}

/* The version that serves is gone: the newest good one left takes its place. */
static void versions_fall_back(struct versions *v)
{
	const struct version_info *info = versions_before(v, UINT64_MAX);

	if (!info) {
		unlinkat(v->folder, "current", 0);
		v->current = 0;
		v->ignored = 0;
		return;
	}
	versions_tell(v, "'%s': going back to version %" PRIu64, v->directory, info->number);
	if (versions_write_pointer(v, info->number, v->ignored) < 0)
		v->current = info->number; /* it serves; the next change writes it down */
}

/* Only the versions up to the current one stay, at most v->keep, and what is ignored. */
static void versions_prune(struct versions *v)
{
	size_t older = 0;

	for (size_t i = v->good_count; i-- > 0;) {
		uint64_t number = v->good[i].number;

		if (number == v->ignored)
			continue;
		if (number > v->current || ++older > v->keep)
			versions_remove(v, number);
	}
}

/* What "current" says, as far as it can be believed after the files were looked at. */
static void versions_settle(struct versions *v, int pointer_rc)
{
	if (v->good_count && v->good[v->good_count - 1].number > v->last)
		v->last = v->good[v->good_count - 1].number;
	if (pointer_rc == -EBADMSG)
		versions_aside(v, "current");
	if (pointer_rc == 0 && versions_find(v, v->current))
		return;
	if (pointer_rc == 0)
		versions_tell(v, "'%s': version %" PRIu64 " is lost", v->directory, v->current);
	versions_fall_back(v);
}

static void versions_prune_options(struct versions *v)
{
	const struct version_info *used[VERSIONS_KNOWN + 1];
	size_t count = 0;

	for (size_t i = 0; i < v->good_count; i++)
		used[count++] = &v->good[i];
	if (v->has_held)
		used[count++] = &v->held;
	version_format_prune(v->folder, used, count);
}

struct versions *versions_open(const char *directory, versions_complain *complain, void *context)
{
	struct versions *v = calloc(1, sizeof(*v));
	int pointer_rc, rc = -ENOMEM;

	if (!v)
		goto fail;
	v->complain = complain;
	/* Until it is known how many are to be kept none is removed for being old. */
	v->keep = VERSIONS_KEPT_MAX;
	v->context = context;
	v->directory = strdup(directory);
	if (!v->directory)
		goto fail_free;
	v->folder = durable_folder(directory);
	rc = v->folder;
	if (rc < 0)
		goto fail_free;
	unlinkat(v->folder, "incoming", 0);
	pointer_rc = versions_read_pointer(v);
	rc = versions_scan(v);
	if (rc < 0)
		goto fail_close;
	versions_settle(v, pointer_rc);
	versions_prune(v);
	versions_load_held(v);
	versions_prune_options(v);
	return v;
fail_close:
	close(v->folder);
fail_free:
	free(v->directory);
	free(v);
fail:
	errno = -rc;
	return NULL;
}

void versions_close(struct versions *v)
{
	if (!v)
		return;
	close(v->folder);
	free(v->directory);
	free(v);
}

void versions_keep(struct versions *v, size_t count)
{
	v->keep = count ? count : VERSIONS_KEPT;
	if (v->keep > VERSIONS_KEPT_MAX)
		v->keep = VERSIONS_KEPT_MAX;
	versions_prune(v);
}

size_t versions_list(const struct versions *v, struct version_kept out_kept[VERSIONS_KEPT_MAX])
{
	size_t count = 0;

	for (size_t i = v->good_count; i-- > 0 && count < VERSIONS_KEPT_MAX;) {
		const struct version_info *good = &v->good[i];

		if (good->number <= v->current && good->number != v->ignored)
			out_kept[count++] = (struct version_kept){
			    good->number, good->facts.entry_count, good->taken_s};
	}
	return count;
}

const struct version_info *versions_current(const struct versions *v)
{
	return v->current ? versions_find(v, v->current) : NULL;
}

const struct version_info *versions_held(const struct versions *v)
{
	return v->has_held ? &v->held : NULL;
}

const char *versions_current_path(struct versions *v)
{
	snprintf(v->current_path, sizeof(v->current_path), "%s/%" PRIu64 ".feed", v->directory,
	         v->current);
	return v->current_path;
}

const char *versions_held_path(struct versions *v)
{
	if (v->ignored)
		snprintf(v->held_path, sizeof(v->held_path), "%s/%" PRIu64 ".feed", v->directory,
		         v->ignored);
	else
		snprintf(v->held_path, sizeof(v->held_path), "%s/held.feed", v->directory);
	return v->held_path;
}

const char *versions_incoming_path(struct versions *v)
{
	snprintf(v->incoming_path, sizeof(v->incoming_path), "%s/incoming", v->directory);
	return v->incoming_path;
}

bool versions_verify(struct versions *v)
{
	const struct version_info *info;

	while ((info = versions_current(v)) != NULL) {
		uint8_t sum[VERSION_CHECKSUM_SIZE];
		char name[40];

		versions_name(name, info->number, "feed");
		if (durable_checksum(v->folder, name, sum) == 0 &&
		    memcmp(sum, info->checksum, sizeof(sum)) == 0)
			return true;
		versions_drop(v, info->number);
		versions_fall_back(v);
	}
	return false;
}

bool versions_reject(struct versions *v, const char *why)
{
	if (!versions_current(v))
		return false;
	versions_tell(v, "'%s': version %" PRIu64 " cannot be read any more: %s", v->directory,
	              v->current, why);
	versions_drop(v, v->current);
	versions_fall_back(v);
	return versions_current(v) != NULL;
}

/* The bytes are at from, described by info: make them the current version. */
static int versions_install(struct versions *v, const char *from, const struct version_info *info)
{
	struct version_info good = *info;
	uint64_t ignored = v->ignored;
	char stem[40], name[40];
	int rc;

	good.number = v->last + 1;
	good.cause = VERSION_GOOD;
	good.reason[0] = '\0';
	snprintf(stem, sizeof(stem), "%" PRIu64, good.number);
	versions_name(name, good.number, "feed");
	/* The bytes first: a description without bytes would look like damage after a crash. */
	rc = durable_rename(v->folder, from, name);
	if (rc < 0)
		return rc;
	rc = versions_describe(v, stem, &good);
	if (rc < 0)
		goto fail;
	versions_insert(v, &good);
	rc = versions_write_pointer(v, good.number, 0);
	if (rc < 0)
		goto fail_remove;
	if (ignored)
		versions_remove(v, ignored); /* an operator did not want it */
	versions_prune(v);
	return 0;
fail_remove:
	versions_forget(v, good.number);
	snprintf(stem, sizeof(stem), "%" PRIu64 ".json", good.number);
	unlinkat(v->folder, stem, 0);
fail:
	renameat(v->folder, name, v->folder, from);
	return rc;
}

int versions_take(struct versions *v, const struct version_info *info)
{
	int rc = versions_install(v, "incoming", info);

	if (rc == 0)
		versions_drop_held(v);
	return rc;
}

/* What "current" ignored is not wanted any more. */
static int versions_stop_ignoring(struct versions *v)
{
	uint64_t ignored = v->ignored;
	int rc = ignored ? versions_write_pointer(v, v->current, 0) : 0;

	if (rc == 0 && ignored)
		versions_remove(v, ignored);
	return rc;
}

int versions_hold(struct versions *v, const struct version_info *info)
{
	int rc;

	/* Whatever was held or ignored before is replaced by this one. */
	rc = versions_stop_ignoring(v);
	if (rc < 0)
		return rc;
	versions_drop_held(v);
	rc = durable_rename(v->folder, "incoming", "held.feed");
	if (rc == 0)
		rc = versions_describe(v, "held", info);
	if (rc < 0) {
		versions_drop_held(v);
		return rc;
	}
	v->held = *info;
	v->has_held = true;
	return 0;
}

int versions_folder(const struct versions *v)
{
	return v->folder;
}

void versions_discard(struct versions *v)
{
	unlinkat(v->folder, "incoming", 0);
}

int versions_confirm(struct versions *v, const struct version_info *info)
{
	struct version_info *current = versions_find(v, v->current);
	struct version_info confirmed;
	char stem[24];
	int rc;

	if (!current)
		return -ENOENT;
	confirmed = *current;
	confirmed.taken_s = info->taken_s;
	confirmed.mtime_s = info->mtime_s;
	confirmed.facts.timestamp_s = info->facts.timestamp_s;
	confirmed.facts.expires_s = info->facts.expires_s;
	snprintf(stem, sizeof(stem), "%" PRIu64, v->current);
	rc = versions_describe(v, stem, &confirmed);
	if (rc < 0)
		return rc;
	*current = confirmed;
	rc = versions_stop_ignoring(v);
	if (rc < 0)
		return rc;
	versions_drop_held(v);
	return 0;
}

int versions_accept(struct versions *v, const struct version_info *info)
{
	int rc;

	if (!v->has_held)
		return -ENOENT;
	if (v->ignored) {
		rc = versions_write_pointer(v, v->ignored, 0);
		if (rc == 0)
			versions_prune(v);
	} else {
		rc = versions_install(v, "held.feed", info);
	}
	if (rc == 0)
		versions_drop_held(v);
	return rc;
}

int versions_rollback(struct versions *v, uint64_t number, const char *reason)
{
	const struct version_info *current = versions_current(v), *before;
	struct version_info held;
	char stem[24];
	int rc;

	before = current ? versions_before(v, current->number) : NULL;
	if (before && number)
		before = number < current->number && number != v->ignored ? versions_find(v, number)
		                                                          : NULL;
	if (!before)
		return -ENOENT;
	held = *current;
	held.cause = VERSION_ROLLED_BACK;
	snprintf(held.reason, sizeof(held.reason), "%s", reason);
	snprintf(stem, sizeof(stem), "%" PRIu64, held.number);
	rc = versions_describe(v, stem, &held);
	if (rc == 0)
		rc = versions_write_pointer(v, before->number, held.number);
	if (rc < 0)
		return rc;
	*versions_find(v, held.number) = held;
	versions_drop_held(v);
	versions_prune(v);
	versions_load_held(v);
	return 0;
}
