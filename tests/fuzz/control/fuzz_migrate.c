/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command line of rbldnsd and its data files: no crash, and whatever is made of them passes
 * "check". The input: the words of the command line, one a line, an empty line, and then two files
 * with a line "---" between them; the datasets of the command line read them in turn.
 */
#include "control/cli/migrate_print.h"
#include "control/cli/migrate_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS_MAX 64
#define FILES     2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory: a fuzzer leaves no files behind, and names none of others. */
static void write_file(unsigned file, const char *bytes, size_t size)
{
	static int fds[FILES];

	if (!fds[file])
		fds[file] = memfd_create("fuzz", 0);
	if (fds[file] <= 0 || ftruncate(fds[file], 0) < 0 ||
	    pwrite(fds[file], bytes, size, 0) != (ssize_t)size)
		abort();
	/* Where name_files() expects them. */
	if (fds[file] != 100 + (int)file) {
		if (dup2(fds[file], 100 + (int)file) < 0)
			abort();
		close(fds[file]);
		fds[file] = 100 + (int)file;
	}
}

static void write_files(const char *text, size_t size)
{
	const char *cut = memmem(text, size, "\n---\n", 5);
	size_t first = cut ? (size_t)(cut - text) + 1 : size;

	write_file(0, text, first);
	write_file(1, cut ? cut + 5 : "", cut ? size - (size_t)(cut + 5 - text) : 0);
}

static void name_files(struct rbldnsd_line *line)
{
	unsigned turn = 0;

	for (unsigned i = 0; i < line->spec_count; i++) {
		for (unsigned j = 0; j < line->specs[i].file_count; j++) {
			free(line->specs[i].files[j]);
			if (asprintf(&line->specs[i].files[j], "/proc/self/fd/%u",
			             100 + turn++ % FILES) < 0)
				abort();
		}
	}
}

static void migrate(const struct migrate_words *words)
{
	char error[RBLDNSD_LINE_ERROR_MAX] = "";
	struct migrate_complaint complaint = {""};
	struct rbldnsd_line line;
	struct migrate_plan plan;
	size_t size;
	char *text;

	if (rbldnsd_line_parse(words->count, words->items, "/srv", &line, error) < 0) {
		if (!error[0])
			abort();
		return;
	}
	name_files(&line);
	if (migrate_plan_make(&line, &plan) < 0 || migrate_print_options(&plan) < 0)
		abort();
	text = migrate_text(&plan, words, &size, &complaint);
	if (!text || complaint.text[0]) {
		fprintf(stderr, "%s\n%s\n", complaint.text, text ? text : "");
		abort();
	}
	free(text);
	migrate_plan_done(&plan);
	rbldnsd_line_done(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), *at = copy, *items[WORDS_MAX];
	struct migrate_words words = {.items = items};

	if (!copy)
		abort();
	memcpy(copy, data, size);
	copy[size] = '\0';
	while (*at && *at != '\n' && words.count < WORDS_MAX) {
		size_t word = strcspn(at, "\n");

		items[words.count++] = at;
		at += word;
		if (*at)
			*at++ = '\0';
	}
	at += *at == '\n';
	write_files(at, size - (size_t)(at - copy)); /* may hold NUL */
	migrate(&words);
	free(copy);
	return 0;
}
