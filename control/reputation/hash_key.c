/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/hash_key.h"

#include "control/durable.h"

#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NAME     "hash.key"
#define NAME_NEW "hash.key.new"

static int make(int folder, uint8_t out_key[HASH_KEY_SIZE])
{
	uint8_t key[HASH_KEY_SIZE];
	int fd, rc;

	unlinkat(folder, NAME_NEW, 0);
	fd = openat(folder, NAME_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	randombytes_buf(key, sizeof(key));
	rc = write(fd, key, sizeof(key)) == sizeof(key) ? 0 : errno ? -errno : -ENOSPC;
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	close(fd);
	if (rc == 0)
		rc = durable_rename(folder, NAME_NEW, NAME);
	if (rc == 0)
		memcpy(out_key, key, sizeof(key));
	else
		unlinkat(folder, NAME_NEW, 0);
	sodium_memzero(key, sizeof(key));
	return rc;
}

int hash_key_open(int folder, uint8_t out_key[HASH_KEY_SIZE])
{
	uint8_t key[HASH_KEY_SIZE + 1];
	int fd, rc = 0;
	ssize_t size;

	if (sodium_init() < 0)
		return -EIO;
	fd = openat(folder, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? make(folder, out_key) : -errno;
	size = read(fd, key, sizeof(key));
	if (size < 0)
		rc = -errno;
	else if (size != HASH_KEY_SIZE)
		rc = -EINVAL;
	close(fd);
	if (rc == 0)
		memcpy(out_key, key, HASH_KEY_SIZE);
	sodium_memzero(key, sizeof(key));
	return rc;
}
