/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0750

static int fail(char *out_error, const char *path, int error)
{
	snprintf(out_error, PLACES_ERROR_MAX, "cannot make the folder '%s': %s", path,
	         strerror(error));
	return -error;
}

static int make_one(const char *path, char *out_error)
{
	struct stat st;

	if (mkdir(path, FOLDER_MODE) == 0)
		return 0;
	/* Of a folder that is there but closed to us, EACCES says less than EEXIST. */
	if (errno == EEXIST || stat(path, &st) == 0) {
		if (stat(path, &st) < 0)
			return fail(out_error, path, errno);
		return S_ISDIR(st.st_mode) ? 0 : fail(out_error, path, ENOTDIR);
	}
	return fail(out_error, path, errno);
}

int places_make_folder(const char *path, char out_error[PLACES_ERROR_MAX])
{
	char *copy = strdup(path);
	int rc = copy ? 0 : -ENOMEM;

	if (!copy)
		return fail(out_error, path, ENOMEM);
	for (char *c = copy + 1; *c && rc == 0; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		rc = make_one(copy, out_error);
		*c = '/';
	}
	if (rc == 0)
		rc = make_one(copy, out_error);
	free(copy);
	return rc;
}

int places_make_folder_of(const char *path, char out_error[PLACES_ERROR_MAX])
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int rc;

	if (!slash || slash == path)
		return 0;
	folder = strndup(path, (size_t)(slash - path));
	if (!folder)
		return fail(out_error, path, ENOMEM);
	rc = places_make_folder(folder, out_error);
	free(folder);
	return rc;
}
