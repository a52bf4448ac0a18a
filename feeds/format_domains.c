/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Domain names, one a line. A name stands for itself and all below it, "*.name" for what is below
 * only; "!name" takes a name and all below it out again, whatever else the file says of them.
 */
#include "feeds/format_rows.h"
#include "feeds/lines.h"

#include <string.h>

#define EXPECTED "expected a domain name"

/* Letters, digits, '-' and '_': what hosts are called; so URLs and mail addresses are noticed. */
static bool is_host(const uint8_t *wire, size_t size)
{
	for (size_t at = 0; at < size; at += 1u + wire[at]) {
		for (size_t i = at + 1; i <= at + wire[at]; i++) {
			uint8_t c = wire[i];

			if (!(c >= 'a' && c <= 'z') && !span_is_digit((char)c) && c != '-' &&
			    c != '_')
				return false;
		}
	}
	return true;
}

/* "192.0.2.1" is an address; mail servers do not even ask for such names. */
static bool is_last_label_numeric(const uint8_t *wire, size_t size)
{
	size_t last = 0;

	for (size_t at = 0; at < size; at += 1u + wire[at])
		last = at;
	for (size_t i = last + 1; i < size; i++)
		if (!span_is_digit((char)wire[i]))
			return false;
	return true;
}

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
	int size;

	/* "! text" is a comment in ad blockers' lists. */
	if (span_is_comment(line) || span_equals(line, "!") || span_starts(line, "! ") ||
	    span_starts(line, "!\t"))
		return 0;
	shown = name = span_cut_comment(line);
	if (name.text[0] == '!') {
		entry.is_exclusion = true;
		entry.level = 1;
		name = span_skip(name, 1);
	}
	scope = scope_read(&name);
	size = memchr(name.text, '\\', name.size) ? -1 : name_parse(name.text, name.size, wire);
	if (size <= 0 || !is_host(wire, (size_t)size)) {
		LINES_BAD(lines, number, "bad name '%.*s': " EXPECTED, SPAN_QUOTE(shown));
		return 0;
	}
	if (is_last_label_numeric(wire, (size_t)size)) {
		LINES_BAD(lines, number, "address '%.*s': " EXPECTED, SPAN_QUOTE(shown));
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
