/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/versions.h"

#include "control/durable.h"

#include <jansson.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSIONS_INFO_MAX 8192 /* bytes of N.json */
#define VERSIONS_KNOWN                                                                             \
	(VERSIONS_KEPT_MAX + 8) /* more than are kept: after a crash there may be one too many */

struct versions {
	int folder;
	char *directory;
	versions_complain *complain;
	void *context;
	struct version_info
	    good[VERSIONS_KNOWN]; /* ascending numbers; what "current" ignores too */
	size_t good_count;
	uint64_t current, ignored; /* numbers; 0 = none */
	size_t keep;               /* good versions; see versions_keep() */
	uint64_t last;             /* the highest number there ever was: none is used twice */
	struct version_info held;  /* valid when has_held */
	bool has_held;
	char current_path[4096], held_path[4096], incoming_path[4096];
};

static void versions_tell(struct versions *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void versions_tell(struct versions *v, const char *format, ...)
{
	char text[512];
	va_list arguments;

	if (!v->complain)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	v->complain(text, v->context);
}

static void versions_name(char out_name[40], uint64_t number, const char *suffix)
{
	snprintf(out_name, 40, "%" PRIu64 ".%s", number, suffix);
}

static struct version_info *versions_find(const struct versions *v, uint64_t number)
{
	for (size_t i = 0; i < v->good_count; i++) {
		if (v->good[i].number == number)
			return (struct version_info *)&v->good[i];
	}
	return NULL;
}

/* The highest good version below a number that is not ignored, or NULL. */
static struct version_info *versions_before(struct versions *v, uint64_t number)
{
	for (size_t i = v->good_count; i-- > 0;) {
		if (v->good[i].number < number && v->good[i].number != v->ignored)
			return &v->good[i];
	}
	return NULL;
}

static void versions_forget(struct versions *v, uint64_t number)
{
	struct version_info *info = versions_find(v, number);

	if (!info)
		return;
	v->good_count--;
	memmove(info, info + 1, (size_t)(&v->good[v->good_count] - info) * sizeof(*info));
}

static void versions_insert(struct versions *v, const struct version_info *info)
{
	size_t at = v->good_count;

	if (v->good_count == VERSIONS_KNOWN)
		return;
	while (at > 0 && v->good[at - 1].number > info->number) {
		v->good[at] = v->good[at - 1];
		at--;
	}
	v->good[at] = *info;
	v->good_count++;
}

static void versions_aside(struct versions *v, const char *name)
{
	char aside[300];

	snprintf(aside, sizeof(aside), "%s.damaged", name);
	if (renameat(v->folder, name, v->folder, aside) == 0)
		versions_tell(v, "'%s/%s' is damaged: moved aside to '%s'", v->directory, name,
		              aside);
	else if (errno == ENOENT)
		versions_tell(v, "'%s/%s' is missing", v->directory, name);
	else
		versions_tell(v, "'%s/%s' is damaged and cannot be moved aside: %s", v->directory,
		              name, strerror(errno));
}

/* Move a good version aside and forget it. */
static void versions_drop(struct versions *v, uint64_t number)
{
	char name[40];

	versions_name(name, number, "feed");
	versions_aside(v, name);
	versions_name(name, number, "json");
	versions_aside(v, name);
	versions_forget(v, number);
}

static void versions_remove(struct versions *v, uint64_t number)
{
	char name[40];

	versions_forget(v, number);
	versions_name(name, number, "json");
	unlinkat(v->folder, name, 0);
	versions_name(name, number, "feed");
	unlinkat(v->folder, name, 0);
}

/* Read NAME.json and see that NAME.feed has the right size. Errors: -EBADMSG, -ENOENT no .json */
static int versions_load(struct versions *v, const char *stem, struct version_info *out_info)
{
	char name[300];
	struct version_info info;
	struct stat st;
	size_t size;
	char *text;
	int rc;

	snprintf(name, sizeof(name), "%s.json", stem);
	text = durable_read(v->folder, name, VERSIONS_INFO_MAX, &size);
	if (!text)
		return errno == ENOENT ? -ENOENT : -EBADMSG;
	rc = version_info_parse(text, size, &info);
	free(text);
	if (rc < 0)
		return rc;
	snprintf(name, sizeof(name), "%s.feed", stem);
	if (fstatat(v->folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != info.size)
		return -EBADMSG;
	*out_info = info;
	return 0;
}

/* A number from "N.feed" or "N.json"; 0 when the name is not one of ours. */
static uint64_t versions_number(const char *name)
{
	char *end, expected[40];
	uint64_t number;

	errno = 0;
	number = strtoull(name, &end, 10);
	if (errno != 0 || (strcmp(end, ".feed") != 0 && strcmp(end, ".json") != 0))
		return 0;
	versions_name(expected, number, end + 1);
	return strcmp(name, expected) == 0 ? number : 0;
}

static void versions_scan_one(struct versions *v, uint64_t number)
{
	struct version_info info;
	char stem[40];
	int rc;

	if (versions_find(v, number))
		return;
	snprintf(stem, sizeof(stem), "%" PRIu64, number);
	rc = versions_load(v, stem, &info);
	if (rc == 0 && info.number == number)
		versions_insert(v, &info);
	else if (rc == -ENOENT && number > v->last)
		versions_remove(v, number); /* a crash before it was described: never was current */
	else
		versions_drop(v, number);
}

/* Errors: negative errno */
static int versions_scan(struct versions *v)
{
	DIR *dir = opendir(v->directory);
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		size_t size = strlen(entry->d_name);
		uint64_t number = versions_number(entry->d_name);

		if (number != 0)
			versions_scan_one(v, number);
		else if (size > 4 && strcmp(entry->d_name + size - 4, ".new") == 0)
			unlinkat(v->folder, entry->d_name, 0);
	}
	closedir(dir);
	return 0;
}

/* Errors: -ENOENT never written, -EBADMSG damaged */
static int versions_read_pointer(struct versions *v)
{
	size_t size;
	char *text = durable_read(v->folder, "current", VERSIONS_INFO_MAX, &size);
	json_t *object;
	json_int_t current, ignored, last;

	if (!text)
		return errno == ENOENT ? -ENOENT : -EBADMSG;
	object = json_loadb(text, size, 0, NULL);
	free(text);
	current = json_integer_value(json_object_get(object, "version"));
	ignored = json_integer_value(json_object_get(object, "ignored"));
	last = json_integer_value(json_object_get(object, "last"));
	json_decref(object);
	if (current <= 0 || ignored < 0 || last < current)
		return -EBADMSG;
	v->current = (uint64_t)current;
	v->ignored = (uint64_t)ignored;
	v->last = (uint64_t)last;
	return 0;
}

static int versions_write_pointer(struct versions *v, uint64_t current, uint64_t ignored)
{
	uint64_t last = current > v->last ? current : v->last;
	char text[120];
	int size = snprintf(text, sizeof(text),
	                    "{\"version\": %" PRIu64 ", \"ignored\": %" PRIu64
	                    ", \"last\": %" PRIu64 "}\n",
	                    current, ignored, last);
	int rc = durable_write(v->folder, "current", text, (size_t)size);

	if (rc == 0) {
		v->last = last;
		v->current = current;
		v->ignored = ignored;
	}
	return rc;
}

/* Write NAME.json. Errors: negative errno */
static int versions_describe(struct versions *v, const char *stem, const struct version_info *info)
{
	char name[60];
	char *text = version_info_dump(info);
	int rc;

	if (!text)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s.json", stem);
	rc = durable_write(v->folder, name, text, strlen(text));
	free(text);
	return rc;
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

static void versions_drop_held(struct versions *v)
{
	unlinkat(v->folder, "held.json", 0);
	unlinkat(v->folder, "held.feed", 0);
	v->has_held = false;
}

/* What is held is what "current" ignores, or else held.feed. */
static void versions_load_held(struct versions *v)
{
	const struct version_info *ignored = v->ignored ? versions_find(v, v->ignored) : NULL;
	int rc;

	if (ignored) {
		v->held = *ignored;
		v->has_held = true;
		return;
	}
	rc = versions_load(v, "held", &v->held);
	v->has_held = rc == 0;
	/* A crash between the two files of a held version: the source will be read again. */
	if (rc < 0)
		versions_drop_held(v);
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
