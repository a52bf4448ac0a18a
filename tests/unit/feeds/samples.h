/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Tables of what a format makes of a sample file, or of a few lines. Functions fail the test.
 */
#include "feeds/format.h"
#include "tests/unit/feeds/answers.h"

#define SAMPLE_ANSWERS_MAX 24
#define SAMPLE_OPTIONS_MAX 6
#define NO_COUNT           UINT64_MAX

struct sample {
	const char *format, *file;
	uint64_t entry_count, line_count, bad_line_count, masked_count, bogon_count, declared_count;
	int64_t timestamp_s, expires_s;
	const char *message; /* part of that of the first bad line; NULL = there is none */
	struct {
		const char *key, *answer; /* as answers_format() writes it */
	} answers[SAMPLE_ANSWERS_MAX];
	uint64_t skipped_count;
	const char *skip; /* as message, of the first line left out */
	int64_t next_expiry_s;
	const char *options[SAMPLE_OPTIONS_MAX]; /* "key=value" */
};

struct sample_lines {
	const char *format, *lines;
	uint64_t entry_count, line_count, bad_line_count;
	const char *reason;
	const char *options[SAMPLE_OPTIONS_MAX];
	uint64_t skipped_count;
};

/* Options of "key=value" up to NULL; NULL when there are none. */
struct format_options *samples_options(const char *const *options);

/* NULL: error says why. Closes the reader. */
struct dataset *samples_read(const char *format, const char *const *options, struct reader *reader,
                             char error[200]);

void samples_check(const char *folder, const struct sample *samples, size_t count);
void samples_check_lines(const struct sample_lines *lines, size_t count);
