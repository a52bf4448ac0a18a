/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/csv.h"

#include <string.h>
#include <strings.h>

/* Read a field in quotes; line: behind the first one. Returns false when it does not end. */
static bool quoted_scan(struct span *line, char quote, char **buffer, struct span *out_field)
{
	char *to = *buffer;
	size_t at = 0;

	for (; at < line->size; at++) {
		if (line->text[at] == quote) {
			if (at + 1 == line->size || line->text[at + 1] != quote)
				break;
			at++;
		}
		*to++ = line->text[at];
	}
	if (at == line->size)
		return false;
	*out_field = (struct span){*buffer, (size_t)(to - *buffer)};
	*buffer = to;
	*line = span_skip(*line, at + 1);
	return true;
}

static struct span blanks_skip(struct span line, char separator)
{
	while (line.size && line.text[0] != separator && span_is_blank(line.text[0]))
		line = span_skip(line, 1);
	return line;
}

const char *csv_split(const struct csv_dialect *dialect, struct span line, char *buffer,
                      struct csv_row *out_row)
{
	out_row->count = 0;
	for (;;) {
		struct span field = {line.text, 0};
		const char *end;

		line = blanks_skip(line, dialect->separator);
		if (dialect->quote && line.size && line.text[0] == dialect->quote) {
			line = span_skip(line, 1);
			if (!quoted_scan(&line, dialect->quote, &buffer, &field))
				return "a quote is not closed";
			line = blanks_skip(line, dialect->separator);
			if (line.size && line.text[0] != dialect->separator)
				return "text behind a closing quote";
		} else {
			end = line.size ? memchr(line.text, dialect->separator, line.size) : NULL;
			field =
			    (struct span){line.text, end ? (size_t)(end - line.text) : line.size};
			line = span_skip(line, field.size);
			field = span_trim(field);
		}
		if (out_row->count < CSV_FIELDS_MAX)
			out_row->fields[out_row->count++] = field;
		if (!line.size)
			return NULL;
		line = span_skip(line, 1);
	}
}

struct csv_column csv_column_make(struct span text)
{
	uint64_t number;

	if (span_number(text, CSV_FIELDS_MAX, &number) == 0 && number)
		return (struct csv_column){.index = (size_t)number - 1};
	return (struct csv_column){.name = text};
}

static bool is_same(struct span a, struct span b)
{
	return a.size == b.size && !strncasecmp(a.text, b.text, a.size);
}

bool csv_column_find(struct csv_column *column, const struct csv_row *header)
{
	if (!column->name.size)
		return true;
	for (size_t i = 0; i < header->count; i++) {
		if (is_same(column->name, header->fields[i])) {
			column->index = i;
			return true;
		}
	}
	return false;
}

const char *csv_condition_parse(struct span text, struct csv_condition *out_condition)
{
	static const struct {
		const char *text;
		enum csv_operator comparison;
	} operators[] = {{"!=", CSV_IS_NOT},
	                 {">=", CSV_AT_LEAST},
	                 {"<=", CSV_AT_MOST},
	                 {"=", CSV_IS},
	                 {"~", CSV_HAS}};
	struct span column;

	for (size_t at = 1; at < text.size; at++) {
		for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
			struct span rest = span_skip(text, at);

			if (!span_starts(rest, operators[i].text))
				continue;
			column = span_trim((struct span){text.text, at});
			if (!column.size)
				break;
			out_condition->column = csv_column_make(column);
			out_condition->comparison = operators[i].comparison;
			out_condition->value =
			    span_trim(span_skip(rest, strlen(operators[i].text)));
			return NULL;
		}
	}
	return "COLUMN=VALUE, COLUMN!=VALUE, COLUMN~PART, COLUMN>=NUMBER or COLUMN<=NUMBER";
}

static bool is_one_of(struct span values, struct span field)
{
	for (;;) {
		const char *end = values.size ? memchr(values.text, '|', values.size) : NULL;
		struct span value = {values.text, end ? (size_t)(end - values.text) : values.size};

		if (is_same(value, field))
			return true;
		if (!end)
			return false;
		values = span_skip(values, value.size + 1);
	}
}

static bool has_part(struct span field, struct span part)
{
	for (size_t at = 0; at + part.size <= field.size; at++)
		if (!strncasecmp(field.text + at, part.text, part.size))
			return true;
	return false;
}

bool csv_condition_holds(const struct csv_condition *condition, const struct csv_row *row)
{
	struct span field, value = condition->value;
	uint64_t number, limit;

	if (condition->column.index >= row->count)
		return false;
	field = row->fields[condition->column.index];
	switch (condition->comparison) {
	case CSV_IS:
		return is_one_of(value, field);
	case CSV_IS_NOT:
		return !is_one_of(value, field);
	case CSV_HAS:
		return has_part(field, value);
	case CSV_AT_LEAST:
	case CSV_AT_MOST:
		break;
	}
	if (span_number(field, UINT64_MAX, &number) < 0 ||
	    span_number(value, UINT64_MAX, &limit) < 0)
		return false;
	return condition->comparison == CSV_AT_LEAST ? number >= limit : number <= limit;
}
