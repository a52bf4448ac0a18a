/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets of ipset(8): FireHOL's .netset and .ipset (an address or prefix a line, facts in comments)
 * and what "ipset save" writes ("add NAME 192.0.2.0/24 nomatch"). The longest prefix wins.
 */
#include "feeds/format_rows.h"
#include "feeds/lines.h"
#include "feeds/stamp.h"

#include <string.h>

#define EXPECTED "expected an address or a prefix"

/* "# Entries         : 4486 subnets, 611890178 unique IPs" or "…: 12 unique IPs" */
static void comment_read(struct dataset_facts *facts, struct span line)
{
	static const char entries[] = "Entries", source[] = "Source File Date",
			  file[] = "This File Date";
	const char *colon = memchr(line.text, ':', line.size);
	struct span key, value;
	uint64_t count;

	if (!colon)
		return;
	key = span_trim((struct span){line.text + 1, (size_t)(colon - line.text) - 1});
	value = span_trim(span_skip(line, (size_t)(colon - line.text) + 1));
	if (span_equals(key, entries)) {
		struct span number = span_word(&value);

		if (value.size && span_number(number, UINT64_MAX - 1, &count) == 0)
			facts->declared_count = count;
	} else if (span_equals(key, source)) {
		stamp_parse_date(value, &facts->timestamp_s);
	} else if (span_equals(key, file) && !facts->timestamp_s) {
		stamp_parse_date(value, &facts->timestamp_s);
	}
}

static int entry_add(struct lines *lines, struct span text, bool is_exclusion, uint64_t number)
{
	struct dataset_entry entry = {.line = number, .is_exclusion = is_exclusion};
	struct address_range range;

	if (address_parse(text.text, text.size, &range) < 0) {
		LINES_BAD(lines, number, "bad address '%.*s': " EXPECTED, SPAN_QUOTE(text));
		return 0;
	}
	entry.level = (uint8_t)address_widest_length(&range);
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &range, &entry);
}

/* "add NAME ENTRY [timeout N] [comment "…"] [nomatch] …" */
static int save_line(struct lines *lines, struct span line, uint64_t number)
{
	struct span command = span_word(&line), word;
	bool is_exclusion = false, is_in_quotes = false;

	if (span_equals(command, "create"))
		return 0;
	span_word(&line);
	command = span_word(&line);
	while ((word = span_word(&line)).size) {
		size_t quotes = 0;

		is_exclusion |= !is_in_quotes && span_equals(word, "nomatch");
		for (size_t i = 0; i < word.size; i++)
			quotes += word.text[i] == '"' && !(i && word.text[i - 1] == '\\');
		is_in_quotes ^= quotes & 1;
	}
	return entry_add(lines, command, is_exclusion, number);
}

static int netset_line(struct lines *lines, struct span line, uint64_t number)
{
	if (line.text[0] == '#') {
		comment_read(lines->facts, line);
		return 0;
	}
	if (span_starts(line, "add ") || span_starts(line, "create "))
		return save_line(lines, line, number);
	return entry_add(lines, span_cut_comment(line), false, number);
}

int format_netset(struct reader *reader, struct dataset_builder *builder, char *out_error,
                  size_t error_size)
{
	struct lines lines = {.builder = builder, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, netset_line);
}
