/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spamhaus DROP, DROPv6 and EDROP: text ("1.10.16.0/20 ; SBL256894") and JSON lines.
 */
#include "feeds/format_rows.h"
#include "feeds/json_line.h"
#include "feeds/stamp.h"

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

static int json_line(struct lines *lines, struct span line, uint64_t number)
{
	json_t *object = json_line_load(lines, line, number);
	const json_t *cidr = json_object_get(object, "cidr");
	int rc = 0;

	if (!object)
		return 0;
	if (!json_line_is_metadata(lines, object, number)) {
		struct span text = {json_string_value(cidr), json_string_length(cidr)};

		if (json_is_string(cidr))
			rc = prefix_add(lines, text, number);
		else
			LINES_BAD(lines, number,
			          "no 'cidr': expected an object with a prefix in 'cidr'");
	}
	json_decref(object);
	return rc;
}

int format_spamhaus_drop_json(struct reader *reader, struct dataset_builder *builder,
                              char *out_error, size_t error_size)
{
	struct lines lines = {.builder = builder, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, json_line);
}
