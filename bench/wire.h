/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Names for questions. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Write "a.b" as labels, without the root. Returns the bytes written, strlen(text) + 1 at most. */
static inline size_t wire_name(const char *text, uint8_t *out_name)
{
	size_t size = 0;

	while (*text) {
		size_t label = strcspn(text, ".");

		out_name[size++] = (uint8_t)label;
		memcpy(&out_name[size], text, label);
		size += label;
		text += label + (text[label] == '.');
	}
	return size;
}
