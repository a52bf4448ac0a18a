/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The loop over the lines of a feed that every line-based format needs.
 */
#include "feeds/dataset.h"
#include "feeds/reader.h"
#include "feeds/span.h"

struct lines {
	struct dataset_builder *builder;
	struct dataset_facts *facts; /* of the builder */
	void *context;               /* of the format */
	bool is_indented;            /* the line began with blanks */
	/* How a line that is one IPv4 address and nothing else applies, for formats that would add
	 * just that: such lines are read many at once. NULL: all lines go to the handler. */
	const struct dataset_entry *points;
	char *error; /* for the handler's own fatal errors */
	size_t error_size;
};

/*
 * Handle a line: trimmed, not empty. Returns 0 or a negative errno that ends the reading;
 * lines->error then says why, or stays empty for -ENOMEM.
 */
typedef int lines_handle(struct lines *lines, struct span line, uint64_t number);

/*
 * Give all lines to the handler. Empty lines are left out; lines that are too long are bad lines.
 * Errors: negative errno of the reader or the handler; out_error says why, with the line
 */
int lines_each(struct reader *reader, struct lines *lines, lines_handle *handle);

/* Count a line that is meant to be an entry and is bad; the arguments are those of printf. */
#define LINES_BAD(lines, number, ...)                                                              \
	do {                                                                                       \
		(lines)->facts->line_count++;                                                      \
		dataset_bad_line((lines)->builder, number, __VA_ARGS__);                           \
	} while (0)
