/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Reading the journal. What is damaged is skipped and told with its position, and reading goes on
 * at the next record that is whole.
 *
 * Threads: any; no state.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_RECORD_MAX  4096u        /* bytes of a record */
#define JOURNAL_SEGMENT_MAX (256u << 20) /* bytes of a segment that are read */

struct journal_position {
	uint64_t segment; /* from 1; 0 = the start */
	uint64_t offset;  /* in it */
};

/* < 0, 0, > 0 as a is before, at or after b */
int journal_position_compare(struct journal_position a, struct journal_position b);

struct journal_visitor {
	/* A record; position: its start. Returns 0 to go on; anything else ends the reading. */
	int (*record)(const uint8_t *bytes, size_t size, struct journal_position position,
	              void *context);
	/* Bytes that hold no record; is_tail: nothing whole comes after them in the last segment,
	 * as a crash leaves it. NULL = nobody asks. */
	void (*damage)(const char *path, struct journal_position position, uint64_t size,
	               bool is_tail, void *context);
	void *context;
};

/*
 * Visit the records from a position on, in order.
 * Returns 0, or what the visitor ended with. Errors: negative errno: a file that cannot be read
 */
int journal_read(const char *folder, struct journal_position from,
                 const struct journal_visitor *visitor);

/* The same of one segment in memory; path: to be told, is_last: of the journal. */
struct journal_segment {
	const char *path;
	uint64_t number;
	const uint8_t *bytes;
	size_t size;
	bool is_last;
};
int journal_read_segment(const struct journal_segment *segment, uint64_t from_offset,
                         const struct journal_visitor *visitor);

/* --- the form, for journal.c --- */

#define JOURNAL_HEADER_SIZE 32u /* of a segment */
#define JOURNAL_FRAME_SIZE  12u /* before a record: mark, size, checksum */

void journal_header_write(uint64_t number, int64_t created_ms,
                          uint8_t out_header[JOURNAL_HEADER_SIZE]);

/* The moment a segment was begun. Errors: -EINVAL damaged */
int journal_header_read(const uint8_t *header, size_t size, uint64_t number,
                        int64_t *out_created_ms);

/* Write a record with its frame. size: 1 to JOURNAL_RECORD_MAX */
void journal_frame_write(struct journal_position position, const uint8_t *bytes, size_t size,
                         uint8_t *out_bytes);

struct journal_file {
	uint64_t number, size;
	int64_t created_ms; /* of its header, or of the file when that is damaged */
};

/* The segments of a folder, by number. Errors: negative errno */
int journal_list(int folder, struct journal_file **out_files, size_t *out_count);

#define JOURNAL_NAME_SIZE 24
void journal_name(uint64_t number, char out_name[JOURNAL_NAME_SIZE]);
