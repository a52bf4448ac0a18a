/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DShield's block list: first address, last address and length of a network, tab-separated, then
 * numbers and names of no use here.
 */
#include "feeds/format_rows.h"
#include "feeds/lines.h"
#include "feeds/stamp.h"

#include <string.h>

#define EXPECTED "expected first address, last address, length"

static struct span field_next(struct span *line)
{
	const char *tab = memchr(line->text, '\t', line->size);
	struct span field = {line->text, tab ? (size_t)(tab - line->text) : line->size};

	*line = span_skip(*line, field.size + (tab != NULL));
	return span_trim(field);
}

static bool is_one(struct span text, struct address_range *out_range)
{
	return address_parse(text.text, text.size, out_range) == 0 &&
	       out_range->first == out_range->last;
}

/* Two of first, last and length would do: that they agree says that the line is whole. */
static bool network_read(struct span line, struct address_range *out_range)
{
	struct address_range first, last;
	uint64_t length;

	if (!is_one(field_next(&line), &first) || !is_one(field_next(&line), &last) ||
	    first.is_ip6 != last.is_ip6 || last.first < first.first ||
	    span_number(field_next(&line), first.is_ip6 ? 128 : 32, &length) < 0)
		return false;
	first.last = last.first;
	if (address_widest_length(&first) != length)
		return false;
	*out_range = first;
	return true;
}

static void comment_read(struct dataset_facts *facts, struct span line)
{
	static const char updated[] = "updated:";

	line = span_trim(span_skip(line, 1));
	if (span_starts(line, updated))
		stamp_parse_iso(span_trim(span_skip(line, sizeof(updated) - 1)),
		                &facts->timestamp_s);
}

static int dshield_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct address_range range;

	if (line.text[0] == '#') {
		comment_read(lines->facts, line);
		return 0;
	}
	if (span_starts(line, "Start\t"))
		return 0; /* a header */
	if (!network_read(line, &range)) {
		LINES_BAD(lines, number, "bad network '%.*s': " EXPECTED, SPAN_QUOTE(line));
		return 0;
	}
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &range, &entry);
}

int format_dshield(struct reader *reader, struct dataset_builder *builder, char *out_error,
                   size_t error_size)
{
	struct lines lines = {.builder = builder, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, dshield_line);
}
