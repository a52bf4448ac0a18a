/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/zone_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct zone_text {
	zone_text_record *handle;
	struct zone_name origin, first_origin, owner; /* owner: of the record before */
	bool has_owner;
	struct zone_record record;
	bool is_begun, is_bad;
	unsigned depth; /* of parentheses */
	uint64_t open_line;
};

struct zone_text *zone_text_new(zone_text_record *handle)
{
	struct zone_text *zone = calloc(1, sizeof(*zone));

	if (zone)
		zone->handle = handle;
	return zone;
}

void zone_text_free(struct zone_text *zone)
{
	free(zone);
}

const struct zone_name *zone_text_origin(const struct zone_text *zone)
{
	return &zone->first_origin;
}

uint64_t zone_text_open_line(const struct zone_text *zone)
{
	return zone->depth ? zone->open_line : 0;
}

static bool ends_with_dot(struct span text)
{
	size_t backslashes = 0;

	if (!text.size || text.text[text.size - 1] != '.')
		return false;
	while (backslashes + 1 < text.size && text.text[text.size - 2 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 0;
}

static bool name_read(const struct zone_text *zone, struct span text, struct zone_name *out_name)
{
	struct zone_name name = zone->origin;
	int size;

	if (span_equals(text, "@")) {
		*out_name = name;
		return true;
	}
	size = text.size ? name_parse(text.text, text.size, name.wire) : -1;
	if (size < 0)
		return false;
	name.size = (size_t)size;
	name.is_rooted = ends_with_dot(text);
	if (!name.is_rooted) {
		if (name.size + zone->origin.size > NAME_WIRE_MAX)
			return false;
		memcpy(name.wire + name.size, zone->origin.wire, zone->origin.size);
		name.size += zone->origin.size;
		name.is_rooted = zone->origin.is_rooted;
	}
	*out_name = name;
	return true;
}

/* Take a word off a line: quoted, or up to a blank, parenthesis or comment. */
static struct span word_take(struct span *line)
{
	struct span word = {line->text, 0};
	bool is_quoted = false;

	while (word.size < line->size) {
		char c = word.text[word.size];

		if (!is_quoted && word.size && (span_is_blank(c) || strchr("();", c)))
			break;
		is_quoted ^= c == '"';
		if (c == '\\' && word.size + 1 < line->size)
			word.size++;
		word.size++;
		if (word.size == 1 && strchr("();", c))
			break;
	}
	*line = span_trim(span_skip(*line, word.size));
	return word;
}

static bool is_ttl_or_class(struct span word)
{
	static const char *const classes[] = {"IN", "CH", "HS", "ANY"};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (span_equals(word, classes[i]))
			return true;
	return span_is_digit(word.text[0]);
}

static void word_use(struct zone_text *zone, struct span word)
{
	struct zone_record *record = &zone->record;

	if (!record->type[0]) {
		if (!is_ttl_or_class(word))
			snprintf(record->type, sizeof(record->type), "%.*s", (int)word.size,
			         word.text);
		return;
	}
	if (record->has_data)
		return;
	record->has_data = true;
	if (span_equals((struct span){record->type, strlen(record->type)}, "CNAME"))
		zone->is_bad |= !name_read(zone, word, &record->data);
}

static int record_end(struct zone_text *zone, struct lines *lines, struct span line)
{
	const struct zone_record *record = &zone->record;

	zone->is_begun = false;
	if (zone->is_bad || !record->type[0] || !record->has_data) {
		LINES_BAD(lines, record->line,
		          "bad record '%.*s': expected NAME [TTL] [IN] TYPE DATA",
		          SPAN_QUOTE(line));
		return 0;
	}
	return zone->handle(lines, record);
}

/* Begin a record; takes its owner off the line unless the line is indented. */
static void record_begin(struct zone_text *zone, bool is_indented, struct span *line,
                         uint64_t number)
{
	memset(&zone->record, 0, sizeof(zone->record));
	zone->record.line = number;
	zone->is_begun = true;
	zone->is_bad = false;
	if (!is_indented) {
		zone->has_owner = name_read(zone, word_take(line), &zone->owner);
		zone->is_bad = !zone->has_owner;
	} else {
		zone->is_bad = !zone->has_owner;
	}
	zone->record.owner = zone->owner;
}

static void directive_read(struct zone_text *zone, struct lines *lines, struct span line,
                           uint64_t number)
{
	struct span shown = line, word = word_take(&line), value;

	if (span_equals(word, "$TTL"))
		return;
	value = line.size ? word_take(&line) : line;
	if (span_equals(word, "$ORIGIN") && name_read(zone, value, &zone->origin)) {
		if (!zone->first_origin.size)
			zone->first_origin = zone->origin;
		return;
	}
	if (span_equals(word, "$GENERATE") || span_equals(word, "$INCLUDE"))
		dataset_skip_line(lines->builder, number, "%.*s is not supported",
		                  SPAN_QUOTE(word));
	else
		LINES_BAD(lines, number, "bad line '%.*s': expected $ORIGIN NAME or $TTL TIME",
		          SPAN_QUOTE(shown));
}

int zone_text_line(struct zone_text *zone, struct lines *lines, struct span line, uint64_t number)
{
	struct span shown = line;

	if (line.text[0] == ';')
		return 0;
	if (!zone->is_begun && line.text[0] == '$' && !lines->is_indented) {
		directive_read(zone, lines, line, number);
		return 0;
	}
	if (!zone->is_begun)
		record_begin(zone, lines->is_indented, &line, number);
	while (line.size) {
		struct span word = word_take(&line);

		if (word.text[0] == ';')
			break;
		if (word.text[0] == '(') {
			zone->open_line = zone->depth++ ? zone->open_line : number;
		} else if (word.text[0] == ')') {
			zone->is_bad |= !zone->depth;
			zone->depth -= zone->depth > 0;
		} else {
			word_use(zone, word);
		}
	}
	return zone->depth ? 0 : record_end(zone, lines, shown);
}
