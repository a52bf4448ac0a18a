/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/lines.h"

#include "feeds/address_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BURST 1024

/* Add the single addresses that come next. out_number: of the line before what is left. Errors:
 * -ENOMEM */
static int points_add(struct reader *reader, struct lines *lines,
                      const struct address_lines *kernel, uint64_t *out_number)
{
	struct dataset_entry entry = *lines->points;
	uint32_t addresses[BURST];
	const char *text;
	size_t size, count;

	do {
		size_t used = 0;
		int rc;

		size = reader_rest(reader, &text, &entry.line);
		count = kernel->scan(text, size, addresses, BURST, &used);
		*out_number = entry.line + count - 1;
		if (!count)
			break;
		lines->facts->line_count += count;
		rc = dataset_add_points4(lines->builder, addresses, count, &entry);
		if (rc < 0)
			return rc;
		reader_skip(reader, used, count);
	} while (count == BURST);
	return 0;
}

/* The next line that is for the handler. As reader_next() */
static int line_next(struct reader *reader, struct lines *lines, const struct address_lines *kernel,
                     struct reader_line *out_line)
{
	int rc = lines->points ? points_add(reader, lines, kernel, &out_line->number) : 0;

	return rc < 0 ? rc : reader_next(reader, out_line);
}

int lines_each(struct reader *reader, struct lines *lines, lines_handle *handle)
{
	const struct address_lines *kernel = address_lines_get();
	struct reader_line line = {0};
	struct span span;
	int rc;

	lines->facts = dataset_builder_facts(lines->builder);
	lines->error[0] = 0;
	while ((rc = line_next(reader, lines, kernel, &line)) != 0) {
		if (rc == -EMSGSIZE) {
			LINES_BAD(lines, line.number, "longer than %u bytes", READER_LINE_MAX);
			continue;
		}
		if (rc < 0) {
			snprintf(lines->error, lines->error_size, "after line %" PRIu64 ": %s",
			         line.number,
			         rc == -ENOMEM ? strerror(ENOMEM) : reader_error(reader));
			return rc;
		}
		span = span_trim((struct span){line.text, line.size});
		if (!span.size)
			continue;
		lines->is_indented = span.text != line.text;
		rc = handle(lines, span, line.number);
		if (rc < 0) {
			if (!lines->error[0])
				snprintf(lines->error, lines->error_size, "line %" PRIu64 ": %s",
				         line.number, strerror(-rc));
			return rc;
		}
	}
	return 0;
}
