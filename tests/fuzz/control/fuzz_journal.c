/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A segment of the journal. The first byte says what is done: read the rest as it is, or make a
 * segment of it and damage that: then every record that was not hit is found, in order, and the
 * bytes of records and of damage add up to the whole.
 */
#include "control/reputation/journal_read.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER      3
#define SEGMENT_MAX (1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t bytes, next;
};

static int on_record(const uint8_t *bytes, size_t size, struct journal_position position,
                     void *context)
{
	struct seen *s = context;

	(void)bytes;
	if (position.offset < s->next || size == 0 || size > JOURNAL_RECORD_MAX)
		abort();
	s->bytes += JOURNAL_FRAME_SIZE + size;
	s->next = position.offset + JOURNAL_FRAME_SIZE + size;
	return 0;
}

static void on_damage(const char *path, struct journal_position position, uint64_t size,
                      bool is_tail, void *context)
{
	struct seen *s = context;

	(void)path;
	if (size == 0 || (position.offset && position.offset < s->next) || is_tail)
		abort();
	if (position.offset) /* the header is told, and read over */
		s->bytes += size;
	s->next = position.offset + size;
}

static void read_segment(const uint8_t *bytes, size_t size)
{
	struct seen seen = {0};
	const struct journal_visitor visitor = {on_record, on_damage, &seen};
	const struct journal_segment s = {"x", NUMBER, bytes, size, false};

	if (journal_read_segment(&s, 0, &visitor) != 0)
		abort();
	if (size > JOURNAL_HEADER_SIZE && seen.bytes != size - JOURNAL_HEADER_SIZE)
		abort();
}

/* Pieces of the input as records; then a byte of all is changed. */
static void read_damaged(const uint8_t *data, size_t size)
{
	static uint8_t bytes[SEGMENT_MAX];
	size_t at = JOURNAL_HEADER_SIZE, target;

	journal_header_write(NUMBER, 1, bytes);
	for (size_t used = 3; used < size;) {
		size_t piece = 1u + data[used] % 64;

		if (piece > size - used)
			piece = size - used;
		if (at + JOURNAL_FRAME_SIZE + piece > sizeof(bytes))
			break;
		journal_frame_write((struct journal_position){NUMBER, at}, data + used, piece,
		                    bytes + at);
		at += JOURNAL_FRAME_SIZE + piece;
		used += piece;
	}
	target = (data[0] | (size_t)data[1] << 8) % at;
	bytes[target] ^= data[2];
	read_segment(bytes, at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4 || size > SEGMENT_MAX / 2)
		return 0;
	if (data[0] & 1)
		read_segment(data + 1, size - 1);
	else
		read_damaged(data + 1, size - 1);
	return 0;
}
