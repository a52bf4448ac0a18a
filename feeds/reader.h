/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The bytes of a feed as numbered lines. Compression (gzip, xz, zstd, bzip2, zip with one file) is
 * recognised by its magic (libarchive); a zip or tar
 * archive must hold one file. A byte order mark is skipped; a last line without line end is a line;
 * an empty file has none. Sizes are capped: a line, the file, and the expanded size.
 *
 * Threads: one thread per reader.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define READER_LINE_MAX 32768        /* bytes; longer lines are errors of their own, skipped */
#define READER_SIZE_MAX (4ull << 30) /* bytes after decompression */

struct reader;

struct reader_line {
	const char
	    *text; /* without line end (\n or \r\n); valid until the next call; not terminated */
	size_t size;
	uint64_t number; /* from 1 */
};

/* Open a file. Errors: NULL with errno. */
struct reader *reader_open(const char *path);

/*
 * Read plain text from a function, that returns the bytes read, 0 at the end, or a negative errno.
 * Errors: NULL with errno: EMEDIUMTYPE it is no plain text: read it as a file; that of the function
 */
typedef ssize_t reader_source(void *context, char *out, size_t size);
struct reader *reader_open_stream(reader_source *source, void *context);

/* Read from memory that outlives the reader (tests, fuzzing). Errors: NULL with errno. */
struct reader *reader_open_memory(const void *bytes, size_t size);

/* Lower the cap of bytes after decompression: READER_SIZE_MAX when never called. */
void reader_limit(struct reader *r, uint64_t size_max);

/*
 * The next line. Returns 1, or 0 at the end.
 * Errors: -E2BIG file too large, -EBADMSG damaged compression or a NUL byte, -EIO, -EMSGSIZE this
 * line is too long (reading may go on with the next); reader_error() tells more
 */
int reader_next(struct reader *r, struct reader_line *out_line);

/*
 * What of the text is at hand behind the line that was given last, for those who read many lines at
 * once: whole lines, and perhaps the start of one. Returns its size, 0 when nothing is; valid until
 * the next reader_next(). out_number: of its first line
 */
size_t reader_rest(const struct reader *r, const char **out_text, uint64_t *out_number);

/* Pass over whole lines of it. */
void reader_skip(struct reader *r, size_t size, size_t line_count);

/*
 * The next bytes, of any kind, for formats that are not made of lines; not to be mixed with
 * reader_next(). Returns 1, or 0 at the end. out_bytes: valid until the next call.
 * Errors: as reader_next(), but for lines and NUL bytes
 */
int reader_block(struct reader *r, const char **out_bytes, size_t *out_size);

/* Text for the last error, valid until reader_close(). */
const char *reader_error(const struct reader *r);

void reader_close(struct reader *r);
