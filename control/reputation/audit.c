/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/audit.h"

#include "control/reputation/key_form.h"

#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUDIT_NAME "audit.jsonl"

static json_t *classes_of(const struct ledger_view *view)
{
	json_t *classes = json_object();

	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++) {
		const struct ledger_row *row = &view->rows[i];

		if (row->raw == 0)
			continue;
		json_object_set_new(classes, event_class_name((enum event_class)i),
		                    json_pack("{s:f, s:[ff], s:f}", "raw", row->raw, "points",
		                              row->points[0], row->points[1], "last",
		                              (double)row->last_ms / 1000));
	}
	return classes;
}

static json_t *lists_of(const struct ledger_view *view)
{
	json_t *lists = json_array();

	for (unsigned i = 0; i < DIALS_LIST_COUNT; i++) {
		if (view->lists[i].why == LEDGER_IS_LISTED)
			json_array_append_new(lists,
			                      json_string(dials_list_name((enum dials_list)i)));
	}
	return lists;
}

/* A line to free(), or NULL. */
static char *line_of(const struct audit_row *row)
{
	char key[KEY_FORM_TEXT_MAX];
	json_t *line;
	char *text;

	key_form_text(row->key, key);
	line = json_pack("{s:I, s:s, s:s, s:s, s:i, s:i, s:f, s:o, s:o}", "time_ms",
	                 (json_int_t)row->now_ms, "key", key, "who", row->who, "why", row->why,
	                 "score", row->evidence->score.score, "srl", row->evidence->score.srl, "n",
	                 row->evidence->score.n, "lists", lists_of(row->evidence), "classes",
	                 classes_of(row->evidence));
	text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	json_decref(line);
	return text;
}

static int write_line(int fd, const char *text)
{
	size_t size = strlen(text);
	char *line = malloc(size + 1);
	ssize_t n;

	if (!line)
		return -ENOMEM;
	memcpy(line, text, size);
	line[size] = '\n';
	n = write(fd, line, size + 1);
	free(line);
	if (n < 0)
		return -errno;
	if ((size_t)n != size + 1)
		return -ENOSPC;
	return fsync(fd) < 0 ? -errno : 0;
}

int audit_add(int folder, const struct audit_row *row, int64_t *out_size)
{
	char *text = line_of(row);
	struct stat st;
	int fd, rc;

	if (!text)
		return -ENOMEM;
	fd = openat(folder, AUDIT_NAME, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
	            0640);
	rc = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;
	if (rc == 0)
		rc = write_line(fd, text);
	if (rc == 0 && st.st_size == 0)
		rc = fsync(folder) < 0 ? -errno : 0;
	if (rc == 0)
		*out_size = st.st_size;
	else if (fd >= 0)
		audit_undo(folder, st.st_size);
	if (fd >= 0)
		close(fd);
	free(text);
	return rc;
}

void audit_undo(int folder, int64_t size)
{
	int fd = openat(folder, AUDIT_NAME, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (ftruncate(fd, size) == 0)
		fdatasync(fd);
	close(fd);
}

/* The end of the file, from the start of a line. Errors: NULL with errno; ENOENT no delisting */
static char *read_end(int folder, size_t *out_size)
{
	int fd = openat(folder, AUDIT_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = fd < 0 ? NULL : malloc(AUDIT_BACK + 1);
	struct stat st;
	ssize_t size = -1;
	char *start;
	off_t from;

	if (text && fstat(fd, &st) == 0) {
		from = st.st_size > AUDIT_BACK ? st.st_size - AUDIT_BACK : 0;
		size = pread(fd, text, AUDIT_BACK, from);
		start = size > 0 && from ? memchr(text, '\n', (size_t)size) : NULL;
		if (start) {
			size -= start + 1 - text;
			memmove(text, start + 1, (size_t)size);
		}
	}
	if (fd >= 0)
		close(fd);
	if (size < 0) {
		free(text);
		return NULL;
	}
	/* A row that was being written when the machine went down ends the file. */
	while (size > 0 && text[size - 1] != '\n')
		size--;
	*out_size = (size_t)size;
	return text;
}

/* NULL: another key's, or damaged. */
static json_t *row_of(const char *line, size_t size, const char *key)
{
	static const char *const members[] = {"time_ms", "who", "why", "score", "lists"};
	json_t *all, *row = NULL;
	const char *text;

	/* In JSON a name with a backslash is written otherwise. */
	if (!strchr(key, '\\') && !memmem(line, size, key, strlen(key)))
		return NULL;
	all = json_loadb(line, size, 0, NULL);
	text = json_string_value(json_object_get(all, "key"));
	if (text && strcmp(text, key) == 0)
		row = json_object();
	for (size_t i = 0; row && i < sizeof(members) / sizeof(members[0]); i++)
		json_object_set(row, members[i], json_object_get(all, members[i]));
	json_decref(all);
	return row;
}

json_t *audit_rows(int folder, const struct ledger_key *key)
{
	char form[KEY_FORM_TEXT_MAX], *text;
	json_t *rows = json_array();
	size_t end;

	key_form_text(key, form);
	text = read_end(folder, &end);
	if (!text && errno != ENOENT) {
		json_decref(rows);
		return NULL;
	}
	while (text && end > 0 && json_array_size(rows) < AUDIT_ROWS_MAX) {
		const char *before = memrchr(text, '\n', --end);
		size_t start = before ? (size_t)(before + 1 - text) : 0;
		json_t *row = row_of(text + start, end - start, form);

		if (row)
			json_array_append_new(rows, row);
		end = start;
	}
	free(text);
	return rows;
}
