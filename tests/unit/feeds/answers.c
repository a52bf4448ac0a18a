/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/feeds/answers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *to;
	size_t used, size;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
	size_t left = text->size - text->used;
	va_list arguments;
	int used;

	va_start(arguments, format);
	used = vsnprintf(text->to + text->used, left, format, arguments);
	va_end(arguments);
	text->used += (size_t)used < left ? (size_t)used : left - 1;
}

static void value_put(struct text *text, const struct dataset_value *value, const char *subject)
{
	uint32_t code = value->code;

	if (code)
		put(text, "%u.%u.%u.%u", code >> 24, code >> 16 & 255, code >> 8 & 255, code & 255);
	else
		put(text, "-");
	if (value->text_kind != DATASET_TEXT_OWN) {
		put(text, value->text_kind == DATASET_TEXT_LIST ? " -" : " none");
		return;
	}
	put(text, " \"");
	for (unsigned i = 0; i < value->text_size; i++) {
		bool is_dollar = value->text[i] == '$';

		if (is_dollar && (i + 1 == value->text_size || value->text[i + 1] != '$')) {
			put(text, "%s", subject);
			continue;
		}
		i += is_dollar;
		put(text, "%c", value->text[i]);
	}
	put(text, "\"");
}

static uint32_t range_find(const struct dataset *d, const struct address_range *key)
{
	size_t count = d->range6_count, low = 0, high = count;
	struct dataset_range4 range;

	if (!key->is_ip6) {
		size_t edge = dataset_edge4_seek(&d->edges4, 0, (uint32_t)key->first);

		if (edge == d->edges4.count)
			return 0;
		dataset_edge4_range(&d->edges4, edge, &range);
		return range.first <= key->first ? range.set : 0;
	}
	while (low < high) {
		size_t middle = (low + high) / 2;
		address6_t last = d->ranges6[middle].last;

		if (last < key->first)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == count)
		return 0;
	return d->ranges6[low].first <= key->first ? d->ranges6[low].set : 0;
}

/* out_matched: the size of the name, or of the name above, that decided. */
static uint32_t name_find(const struct dataset *d, const uint8_t *wire, size_t size,
                          size_t *out_matched)
{
	for (size_t at = 0; at < size; at += 1u + wire[at]) {
		for (size_t i = 0; i < d->name_count; i++) {
			const struct dataset_name *name = &d->names[i];
			uint32_t set = at ? name->subtree : name->exact;

			if (set == DATASET_ABSENT ||
			    name_compare(wire + at, size - at, d->name_bytes + name->offset,
			                 name->size))
				continue;
			*out_matched = size - at;
			return set;
		}
	}
	return 0;
}

void answers_format(const struct dataset *d, const char *key, char *out_text, size_t text_size)
{
	struct text text = {out_text, 0, text_size};
	const struct dataset_value *const *values;
	char subject[4 * NAME_WIRE_MAX + 2];
	struct address_range range;
	uint8_t wire[NAME_WIRE_MAX];
	size_t matched = 0, count;
	uint32_t set = 0;
	int size;

	out_text[0] = 0;
	if (address_parse(key, strlen(key), &range) == 0) {
		address_format(&range, subject);
		set = range_find(d, &range);
	} else if ((size = name_parse(key, strlen(key), wire)) > 0) {
		set = name_find(d, wire, (size_t)size, &matched);
		name_format(wire + size - matched, matched, subject);
	}
	if (!set)
		return;
	count = dataset_set(d, set, &values);
	for (size_t i = 0; i < count; i++) {
		put(&text, i ? "\t" : "");
		value_put(&text, values[i], subject);
	}
}
