/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/http/delistings.h"

#include "control/durable.h"

#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "delistings.jsonl"
#define FILE_MAX  (64u << 20) /* bytes */

struct delisting {
	char *key;
	int64_t time_s;
};

struct delistings {
	int folder;
	bool is_damaged;
	struct delisting *rows; /* in the order of time */
	size_t count, capacity;
};

/* Errors: -ENOMEM */
static int add_row(struct delistings *d, const char *key, int64_t time_s)
{
	if (d->count == d->capacity) {
		size_t capacity = d->capacity ? 2 * d->capacity : 64;
		struct delisting *rows = reallocarray(d->rows, capacity, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		d->rows = rows;
		d->capacity = capacity;
	}
	d->rows[d->count].time_s = time_s;
	d->rows[d->count].key = strdup(key);
	if (!d->rows[d->count].key)
		return -ENOMEM;
	d->count++;
	return 0;
}

/* Errors: -EBADMSG, -ENOMEM */
static int read_line(struct delistings *d, const char *line, size_t size)
{
	json_t *object = json_loadb(line, size, 0, NULL);
	const char *key;
	json_int_t time_s;
	int rc = -EBADMSG;

	if (json_unpack(object, "{s:s, s:I}", "key", &key, "time_s", &time_s) == 0)
		rc = add_row(d, key, time_s);
	json_decref(object);
	return rc;
}

/* The last line may be without its end: it was being written, never acknowledged, and goes. */
static int read_lines(struct delistings *d, const char *text, size_t *size)
{
	const char *at = text, *end;
	int rc = 0, fd;

	for (; rc == 0 && (end = strchr(at, '\n')) != NULL; at = end + 1)
		rc = read_line(d, at, (size_t)(end - at));
	if (rc < 0 || at == text + *size)
		return rc;
	*size = (size_t)(at - text);
	fd = openat(d->folder, FILE_NAME, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, at - text) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static void forget_old(struct delistings *d, int64_t now_s)
{
	size_t old = 0;

	while (old < d->count && d->rows[old].time_s + DELISTINGS_MONTH_S < now_s)
		free(d->rows[old++].key);
	if (!old)
		return;
	memmove(d->rows, d->rows + old, (d->count - old) * sizeof(*d->rows));
	d->count -= old;
}

/* Write the file again without the first lines, which are too old to matter. It stays as it is when
 * that cannot be done. */
static void shorten(const struct delistings *d, const char *text, size_t size, size_t lines)
{
	const char *at = text;

	while (lines-- > 0)
		at = (const char *)memchr(at, '\n', size - (size_t)(at - text)) + 1;
	durable_write(d->folder, FILE_NAME, at, size - (size_t)(at - text));
}

struct delistings *delistings_open(const char *folder, int64_t now_s)
{
	struct delistings *d = calloc(1, sizeof(*d));
	size_t size = 0, all;
	char *text = NULL;
	int rc = 0;

	if (!d)
		return NULL;
	d->folder = durable_folder(folder);
	if (d->folder < 0)
		rc = d->folder;
	if (rc == 0)
		text = durable_read(d->folder, FILE_NAME, FILE_MAX, &size);
	if (text)
		rc = read_lines(d, text, &size);
	else if (rc == 0 && errno != ENOENT)
		rc = -EBADMSG;
	all = d->count;
	forget_old(d, now_s);
	if (rc == 0 && text && d->count < all)
		shorten(d, text, size, all - d->count);
	free(text);
	if (rc == -EBADMSG) {
		d->is_damaged = true;
		rc = 0;
	}
	if (rc == 0)
		return d;
	delistings_close(d);
	errno = -rc;
	return NULL;
}

void delistings_close(struct delistings *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->rows[i].key);
	free(d->rows);
	if (d->folder >= 0)
		close(d->folder);
	free(d);
}

/* When the last `allowed` delistings within `window_s` no longer are that many. */
static int64_t free_at(const struct delistings *d, const char *key, uint32_t allowed,
                       int64_t window_s)
{
	uint32_t seen = 0;

	if (allowed == 0)
		return INT64_MAX;
	for (size_t i = d->count; i > 0; i--) {
		const struct delisting *row = &d->rows[i - 1];

		if (strcmp(row->key, key) == 0 && ++seen == allowed)
			return row->time_s + window_s;
	}
	return 0;
}

int64_t delistings_when(const struct delistings *d, const struct delistings_limits *limits,
                        const char *key, int64_t now_s)
{
	int64_t day = free_at(d, key, limits->per_window, (int64_t)limits->window_s);
	int64_t month = free_at(d, key, limits->per_month, DELISTINGS_MONTH_S);
	int64_t later = day > month ? day : month;

	if (d->is_damaged)
		return now_s + DELISTINGS_MONTH_S;
	return later > now_s ? later : 0;
}

static int append_line(const struct delistings *d, const char *text, size_t size)
{
	int fd = openat(d->folder, FILE_NAME, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	off_t end;
	int rc = 0;

	if (fd < 0)
		return -errno;
	end = lseek(fd, 0, SEEK_END);
	if (write(fd, text, size) != (ssize_t)size)
		rc = errno == ENOSPC ? -ENOSPC : -EIO;
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (rc < 0 && end >= 0 && ftruncate(fd, end) < 0)
		rc = -EIO;
	close(fd);
	if (rc == 0 && end == 0 && fsync(d->folder) < 0)
		rc = -errno;
	return rc;
}

int delistings_note(struct delistings *d, const char *key, const char *who, int64_t now_s)
{
	json_t *object =
	    json_pack("{s:s, s:I, s:s}", "key", key, "time_s", (json_int_t)now_s, "who", who);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL, *line = NULL;
	int rc = -ENOMEM;

	json_decref(object);
	if (text && asprintf(&line, "%s\n", text) > 0)
		rc = append_line(d, line, strlen(line));
	free(text);
	free(line);
	forget_old(d, now_s);
	return rc < 0 ? rc : add_row(d, key, now_s);
}
