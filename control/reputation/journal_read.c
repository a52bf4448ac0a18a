/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/journal_read.h"

#include <sodium.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK          0x4a52u /* "RJ" */
#define MAGIC         "reputed journal"
#define MAGIC_SIZE    16
#define NAME_DIGITS   16
#define CHECKSUM_SIZE 8

_Static_assert(crypto_shorthash_BYTES == CHECKSUM_SIZE, "of a record");
_Static_assert(crypto_shorthash_KEYBYTES == 16, "two numbers");

static void put(uint8_t *p, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *p, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = size; i-- > 0;)
		value = value << 8 | p[i];
	return value;
}

static uint64_t checksum(struct journal_position position, const uint8_t *bytes, size_t size)
{
	uint8_t key[crypto_shorthash_KEYBYTES], sum[CHECKSUM_SIZE];

	put(key, position.segment, 8);
	put(key + 8, position.offset, 8);
	crypto_shorthash(sum, bytes, size, key);
	return get(sum, CHECKSUM_SIZE);
}

int journal_position_compare(struct journal_position a, struct journal_position b)
{
	if (a.segment != b.segment)
		return a.segment < b.segment ? -1 : 1;
	return (a.offset > b.offset) - (a.offset < b.offset);
}

void journal_header_write(uint64_t number, int64_t created_ms,
                          uint8_t out_header[JOURNAL_HEADER_SIZE])
{
	const struct journal_position at = {number, 0};

	memcpy(out_header, MAGIC, MAGIC_SIZE);
	put(out_header + MAGIC_SIZE, (uint64_t)created_ms, 8);
	put(out_header + MAGIC_SIZE + 8, checksum(at, out_header, MAGIC_SIZE + 8), CHECKSUM_SIZE);
}

int journal_header_read(const uint8_t *header, size_t size, uint64_t number,
                        int64_t *out_created_ms)
{
	const struct journal_position at = {number, 0};

	if (size < JOURNAL_HEADER_SIZE || memcmp(header, MAGIC, MAGIC_SIZE) != 0 ||
	    get(header + MAGIC_SIZE + 8, CHECKSUM_SIZE) != checksum(at, header, MAGIC_SIZE + 8))
		return -EINVAL;
	*out_created_ms = (int64_t)get(header + MAGIC_SIZE, 8);
	return 0;
}

void journal_frame_write(struct journal_position position, const uint8_t *bytes, size_t size,
                         uint8_t *out_bytes)
{
	put(out_bytes, MARK, 2);
	put(out_bytes + 2, size, 2);
	put(out_bytes + 4, checksum(position, bytes, size), CHECKSUM_SIZE);
	memcpy(out_bytes + JOURNAL_FRAME_SIZE, bytes, size);
}

/* The size of the record at an offset, without its frame; 0 when there is none. */
static size_t record_at(const struct journal_segment *s, size_t offset)
{
	const struct journal_position at = {s->number, offset};
	const uint8_t *frame = s->bytes + offset;
	size_t left = s->size - offset, size;

	if (left <= JOURNAL_FRAME_SIZE || get(frame, 2) != MARK)
		return 0;
	size = get(frame + 2, 2);
	if (size == 0 || size > JOURNAL_RECORD_MAX || size > left - JOURNAL_FRAME_SIZE)
		return 0;
	if (get(frame + 4, CHECKSUM_SIZE) != checksum(at, frame + JOURNAL_FRAME_SIZE, size))
		return 0;
	return size;
}

/* Where the next whole record begins; the size of the segment when there is none. */
static size_t next_record(const struct journal_segment *s, size_t offset)
{
	while (offset < s->size && record_at(s, offset) == 0)
		offset++;
	return offset;
}

static void tell_damage(const struct journal_segment *s, size_t offset, size_t end,
                        const struct journal_visitor *v)
{
	const struct journal_position at = {s->number, offset};

	if (v->damage)
		v->damage(s->path, at, end - offset, s->is_last && end == s->size, v->context);
}

int journal_read_segment(const struct journal_segment *s, uint64_t from_offset,
                         const struct journal_visitor *visitor)
{
	size_t offset =
	    from_offset > JOURNAL_HEADER_SIZE ? (size_t)from_offset : JOURNAL_HEADER_SIZE;
	int64_t created_ms;

	if (s->size && from_offset <= JOURNAL_HEADER_SIZE &&
	    journal_header_read(s->bytes, s->size, s->number, &created_ms) < 0)
		tell_damage(s, 0, s->size < offset ? s->size : offset, visitor);
	while (offset < s->size) {
		const struct journal_position at = {s->number, offset};
		size_t size = record_at(s, offset), next;
		int rc;

		if (size == 0) {
			next = next_record(s, offset + 1);
			tell_damage(s, offset, next, visitor);
			offset = next;
			continue;
		}
		rc = visitor->record(s->bytes + offset + JOURNAL_FRAME_SIZE, size, at,
		                     visitor->context);
		if (rc != 0)
			return rc;
		offset += JOURNAL_FRAME_SIZE + size;
	}
	return 0;
}

/* --- files --- */

void journal_name(uint64_t number, char out_name[JOURNAL_NAME_SIZE])
{
	snprintf(out_name, JOURNAL_NAME_SIZE, "%016llx.log", (unsigned long long)number);
}

/* Returns 0 for what is no segment. */
static uint64_t number_of(const char *name)
{
	char *end, again[JOURNAL_NAME_SIZE];
	uint64_t number;

	if (strspn(name, "0123456789abcdef") != NAME_DIGITS)
		return 0;
	number = strtoull(name, &end, 16);
	journal_name(number, again);
	return strcmp(name, again) == 0 ? number : 0;
}

/* Errors: -errno */
static int describe(int folder, uint64_t number, struct journal_file *out_file)
{
	uint8_t header[JOURNAL_HEADER_SIZE];
	char name[JOURNAL_NAME_SIZE];
	struct stat st;
	ssize_t size;
	int fd;

	journal_name(number, name);
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	*out_file =
	    (struct journal_file){number, (uint64_t)st.st_size, (int64_t)st.st_mtim.tv_sec * 1000};
	size = pread(fd, header, sizeof(header), 0);
	close(fd);
	if (size > 0)
		journal_header_read(header, (size_t)size, number, &out_file->created_ms);
	return 0;
}

static int compare_files(const void *left, const void *right)
{
	const struct journal_file *a = left, *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

static int list_entries(int folder, DIR *dir, struct journal_file **files, size_t *count)
{
	const struct dirent *entry;
	size_t capacity = 0;

	while ((errno = 0, entry = readdir(dir))) {
		uint64_t number = number_of(entry->d_name);
		int rc;

		if (!number)
			continue;
		if (*count == capacity) {
			struct journal_file *grown;

			capacity = capacity ? 2 * capacity : 64;
			grown = reallocarray(*files, capacity, sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			*files = grown;
		}
		rc = describe(folder, number, &(*files)[*count]);
		if (rc == -ENOENT) /* removed meanwhile */
			continue;
		if (rc < 0)
			return rc;
		++*count;
	}
	return -errno;
}

int journal_list(int folder, struct journal_file **out_files, size_t *out_count)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	struct journal_file *files = NULL;
	size_t count = 0;
	DIR *dir;

	if (copy < 0)
		return -errno;
	dir = fdopendir(copy);
	if (!dir) {
		rc = -errno;
		close(copy);
		return rc;
	}
	rc = list_entries(folder, dir, &files, &count);
	closedir(dir);
	if (rc < 0) {
		free(files);
		return rc;
	}
	if (count)
		qsort(files, count, sizeof(*files), compare_files);
	*out_files = files;
	*out_count = count;
	return 0;
}

/* Errors: NULL with errno */
static uint8_t *read_file(int folder, const char *name, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	uint8_t *bytes;
	size_t got = 0;

	if (fd < 0)
		return NULL;
	bytes = malloc(size + 1);
	while (bytes && got < size) {
		ssize_t n = pread(fd, bytes + got, size - got, (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : EIO;
			free(bytes);
			bytes = NULL;
			break;
		}
		got += (size_t)n;
	}
	close(fd);
	return bytes;
}

static int read_one(int folder, const char *path, const struct journal_file *file, bool is_last,
                    uint64_t from_offset, const struct journal_visitor *visitor)
{
	struct journal_segment s = {.number = file->number, .is_last = is_last};
	char full[4096], name[JOURNAL_NAME_SIZE];
	uint8_t *bytes;
	int rc;

	journal_name(file->number, name);
	if ((size_t)snprintf(full, sizeof(full), "%s/%s", path, name) >= sizeof(full))
		return -ENAMETOOLONG;
	s.path = full;
	s.size = file->size < JOURNAL_SEGMENT_MAX ? file->size : JOURNAL_SEGMENT_MAX;
	bytes = read_file(folder, name, s.size);
	if (!bytes)
		return -errno;
	s.bytes = bytes;
	rc = journal_read_segment(&s, from_offset, visitor);
	free(bytes);
	if (rc == 0 && s.size < file->size && visitor->damage)
		visitor->damage(full, (struct journal_position){s.number, s.size},
		                file->size - s.size, false, visitor->context);
	return rc;
}

int journal_read(const char *path, struct journal_position from,
                 const struct journal_visitor *visitor)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	struct journal_file *files = NULL;
	size_t count = 0;

	if (folder < 0)
		return -errno;
	rc = journal_list(folder, &files, &count);
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (files[i].number >= from.segment)
			rc = read_one(folder, path, &files[i], i + 1 == count,
			              files[i].number == from.segment ? from.offset : 0, visitor);
	}
	free(files);
	close(folder);
	return rc;
}
