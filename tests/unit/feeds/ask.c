/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a feed and answers keys as a zone of that feed alone would:
 *   ask [-k] FORMAT FILE [OPTION=VALUE ...]      -k: keep bogons
 * Prints the facts to standard error, then for each line of standard input (an address or a name)
 * the key and, after tabs, "CODE TEXT" of what is listed; CODE '-': the list's code, TEXT '-': the
 * list's text, 'none': no text.
 */
#include "feeds/format.h"
#include "tests/unit/feeds/answers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void facts_print(const struct dataset *d, double seconds)
{
	const struct dataset_facts *f = &d->facts;

	fprintf(stderr,
	        "entries %" PRIu64 " lines %" PRIu64 " bad %" PRIu64 " masked %" PRIu64
	        " bogons %" PRIu64 " widest /%u /%u ranges4 %zu ranges6 %zu names %zu sets %zu\n",
	        f->entry_count, f->line_count, f->bad_line_count, f->masked_count, f->bogon_count,
	        f->widest4, f->widest6, d->range4_count, d->range6_count, d->name_count,
	        dataset_set_count(d));
	fprintf(stderr, "timestamp %" PRId64 " expires %" PRId64 " memory %zu seconds %.3f\n",
	        f->timestamp_s, f->expires_s, d->memory_size, seconds);
	for (size_t i = 0; i < d->skip_count; i++)
		fprintf(stderr, "line %" PRIu64 " left out: %s\n", d->skips[i].line,
		        d->skips[i].text);
	for (size_t i = 0; i < d->message_count; i++)
		fprintf(stderr, "line %" PRIu64 ": %s\n", d->messages[i].line, d->messages[i].text);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct format_options *options_make(char **words)
{
	struct format_options *made = format_options_new();

	for (; made && *words; words++) {
		char *value = strchr(*words, '=');

		if (!value)
			continue;
		*value = 0;
		if (format_options_add(made, *words, value + 1) < 0)
			abort();
	}
	return made;
}

int main(int argc, char **argv)
{
	bool is_keeping = argc > 1 && !strcmp(argv[1], "-k");
	struct dataset_options options = {.drop_bogons = !is_keeping};
	const struct format *format;
	struct format_options *made;
	struct reader *reader;
	struct dataset *d;
	char error[256], key[1200], found[DATASET_SET_MAX * 300];
	double start = now_s();

	if (argc < 3 + is_keeping) {
		fprintf(stderr, "usage: ask [-k] FORMAT FILE [OPTION=VALUE ...]\n");
		return 2;
	}
	format = format_find(argv[1 + is_keeping]);
	reader = reader_open(argv[2 + is_keeping]);
	if (!format || !reader) {
		fprintf(stderr, "%s\n", format ? strerror(errno) : "no such format");
		return 1;
	}
	options.format = made = options_make(argv + 3 + is_keeping);
	d = format_read(format, reader, &options, error, sizeof(error));
	format_options_unref(made);
	reader_close(reader);
	if (!d) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	facts_print(d, now_s() - start);
	while (fgets(key, sizeof(key), stdin)) {
		key[strcspn(key, "\n")] = 0;
		answers_format(d, key, found, sizeof(found));
		printf("%s%s%s\n", key, found[0] ? "\t" : "", found);
	}
	dataset_free(d);
	return 0;
}
