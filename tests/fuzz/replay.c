/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a fuzz target over the files of its corpus, so that what fuzzing once found stays found:
 *   replay CORPUS_DIRECTORY
 * Prints TAP, one line per file. Inputs are copied to a heap block of their exact size, so that
 * ASan sees a read past the end.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	struct stat st;
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	int rc = -1;

	if (!file || fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode))
		goto out;
	data = malloc(st.st_size ? (size_t)st.st_size : 1);
	if (!data || fread(data, 1, (size_t)st.st_size, file) != (size_t)st.st_size)
		goto out;
	LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	rc = 0;
out:
	free(data);
	if (file)
		fclose(file);
	return rc;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int count, failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS_DIRECTORY\n", argv[0]);
		return 2;
	}
	count = scandir(argv[1], &entries, is_visible, alphasort);
	if (count <= 0) {
		fprintf(stderr, "%s: no corpus: %s\n", argv[1], count ? strerror(errno) : "empty");
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
		if (replay_file(path) < 0) {
			printf("not ok %d %s # cannot read\n", i + 1, entries[i]->d_name);
			failed = 1;
		} else {
			printf("ok %d %s\n", i + 1, entries[i]->d_name);
		}
		free(entries[i]);
	}
	free(entries);
	return failed;
}
