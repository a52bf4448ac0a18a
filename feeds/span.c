/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/span.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct span span_word(struct span *span)
{
	struct span word = *span;

	word.size = 0;
	while (word.size < span->size && !span_is_blank(word.text[word.size]))
		word.size++;
	*span = span_trim(span_skip(*span, word.size));
	return word;
}

bool span_starts(struct span span, const char *text)
{
	size_t size = strlen(text);

	return span.size >= size && !strncasecmp(span.text, text, size);
}

bool span_equals(struct span span, const char *text)
{
	return span.size == strlen(text) && span_starts(span, text);
}

bool span_is_comment(struct span span)
{
	if (!span.size)
		return false;
	if (span.text[0] == '#' || span.text[0] == ';')
		return true;
	return span.size > 1 && span.text[0] == '/' && span.text[1] == '/';
}

struct span span_cut_comment(struct span span)
{
	for (size_t i = 1; i < span.size; i++) {
		if (span_is_blank(span.text[i - 1]) && span_is_comment(span_skip(span, i)))
			return span_trim((struct span){span.text, i});
	}
	return span;
}

int span_number(struct span span, uint64_t max, uint64_t *out_value)
{
	uint64_t value = 0;

	if (!span.size)
		return -EINVAL;
	for (size_t i = 0; i < span.size; i++) {
		uint64_t digit = (uint64_t)(span.text[i] - '0');

		if (!span_is_digit(span.text[i]) || value > (max - digit) / 10 || digit > max)
			return -EINVAL;
		value = value * 10 + digit;
	}
	*out_value = value;
	return 0;
}
