/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/rotation.h"

#include <sodium.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define IDENTITY_SIZE 8

int rotation_open(const char *path, struct rotation *out_rotation)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t folder_size = slash ? (size_t)(slash - path) : 1;

	if (!name[0] || strlen(name) >= sizeof(out_rotation->name) ||
	    folder_size >= sizeof(out_rotation->folder_path))
		return -EINVAL;
	snprintf(out_rotation->name, sizeof(out_rotation->name), "%s", name);
	snprintf(out_rotation->folder_path, sizeof(out_rotation->folder_path), "%.*s",
	         slash == path ? 1 : (int)folder_size, slash ? path : ".");
	out_rotation->is_pattern = strpbrk(name, "*?[") != NULL;
	out_rotation->folder = open(out_rotation->folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out_rotation->folder < 0 ? -errno : 0;
}

void rotation_close(struct rotation *r)
{
	if (r->folder >= 0)
		close(r->folder);
	r->folder = -1;
}

/* The size of what identifies a file; 0 when that is not there yet. */
static size_t head_size(const char *head, size_t size)
{
	size_t at = 0;

	while (at < size) {
		const char *end = memchr(head + at, '\n', size - at);

		if (!end)
			break;
		if (head[at] != '#' && strncmp(head + at, "\xef\xbb\xbf#", 4) != 0)
			return (size_t)(end + 1 - head);
		at = (size_t)(end + 1 - head);
	}
	return size == FOLLOW_HEAD_MAX ? size : 0;
}

int rotation_identify(int fd, char out_file[FOLLOW_FILE_SIZE])
{
	unsigned char hash[crypto_generichash_BYTES_MIN];
	char head[FOLLOW_HEAD_MAX];
	size_t got = 0, size;

	while (got < sizeof(head)) {
		ssize_t n = pread(fd, head + got, sizeof(head) - got, (off_t)got);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	size = head_size(head, got);
	if (size == 0)
		return 0;
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)head, size, NULL, 0);
	sodium_bin2hex(out_file, FOLLOW_FILE_SIZE, hash, IDENTITY_SIZE);
	return 1;
}

/* "mail.log" and what logrotate makes of it; not "mail.log.1.gz", nor "mail.log.old". */
static bool is_of(const struct rotation *r, const char *name)
{
	size_t size = strlen(r->name);

	if (r->is_pattern)
		return fnmatch(r->name, name, FNM_PERIOD) == 0;
	if (strncmp(name, r->name, size) != 0)
		return false;
	return name[size] == '\0' || ((name[size] == '.' || name[size] == '-') &&
	                              name[strspn(name + size, ".-_0123456789") + size] == '\0');
}

/* Errors: -ENOENT, also for what is no file */
static int open_file(const struct rotation *r, const char *name, struct stat *out_stat)
{
	int fd = openat(r->folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, out_stat) == 0 && S_ISREG(out_stat->st_mode))
		return fd;
	close(fd);
	return -ENOENT;
}

/* Whether to rather have the second. */
typedef bool rotation_better(const struct stat *best, const struct stat *other, const void *wanted,
                             int fd);

/* Open the best of the files that are fit. */
static int rotation_choose(const struct rotation *r, rotation_better *is_better, const void *wanted)
{
	int folder = openat(r->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), best = -ENOENT;
	DIR *entries = folder < 0 ? NULL : fdopendir(folder);
	struct stat best_stat = {0};
	struct dirent *entry;

	if (!entries) {
		best = -errno;
		if (folder >= 0)
			close(folder);
		return best;
	}
	while ((entry = readdir(entries)) != NULL) {
		struct stat st;
		int fd = is_of(r, entry->d_name) ? open_file(r, entry->d_name, &st) : -ENOENT;

		if (fd < 0)
			continue;
		if (!is_better(best < 0 ? NULL : &best_stat, &st, wanted, fd)) {
			close(fd);
			continue;
		}
		if (best >= 0)
			close(best);
		best = fd;
		best_stat = st;
	}
	closedir(entries);
	return best;
}

struct wanted {
	const char *file;
	uint64_t size;
};

static bool is_wanted(const struct stat *best, const struct stat *other, const void *context,
                      int fd)
{
	const struct wanted *wanted = context;
	char file[FOLLOW_FILE_SIZE];

	return (!best || other->st_size > best->st_size) &&
	       (uint64_t)other->st_size >= wanted->size && rotation_identify(fd, file) == 1 &&
	       strcmp(file, wanted->file) == 0;
}

int rotation_find(const struct rotation *r, const char *file, uint64_t size)
{
	const struct wanted wanted = {file, size};

	return rotation_choose(r, is_wanted, &wanted);
}

static bool is_later(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
	                                              : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static bool is_newest(const struct stat *best, const struct stat *other, const void *context,
                      int fd)
{
	(void)context;
	(void)fd;
	return !best || is_later(other, best);
}

struct current {
	const struct stat *stat;
	const char *file; /* by what it is known */
};

static bool is_next(const struct stat *best, const struct stat *other, const void *context, int fd)
{
	const struct current *current = context;
	const struct stat *after = current->stat;
	char file[FOLLOW_FILE_SIZE];

	if (other->st_size == 0 || other->st_ino == after->st_ino || !is_later(other, after) ||
	    (best && !is_later(best, other)))
		return false;
	/* Its own copy, just made, is not what comes after it. */
	return rotation_identify(fd, file) != 1 || strcmp(file, current->file) != 0;
}

int rotation_next(const struct rotation *r, const struct stat *after, const char *file)
{
	struct stat st;
	int fd;

	if (after) {
		const struct current current = {after, file};

		fd = rotation_choose(r, is_next, &current);
		if (fd >= 0 || r->is_pattern)
			return fd;
	}
	if (r->is_pattern)
		return rotation_choose(r, is_newest, NULL);
	fd = open_file(r, r->name, &st);
	/* It is the same one, or nothing was written to the new one yet: the old one may grow. */
	if (fd >= 0 && after && (st.st_ino == after->st_ino || st.st_size == 0)) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}
