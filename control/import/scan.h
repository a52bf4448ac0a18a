/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Reading a log line from its front. It may hold any byte.
 *
 * Threads: pure functions.
 */
#include "feeds/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool scan_is(struct span s, const char *text);
bool scan_starts(struct span s, const char *prefix);
bool scan_has(struct span s, const char *needle);
/* ASCII letters of either case. */
bool scan_has_nocase(struct span s, const char *needle);

/* Go past a prefix. Returns false, and stays, when it is not there. */
bool scan_skip(struct span *s, const char *prefix);

/* Go past the first place of a needle, whatever is before it. */
bool scan_skip_to(struct span *s, const char *needle);

/* Take what is before the first place of stop, and go past that. Stays when it is not there. */
bool scan_take(struct span *s, const char *stop, struct span *out_taken);

/* Take up to the first of some characters or the end; these stay. */
struct span scan_take_word(struct span *s, const char *stops);

/* Decimal digits, 1 to 9 of them. Returns false, and stays, when there are none or more. */
bool scan_take_number(struct span *s, uint32_t *out_number);

/* Copy, terminated and cut. */
void scan_copy(struct span s, char *out_text, size_t size);
