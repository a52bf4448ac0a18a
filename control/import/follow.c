/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/follow.h"

#include "control/import/import.h"
#include "control/import/rotation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define BUFFER_SIZE (2 * (IMPORT_LINE_MAX + 1))

struct follow {
	struct rotation rotation;
	int notify;
	int fd;                      /* -1: no file yet */
	char file[FOLLOW_FILE_SIZE]; /* by what it is known; empty = not yet */
	uint64_t offset;             /* in the file, of buffer[begin] */
	size_t begin, end;           /* of what was read and not taken */
	bool is_skipping;            /* the rest of a line that is too long */
	bool is_rotated;             /* there is a next file: this one has got its last bytes */
	bool is_drained;             /* and they were read */
	int next;                    /* that file, or -1 */
	struct follow_counts counts;
	char buffer[BUFFER_SIZE];
};

static void follow_use(struct follow *f, int fd, uint64_t offset)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = fd;
	f->file[0] = '\0';
	f->offset = offset;
	f->begin = f->end = 0;
	f->is_skipping = f->is_rotated = f->is_drained = false;
}

static void follow_start(struct follow *f, const struct follow_place *from)
{
	int fd = rotation_next(&f->rotation, NULL, NULL), old;
	char file[FOLLOW_FILE_SIZE];
	struct stat st;

	if (!from->file[0]) {
		follow_use(f, fd, 0);
		return;
	}
	if (fd >= 0 && rotation_identify(fd, file) == 1 && strcmp(file, from->file) == 0 &&
	    fstat(fd, &st) == 0 && (uint64_t)st.st_size >= from->offset) {
		follow_use(f, fd, from->offset);
		return;
	}
	old = rotation_find(&f->rotation, from->file, from->offset);
	if (old < 0) {
		f->counts.losses++;
		follow_use(f, fd, 0);
		return;
	}
	if (fd >= 0)
		close(fd);
	follow_use(f, old, from->offset);
}

struct follow *follow_open(const char *path, const struct follow_place *from)
{
	struct follow *f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return NULL;
	f->fd = f->next = f->rotation.folder = -1;
	f->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	rc = f->notify < 0 ? -errno : rotation_open(path, &f->rotation);
	if (rc == 0 && inotify_add_watch(f->notify, f->rotation.folder_path,
	                                 IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		rc = -errno;
	if (rc < 0) {
		follow_close(f);
		errno = -rc;
		return NULL;
	}
	follow_start(f, from);
	return f;
}

void follow_close(struct follow *f)
{
	if (!f)
		return;
	rotation_close(&f->rotation);
	if (f->notify >= 0)
		close(f->notify);
	if (f->fd >= 0)
		close(f->fd);
	if (f->next >= 0)
		close(f->next);
	free(f);
}

/* Returns the bytes read, 0 at the end, or a negative errno. */
static ssize_t follow_fill(struct follow *f)
{
	ssize_t n;

	if (f->begin) {
		memmove(f->buffer, f->buffer + f->begin, f->end - f->begin);
		f->end -= f->begin;
		f->begin = 0;
	}
	n = pread(f->fd, f->buffer + f->end, sizeof(f->buffer) - f->end,
	          (off_t)(f->offset + f->end));
	if (n < 0)
		return -errno;
	f->end += (size_t)n;
	return n;
}

static void follow_take(struct follow *f, size_t size)
{
	f->begin += size;
	f->offset += size;
}

/* A whole line of the buffer, or the start of one that is too long. is_last: no more will come. */
static bool follow_line(struct follow *f, bool is_last, struct span *out_line, uint64_t *out_offset)
{
	for (;;) {
		const char *text = f->buffer + f->begin;
		size_t size = f->end - f->begin;
		const char *newline = memchr(text, '\n', size);
		bool was_skipping = f->is_skipping;

		if (!newline && size <= IMPORT_LINE_MAX && !(is_last && size))
			return false;
		*out_line = (struct span){text, newline ? (size_t)(newline - text) : size};
		*out_offset = f->offset;
		follow_take(f, newline ? out_line->size + 1 : size);
		f->is_skipping = !newline && !is_last;
		if (!was_skipping)
			break;
	}
	if (out_line->size > IMPORT_LINE_MAX)
		out_line->size = IMPORT_LINE_MAX + 1;
	return true;
}

/* Another content than what was read so far: the rest of that is in a copy, or nowhere. */
static void follow_truncated(struct follow *f)
{
	int old = rotation_find(&f->rotation, f->file, f->offset);

	f->counts.rotations++;
	if (old >= 0) {
		follow_use(f, old, f->offset);
		return;
	}
	f->counts.losses++;
	follow_use(f, f->fd < 0 ? -1 : dup(f->fd), 0);
}

/* Whether the file is still the one that was begun. */
static int follow_is_same(struct follow *f, const struct stat *st)
{
	char file[FOLLOW_FILE_SIZE] = "";
	int rc;

	if ((uint64_t)st->st_size < f->offset)
		return 0;
	rc = rotation_identify(f->fd, file);
	if (rc < 0)
		return rc;
	if (!f->file[0] && rc == 1)
		strcpy(f->file, file);
	return strcmp(f->file, file) == 0;
}

/* At the end of a file: is there a next one? Returns 1 to go on reading, 0, or a negative errno. */
static int follow_turn(struct follow *f, const struct stat *st)
{
	if (f->is_rotated && !f->is_drained && f->end > f->begin) {
		f->is_drained = true; /* what is left is a line without its end */
		return 1;
	}
	if (f->is_rotated) {
		f->counts.rotations++;
		follow_use(f, f->next, 0);
		f->next = -1;
		return 1;
	}
	f->next = rotation_next(&f->rotation, st, f->file);
	if (f->next < 0)
		return f->next == -ENOENT ? 0 : f->next;
	/* Whoever wrote the old one may have written since we looked; now nobody does. */
	f->is_rotated = true;
	return 1;
}

/* Returns 1 when there is more in the buffer, 0 at the end, or a negative errno. */
static int follow_more(struct follow *f)
{
	struct stat st;
	ssize_t n;
	int rc;

	if (f->fd < 0) {
		f->fd = rotation_next(&f->rotation, NULL, NULL);
		if (f->fd < 0)
			return f->fd == -ENOENT ? 0 : f->fd;
	}
	if (fstat(f->fd, &st) < 0)
		return -errno;
	rc = follow_is_same(f, &st);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		follow_truncated(f);
		return 1;
	}
	n = f->file[0] ? follow_fill(f) : 0;
	if (n != 0)
		return n < 0 ? (int)n : 1;
	return follow_turn(f, &st);
}

int follow_next(struct follow *f, struct span *out_line, struct follow_place *out_place)
{
	while (!f->file[0] || !follow_line(f, f->is_drained, out_line, &out_place->offset)) {
		int rc = follow_more(f);

		if (rc <= 0)
			return rc;
	}
	memcpy(out_place->file, f->file, sizeof(out_place->file));
	return 1;
}

void follow_place(const struct follow *f, struct follow_place *out_place)
{
	memcpy(out_place->file, f->file, sizeof(out_place->file));
	out_place->offset = f->file[0] ? f->offset : 0;
}

int follow_fd(const struct follow *f)
{
	return f->notify;
}

void follow_heard(struct follow *f)
{
	char events[4096];

	while (read(f->notify, events, sizeof(events)) > 0)
		;
}

const struct follow_counts *follow_counts(const struct follow *f)
{
	return &f->counts;
}
