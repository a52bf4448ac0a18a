/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *program_find(const char *name)
{
	static const char *const folders[] = {"", "../sbin/", "../libexec/reputed/"};
	ssize_t size;
	char self[PATH_MAX];
	char *path;

	size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (size <= 0)
		return NULL;
	self[size] = '\0';
	*(strrchr(self, '/') + 1) = '\0';
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (asprintf(&path, "%s%s%s", self, folders[i], name) < 0)
			return NULL;
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}
