/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/show.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN_GAP 2

/* The size of the printable UTF-8 sequence at the start of bytes, 0 when it is none. */
static size_t printable_size(const unsigned char *bytes, size_t left)
{
	uint32_t point;
	size_t size;

	if (bytes[0] < 0x80)
		return bytes[0] >= ' ' && bytes[0] != 0x7f;
	size = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || left < size)
		return 0;
	point = bytes[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	if (point < 0xa0 || (size == 3 && point < 0x800) || (size == 4 && point < 0x10000) ||
	    (point >= 0xd800 && point < 0xe000) || point > 0x10ffff)
		return 0;
	/* Marks that turn the direction of writing would let a text pose as another. */
	if ((point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	    (point >= 0x2066 && point <= 0x2069))
		return 0;
	return size;
}

char *show_clean(const void *bytes, size_t size)
{
	const unsigned char *in = bytes;
	char *text = malloc(4 * size + 1);
	size_t at = 0;

	if (!text)
		return NULL;
	while (size) {
		size_t step = printable_size(in, size);

		if (step) {
			memcpy(text + at, in, step);
			at += step;
		} else {
			step = 1;
			at += (size_t)sprintf(text + at, "\\%03u", *in);
		}
		in += step;
		size -= step;
	}
	text[at] = '\0';
	return text;
}

json_t *show_string(const void *bytes, size_t size)
{
	char *text = show_clean(bytes, size);
	json_t *string = text ? json_string(text) : NULL;

	free(text);
	return string;
}

void show_duration(uint64_t seconds, char out_text[SHOW_TEXT_MAX])
{
	unsigned long long s = seconds;

	if (s < 60)
		snprintf(out_text, SHOW_TEXT_MAX, "%llu s", s);
	else if (s < 3600)
		snprintf(out_text, SHOW_TEXT_MAX, "%llu min", s / 60);
	else if (s < 86400)
		snprintf(out_text, SHOW_TEXT_MAX, "%llu h %llu min", s / 3600, s / 60 % 60);
	else
		snprintf(out_text, SHOW_TEXT_MAX, "%llu d %llu h", s / 86400, s / 3600 % 24);
}

void show_size(uint64_t size, char out_text[SHOW_TEXT_MAX])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double scaled = (double)size / 1024;
	size_t i = 0;

	if (size < 1024) {
		snprintf(out_text, SHOW_TEXT_MAX, "%u B", (unsigned)size);
		return;
	}
	for (; scaled >= 1024 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		scaled /= 1024;
	snprintf(out_text, SHOW_TEXT_MAX, "%.1f %s", scaled, units[i]);
}

void show_number(uint64_t number, char out_text[SHOW_TEXT_MAX])
{
	snprintf(out_text, SHOW_TEXT_MAX, "%llu", (unsigned long long)number);
}

void show_code(uint32_t code, char out_text[SHOW_TEXT_MAX])
{
	snprintf(out_text, SHOW_TEXT_MAX, "%u.%u.%u.%u", code >> 24, code >> 16 & 255,
	         code >> 8 & 255, code & 255);
}

void show_row(struct show_table *t, const char *const *cells)
{
	size_t columns = strlen(t->align);

	if (t->error)
		return;
	if (t->count + columns > t->capacity) {
		size_t capacity = t->capacity ? 2 * t->capacity : 16 * columns;
		char **grown = reallocarray(t->cells, capacity, sizeof(*grown));

		if (!grown) {
			t->error = -ENOMEM;
			return;
		}
		t->cells = grown;
		t->capacity = capacity;
	}
	for (size_t i = 0; i < columns; i++) {
		const char *cell = cells[i] ? cells[i] : "";
		char *clean = show_clean(cell, strlen(cell));

		if (!clean)
			t->error = -ENOMEM;
		t->cells[t->count++] = clean;
	}
}

/* Columns that a text takes: code points, which is right for all but wide scripts. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void print_row(char *const *cells, const char *align, const size_t *widths, FILE *out)
{
	size_t blanks = 0;

	for (size_t i = 0; align[i]; i++) {
		size_t pad = widths[i] - width_of(cells[i]);

		if (align[i] == 'r')
			blanks += pad;
		/* Blanks only before something: no line ends in blanks. */
		if (cells[i][0]) {
			fprintf(out, "%*s%s", (int)blanks, "", cells[i]);
			blanks = 0;
		}
		if (align[i] == 'l')
			blanks += pad;
		blanks += COLUMN_GAP;
	}
	fputc('\n', out);
}

int show_table_done(struct show_table *t, unsigned indent, FILE *out)
{
	size_t columns = strlen(t->align), widths[SHOW_COLUMNS_MAX] = {0};
	int error = t->error;

	for (size_t i = 0; i < t->count && !error; i++) {
		size_t width = width_of(t->cells[i]);

		if (width > widths[i % columns])
			widths[i % columns] = width;
	}
	for (size_t i = 0; i < t->count && !error && out; i += columns) {
		fprintf(out, "%*s", (int)indent, "");
		print_row(t->cells + i, t->align, widths, out);
	}
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct show_table){.align = t->align};
	return error;
}

int show_json(json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	int rc = -ENOMEM;

	json_decref(object);
	if (text)
		rc = puts(text) < 0 || fflush(stdout) != 0 ? -EIO : 0;
	free(text);
	return rc;
}
