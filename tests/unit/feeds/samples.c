/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/feeds/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ANSWER_SIZE 1000

struct format_options *samples_options(const char *const *options)
{
	struct format_options *made = NULL;
	char key[64];

	for (size_t i = 0; options && i < SAMPLE_OPTIONS_MAX && options[i]; i++) {
		const char *equals = strchr(options[i], '=');

		if (!made)
			made = format_options_new();
		assert_non_null(equals);
		snprintf(key, sizeof(key), "%.*s", (int)(equals - options[i]), options[i]);
		assert_int_equal(format_options_add(made, key, equals + 1), 0);
	}
	return made;
}

struct dataset *samples_read(const char *format, const char *const *options, struct reader *reader,
                             char error[200])
{
	struct format_options *made = samples_options(options);
	const struct dataset_options how = {.drop_bogons = true, .format = made};
	struct dataset *d;

	assert_non_null(reader);
	assert_non_null(format_find(format));
	error[0] = 0;
	d = format_read(format_find(format), reader, &how, error, 200);
	reader_close(reader);
	format_options_unref(made);
	return d;
}

static void facts_compare(const struct sample *sample, const struct dataset_facts *facts)
{
	const struct {
		const char *name;
		uint64_t found, expected;
	} rows[] = {
	    {"entry_count", facts->entry_count, sample->entry_count},
	    {"line_count", facts->line_count, sample->line_count},
	    {"bad_line_count", facts->bad_line_count, sample->bad_line_count},
	    {"skipped_count", facts->skipped_count, sample->skipped_count},
	    {"masked_count", facts->masked_count, sample->masked_count},
	    {"bogon_count", facts->bogon_count, sample->bogon_count},
	    {"declared_count", facts->declared_count, sample->declared_count},
	    {"timestamp_s", (uint64_t)facts->timestamp_s, (uint64_t)sample->timestamp_s},
	    {"expires_s", (uint64_t)facts->expires_s, (uint64_t)sample->expires_s},
	    {"next_expiry_s", (uint64_t)facts->next_expiry_s, (uint64_t)sample->next_expiry_s},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].found != rows[i].expected)
			fail_msg("%s: %s is %zu, not %zu", sample->file, rows[i].name,
			         (size_t)rows[i].found, (size_t)rows[i].expected);
}

static void message_compare(const char *file, const char *wanted, size_t count,
                            const struct dataset_message *messages)
{
	if (!count != !wanted || (wanted && !strstr(messages[0].text, wanted)))
		fail_msg("%s: first message '%s'", file, count ? messages[0].text : "");
}

static void sample_check(const char *folder, const struct sample *sample)
{
	char path[4096], error[200], answer[ANSWER_SIZE];
	struct dataset *d;

	snprintf(path, sizeof(path), "%s/%s", folder, sample->file);
	d = samples_read(sample->format, sample->options, reader_open(path), error);
	if (!d)
		fail_msg("%s: %s", sample->file, error);
	message_compare(sample->file, sample->message, d->message_count, d->messages);
	message_compare(sample->file, sample->skip, d->skip_count, d->skips);
	facts_compare(sample, &d->facts);
	for (size_t i = 0; i < SAMPLE_ANSWERS_MAX && sample->answers[i].key; i++) {
		answers_format(d, sample->answers[i].key, answer, sizeof(answer));
		if (strcmp(answer, sample->answers[i].answer))
			fail_msg("%s: %s is '%s', not '%s'", sample->file, sample->answers[i].key,
			         answer, sample->answers[i].answer);
	}
	dataset_free(d);
}

void samples_check(const char *folder, const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sample_check(folder, &samples[i]);
}

void samples_check_lines(const struct sample_lines *lines, size_t count)
{
	char error[200];

	for (size_t i = 0; i < count; i++) {
		struct reader *r = reader_open_memory(lines[i].lines, strlen(lines[i].lines));
		struct dataset *d = samples_read(lines[i].format, lines[i].options, r, error);

		if (!d)
			fail_msg("%s: %s", lines[i].reason, error);
		if (d->facts.entry_count != lines[i].entry_count ||
		    d->facts.line_count != lines[i].line_count ||
		    d->facts.bad_line_count != lines[i].bad_line_count ||
		    d->facts.skipped_count != lines[i].skipped_count)
			fail_msg("%s, %s: %zu entries, %zu of %zu lines bad, %zu left out: %s",
			         lines[i].format, lines[i].reason, (size_t)d->facts.entry_count,
			         (size_t)d->facts.bad_line_count, (size_t)d->facts.line_count,
			         (size_t)d->facts.skipped_count,
			         d->message_count ? d->messages[0].text : "");
		dataset_free(d);
	}
}
