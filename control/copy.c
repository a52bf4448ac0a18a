/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_BLOCK (1u << 18) /* bytes */

int copy_begin(struct copy *c, const char *from, const char *to)
{
	int rc;

	memset(c, 0, sizeof(*c));
	/* Non-blocking: a named pipe must not hold up the thread. */
	c->from = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (c->from < 0)
		return -errno;
	rc = fstat(c->from, &c->st) < 0 ? -errno : S_ISREG(c->st.st_mode) ? 0 : -EINVAL;
	if (rc < 0)
		goto fail;
	c->is_write_error = true;
	c->to = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (c->to < 0) {
		rc = -errno;
		goto fail;
	}
	c->block = malloc(COPY_BLOCK);
	if (!c->block) {
		rc = -ENOMEM;
		goto fail_to;
	}
	crypto_generichash_init(&c->state, NULL, 0, DURABLE_CHECKSUM_SIZE);
	return 0;
fail_to:
	close(c->to);
fail:
	close(c->from);
	return rc;
}

static int copy_write(struct copy *c, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(c->to, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int copy_step(struct copy *c)
{
	ssize_t n;
	int rc;

	do {
		n = read(c->from, c->block, COPY_BLOCK);
	} while (n < 0 && errno == EINTR);
	c->is_write_error = n >= 0;
	if (n < 0)
		return -errno;
	if (n == 0)
		return 0;
	crypto_generichash_update(&c->state, (const uint8_t *)c->block, (size_t)n);
	rc = copy_write(c, c->block, (size_t)n);
	if (rc < 0)
		return rc;
	c->size += (uint64_t)n;
	return 1;
}

static bool copy_is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* What was opened is still what the path names, and it is as it was. */
static bool copy_is_same(const struct stat *before, const struct stat *after)
{
	return before->st_dev == after->st_dev && before->st_ino == after->st_ino &&
	       before->st_size == after->st_size &&
	       copy_is_same_time(&before->st_mtim, &after->st_mtim);
}

int copy_end(struct copy *c, const char *from, uint8_t out_sum[DURABLE_CHECKSUM_SIZE])
{
	struct stat now;
	int rc = 0;

	if (stat(from, &now) < 0 || !copy_is_same(&c->st, &now) ||
	    c->size != (uint64_t)c->st.st_size)
		rc = -EAGAIN;
	c->is_write_error = rc == 0;
	if (rc == 0 && fsync(c->to) < 0)
		rc = -errno;
	if (rc == 0)
		crypto_generichash_final(&c->state, out_sum, DURABLE_CHECKSUM_SIZE);
	copy_abort(c);
	return rc;
}

void copy_abort(struct copy *c)
{
	close(c->from);
	close(c->to);
	free(c->block);
	c->block = NULL;
}
