/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Feed formats: a row each in a list. A format reads lines and adds entries; it knows nothing of
 * the structures that will hold them.
 */
#include "feeds/dataset.h"
#include "feeds/format_options.h"
#include "feeds/reader.h"

/*
 * Read all lines into the builder. Bad lines are counted with dataset_bad_line() and skipped.
 * Errors: negative errno: the whole version is unusable; out_error says why, with the line.
 */
typedef int format_parse(struct reader *reader, struct dataset_builder *builder, char *out_error,
                         size_t error_size);

struct format {
	const char *name; /* as in the configuration */
	format_parse *parse;
	/* Keys of the configuration it knows, up to a name of NULL; NULL = none. A format finds
	 * their values in dataset_builder_options(). */
	const struct format_option *options;
	/* What is wrong with the options as a whole; NULL = nothing. May be NULL. */
	const char *(*check)(const struct format_options *options);
};

/* NULL when there is no such format. */
const struct format *format_find(const char *name);

/* All of them; ends with a row whose name is NULL. */
extern const struct format formats[];

/*
 * Read a feed into a dataset.
 * Errors: NULL with errno; out_error holds "line 812: …" or what went wrong with the file
 */
struct dataset *format_read(const struct format *format, struct reader *reader,
                            const struct dataset_options *options, char *out_error,
                            size_t error_size);
