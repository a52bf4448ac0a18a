/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A piece of a log line that is read from its front. Not terminated; may hold any byte.
 *
 * Threads: pure functions.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *text;
	size_t size;
};

bool span_is(struct span s, const char *text);
bool span_starts(struct span s, const char *prefix);
bool span_has(struct span s, const char *needle);
/* ASCII letters of either case. */
bool span_has_nocase(struct span s, const char *needle);

/* Go past a prefix. Returns false, and stays, when it is not there. */
bool span_skip(struct span *s, const char *prefix);

/* Go past the first place of a needle, whatever is before it. */
bool span_skip_to(struct span *s, const char *needle);

/* Take what is before the first place of stop, and go past that. Stays when it is not there. */
bool span_take(struct span *s, const char *stop, struct span *out_taken);

/* Take up to the first of some characters or the end; these stay. */
struct span span_take_word(struct span *s, const char *stops);

/* Decimal digits, 1 to 9 of them. Returns false, and stays, when there are none or more. */
bool span_take_number(struct span *s, uint32_t *out_number);

/* Copy, terminated and cut. */
void span_copy(struct span s, char *out_text, size_t size);
