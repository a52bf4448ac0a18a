/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/position.h"

#include "control/durable.h"

#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POSITION_MAX 1024

static int parse(const char *text, size_t size, struct follow_place *out_place)
{
	json_t *object = json_loadb(text, size, 0, NULL);
	const char *file;
	json_int_t offset;
	int rc = -EBADMSG;

	if (json_unpack(object, "{s:s, s:I}", "file", &file, "offset", &offset) == 0 &&
	    strlen(file) == FOLLOW_FILE_SIZE - 1 && offset >= 0) {
		memcpy(out_place->file, file, FOLLOW_FILE_SIZE);
		out_place->offset = (uint64_t)offset;
		rc = 0;
	}
	json_decref(object);
	return rc;
}

int position_read(const char *path, struct follow_place *out_place)
{
	size_t size;
	char *text = durable_read(AT_FDCWD, path, POSITION_MAX, &size);
	int rc;

	memset(out_place, 0, sizeof(*out_place));
	if (!text)
		return errno == ENOENT ? 0 : -errno;
	rc = parse(text, size, out_place);
	free(text);
	return rc;
}

int position_write(const char *path, const struct follow_place *place)
{
	char text[128], folder_path[FOLLOW_PATH_MAX];
	const char *slash = strrchr(path, '/');
	int size = snprintf(text, sizeof(text), "{\"file\": \"%s\", \"offset\": %llu}\n",
	                    place->file, (unsigned long long)place->offset);
	int folder, rc;

	if (slash && (size_t)(slash - path) >= sizeof(folder_path))
		return -ENAMETOOLONG;
	snprintf(folder_path, sizeof(folder_path), "%.*s", slash ? (int)(slash - path) + 1 : 1,
	         slash ? path : ".");
	folder = durable_folder(folder_path);
	if (folder < 0)
		return folder;
	rc = durable_write(folder, slash ? slash + 1 : path, text, (size_t)size);
	close(folder);
	return rc;
}
