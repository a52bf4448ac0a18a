/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/json_records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64
#define KEY_MAX   16

struct scan {
	struct lines *lines;
	json_record *handle;
	uint64_t line, bad_line; /* bad_line: the last one counted for text between records */
	char open[DEPTH_MAX];    /* brackets */
	unsigned depth;
	unsigned list_depth; /* of the array whose elements are records; 0 = none */
	bool is_in_string, is_escaped;
	char key[KEY_MAX]; /* the last string of the outermost object, cut */
	size_t key_size;
	/* The record that is being read; its bracket is at record_depth, 0 = none */
	unsigned record_depth;
	uint64_t record_line;
	size_t size; /* above JSON_RECORD_MAX: too long */
	char bytes[JSON_RECORD_MAX];
};

static int fail(struct scan *s, const char *what)
{
	snprintf(s->lines->error, s->lines->error_size, "line %" PRIu64 ": %s",
	         s->record_depth ? s->record_line : s->line, what);
	return -EBADMSG;
}

static int record_give(struct scan *s)
{
	json_error_t error;
	json_t *record;
	int rc;

	s->record_depth = 0;
	if (s->size > JSON_RECORD_MAX) {
		LINES_BAD(s->lines, s->record_line, "a record is longer than %d bytes",
		          JSON_RECORD_MAX);
		return 0;
	}
	record = json_loadb(s->bytes, s->size, JSON_REJECT_DUPLICATES, &error);
	if (!record) {
		LINES_BAD(s->lines, s->record_line, "bad JSON '%.*s': %s",
		          (int)(s->size < 60 ? s->size : 60), s->bytes, error.text);
		return 0;
	}
	rc = s->handle(s->lines, record, s->record_line);
	json_decref(record);
	if (rc < 0 && !s->lines->error[0])
		fail(s, strerror(-rc));
	return rc;
}

static void record_put(struct scan *s, char c)
{
	if (s->size < JSON_RECORD_MAX)
		s->bytes[s->size] = c;
	s->size += s->size <= JSON_RECORD_MAX;
}

static int bracket_open(struct scan *s, char c)
{
	static const char results[] = "results";

	if (s->depth == DEPTH_MAX)
		return fail(s, "brackets are too deep");
	s->open[s->depth++] = c;
	if (c == '[' && !s->list_depth &&
	    (s->depth == 1 ||
	     (s->depth == 2 && s->open[0] == '{' && s->key_size == sizeof(results) - 1 &&
	      !memcmp(s->key, results, sizeof(results) - 1)))) {
		s->list_depth = s->depth;
		s->record_depth = 0; /* the object around it is none */
		return 0;
	}
	if (c == '{' && !s->record_depth &&
	    (s->list_depth ? s->depth == s->list_depth + 1 : s->depth == 1)) {
		s->record_depth = s->depth;
		s->record_line = s->line;
		s->size = 0;
	}
	return 0;
}

static int bracket_close(struct scan *s, char c)
{
	unsigned depth = s->depth;

	if (!depth || s->open[depth - 1] != (c == '}' ? '{' : '['))
		return fail(s, "brackets do not match");
	s->depth--;
	if (depth == s->list_depth)
		s->list_depth = 0;
	if (s->record_depth)
		record_put(s, c);
	return s->record_depth && s->record_depth == depth ? record_give(s) : 0;
}

static void string_take(struct scan *s, char c)
{
	if (s->is_escaped)
		s->is_escaped = false;
	else if (c == '\\')
		s->is_escaped = true;
	else if (c == '"')
		s->is_in_string = false;
	if (s->is_in_string && s->depth == 1 && s->key_size < KEY_MAX)
		s->key[s->key_size++] = c;
}

/* Between the records there may be blanks and commas. */
static void between_take(struct scan *s, char c)
{
	if (strchr(" \t\r\n,", c) || s->bad_line == s->line)
		return;
	s->bad_line = s->line;
	LINES_BAD(s->lines, s->line, "no JSON: expected objects");
}

static int char_take(struct scan *s, char c)
{
	bool is_in_string = s->is_in_string;
	int rc = 0;

	if (c == '\n')
		s->line++;
	if (c == 0)
		return fail(s, "a NUL byte: this is not a text file");
	if (is_in_string) {
		string_take(s, c);
	} else if (c == '"' && s->depth) {
		s->is_in_string = true;
		s->key_size = s->depth == 1 ? 0 : s->key_size;
	} else if (c == '{' || c == '[') {
		rc = bracket_open(s, c);
	} else if (c == '}' || c == ']') {
		return bracket_close(s, c);
	} else if (!s->depth) {
		between_take(s, c);
	}
	if (rc == 0 && s->record_depth)
		record_put(s, c);
	return rc;
}

int json_records_each(struct reader *reader, struct lines *lines, json_record *handle)
{
	struct scan *s = calloc(1, sizeof(*s));
	const char *bytes;
	size_t size, at = 0;
	int rc;

	if (!s)
		return -ENOMEM;
	s->lines = lines;
	s->handle = handle;
	s->line = 1;
	lines->facts = dataset_builder_facts(lines->builder);
	lines->error[0] = 0;
	while ((rc = reader_block(reader, &bytes, &size)) > 0) {
		at = s->line == 1 && !s->depth && size >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)
		         ? 3
		         : 0;
		for (rc = 0; at < size && rc == 0; at++)
			rc = char_take(s, bytes[at]);
		if (rc < 0)
			break;
	}
	if (rc < 0 && !lines->error[0])
		snprintf(lines->error, lines->error_size, "after line %" PRIu64 ": %s", s->line,
		         reader_error(reader));
	if (rc == 0 && s->depth)
		rc = fail(s, "the file ends within a record or list");
	free(s);
	return rc;
}
