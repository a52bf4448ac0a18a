/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int lines_each(struct reader *reader, struct lines *lines, lines_handle *handle)
{
	struct reader_line line = {0};
	struct span span;
	int rc;

	lines->facts = dataset_builder_facts(lines->builder);
	lines->error[0] = 0;
	while ((rc = reader_next(reader, &line)) != 0) {
		if (rc == -EMSGSIZE) {
			LINES_BAD(lines, line.number, "longer than %u bytes", READER_LINE_MAX);
			continue;
		}
		if (rc < 0) {
			snprintf(lines->error, lines->error_size, "after line %" PRIu64 ": %s",
			         line.number, reader_error(reader));
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
