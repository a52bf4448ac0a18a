/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/folder.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void folder_init(struct folder *f)
{
	memset(f, 0, sizeof(*f));
	strcpy(f->path, "/tmp/reputed-test-XXXXXX");
	if (!mkdtemp(f->path))
		abort();
}

static int folder_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void folder_done(struct folder *f)
{
	nftw(f->path, folder_remove, 16, FTW_DEPTH | FTW_PHYS);
}

const char *folder_at(struct folder *f, const char *name)
{
	char folder[sizeof(f->path)];
	char *path = f->joined[f->turn++ % 8];

	memcpy(folder, f->path, sizeof(folder));
	snprintf(path, sizeof(f->joined[0]), "%s/%s", folder, name);
	return path;
}

void folder_write(struct folder *f, const char *name, const char *text)
{
	FILE *file = fopen(folder_at(f, name), "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

bool folder_has(struct folder *f, const char *name)
{
	return access(folder_at(f, name), F_OK) == 0;
}

char *folder_read(struct folder *f, const char *name, size_t *out_size)
{
	FILE *file = fopen(folder_at(f, name), "r");
	char *text = malloc(1 << 20);

	if (!file || !text)
		abort();
	*out_size = fread(text, 1, (1 << 20) - 1, file);
	text[*out_size] = '\0';
	fclose(file);
	return text;
}

unsigned folder_count(struct folder *f, const char *name, const char *contains)
{
	DIR *dir = opendir(folder_at(f, name));
	struct dirent *entry;
	unsigned count = 0;

	while (dir && (entry = readdir(dir)) != NULL)
		count += strstr(entry->d_name, contains) != NULL;
	if (dir)
		closedir(dir);
	return count;
}
