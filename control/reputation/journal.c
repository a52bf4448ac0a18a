/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/journal.h"

#include "control/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_MIN (1u << 16)

struct journal {
	int folder;
	uint64_t segment_size;
	struct journal_file *files; /* by number; the last is being written when fd is open */
	size_t count, capacity;
	int fd;           /* of the last; -1 = the next commit begins one */
	uint64_t next;    /* number of the next segment */
	bool is_to_begin; /* the last may hold more than we know of: begin another one */
	uint8_t *buffer;  /* since the last commit: frames, not yet placed */
	size_t size, room;
};

struct journal *journal_open(const char *path, uint64_t segment_size)
{
	struct journal *j = calloc(1, sizeof(*j));
	int rc;

	if (!j)
		return NULL;
	j->fd = -1;
	j->segment_size = segment_size;
	j->folder = durable_folder(path);
	rc = j->folder < 0 ? j->folder : journal_list(j->folder, &j->files, &j->count);
	if (rc < 0) {
		journal_close(j);
		errno = -rc;
		return NULL;
	}
	j->capacity = j->count;
	j->next = j->count ? j->files[j->count - 1].number + 1 : 1;
	return j;
}

void journal_skip(struct journal *j, uint64_t segment)
{
	if (j->next <= segment)
		j->next = segment + 1;
}

int journal_cut(struct journal *j, struct journal_position end)
{
	struct journal_file *last = j->count ? &j->files[j->count - 1] : NULL;
	char name[JOURNAL_NAME_SIZE];
	int fd, rc;

	if (!last || last->number != end.segment || end.offset > last->size)
		return -EINVAL;
	journal_name(last->number, name);
	fd = openat(j->folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	rc = ftruncate(fd, (off_t)end.offset) < 0 ? -errno : 0;
	close(fd);
	if (rc == 0)
		last->size = end.offset;
	return rc;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	if (j->folder >= 0)
		close(j->folder);
	free(j->files);
	free(j->buffer);
	free(j);
}

static int reserve(struct journal *j, size_t more)
{
	size_t room = j->room ? j->room : BUFFER_MIN;
	uint8_t *grown;

	if (j->room - j->size >= more)
		return 0;
	while (room - j->size < more)
		room *= 2;
	grown = realloc(j->buffer, room);
	if (!grown)
		return -ENOMEM;
	j->buffer = grown;
	j->room = room;
	return 0;
}

int journal_append(struct journal *j, const uint8_t *bytes, size_t size)
{
	int rc;

	if (size == 0 || size > JOURNAL_RECORD_MAX)
		return -EMSGSIZE;
	rc = reserve(j, JOURNAL_FRAME_SIZE + size);
	if (rc < 0)
		return rc;
	/* Where it will stand is known at the commit: only then is its checksum. */
	memcpy(j->buffer + j->size, &(uint16_t){(uint16_t)size}, 2);
	memcpy(j->buffer + j->size + JOURNAL_FRAME_SIZE, bytes, size);
	j->size += JOURNAL_FRAME_SIZE + size;
	return 0;
}

void journal_discard(struct journal *j)
{
	j->size = 0;
}

/* --- commit --- */

static int write_at(int fd, const uint8_t *bytes, size_t size, uint64_t offset)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		bytes += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int add_file(struct journal *j, int64_t now_ms)
{
	if (j->count == j->capacity) {
		size_t capacity = j->capacity ? 2 * j->capacity : 64;
		struct journal_file *grown = reallocarray(j->files, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		j->files = grown;
		j->capacity = capacity;
	}
	j->files[j->count++] = (struct journal_file){j->next++, JOURNAL_HEADER_SIZE, now_ms};
	return 0;
}

/* Begin a segment. On failure there is none open. */
static int begin(struct journal *j, int64_t now_ms)
{
	uint8_t header[JOURNAL_HEADER_SIZE];
	char name[JOURNAL_NAME_SIZE];
	int rc, fd;

	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
	journal_name(j->next, name);
	fd = openat(j->folder, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	journal_header_write(j->next, now_ms, header);
	rc = write_at(fd, header, sizeof(header), 0);
	if (rc == 0 && (fsync(fd) < 0 || fsync(j->folder) < 0))
		rc = -errno;
	if (rc == 0)
		rc = add_file(j, now_ms);
	if (rc < 0) {
		close(fd);
		unlinkat(j->folder, name, 0);
		return rc;
	}
	j->fd = fd;
	j->is_to_begin = false;
	return 0;
}

/* Give the frames their places. */
static void frame(struct journal *j, struct journal_position at)
{
	uint8_t bytes[JOURNAL_RECORD_MAX];

	for (size_t done = 0; done < j->size;) {
		uint8_t *p = j->buffer + done;
		uint16_t size;

		memcpy(&size, p, 2);
		memcpy(bytes, p + JOURNAL_FRAME_SIZE, size);
		journal_frame_write(at, bytes, size, p);
		done += JOURNAL_FRAME_SIZE + size;
		at.offset += JOURNAL_FRAME_SIZE + size;
	}
}

static int commit(struct journal *j, int64_t now_ms)
{
	struct journal_file *file;
	int rc = 0;

	if (j->fd < 0 || j->is_to_begin || j->files[j->count - 1].size >= j->segment_size)
		rc = begin(j, now_ms);
	if (rc < 0)
		return rc;
	file = &j->files[j->count - 1];
	frame(j, (struct journal_position){file->number, file->size});
	rc = write_at(j->fd, j->buffer, j->size, file->size);
	/* After a failed sync nobody knows what is on disk: leave this segment alone. */
	if (rc == 0 && fdatasync(j->fd) < 0) {
		rc = -errno;
		j->is_to_begin = true;
	}
	if (rc == 0)
		file->size += j->size;
	else if (ftruncate(j->fd, (off_t)file->size) < 0)
		j->is_to_begin = true;
	return rc;
}

int journal_commit(struct journal *j, int64_t now_ms)
{
	int rc = j->size ? commit(j, now_ms) : 0;

	j->size = 0;
	return rc;
}

struct journal_position journal_end(const struct journal *j)
{
	if (!j->count)
		return (struct journal_position){0, 0};
	return (struct journal_position){j->files[j->count - 1].number,
	                                 j->files[j->count - 1].size};
}

/* --- retention --- */

uint64_t journal_size(const struct journal *j)
{
	uint64_t size = 0;

	for (size_t i = 0; i < j->count; i++)
		size += j->files[i].size;
	return size;
}

/* A segment ends where the next one begins. */
static bool is_to_go(const struct journal *j, const struct journal_limits *limits, int64_t now_ms,
                     uint64_t size)
{
	return j->files[1].created_ms < now_ms - limits->keep_ms || size > limits->size_max;
}

int journal_retain(struct journal *j, const struct journal_limits *limits, int64_t now_ms,
                   struct journal_position needed)
{
	uint64_t size = journal_size(j);
	int removed = 0;

	while (j->count > 1 && j->files[1].number <= needed.segment &&
	       is_to_go(j, limits, now_ms, size)) {
		char name[JOURNAL_NAME_SIZE];

		journal_name(j->files[0].number, name);
		if (unlinkat(j->folder, name, 0) < 0 && errno != ENOENT)
			return -errno;
		size -= j->files[0].size;
		memmove(j->files, j->files + 1, --j->count * sizeof(*j->files));
		removed++;
	}
	return removed;
}
