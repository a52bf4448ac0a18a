/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Takes a fuzz input apart; past its end everything is 0. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input {
	const uint8_t *data;
	size_t size;
};

static inline bool input_is_empty(const struct input *in)
{
	return in->size == 0;
}

static inline uint8_t input_byte(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

/* A number below count; count <= 65536. */
static inline uint32_t input_below(struct input *in, uint32_t count)
{
	uint32_t high = input_byte(in);

	return (high << 8 | input_byte(in)) % count;
}
