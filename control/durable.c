/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/durable.h"

#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int durable_folder(const char *path)
{
	char parent[4096];
	size_t size = strlen(path);
	int fd;

	if (size == 0 || size >= sizeof(parent))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= size; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(parent, path, i);
		parent[i] = '\0';
		if (mkdir(parent, 0750) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -errno;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int durable_write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		size -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int durable_write(int folder, const char *name, const char *text, size_t size)
{
	char temporary[300];
	int fd, rc;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", name) >= sizeof(temporary))
		return -ENAMETOOLONG;
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	rc = durable_write_all(fd, text, size);
	close(fd);
	if (rc == 0)
		rc = durable_rename(folder, temporary, name);
	if (rc < 0)
		unlinkat(folder, temporary, 0);
	return rc;
}

int durable_rename(int folder, const char *from, const char *to)
{
	if (renameat(folder, from, folder, to) < 0)
		return -errno;
	return fsync(folder) < 0 ? -errno : 0;
}

static ssize_t durable_read_all(int fd, char *out, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, out + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

char *durable_read(int folder, const char *name, size_t max, size_t *out_size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	ssize_t size;
	int rc = 0;

	if (fd < 0)
		return NULL;
	text = malloc(max + 2);
	if (!text) {
		rc = ENOMEM;
		goto out;
	}
	size = durable_read_all(fd, text, max + 1);
	if (size < 0)
		rc = (int)-size;
	else if ((size_t)size > max)
		rc = EFBIG;
	if (rc != 0) {
		free(text);
		text = NULL;
		goto out;
	}
	text[size] = '\0';
	*out_size = (size_t)size;
out:
	close(fd);
	if (rc != 0)
		errno = rc;
	return text;
}

int durable_checksum(int folder, const char *name, uint8_t out_sum[DURABLE_CHECKSUM_SIZE])
{
	const size_t size = 1 << 16;
	crypto_generichash_state state;
	char *block;
	ssize_t n;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	block = malloc(size);
	if (!block) {
		close(fd);
		return -ENOMEM;
	}
	crypto_generichash_init(&state, NULL, 0, DURABLE_CHECKSUM_SIZE);
	while ((n = durable_read_all(fd, block, size)) > 0)
		crypto_generichash_update(&state, (const uint8_t *)block, (size_t)n);
	if (n == 0)
		crypto_generichash_final(&state, out_sum, DURABLE_CHECKSUM_SIZE);
	free(block);
	close(fd);
	return (int)n;
}
