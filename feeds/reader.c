/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK_SIZE (256u << 10)

struct reader {
	struct archive *archive;
	const char *block; /* borrowed from the archive until the next block */
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
	r->size_max = READER_SIZE_MAX;
	r->block = "";
	r->carry = malloc(READER_LINE_MAX);
	r->archive = archive_read_new();
	if (!r->carry || !r->archive) {
		reader_close(r);
		errno = ENOMEM;
		return NULL;
	}
	/* Named one by one: "all" would start external programs for exotic formats. */
	archive_read_support_filter_gzip(r->archive);
	archive_read_support_filter_bzip2(r->archive);
	archive_read_support_filter_xz(r->archive);
	archive_read_support_filter_zstd(r->archive);
	archive_read_support_format_raw(r->archive);
	archive_read_support_format_empty(r->archive);
	archive_read_support_format_zip(r->archive);
	archive_read_support_format_tar(r->archive);
	return r;
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

struct reader *reader_open(const char *path)
{
	struct reader *r;
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return NULL;
	}
	r = reader_new();
	return r ? opened(r, archive_read_open_filename(r->archive, path, BLOCK_SIZE)) : NULL;
}

struct reader *reader_open_memory(const void *bytes, size_t size)
{
	struct reader *r = reader_new();

	return r ? opened(r, archive_read_open_memory(r->archive, bytes, size)) : NULL;
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

/* Returns 1, or 0 at the end of the file. */
static int block_next(struct reader *r)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int rc;

	if (r->is_at_end)
		return 0;
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
		r->size += size;
		if (r->size > r->size_max)
			return fail(r, -E2BIG, "the file is too large");
	} while (!size);
	if (!r->is_binary && memchr(block, 0, size))
		return fail(r, -EBADMSG, "a NUL byte: this is not a text file");
	r->block = block;
	r->block_size = size;
	r->block_at = 0;
	return 1;
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
	archive_read_free(r->archive);
	free(r->carry);
	free(r);
}
