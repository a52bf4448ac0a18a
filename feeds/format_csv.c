/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Separated values, as abuse.ch publishes them: one column is what is listed, an address, a name, a
 * URL (its host) or any of them with a port; conditions on others choose the rows. A second column
 * may be the last address of a range.
 */
#include "feeds/csv.h"
#include "feeds/format_rows.h"
#include "feeds/host.h"
#include "feeds/host_rules.h"
#include "feeds/lines.h"
#include "feeds/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct csv {
	struct csv_dialect dialect;
	char comment; /* 0 = none */
	bool is_header_due;
	bool has_names;                 /* columns by name: a header tells where they are */
	struct csv_column column, last; /* last: of ranges */
	bool has_last;
	struct csv_condition conditions[CSV_CONDITIONS_MAX];
	size_t condition_count;
	struct host_rules *rules;
	struct csv_row row;
	char buffer[READER_LINE_MAX];
};

static bool are_columns_found(struct csv *csv)
{
	bool is_found = csv_column_find(&csv->column, &csv->row);

	if (csv->has_last)
		is_found &= csv_column_find(&csv->last, &csv->row);

	for (size_t i = 0; i < csv->condition_count; i++)
		is_found &= csv_column_find(&csv->conditions[i].column, &csv->row);
	return is_found;
}

/* "Last updated: 2026-02-26 12:05:20 (UTC)  #", "Number of entries: 12", or a header. */
static void comment_read(struct csv *csv, struct dataset_facts *facts, struct span line)
{
	static const char updated[] = "Last updated:", entries[] = "Number of entries:";
	uint64_t count;

	line = span_trim(span_skip(line, 1));
	if (line.size && line.text[line.size - 1] == csv->comment)
		line = span_trim((struct span){line.text, line.size - 1});
	if (span_starts(line, updated))
		stamp_parse_iso(span_trim(span_skip(line, sizeof(updated) - 1)),
		                &facts->timestamp_s);
	else if (span_starts(line, entries) &&
	         span_number(span_trim(span_skip(line, sizeof(entries) - 1)), UINT64_MAX - 1,
	                     &count) == 0)
		facts->declared_count = count;
	else if (csv->has_names && !csv_split(&csv->dialect, line, csv->buffer, &csv->row) &&
	         are_columns_found(csv))
		csv->is_header_due = false;
}

/* The first row: a header unless a comment was one. */
static int header_read(struct lines *lines, struct csv *csv, uint64_t number)
{
	if (are_columns_found(csv)) {
		csv->is_header_due = false;
		return 0;
	}
	snprintf(lines->error, lines->error_size,
	         "line %" PRIu64 ": no header with the columns of 'column' and 'where' before it",
	         number);
	return -EINVAL;
}

static int name_add(struct lines *lines, struct span host, struct span value, uint64_t number)
{
	const struct csv *csv = lines->context;
	struct dataset_entry entry = {.line = number};
	uint8_t wire[NAME_WIRE_MAX];
	const char *error;
	int parsed = host_parse(host, wire, &error);
	size_t size = (size_t)parsed;

	if (parsed < 0) {
		LINES_BAD(lines, number, "%s '%.*s': expected an address, a name or a URL", error,
		          SPAN_QUOTE(value));
		return 0;
	}
	switch (host_rules_apply(csv->rules, wire, &size)) {
	case HOST_PUBLIC_SUFFIX:
		dataset_skip_line(lines->builder, number, "'%.*s' is a public suffix",
		                  SPAN_QUOTE(host));
		return 0;
	case HOST_SHARED:
		dataset_skip_line(lines->builder, number, "'%.*s' is a shared host",
		                  SPAN_QUOTE(host));
		return 0;
	case HOST_LISTED:
		break;
	}
	lines->facts->line_count++;
	return dataset_add_name(lines->builder, wire, size, DATASET_EXACT | DATASET_SUBTREE,
	                        &entry);
}

static int value_add(struct lines *lines, struct span value, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct address_range range;
	struct span host = value;

	if (address_parse(host.text, host.size, &range) < 0) {
		host = host_of_url(value);
		/* An address of a URL is one: "192.0.2.1/24" is a path then. */
		if (address_parse(host.text, host.size, &range) < 0 || range.first != range.last)
			return name_add(lines, host, value, number);
	}
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &range, &entry);
}

/* A range of which a row has the first and the last address. */
static int range_add(struct lines *lines, struct span first, struct span last, uint64_t number)
{
	struct dataset_entry entry = {.line = number};
	struct address_range range, end;

	if (address_parse(first.text, first.size, &range) < 0 || range.first != range.last ||
	    address_parse(last.text, last.size, &end) < 0 || end.first != end.last ||
	    range.is_ip6 != end.is_ip6 || end.last < range.first) {
		LINES_BAD(lines, number, "bad range '%.*s' to '%.*s': expected two addresses",
		          SPAN_QUOTE(first), SPAN_QUOTE(last));
		return 0;
	}
	range.last = end.last;
	lines->facts->line_count++;
	return dataset_add_range(lines->builder, &range, &entry);
}

/* Empty when the row has no such column. */
static struct span field_get(const struct csv *csv, const struct csv_column *column)
{
	return column->index < csv->row.count ? csv->row.fields[column->index]
	                                      : (struct span){"", 0};
}

static int csv_line(struct lines *lines, struct span line, uint64_t number)
{
	struct csv *csv = lines->context;
	struct span value;
	const char *error;

	if (csv->comment && line.text[0] == csv->comment) {
		comment_read(csv, lines->facts, line);
		return 0;
	}
	error = csv_split(&csv->dialect, line, csv->buffer, &csv->row);
	if (error) {
		LINES_BAD(lines, number, "bad row '%.*s': %s", SPAN_QUOTE(line), error);
		return 0;
	}
	if (csv->is_header_due)
		return header_read(lines, csv, number);
	for (size_t i = 0; i < csv->condition_count; i++) {
		if (!csv_condition_holds(&csv->conditions[i], &csv->row)) {
			lines->facts->skipped_count++;
			return 0;
		}
	}
	value = field_get(csv, &csv->column);
	if (!value.size) {
		LINES_BAD(lines, number, "nothing in column %zu of '%.*s'", csv->column.index + 1,
		          SPAN_QUOTE(line));
		return 0;
	}
	if (csv->has_last)
		return range_add(lines, value, field_get(csv, &csv->last), number);
	return value_add(lines, value, number);
}

/* One character, "tab" or "none" (0). */
static const char *char_parse(const char *text, char *out_char)
{
	if (!strcmp(text, "tab"))
		*out_char = '\t';
	else if (!strcmp(text, "none"))
		*out_char = 0;
	else if (text[0] > ' ' && text[0] < 0x7f && !text[1])
		*out_char = text[0];
	else
		return "one character, tab or none";
	return NULL;
}

static const char *check_char(const char *text)
{
	char c;

	return char_parse(text, &c);
}

static const char *check_separator(const char *text)
{
	char c = 0;

	char_parse(text, &c);
	return c ? NULL : "one character or tab";
}

static const char *check_column(const char *text)
{
	uint64_t number;
	struct span span = {text, strlen(text)};
	bool is_number = span_number(span, UINT64_MAX, &number) == 0;

	return !text[0] || (is_number && (!number || number > CSV_FIELDS_MAX))
	           ? "the name of a column, or its number from 1 to 128"
	           : NULL;
}

static const char *check_where(const char *text)
{
	struct csv_condition condition;
	uint64_t limit;
	const char *expected = csv_condition_parse((struct span){text, strlen(text)}, &condition);

	if (!expected &&
	    (condition.comparison == CSV_AT_LEAST || condition.comparison == CSV_AT_MOST) &&
	    span_number(condition.value, UINT64_MAX, &limit) < 0)
		return "a number behind >= or <=";
	return expected;
}

static const char *check_header(const char *text)
{
	return strcmp(text, "true") && strcmp(text, "false") ? "true or false" : NULL;
}

static const char *check_names(const char *text)
{
	return strcmp(text, "host") && strcmp(text, "registrable") ? "host or registrable" : NULL;
}

const struct format_option format_csv_options[] = {
    {"column", check_column, FORMAT_NEEDED},
    {"last", check_column, 0},
    {"where", check_where, FORMAT_MANY},
    {"separator", check_separator, 0},
    {"quote", check_char, 0},
    {"comment", check_char, 0},
    {"header", check_header, 0},
    {"names", check_names, 0},
    {"shared_hosts", NULL, FORMAT_PATH},
    {NULL, NULL, 0},
};

/* Errors: -EINVAL */
static int conditions_read(struct csv *csv, const struct format_options *options)
{
	const char *text;
	size_t at = 0;

	while ((text = format_options_next(options, "where", &at))) {
		struct csv_condition *condition = &csv->conditions[csv->condition_count];

		if (csv->condition_count == CSV_CONDITIONS_MAX ||
		    csv_condition_parse((struct span){text, strlen(text)}, condition))
			return -EINVAL;
		csv->has_names |= condition->column.name.size != 0;
		csv->condition_count++;
	}
	return 0;
}

static void char_read(const struct format_options *options, const char *key, char *out_char)
{
	const char *text = format_options_get(options, key);

	if (text)
		char_parse(text, out_char);
}

/* Errors: negative errno; out_error says why */
static int csv_configure(struct csv *csv, const struct format_options *options, char *out_error,
                         size_t error_size)
{
	const char *column = format_options_get(options, "column");
	const char *last = format_options_get(options, "last");
	const char *names = format_options_get(options, "names");
	const char *header = format_options_get(options, "header");

	if (!column) {
		snprintf(out_error, error_size, "the option 'column' is missing");
		return -EINVAL;
	}
	csv->dialect = (struct csv_dialect){',', '"'};
	csv->comment = '#';
	char_read(options, "separator", &csv->dialect.separator);
	char_read(options, "quote", &csv->dialect.quote);
	char_read(options, "comment", &csv->comment);
	csv->column = csv_column_make((struct span){column, strlen(column)});
	csv->has_last = last != NULL;
	if (last)
		csv->last = csv_column_make((struct span){last, strlen(last)});
	csv->has_names = csv->column.name.size != 0 || csv->last.name.size != 0;
	if (conditions_read(csv, options) < 0) {
		snprintf(out_error, error_size, "more than %d conditions in 'where', or a bad one",
		         CSV_CONDITIONS_MAX);
		return -EINVAL;
	}
	csv->is_header_due = csv->has_names || (header && !strcmp(header, "true"));
	csv->rules = host_rules_new(format_options_get(options, "shared_hosts"),
	                            names && !strcmp(names, "registrable"), out_error, error_size);
	return csv->rules ? 0 : -errno;
}

int format_csv(struct reader *reader, struct dataset_builder *builder, char *out_error,
               size_t error_size)
{
	struct csv *csv = calloc(1, sizeof(*csv));
	struct lines lines = {
	    .builder = builder, .context = csv, .error = out_error, .error_size = error_size};
	int rc = -ENOMEM;

	if (!csv)
		return -ENOMEM;
	rc = csv_configure(csv, dataset_builder_options(builder)->format, out_error, error_size);
	if (rc == 0)
		rc = lines_each(reader, &lines, csv_line);
	host_rules_free(csv->rules);
	free(csv);
	return rc;
}
