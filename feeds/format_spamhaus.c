/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spamhaus DROP, DROPv6 and EDROP: text ("1.10.16.0/20 ; SBL256894") and JSON lines.
 */
#include "feeds/format_rows.h"
#include "feeds/lines.h"
#include "feeds/stamp.h"

#include <jansson.h>

#include <string.h>

#define EXPECTED "expected a prefix"

static int prefix_add(struct lines *lines, struct span text, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct address_range range;

	if (address_parse(text.text, text.size, &range) < 0) {
		LINES_BAD(lines, number, "bad prefix '%.*s': " EXPECTED, SPAN_QUOTE(text));
		return 0;
	}
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &range, &entry);
}

static void header_read(struct dataset_facts *facts, struct span line)
{
	static const char modified[] = "Last-Modified:", expires[] = "Expires:";

	line = span_trim(span_skip(line, 1));
	if (span_starts(line, modified))
		stamp_parse_http(span_trim(span_skip(line, sizeof(modified) - 1)),
		                 &facts->timestamp_s);
	else if (span_starts(line, expires))
		stamp_parse_http(span_trim(span_skip(line, sizeof(expires) - 1)),
		                 &facts->expires_s);
}

static int text_line(struct lines *lines, struct span line, uint64_t number)
{
	const char *comment;

	if (line.text[0] == ';' || line.text[0] == '#') {
		header_read(lines->facts, line);
		return 0;
	}
	comment = memchr(line.text, ';', line.size);
	if (comment)
		line.size = (size_t)(comment - line.text);
	return prefix_add(lines, span_trim(line), number);
}

int format_spamhaus_drop(struct reader *reader, struct dataset_builder *builder, char *out_error,
                         size_t error_size)
{
	struct lines lines = {.builder = builder, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, text_line);
}

static void metadata_read(struct lines *lines, const json_t *object, uint64_t number)
{
	const json_t *records = json_object_get(object, "records");
	const json_t *timestamp = json_object_get(object, "timestamp");

	if ((records && (!json_is_integer(records) || json_integer_value(records) < 0)) ||
	    (timestamp && (!json_is_integer(timestamp) || json_integer_value(timestamp) < 0))) {
		LINES_BAD(lines, number, "bad metadata: 'records' and 'timestamp' are numbers");
		return;
	}
	if (records)
		lines->facts->declared_count = (uint64_t)json_integer_value(records);
	if (timestamp)
		lines->facts->timestamp_s = json_integer_value(timestamp);
}

static int object_read(struct lines *lines, const json_t *object, uint64_t number)
{
	const json_t *type = json_object_get(object, "type");
	const json_t *cidr = json_object_get(object, "cidr");
	struct span text;

	if (json_is_string(type) && !strcmp(json_string_value(type), "metadata")) {
		metadata_read(lines, object, number);
		return 0;
	}
	if (!json_is_string(cidr)) {
		LINES_BAD(lines, number, "no 'cidr': expected an object with a prefix in 'cidr'");
		return 0;
	}
	text = (struct span){json_string_value(cidr), json_string_length(cidr)};
	return prefix_add(lines, text, number);
}

static int json_line(struct lines *lines, struct span line, uint64_t number)
{
	json_error_t error;
	json_t *object = json_loadb(line.text, line.size, JSON_REJECT_DUPLICATES, &error);
	int rc = 0;

	if (json_is_object(object))
		rc = object_read(lines, object, number);
	else
		LINES_BAD(lines, number, "bad JSON '%.*s': %s", SPAN_QUOTE(line),
		          object ? "expected an object" : error.text);
	json_decref(object);
	return rc;
}

int format_spamhaus_drop_json(struct reader *reader, struct dataset_builder *builder,
                              char *out_error, size_t error_size)
{
	struct lines lines = {.builder = builder, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, json_line);
}
