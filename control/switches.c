/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/switches.h"

#include "control/durable.h"
#include "control/log.h"

#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SWITCHES_FILE     "disabled.json"
#define SWITCHES_SIZE_MAX (1u << 20)

struct switches {
	int folder;
	struct switch_off *off;
	size_t count;
};

static bool switches_read_text(const json_t *row, const char *key, char out_text[SWITCH_TEXT_MAX])
{
	const char *text = json_string_value(json_object_get(row, key));

	if (!text || strlen(text) >= SWITCH_TEXT_MAX)
		return false;
	strcpy(out_text, text);
	return true;
}

/* Errors: -EBADMSG, -ENOMEM */
static int switches_parse(struct switches *s, const json_t *rows)
{
	size_t count = json_array_size(rows), i;
	const json_t *row;

	if (!json_is_array(rows))
		return -EBADMSG;
	s->off = calloc(count + 1, sizeof(*s->off));
	if (!s->off)
		return -ENOMEM;
	json_array_foreach(rows, i, row)
	{
		struct switch_off *off = &s->off[i];

		if (!switches_read_text(row, "feed", off->name) ||
		    !switches_read_text(row, "reason", off->reason) ||
		    !switches_read_text(row, "author", off->author))
			return -EBADMSG;
		off->since_s = json_integer_value(json_object_get(row, "since_s"));
	}
	s->count = count;
	return 0;
}

/* Errors: negative errno */
static int switches_load(struct switches *s)
{
	size_t size;
	char *text = durable_read(s->folder, SWITCHES_FILE, SWITCHES_SIZE_MAX, &size);
	json_t *rows;
	int rc;

	if (!text)
		return errno == ENOENT ? 0 : -errno;
	rows = json_loadb(text, size, 0, NULL);
	free(text);
	rc = switches_parse(s, rows);
	json_decref(rows);
	if (rc != -EBADMSG)
		return rc;
	free(s->off);
	s->off = NULL;
	renameat(s->folder, SWITCHES_FILE, s->folder, SWITCHES_FILE ".damaged");
	log_error("'" SWITCHES_FILE "' is damaged: moved aside, no feed is disabled by it");
	return 0;
}

struct switches *switches_open(const char *state_dir)
{
	struct switches *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (!s)
		goto fail;
	rc = s->folder = durable_folder(state_dir);
	if (rc < 0)
		goto fail_free;
	rc = switches_load(s);
	if (rc == 0)
		return s;
	close(s->folder);
fail_free:
	free(s->off);
	free(s);
fail:
	errno = -rc;
	return NULL;
}

void switches_close(struct switches *s)
{
	if (!s)
		return;
	close(s->folder);
	free(s->off);
	free(s);
}

const struct switch_off *switches_find(const struct switches *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->off[i].name, name) == 0)
			return &s->off[i];
	}
	return NULL;
}

static int switches_save(const struct switches *s)
{
	json_t *rows = json_array();
	char *text;
	int rc;

	for (size_t i = 0; i < s->count; i++) {
		const struct switch_off *off = &s->off[i];

		json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:I}", "feed", off->name,
		                                      "reason", off->reason, "author", off->author,
		                                      "since_s", (json_int_t)off->since_s));
	}
	text = json_dumps(rows, JSON_INDENT(2));
	json_decref(rows);
	if (!text)
		return -ENOMEM;
	rc = durable_write(s->folder, SWITCHES_FILE, text, strlen(text));
	free(text);
	return rc;
}

int switches_set(struct switches *s, const struct switch_off *off)
{
	struct switch_off *found = (struct switch_off *)switches_find(s, off->name), *grown;

	if (!found) {
		grown = realloc(s->off, (s->count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->off = grown;
		found = &s->off[s->count++];
	}
	*found = *off;
	return switches_save(s);
}

int switches_clear(struct switches *s, const char *name)
{
	struct switch_off *found = (struct switch_off *)switches_find(s, name);

	if (!found)
		return 0;
	*found = s->off[--s->count];
	return switches_save(s);
}
