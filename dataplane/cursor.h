/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Reading a message from front to back. Reads past the end give 0 and are remembered, so that one
 * check of is_bad at the end will do.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *bytes;
	size_t size;
	size_t offset;
	bool is_bad;
};

static inline void cursor_skip(struct cursor *c, size_t count)
{
	if (c->is_bad || c->size - c->offset < count)
		c->is_bad = true;
	else
		c->offset += count;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	size_t at = c->offset;

	cursor_skip(c, 1);
	return c->is_bad ? 0 : c->bytes[at];
}

/* Of the last byte alone nothing is taken. */
static inline uint16_t cursor_u16(struct cursor *c)
{
	const uint8_t *at = &c->bytes[c->offset];

	cursor_skip(c, 2);
	return c->is_bad ? 0 : (uint16_t)(at[0] << 8 | at[1]);
}
