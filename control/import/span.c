/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/span.h"

#include <string.h>
#include <strings.h>

#define NUMBER_DIGITS_MAX 9

bool span_is(struct span s, const char *text)
{
	return s.size == strlen(text) && memcmp(s.text, text, s.size) == 0;
}

bool span_starts(struct span s, const char *prefix)
{
	size_t size = strlen(prefix);

	return s.size >= size && memcmp(s.text, prefix, size) == 0;
}

static const char *span_find(struct span s, const char *needle)
{
	return memmem(s.text, s.size, needle, strlen(needle));
}

bool span_has(struct span s, const char *needle)
{
	return span_find(s, needle) != NULL;
}

bool span_has_nocase(struct span s, const char *needle)
{
	size_t size = strlen(needle);

	for (size_t at = 0; at + size <= s.size; at++) {
		if (strncasecmp(s.text + at, needle, size) == 0)
			return true;
	}
	return false;
}

static void span_go(struct span *s, size_t size)
{
	s->text += size;
	s->size -= size;
}

bool span_skip(struct span *s, const char *prefix)
{
	if (!span_starts(*s, prefix))
		return false;
	span_go(s, strlen(prefix));
	return true;
}

bool span_skip_to(struct span *s, const char *needle)
{
	struct span before;

	return span_take(s, needle, &before);
}

bool span_take(struct span *s, const char *stop, struct span *out_taken)
{
	const char *found = span_find(*s, stop);

	if (!found)
		return false;
	*out_taken = (struct span){s->text, (size_t)(found - s->text)};
	span_go(s, out_taken->size + strlen(stop));
	return true;
}

struct span span_take_word(struct span *s, const char *stops)
{
	struct span word = {s->text, 0};

	while (word.size < s->size && !(s->text[word.size] && strchr(stops, s->text[word.size])))
		word.size++;
	span_go(s, word.size);
	return word;
}

bool span_take_number(struct span *s, uint32_t *out_number)
{
	uint32_t number = 0;
	size_t digits = 0;

	while (digits < s->size && s->text[digits] >= '0' && s->text[digits] <= '9') {
		if (digits == NUMBER_DIGITS_MAX)
			return false;
		number = number * 10 + (uint32_t)(s->text[digits++] - '0');
	}
	if (digits == 0)
		return false;
	span_go(s, digits);
	*out_number = number;
	return true;
}

void span_copy(struct span s, char *out_text, size_t size)
{
	size_t length = s.size < size ? s.size : size - 1;

	memcpy(out_text, s.text, length);
	out_text[length] = '\0';
}
