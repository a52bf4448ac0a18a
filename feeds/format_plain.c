/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses, prefixes and ranges, one a line: what most public lists are.
 */
#include "feeds/format_rows.h"
#include "feeds/lines.h"

#define EXPECTED "expected an address, a prefix or a range"

static bool range_parse(struct span text, struct address_range *out_range)
{
	if (address_parse(text.text, text.size, out_range) == 0)
		return true;
	return text.size && address_scan4(text.text, text.size, out_range) == text.size;
}

static int plain_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct address_range range;

	if (address_parse(line.text, line.size, &range) == 0) { /* most lines */
		lines->facts->line_count++;
		return dataset_add_range(lines->builder, &range, &entry);
	}
	if (span_is_comment(line))
		return 0;
	line = span_cut_comment(line);
	if (line.text[0] == '!') {
		entry.is_exclusion = true;
		line = span_trim(span_skip(line, 1));
	}
	if (!range_parse(line, &range)) {
		LINES_BAD(lines, number, "bad address '%.*s': " EXPECTED, SPAN_QUOTE(line));
		return 0;
	}
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &range, &entry);
}

int format_plain(struct reader *reader, struct dataset_builder *builder, char *out_error,
                 size_t error_size)
{
	static const struct dataset_entry point = {.line = 0};
	struct lines lines = {
	    .builder = builder, .points = &point, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, plain_line);
}
