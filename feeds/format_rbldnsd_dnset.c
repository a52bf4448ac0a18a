/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rbldnsd's dnset: names. "name" is itself only, "*.name" what is below, ".name" both. And its
 * fork's dnhash, where what is said last of a name counts.
 */
#include "feeds/format_rbldnsd.h"

static unsigned scope_read(struct span *name)
{
	if (name->size > 1 && name->text[0] == '.') {
		*name = span_skip(*name, 1);
		return DATASET_EXACT | DATASET_SUBTREE;
	}
	if (name->size > 1 && name->text[0] == '*' && name->text[1] == '.') {
		*name = span_skip(*name, 2);
		return DATASET_SUBTREE;
	}
	return DATASET_EXACT;
}

/* dnhash has a table for names and one for what is below: ".name" is an entry of both. */
static int hash_add(struct lines *lines, const uint8_t *wire, size_t size, unsigned scope,
                    struct dataset_entry *entry)
{
	int rc = 0;

	entry->last_wins = true;
	if (scope & DATASET_EXACT) {
		rc = dataset_add_name(lines->builder, wire, size, DATASET_EXACT, entry);
		entry->is_part = true;
	}
	if (rc == 0 && scope & DATASET_SUBTREE)
		rc = dataset_add_name(lines->builder, wire, size, DATASET_SUBTREE, entry);
	return rc;
}

static int dnset_line(struct lines *lines, struct span line, uint64_t number)
{
	const struct rbldnsd *rbldnsd = lines->context;
	struct dataset_entry entry = {.line = number};
	uint8_t wire[NAME_WIRE_MAX];
	struct span name, shown;
	unsigned scope;
	int size, rc;

	if (line.text[0] == '!') {
		entry.is_exclusion = true;
		line = span_trim(span_skip(line, 1));
	}
	shown = name = span_word(&line);
	scope = scope_read(&name);
	size = name_parse(name.text, name.size, wire);
	if (size <= 0) {
		LINES_BAD(lines, number, "bad name '%.*s': expected a domain name",
		          SPAN_QUOTE(shown));
		return 0;
	}
	if (!entry.is_exclusion) {
		rc = rbldnsd_value(lines->context, line, number, &entry.value);
		if (rc <= 0)
			return rc;
	}
	lines->facts->line_count++;
	if (rbldnsd->type == &rbldnsd_dnhash)
		return hash_add(lines, wire, (size_t)size, scope, &entry);
	return dataset_add_name(lines->builder, wire, (size_t)size, scope, &entry);
}

const struct rbldnsd_type rbldnsd_dnset = {.name = "dnset", .entry = dnset_line};

int format_rbldnsd_dnset(struct reader *reader, struct dataset_builder *builder, char *out_error,
                         size_t error_size)
{
	return rbldnsd_read(reader, builder, &rbldnsd_dnset, out_error, error_size);
}

const struct rbldnsd_type rbldnsd_dnhash = {.name = "dnhash", .entry = dnset_line};

int format_rbldnsd_dnhash(struct reader *reader, struct dataset_builder *builder, char *out_error,
                          size_t error_size)
{
	return rbldnsd_read(reader, builder, &rbldnsd_dnhash, out_error, error_size);
}
