/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/scan.h"

#include <string.h>
#include <strings.h>

#define NUMBER_DIGITS_MAX 9

bool scan_is(struct span s, const char *text)
{
	return s.size == strlen(text) && memcmp(s.text, text, s.size) == 0;
}

bool scan_starts(struct span s, const char *prefix)
{
	size_t size = strlen(prefix);

	return s.size >= size && memcmp(s.text, prefix, size) == 0;
}

static const char *scan_find(struct span s, const char *needle)
{
	return memmem(s.text, s.size, needle, strlen(needle));
}

bool scan_has(struct span s, const char *needle)
{
	return scan_find(s, needle) != NULL;
}

bool scan_has_nocase(struct span s, const char *needle)
{
	size_t size = strlen(needle);

	for (size_t at = 0; at + size <= s.size; at++) {
		if (strncasecmp(s.text + at, needle, size) == 0)
			return true;
	}
	return false;
}

static void scan_go(struct span *s, size_t size)
{
	s->text += size;
	s->size -= size;
}

bool scan_skip(struct span *s, const char *prefix)
{
	if (!scan_starts(*s, prefix))
		return false;
	scan_go(s, strlen(prefix));
	return true;
}

bool scan_skip_to(struct span *s, const char *needle)
{
	struct span before;

	return scan_take(s, needle, &before);
}

bool scan_take(struct span *s, const char *stop, struct span *out_taken)
{
	const char *found = scan_find(*s, stop);

	if (!found)
		return false;
	*out_taken = (struct span){s->text, (size_t)(found - s->text)};
	scan_go(s, out_taken->size + strlen(stop));
	return true;
}

struct span scan_take_word(struct span *s, const char *stops)
{
	struct span word = {s->text, 0};

	while (word.size < s->size && !(s->text[word.size] && strchr(stops, s->text[word.size])))
		word.size++;
	scan_go(s, word.size);
	return word;
}

bool scan_take_number(struct span *s, uint32_t *out_number)
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
	scan_go(s, digits);
	*out_number = number;
	return true;
}

void scan_copy(struct span s, char *out_text, size_t size)
{
	size_t length = s.size < size ? s.size : size - 1;

	memcpy(out_text, s.text, length);
	out_text[length] = '\0';
}
