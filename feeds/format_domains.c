/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Domain names, one a line. A name stands for itself and all below it, "*.name" for what is below
 * only; "!name" takes a name and all below it out again, whatever else the file says of them.
 */
#include "feeds/format_rows.h"
#include "feeds/host.h"
#include "feeds/lines.h"

#define EXPECTED "expected a domain name"

static unsigned scope_read(struct span *name)
{
	if (name->size && name->text[0] == '.') {
		*name = span_skip(*name, 1);
		return DATASET_EXACT | DATASET_SUBTREE;
	}
	if (name->size > 1 && name->text[0] == '*' && name->text[1] == '.') {
		*name = span_skip(*name, 2);
		return DATASET_SUBTREE;
	}
	return DATASET_EXACT | DATASET_SUBTREE;
}

static int domains_line(struct lines *lines, struct span line, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	uint8_t wire[NAME_WIRE_MAX];
	unsigned scope;
	struct span name, shown;
	const char *error;
	int size;

	/* "! text" is a comment in ad blockers' lists. */
	if (span_is_comment(line) ||
	    (line.text[0] == '!' && (line.size == 1 || span_is_blank(line.text[1]))))
		return 0;
	shown = name = span_cut_comment(line);
	if (name.text[0] == '!') {
		entry.is_exclusion = true;
		entry.level = 1;
		name = span_skip(name, 1);
	}
	scope = scope_read(&name);
	size = host_parse(name, wire, &error);
	if (size < 0) {
		LINES_BAD(lines, number, "%s '%.*s': " EXPECTED, error, SPAN_QUOTE(shown));
		return 0;
	}
	lines->facts->line_count++;
	return dataset_add_name(lines->builder, wire, (size_t)size, scope, &entry);
}

int format_domains(struct reader *reader, struct dataset_builder *builder, char *out_error,
                   size_t error_size)
{
	struct lines lines = {.builder = builder, .error = out_error, .error_size = error_size};

	return lines_each(reader, &lines, domains_line);
}
