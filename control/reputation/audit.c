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

static bool is_of(const char *line, size_t size, const char *key, int64_t since_ms)
{
	json_t *row = json_loadb(line, size, 0, NULL);
	const char *text = json_string_value(json_object_get(row, "key"));
	bool is_one = text && strcmp(text, key) == 0 &&
	              json_integer_value(json_object_get(row, "time_ms")) >= since_ms;

	json_decref(row);
	return is_one;
}

int audit_count(int folder, const struct ledger_key *key, int64_t since_ms, unsigned *out_count)
{
	int fd = openat(folder, AUDIT_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char text[KEY_FORM_TEXT_MAX], *line = NULL;
	unsigned count = 0;
	size_t room = 0;
	ssize_t size;

	if (!file) {
		int rc = errno == ENOENT ? 0 : -errno;

		if (fd >= 0)
			close(fd);
		if (rc == 0)
			*out_count = 0;
		return rc;
	}
	key_form_text(key, text);
	while ((size = getline(&line, &room, file)) > 0)
		count += is_of(line, (size_t)size, text, since_ms);
	free(line);
	fclose(file);
	*out_count = count;
	return 0;
}
