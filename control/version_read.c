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

/* Errors: -ENOENT, -EBADMSG, other negative errno */
static int read_number(int folder, uint64_t *out_number)
{
	size_t size;
	char *text = durable_read(folder, "current", INFO_MAX, &size);
	json_t *object;
	json_int_t number;

	if (!text)
		return -errno;
	object = json_loadb(text, size, 0, NULL);
	free(text);
	number = json_integer_value(json_object_get(object, "version"));
	json_decref(object);
	if (number <= 0)
		return -EBADMSG;
	*out_number = (uint64_t)number;
	return 0;
}

static int read_info(int folder, uint64_t number, struct version_info *out_info)
{
	char name[40];
	size_t size;
	char *text;
	int rc;

	snprintf(name, sizeof(name), "%" PRIu64 ".json", number);
	text = durable_read(folder, name, INFO_MAX, &size);
	if (!text)
		return -errno;
	rc = version_info_parse(text, size, out_info);
	free(text);
	return rc;
}

static int open_version(int folder, struct version_info *out_info)
{
	uint8_t sum[DURABLE_CHECKSUM_SIZE];
	uint64_t number = 0;
	char name[40];
	int rc = read_number(folder, &number), fd;

	if (rc == 0)
		rc = read_info(folder, number, out_info);
	if (rc < 0)
		return rc;
	snprintf(name, sizeof(name), "%" PRIu64 ".feed", number);
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

int version_read_open(const char *directory, struct version_info *out_info)
{
	int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -ENOENT;

	if (folder < 0)
		return -errno;
	for (unsigned i = 0; i < TRIES && rc == -ENOENT; i++)
		rc = open_version(folder, out_info);
	close(folder);
	return rc;
}
