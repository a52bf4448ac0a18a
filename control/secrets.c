/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX 1024 /* bytes; more than two lines and their spaces need */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int parse_line(const char *line, size_t size, uint8_t out_bytes[SECRETS_SIZE])
{
	if (size != 2 * (size_t)SECRETS_SIZE)
		return -EINVAL;
	for (size_t i = 0; i < SECRETS_SIZE; i++) {
		int high = digit(line[2 * i]), low = digit(line[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		out_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

/* The line without spaces and carriage return at its end. */
static size_t trimmed(const char *line, size_t size)
{
	while (size > 0 && strchr(" \t\r", line[size - 1]))
		size--;
	return size;
}

static int parse(const char *text, size_t size, struct secrets *out_secrets, char *out_error)
{
	struct secrets found = {0};
	unsigned number = 1;
	int rc = 0;

	for (size_t at = 0; at < size && rc == 0; number++) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end ? (size_t)(end - (text + at)) : size - at;
		size_t used = trimmed(text + at, length);

		if (used > 0 && found.count == SECRETS_MAX)
			rc = -E2BIG;
		else if (used > 0)
			rc = parse_line(text + at, used, found.bytes[found.count++]);
		at += length + 1;
	}
	number--;
	if (rc == -E2BIG)
		snprintf(out_error, SECRETS_ERROR, "line %u: a third secret, expected one or two",
		         number);
	else if (rc < 0)
		snprintf(out_error, SECRETS_ERROR, "line %u: expected 32 hex digits", number);
	else if (found.count == 0)
		snprintf(out_error, SECRETS_ERROR,
		         "is empty, expected one or two lines of 32 hex digits");
	if (rc == 0 && found.count > 0)
		*out_secrets = found;
	rc = rc < 0 || found.count == 0 ? -EINVAL : 0;
	explicit_bzero(&found, sizeof(found));
	return rc;
}

/* Whether the file is one to keep a secret in. */
static int check_file(int fd, char *out_error)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		snprintf(out_error, SECRETS_ERROR, "%s", strerror(errno));
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(out_error, SECRETS_ERROR, "is no regular file");
		return -EINVAL;
	}
	if (st.st_mode & (S_IROTH | S_IWOTH)) {
		snprintf(out_error, SECRETS_ERROR,
		         "everybody may %s it (mode %04o), expected mode 0600 or 0640",
		         st.st_mode & S_IROTH ? "read" : "write", st.st_mode & 07777u);
		return -EPERM;
	}
	return 0;
}

int secrets_read(const char *path, struct secrets *out_secrets, char out_error[SECRETS_ERROR])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	char text[FILE_MAX];
	ssize_t size = 0;

	if (fd < 0) {
		rc = -errno;
		snprintf(out_error, SECRETS_ERROR, "%s", strerror(-rc));
		return rc;
	}
	rc = check_file(fd, out_error);
	if (rc == 0) {
		size = read(fd, text, sizeof(text));
		rc = size < 0 ? -errno : 0;
		if (rc < 0)
			snprintf(out_error, SECRETS_ERROR, "%s", strerror(-rc));
	}
	close(fd);
	if (rc == 0)
		rc = parse(text, (size_t)size, out_secrets, out_error);
	explicit_bzero(text, sizeof(text));
	return rc;
}
