/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Writing a message from front to back. Writes past the limit are left out and remembered, so that
 * one check at the end will do.
 */
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct writer {
	uint8_t *bytes;
	size_t size;
	size_t limit;
	bool is_full;
};

static inline void writer_put(struct writer *w, const void *bytes, size_t size)
{
	if (w->is_full || w->limit - w->size < size) {
		w->is_full = true;
		return;
	}
	memcpy(&w->bytes[w->size], bytes, size);
	w->size += size;
}

static inline void writer_u16(struct writer *w, unsigned value)
{
	uint16_t word = htobe16((uint16_t)value);

	writer_put(w, &word, 2);
}

static inline void writer_u32(struct writer *w, uint32_t value)
{
	uint32_t word = htobe32(value);

	writer_put(w, &word, 4);
}

/* Set what was written before, or is behind it: not checked. */
static inline void writer_set_u16(struct writer *w, size_t at, size_t value)
{
	uint16_t word = htobe16((uint16_t)value);

	memcpy(&w->bytes[at], &word, 2);
}

static inline void writer_set_u32(struct writer *w, size_t at, uint32_t value)
{
	uint32_t word = htobe32(value);

	memcpy(&w->bytes[at], &word, 4);
}

/* Leave room for a size of 16 bits, to be set by writer_end_size(). */
static inline size_t writer_begin_size(struct writer *w)
{
	writer_u16(w, 0);
	return w->size;
}

static inline void writer_end_size(struct writer *w, size_t start)
{
	if (!w->is_full)
		writer_set_u16(w, start - 2, w->size - start);
}
