/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A piece of a line: borrowed, not terminated. Blanks are spaces and tabs.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *text;
	size_t size;
};

static inline bool span_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool span_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Without blanks at both ends. */
static inline struct span span_trim(struct span span)
{
	while (span.size && span_is_blank(span.text[0])) {
		span.text++;
		span.size--;
	}
	while (span.size && span_is_blank(span.text[span.size - 1]))
		span.size--;
	return span;
}

/* What is left after the first count bytes. */
static inline struct span span_skip(struct span span, size_t count)
{
	return (struct span){span.text + count, span.size - count};
}

/* Take the first word off a trimmed span; what is left is trimmed too. Empty at the end. */
struct span span_word(struct span *span);

/* Whether the span begins with a text; letters in either case. */
bool span_starts(struct span span, const char *text);

/* Whether the span is that text; letters in either case. */
bool span_equals(struct span span, const char *text);

/* Whether a comment begins here: '#', ';' or "//". */
bool span_is_comment(struct span span);

/* Cut off a comment that follows a blank. */
struct span span_cut_comment(struct span span);

/* A decimal number of the whole span. Errors: -EINVAL; out is unchanged. */
int span_number(struct span span, uint64_t max, uint64_t *out_value);

/* For "%.*s" in a message: at most 60 bytes of it. */
#define SPAN_QUOTE(span) (int)((span).size < 60 ? (span).size : 60), (span).text
