/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/durable.h"
#include "control/versions_private.h"

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

void versions_tell(struct versions *v, const char *format, ...)
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

void versions_name(char out_name[40], uint64_t number, const char *suffix)
{
	snprintf(out_name, 40, "%" PRIu64 ".%s", number, suffix);
}

struct version_info *versions_find(const struct versions *v, uint64_t number)
{
	for (size_t i = 0; i < v->good_count; i++) {
		if (v->good[i].number == number)
			return (struct version_info *)&v->good[i];
	}
	return NULL;
}

void versions_forget(struct versions *v, uint64_t number)
{
	struct version_info *info = versions_find(v, number);

	if (!info)
		return;
	v->good_count--;
	memmove(info, info + 1, (size_t)(&v->good[v->good_count] - info) * sizeof(*info));
}

void versions_insert(struct versions *v, const struct version_info *info)
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

void versions_aside(struct versions *v, const char *name)
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

void versions_drop(struct versions *v, uint64_t number)
{
	char name[40];

	versions_name(name, number, "feed");
	versions_aside(v, name);
	versions_name(name, number, "json");
	versions_aside(v, name);
	versions_forget(v, number);
}

void versions_remove(struct versions *v, uint64_t number)
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
int versions_scan(struct versions *v)
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

int versions_read_pointer(struct versions *v)
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

int versions_write_pointer(struct versions *v, uint64_t current, uint64_t ignored)
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

int versions_describe(struct versions *v, const char *stem, const struct version_info *info)
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

void versions_drop_held(struct versions *v)
{
	unlinkat(v->folder, "held.json", 0);
	unlinkat(v->folder, "held.feed", 0);
	v->has_held = false;
}

void versions_load_held(struct versions *v)
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
