/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (256u << 10)
#define MAGIC_SIZE 512 /* bytes in which all magics are */

struct reader {
	struct archive *archive; /* NULL: the bytes are the text */
	reader_source *source;   /* of plain text; NULL = it is in memory */
	void *source_context;
	int fd;             /* of plain text in a file, or -1 */
	char *buffer;       /* of plain text from the source */
	size_t buffer_size; /* what was read of it to look at */
	const char *memory; /* all of plain text in memory, until it was given */
	size_t memory_size;
	const char *block; /* borrowed from one of these until the next block */
	size_t block_size, block_at;
	char *carry; /* the start of a line that goes on in the next block */
	size_t carry_size;
	uint64_t line_number;
	uint64_t size, size_max;
	bool has_entry, is_at_end, is_line_open, is_line_long;
	bool is_binary; /* NUL bytes are welcome */
	int failure;    /* sticky: negative errno */
	char error[256];
};

static int fail(struct reader *r, int failure, const char *text)
{
	r->failure = failure;
	snprintf(r->error, sizeof(r->error), "%s", text);
	return failure;
}

static int fail_archive(struct reader *r)
{
	const char *text = archive_error_string(r->archive);
	int code = archive_errno(r->archive);
	bool is_system = code == EIO || code == ENOMEM || code == EACCES || code == EISDIR;

	return fail(r, is_system ? -EIO : -EBADMSG, text ? text : "damaged compression");
}

static struct reader *reader_new(void)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->fd = -1;
	r->size_max = READER_SIZE_MAX;
	r->block = "";
	r->carry = malloc(READER_LINE_MAX);
	if (!r->carry) {
		reader_close(r);
		errno = ENOMEM;
		return NULL;
	}
	return r;
}

/* Errors: -ENOMEM */
static int archive_begin(struct reader *r)
{
	r->archive = archive_read_new();
	if (!r->archive)
		return -ENOMEM;
	/* Named one by one: "all" would start external programs for exotic formats. */
	archive_read_support_filter_gzip(r->archive);
	archive_read_support_filter_bzip2(r->archive);
	archive_read_support_filter_xz(r->archive);
	archive_read_support_filter_zstd(r->archive);
	archive_read_support_format_raw(r->archive);
	archive_read_support_format_empty(r->archive);
	archive_read_support_format_zip(r->archive);
	archive_read_support_format_tar(r->archive);
	return 0;
}

/* libarchive looks at the first bytes already; what is wrong with them is told by reader_next(). */
static struct reader *opened(struct reader *r, int rc)
{
	int code;

	if (rc >= ARCHIVE_WARN || fail_archive(r) != -EIO)
		return r;
	code = archive_errno(r->archive);
	reader_close(r);
	errno = code;
	return NULL;
}

/*
 * Whether a file that starts so is read as it is. All that libarchive knows has bytes at the start
 * that no text has, but for two magics.
 */
static bool is_plain(const char *bytes, size_t size)
{
	static const char zstd[4] = {'\x28', '\xb5', '\x2f', '\xfd'};

	if (!size || (size >= 3 && !memcmp(bytes, "BZh", 3)) ||
	    (size >= sizeof(zstd) && !memcmp(bytes, zstd, sizeof(zstd))))
		return false;
	for (size_t i = 0; i < size && i < MAGIC_SIZE; i++)
		if ((uint8_t)bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\r' &&
		    bytes[i] != '\t')
			return false;
	return true;
}

static ssize_t file_read(void *context, char *out, size_t size)
{
	const struct reader *r = context;
	ssize_t n;

	do {
		n = read(r->fd, out, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Returns the bytes read, less than a block only at the end. Errors: negative errno */
static ssize_t buffer_fill(struct reader *r)
{
	size_t got = 0;

	while (got < BLOCK_SIZE) {
		ssize_t n = r->source(r->source_context, r->buffer + got, BLOCK_SIZE - got);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* Look at the first block of a source. Returns 1 when it is plain text, else 0. Errors: negative
 * errno */
static int source_begin(struct reader *r, reader_source *source, void *context)
{
	ssize_t got;

	r->source = source;
	r->source_context = context;
	r->buffer = malloc(BLOCK_SIZE);
	if (!r->buffer)
		return -ENOMEM;
	got = buffer_fill(r);
	if (got < 0)
		return (int)got;
	r->buffer_size = (size_t)got;
	return is_plain(r->buffer, (size_t)got);
}

/* Returns 1 when the file is plain text and ready, 0 when it is for libarchive. Errors: negative
 * errno */
static int plain_begin(struct reader *r, const char *path)
{
	int rc;

	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd < 0)
		return -errno;
	rc = source_begin(r, file_read, r);
	if (rc != 0)
		return rc;
	close(r->fd);
	r->fd = -1;
	free(r->buffer);
	r->buffer = NULL;
	return archive_begin(r);
}

struct reader *reader_open(const char *path)
{
	struct reader *r;
	struct stat st;
	int rc;

	if (stat(path, &st) < 0)
		return NULL;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return NULL;
	}
	r = reader_new();
	rc = r ? plain_begin(r, path) : -ENOMEM;
	if (rc > 0)
		return r;
	if (rc == 0)
		return opened(r, archive_read_open_filename(r->archive, path, BLOCK_SIZE));
	reader_close(r);
	errno = -rc;
	return NULL;
}

struct reader *reader_open_stream(reader_source *source, void *context)
{
	struct reader *r = reader_new();
	int rc = r ? source_begin(r, source, context) : -ENOMEM;

	if (rc > 0)
		return r;
	reader_close(r);
	errno = rc < 0 ? -rc : EMEDIUMTYPE;
	return NULL;
}

struct reader *reader_open_memory(const void *bytes, size_t size)
{
	struct reader *r = reader_new();

	if (!r)
		return NULL;
	if (is_plain(bytes, size)) {
		r->memory = bytes;
		r->memory_size = size;
		return r;
	}
	if (archive_begin(r) < 0) {
		reader_close(r);
		errno = ENOMEM;
		return NULL;
	}
	return opened(r, archive_read_open_memory(r->archive, bytes, size));
}

void reader_limit(struct reader *r, uint64_t size_max)
{
	r->size_max = size_max;
}

/* Go to the one file of the archive. Returns 1, or 0 when there is none. */
static int entry_next(struct reader *r)
{
	struct archive_entry *entry;

	for (;;) {
		int rc = archive_read_next_header(r->archive, &entry);

		if (rc == ARCHIVE_EOF) {
			r->is_at_end = true;
			return 0;
		}
		if (rc < ARCHIVE_WARN)
			return fail_archive(r);
		if (archive_entry_filetype(entry) != AE_IFREG)
			continue;
		if (r->has_entry)
			return fail(r, -EBADMSG, "the archive holds more than one file");
		r->has_entry = true;
		return 1;
	}
}

static int fail_nul(struct reader *r, const char *block, const char *nul)
{
	uint64_t line = r->line_number + 1;

	for (const char *at = block; (at = memchr(at, '\n', (size_t)(nul - at))); at++)
		line++;
	r->failure = -EBADMSG;
	snprintf(r->error, sizeof(r->error),
	         "a NUL byte in line %" PRIu64 ": this is not a text file", line);
	return r->failure;
}

/* Take a block as the text that is next. Errors: as reader_next() */
static int block_take(struct reader *r, const char *block, size_t size)
{
	const char *nul;

	r->size += size;
	if (r->size > r->size_max)
		return fail(r, -E2BIG, "the file is too large");
	nul = r->is_binary ? NULL : memchr(block, 0, size);
	if (nul)
		return fail_nul(r, block, nul);
	r->block = block;
	r->block_size = size;
	r->block_at = 0;
	return 1;
}

/* Returns 1, or 0 at the end of plain text. */
static int plain_next(struct reader *r)
{
	const char *block = r->memory;
	ssize_t size = (ssize_t)r->memory_size;

	r->memory_size = 0;
	if (r->source) {
		block = r->buffer;
		size = (ssize_t)r->buffer_size;
		r->buffer_size = 0;
		if (!size)
			size = buffer_fill(r);
	}
	if (size < 0)
		return fail(r, -EIO, strerror((int)-size));
	r->is_at_end = !size;
	return size ? block_take(r, block, (size_t)size) : 0;
}

/* Returns 1, or 0 at the end of the file. */
static int archive_next(struct reader *r)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int rc;

	if (!r->has_entry) {
		rc = entry_next(r);
		if (rc <= 0)
			return rc;
	}
	do {
		rc = archive_read_data_block(r->archive, &block, &size, &offset);
		if (rc == ARCHIVE_EOF)
			return entry_next(r);
		if (rc < ARCHIVE_WARN)
			return fail_archive(r);
		if ((uint64_t)offset != r->size)
			return fail(r, -EBADMSG, "the archive's file has holes");
	} while (!size);
	return block_take(r, block, size);
}

/* Returns 1, or 0 at the end of the file. */
static int block_next(struct reader *r)
{
	if (r->is_at_end)
		return 0;
	return r->archive ? archive_next(r) : plain_next(r);
}

/* Move what is left of the block to the carry buffer. */
static void carry(struct reader *r, const char *text, size_t size)
{
	r->is_line_open = true;
	if (r->is_line_long || r->carry_size + size > READER_LINE_MAX) {
		r->is_line_long = true;
		return;
	}
	memcpy(r->carry + r->carry_size, text, size);
	r->carry_size += size;
}

static int line_done(struct reader *r, const char *text, size_t size, struct reader_line *out_line)
{
	bool is_long = r->is_line_long || size > READER_LINE_MAX;

	r->is_line_open = false;
	r->is_line_long = false;
	r->carry_size = 0;
	r->line_number++;
	if (r->line_number == 1 && size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		size -= 3;
	}
	if (size && text[size - 1] == '\r')
		size--;
	*out_line = (struct reader_line){text, is_long ? 0 : size, r->line_number};
	if (!is_long)
		return 1;
	snprintf(r->error, sizeof(r->error), "line %" PRIu64 " is longer than %u bytes",
	         r->line_number, READER_LINE_MAX);
	return -EMSGSIZE;
}

int reader_next(struct reader *r, struct reader_line *out_line)
{
	if (r->failure)
		return r->failure;
	for (;;) {
		const char *text = r->block + r->block_at, *end;
		size_t left = r->block_size - r->block_at, size;
		int rc;

		if (!left) {
			rc = block_next(r);
			if (rc < 0)
				return rc;
			if (rc > 0)
				continue;
			r->block_size = r->block_at = 0;
			if (!r->is_line_open)
				return 0;
			return line_done(r, r->carry, r->carry_size, out_line);
		}
		end = memchr(text, '\n', left);
		size = end ? (size_t)(end - text) : left;
		r->block_at += end ? size + 1 : left;
		if (end && !r->is_line_open)
			return line_done(r, text, size, out_line);
		carry(r, text, size);
		if (end)
			return line_done(r, r->carry, r->carry_size, out_line);
	}
}

size_t reader_rest(const struct reader *r, const char **out_text, uint64_t *out_number)
{
	*out_text = r->block + r->block_at;
	*out_number = r->line_number + 1;
	return r->is_line_open || r->failure ? 0 : r->block_size - r->block_at;
}

void reader_skip(struct reader *r, size_t size, size_t line_count)
{
	r->block_at += size;
	r->line_number += line_count;
}

int reader_block(struct reader *r, const char **out_bytes, size_t *out_size)
{
	r->is_binary = true;
	if (r->failure)
		return r->failure;
	while (r->block_at == r->block_size) {
		int rc = block_next(r);

		if (rc <= 0)
			return rc;
	}
	*out_bytes = r->block + r->block_at;
	*out_size = r->block_size - r->block_at;
	r->block_at = r->block_size;
	return 1;
}

const char *reader_error(const struct reader *r)
{
	return r->error;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	if (r->archive)
		archive_read_free(r->archive);
	if (r->fd >= 0)
		close(r->fd);
	free(r->buffer);
	free(r->carry);
	free(r);
}
