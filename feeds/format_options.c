/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/format_options.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	char *name, *value;
};

struct format_options {
	atomic_uint refs;
	size_t count;
	struct pair *pairs;
};

struct format_options *format_options_new(void)
{
	struct format_options *o = calloc(1, sizeof(*o));

	if (o)
		atomic_init(&o->refs, 1);
	return o;
}

int format_options_add(struct format_options *o, const char *name, const char *value)
{
	struct pair *pairs = reallocarray(o->pairs, o->count + 1, sizeof(*pairs));
	struct pair pair;

	if (!pairs)
		return -ENOMEM;
	o->pairs = pairs;
	pair = (struct pair){strdup(name), strdup(value)};
	if (!pair.name || !pair.value) {
		free(pair.name);
		free(pair.value);
		return -ENOMEM;
	}
	o->pairs[o->count++] = pair;
	return 0;
}

struct format_options *format_options_ref(struct format_options *o)
{
	if (o)
		atomic_fetch_add(&o->refs, 1);
	return o;
}

void format_options_unref(struct format_options *o)
{
	if (!o || atomic_fetch_sub(&o->refs, 1) != 1)
		return;
	for (size_t i = 0; i < o->count; i++) {
		free(o->pairs[i].name);
		free(o->pairs[i].value);
	}
	free(o->pairs);
	free(o);
}

const char *format_options_next(const struct format_options *o, const char *name, size_t *at)
{
	while (o && *at < o->count) {
		const struct pair *pair = &o->pairs[(*at)++];

		if (!strcmp(pair->name, name))
			return pair->value;
	}
	return NULL;
}

const char *format_options_get(const struct format_options *o, const char *name)
{
	size_t at = 0;

	return format_options_next(o, name, &at);
}

bool format_options_at(const struct format_options *o, size_t i, const char **out_name,
                       const char **out_value)
{
	if (!o || i >= o->count)
		return false;
	*out_name = o->pairs[i].name;
	*out_value = o->pairs[i].value;
	return true;
}

bool format_options_equal(const struct format_options *a, const struct format_options *b)
{
	size_t count = a ? a->count : 0;

	if (count != (b ? b->count : 0))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(a->pairs[i].name, b->pairs[i].name) ||
		    strcmp(a->pairs[i].value, b->pairs[i].value))
			return false;
	return true;
}

const struct format_option *format_option_find(const struct format_option *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (!strcmp(rows->name, name))
			return rows;
	return NULL;
}
