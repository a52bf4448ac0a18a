/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OUT_SIZE (1u << 20)

/* All lines with '|' behind each, or the error as "!-74". Lines that are too long are "#". */
static void lines_join(struct reader *r, char *out_text, size_t size)
{
	struct reader_line line;
	uint64_t number = 0;
	size_t used = 0;
	int rc;

	assert_non_null(r);
	out_text[0] = 0;
	while ((rc = reader_next(r, &line)) != 0) {
		if (rc < 0 && rc != -EMSGSIZE) {
			assert_true(reader_error(r)[0]);
			snprintf(out_text + used, size - used, "!%d", rc);
			assert_int_equal(reader_next(r, &line), rc);
			return;
		}
		assert_int_equal(line.number, ++number);
		used += (size_t)snprintf(out_text + used, size - used, "%.*s|",
		                         rc < 0 ? 1 : (int)line.size, rc < 0 ? "#" : line.text);
	}
	assert_int_equal(reader_next(r, &line), 0);
}

static void reader_rows(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *lines, *reason;
	} rows[] = {
#define BYTES(text) text, sizeof(text) - 1
	    {BYTES(""), "", "an empty file has no lines"},
	    {BYTES("a\nb\n"), "a|b|", "LF"},
	    {BYTES("a\r\nb\r\n"), "a|b|", "CR LF"},
	    {BYTES("a\nb"), "a|b|", "no line end at the end"},
	    {BYTES("a\r"), "a|", "CR at the end"},
	    {BYTES("\n\na\n"), "||a|", "empty lines are lines"},
	    {BYTES("a\rb\n"), "a\rb|", "CR alone ends nothing"},
	    {BYTES("\xef\xbb\xbfhello\n"), "hello|", "byte order mark"},
	    {BYTES("a\n\xef\xbb\xbf\n"), "a|\xef\xbb\xbf|", "only the first line has one"},
	    {BYTES("\xef\xbb\xbf"), "|", "nothing but a byte order mark"},
	    {BYTES("a\n\0b\n"), "!-74", "a NUL byte anywhere"},
	    {BYTES("\xff\xfe\x61\0\n\0"), "!-74", "UTF-16"},
	    {BYTES("\x1f\x8b\x08\0\0\0\0\0\0\x03zz"), "!-74", "gzip cut short"},
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reader *r = reader_open_memory(rows[i].bytes, rows[i].size);

		lines_join(r, text, sizeof(text));
		if (strcmp(text, rows[i].lines))
			fail_msg("%s: %s", rows[i].reason, text);
		reader_close(r);
	}
}

static void reader_tells_nul(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *error;
	} rows[] = {
	    {BYTES("\0"), "a NUL byte in line 1: this is not a text file"},
	    {BYTES("a\nb\nc\0\n"), "a NUL byte in line 3: this is not a text file"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reader *r = reader_open_memory(rows[i].text, rows[i].size);
		struct reader_line line;

		assert_int_equal(reader_next(r, &line), -EBADMSG);
		assert_string_equal(reader_error(r), rows[i].error);
		reader_close(r);
	}
}

/* Text that comes in pieces, and then an end or an error. */
struct pieces {
	const char *text;
	size_t size, at, step;
	int rc;
};

static ssize_t pieces_read(void *context, char *out, size_t size)
{
	struct pieces *p = context;

	if (p->at == p->size)
		return p->rc;
	if (size > p->step)
		size = p->step;
	if (size > p->size - p->at)
		size = p->size - p->at;
	memcpy(out, p->text + p->at, size);
	p->at += size;
	return (ssize_t)size;
}

static void reader_stream(void **state)
{
	static const struct {
		const char *text;
		size_t size, step;
		int rc;
		const char *lines, *reason; /* lines NULL: not opened */
		int code;                   /* errno then */
	} rows[] = {
	    {BYTES("a\nbc\nd\n"), 100, 0, "a|bc|d|", "in one piece"},
	    {BYTES("a\nbc\nd"), 1, 0, "a|bc|d|", "byte by byte, no line end"},
	    {BYTES("\xef\xbb\xbf-\r\nb\r\n"), 2, 0, "-|b|", "byte order mark and CR LF in pieces"},
	    {BYTES("a\n\0"), 1, 0, NULL, "a NUL byte at the start: for libarchive", EMEDIUMTYPE},
	    {BYTES("BZh91AY"), 3, 0, NULL, "bzip2", EMEDIUMTYPE},
	    {BYTES("\x28\xb5\x2f\xfd   "), 3, 0, NULL, "zstd", EMEDIUMTYPE},
	    {BYTES("\x1f\x8b\x08"), 3, 0, NULL, "gzip", EMEDIUMTYPE},
	    {BYTES(""), 1, 0, NULL, "nothing: a file says that better", EMEDIUMTYPE},
	    {BYTES("a\n"), 1, -ECANCELED, NULL, "an error in the first block", ECANCELED},
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pieces pieces = {rows[i].text, rows[i].size, 0, rows[i].step, rows[i].rc};
		struct reader *r = reader_open_stream(pieces_read, &pieces);

		if (!r != !rows[i].lines || (!r && errno != rows[i].code))
			fail_msg("%s: %s", rows[i].reason, r ? "opened" : strerror(errno));
		if (!r)
			continue;
		lines_join(r, text, sizeof(text));
		if (strcmp(text, rows[i].lines))
			fail_msg("%s: %s", rows[i].reason, text);
		reader_close(r);
	}
}

static void reader_stream_fails_later(void **state)
{
	const size_t size = 3u << 20;
	struct pieces pieces = {.size = size, .step = 100000, .rc = -EIO};
	char *text = malloc(size);
	struct reader_line line;
	struct reader *r;
	uint64_t count = 0;
	int rc;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = i % 16 == 15 ? '\n' : 'x';
	pieces.text = text;
	r = reader_open_stream(pieces_read, &pieces);
	assert_non_null(r);
	while ((rc = reader_next(r, &line)) > 0)
		count++;
	assert_int_equal(rc, -EIO);
	assert_string_equal(reader_error(r), strerror(EIO));
	/* The blocks before were whole. */
	assert_true(count > 0 && count <= size / 16);
	reader_close(r);
	free(text);
}

/* What is read many lines at once: the rest of a block, passed over line by line. */
static void reader_rests(void **state)
{
	struct reader *r = reader_open_memory("a\nbb\nccc\nd", 10);
	struct reader_line line;
	const char *text;
	uint64_t number;

	(void)state;
	assert_non_null(r);
	assert_int_equal(reader_rest(r, &text, &number), 0); /* nothing is read yet */
	assert_int_equal(number, 1);
	assert_int_equal(reader_next(r, &line), 1);
	assert_int_equal(reader_rest(r, &text, &number), 8);
	assert_int_equal(number, 2);
	assert_memory_equal(text, "bb\nccc\nd", 8);
	reader_skip(r, 3, 1);
	assert_int_equal(reader_next(r, &line), 1);
	assert_int_equal(line.number, 3);
	assert_memory_equal(line.text, "ccc", 3);
	assert_int_equal(reader_next(r, &line), 1);
	assert_int_equal(line.number, 4);
	assert_int_equal(reader_rest(r, &text, &number), 0);
	assert_int_equal(reader_next(r, &line), 0);
	reader_close(r);
}

/* Lines of every length around the cap and across the blocks of the file. */
static void reader_long_lines(void **state)
{
	char *bytes = malloc(OUT_SIZE), *text = malloc(OUT_SIZE);
	char path[] = "/tmp/reputed-reader-XXXXXX";
	int fd = mkstemp(path);
	struct reader *r;
	size_t used = 0;

	(void)state;
	assert_true(bytes && text && fd >= 0);
	for (unsigned i = 0; i < 20; i++) {
		size_t size = READER_LINE_MAX - 10 + i;

		memset(bytes + used, 'a' + (int)i, size);
		bytes[used + size] = '\n';
		used += size + 1;
	}
	assert_int_equal(write(fd, bytes, used), used);
	r = reader_open(path);
	lines_join(r, text, OUT_SIZE);
	assert_int_equal(strspn(text, "a"), READER_LINE_MAX - 10);
	assert_string_equal(strchr(text, 'k') + READER_LINE_MAX, "|#|#|#|#|#|#|#|#|#|");
	reader_close(r);
	unlink(path);
	close(fd);
	free(bytes);
	free(text);
}

static size_t compress_into(char *out_bytes, size_t size, int filter, int format, unsigned files)
{
	struct archive *archive = archive_write_new();
	size_t used = 0;

	assert_int_equal(archive_write_add_filter(archive, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format(archive, format), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(archive, out_bytes, size, &used), ARCHIVE_OK);
	for (unsigned i = 0; i < files; i++) {
		struct archive_entry *entry = archive_entry_new();

		archive_entry_set_pathname(entry, i ? "second" : "first");
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_size(entry, 4);
		assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
		assert_int_equal(archive_write_data(archive, "a\nb\n", 4), 4);
		archive_entry_free(entry);
	}
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
	return used;
}

static void reader_compressed(void **state)
{
	static const struct {
		int filter, format;
		unsigned files;
		const char *lines, *reason;
	} rows[] = {
	    {ARCHIVE_FILTER_GZIP, ARCHIVE_FORMAT_RAW, 1, "a|b|", "gzip"},
	    {ARCHIVE_FILTER_BZIP2, ARCHIVE_FORMAT_RAW, 1, "a|b|", "bzip2"},
	    {ARCHIVE_FILTER_XZ, ARCHIVE_FORMAT_RAW, 1, "a|b|", "xz"},
	    {ARCHIVE_FILTER_ZSTD, ARCHIVE_FORMAT_RAW, 1, "a|b|", "zstd"},
	    {ARCHIVE_FILTER_NONE, ARCHIVE_FORMAT_ZIP, 1, "a|b|", "zip"},
	    {ARCHIVE_FILTER_GZIP, ARCHIVE_FORMAT_TAR, 1, "a|b|", "tar.gz"},
	    {ARCHIVE_FILTER_NONE, ARCHIVE_FORMAT_ZIP, 2, "a|b|!-74",
	     "which of the two is the feed?"},
	};
	char bytes[20480], text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = compress_into(bytes, sizeof(bytes), rows[i].filter, rows[i].format,
		                            rows[i].files);
		struct reader *r = reader_open_memory(bytes, size);

		lines_join(r, text, sizeof(text));
		if (strcmp(text, rows[i].lines))
			fail_msg("%s: %s (%s)", rows[i].reason, text, reader_error(r));
		reader_close(r);
	}
}

static void reader_too_large(void **state)
{
	static const char bytes[] = "12345\n789\n";
	char text[100];
	struct reader *r = reader_open_memory(bytes, 10);

	(void)state;
	reader_limit(r, 10);
	lines_join(r, text, sizeof(text));
	assert_string_equal(text, "12345|789|");
	reader_close(r);
	r = reader_open_memory(bytes, 10);
	reader_limit(r, 9);
	lines_join(r, text, sizeof(text));
	assert_string_equal(text, "!-7");
	reader_close(r);
}

static void reader_no_file(void **state)
{
	(void)state;
	errno = 0;
	assert_null(reader_open("/nonexistent/feed"));
	assert_int_equal(errno, ENOENT);
	assert_null(reader_open("/tmp"));
	assert_int_equal(errno, EISDIR);
	reader_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reader_rows),       cmocka_unit_test(reader_tells_nul),
	    cmocka_unit_test(reader_stream),     cmocka_unit_test(reader_stream_fails_later),
	    cmocka_unit_test(reader_rests),      cmocka_unit_test(reader_long_lines),
	    cmocka_unit_test(reader_compressed), cmocka_unit_test(reader_too_large),
	    cmocka_unit_test(reader_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
