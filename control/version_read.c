/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/version_read.h"

#include "control/durable.h"

#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES    8    /* a version may be replaced between reading its name and opening it */
#define INFO_MAX 8192 /* bytes */

/* What "current" says: a version's number, 0 = none. Errors: -ENOENT, -EBADMSG, other negative
 * errno
 */
static int read_pointer(int folder, const char *key, uint64_t *out_number)
{
	size_t size;
	char *text = durable_read(folder, "current", INFO_MAX, &size);
	json_t *object;
	json_int_t number;

	if (!text)
		return -errno;
	object = json_loadb(text, size, 0, NULL);
	free(text);
	number = json_integer_value(json_object_get(object, key));
	json_decref(object);
	if (number < 0)
		return -EBADMSG;
	*out_number = (uint64_t)number;
	return 0;
}

static int read_info(int folder, const char *stem, struct version_info *out_info)
{
	char name[40];
	size_t size;
	char *text;
	int rc;

	snprintf(name, sizeof(name), "%s.json", stem);
	text = durable_read(folder, name, INFO_MAX, &size);
	if (!text)
		return -errno;
	rc = version_info_parse(text, size, out_info);
	free(text);
	return rc;
}

static int open_stem(int folder, const char *stem, struct version_info *out_info)
{
	uint8_t sum[DURABLE_CHECKSUM_SIZE];
	int rc = read_info(folder, stem, out_info), fd;
	char name[40];

	if (rc < 0)
		return rc;
	snprintf(name, sizeof(name), "%s.feed", stem);
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = durable_checksum(folder, name, sum);
	if (rc == 0 && memcmp(sum, out_info->checksum, sizeof(sum)) != 0)
		rc = -EBADMSG;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

static int open_version(int folder, struct version_info *out_info)
{
	uint64_t number = 0;
	char stem[24];
	int rc = read_pointer(folder, "version", &number);

	if (rc == 0 && number == 0)
		rc = -EBADMSG;
	if (rc < 0)
		return rc;
	snprintf(stem, sizeof(stem), "%" PRIu64, number);
	return open_stem(folder, stem, out_info);
}

/* A version that was gone back from keeps its number; any other one that is held has none. */
static int open_held(int folder, struct version_info *out_info)
{
	uint64_t number = 0;
	char stem[24] = "held";
	int rc = read_pointer(folder, "ignored", &number);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (number)
		snprintf(stem, sizeof(stem), "%" PRIu64, number);
	return open_stem(folder, stem, out_info);
}

static int open_any(const char *directory, int (*open_one)(int, struct version_info *),
                    struct version_info *out_info)
{
	int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -ENOENT;

	if (folder < 0)
		return -errno;
	for (unsigned i = 0; i < TRIES && rc == -ENOENT; i++)
		rc = open_one(folder, out_info);
	close(folder);
	return rc;
}

int version_read_open(const char *directory, struct version_info *out_info)
{
	return open_any(directory, open_version, out_info);
}

int version_read_open_held(const char *directory, struct version_info *out_info)
{
	return open_any(directory, open_held, out_info);
}

static struct dataset *read_entries(int fd, const struct version_format *f, bool drop_bogons,
                                    char out_error[VERSION_READ_ERROR_MAX])
{
	const struct dataset_options options = {.drop_bogons = drop_bogons, .format = f->options};
	struct dataset *dataset = NULL;
	struct reader *reader;
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = reader_open(path);
	out_error[0] = '\0';
	if (reader)
		dataset =
		    format_read(f->format, reader, &options, out_error, VERSION_READ_ERROR_MAX);
	if (!dataset && !out_error[0])
		snprintf(out_error, VERSION_READ_ERROR_MAX, "%s", strerror(errno));
	reader_close(reader);
	return dataset;
}

struct dataset *version_read_entries(int fd, const struct version_info *info,
                                     const struct version_reading *how,
                                     char out_error[VERSION_READ_ERROR_MAX])
{
	struct dataset *dataset = NULL;
	struct version_format f;
	int rc = version_format_find_at(how->directory, info, &how->configured, &f);

	if (rc == 0) {
		dataset = read_entries(fd, &f, how->drop_bogons, out_error);
		version_format_done(&f);
	} else {
		snprintf(out_error, VERSION_READ_ERROR_MAX, "the options it was taken with: %s",
		         rc == -EBADMSG ? "lost or damaged" : strerror(-rc));
	}
	close(fd);
	return dataset;
}
