/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_options.h"

#include "control/config_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const struct format *format;
	struct config_mistakes *mistakes;
};

static void check_value(const struct options *o, const struct format_option *row,
                        const struct config_node *node, const struct config_path *path)
{
	const char *expected;

	if (node->kind != CONFIG_SCALAR) {
		config_mistake(o->mistakes, node->line, path, "expected a single value%s",
		               row->flags & FORMAT_MANY ? " or a list of them" : "");
		return;
	}
	expected = row->check ? row->check(node->text) : node->text[0] ? NULL : "a value";
	if (expected)
		config_mistake(o->mistakes, node->line, path, "bad value '%.80s', expected %s",
		               node->text, expected);
}

static void tell_unknown(const struct options *o, const struct config_node *node,
                         const struct config_path *path)
{
	char known[256] = "";
	size_t at = 0;

	for (const struct format_option *row = o->format->options;
	     row && row->name && at < sizeof(known); row++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s", at ? ", " : "",
		                       row->name);
	if (at)
		config_mistake(o->mistakes, node->line, path,
		               "unknown key, expected one of format %s: %s", o->format->name,
		               known);
	else
		config_mistake(o->mistakes, node->line, path,
		               "unknown key: format %s has no options", o->format->name);
}

static void check_option(const struct options *o, const struct config_node *node,
                         const struct config_path *path)
{
	const struct format_option *row = format_option_find(o->format->options, node->key);

	if (!row) {
		tell_unknown(o, node, path);
		return;
	}
	if (node->kind != CONFIG_SEQUENCE || !(row->flags & FORMAT_MANY)) {
		check_value(o, row, node, path);
		return;
	}
	if (!node->count)
		config_mistake(o->mistakes, node->line, path,
		               "is empty, expected at least 1 entry");
	for (unsigned i = 0; i < node->count; i++) {
		const struct config_path at = {.up = path, .index = i};

		check_value(o, row, &node->children[i], &at);
	}
}

static int option_add(struct format_options *options, const struct format_option *row,
                      const struct config_node *node, const char *folder)
{
	char *path;
	int rc;

	if (!(row->flags & FORMAT_PATH))
		return format_options_add(options, row->name, node->text);
	path = config_check_absolute(folder, node->text);
	if (!path)
		return -ENOMEM;
	rc = format_options_add(options, row->name, path);
	free(path);
	return rc;
}

static int options_add(struct format_options *options, const struct format_option *row,
                       const struct config_node *node, const char *folder)
{
	int rc = 0;

	if (node->kind == CONFIG_SCALAR)
		return option_add(options, row, node, folder);
	for (unsigned i = 0; i < node->count && rc == 0; i++)
		rc = option_add(options, row, &node->children[i], folder);
	return rc;
}

/* All options of a mapping without mistakes. Errors: NULL */
static struct format_options *options_make(const struct format *format,
                                           const struct config_node *node, const char *folder)
{
	struct format_options *made = format_options_new();
	int rc = made ? 0 : -ENOMEM;

	for (unsigned i = 0; node && i < node->count && rc == 0; i++) {
		const struct config_node *child = &node->children[i];

		rc = options_add(made, format_option_find(format->options, child->key), child,
		                 folder);
	}
	if (rc == 0)
		return made;
	format_options_unref(made);
	return NULL;
}

/* What is wrong with the options together. */
static void check_whole(const struct options *o, const struct config_node *node, unsigned line,
                        const struct config_path *path)
{
	struct format_options *made = options_make(o->format, node, "/");
	const char *missing = made ? o->format->check(made) : NULL;

	if (missing)
		config_mistake(o->mistakes, line, path, "%s", missing);
	format_options_unref(made);
}

void config_options_check(const struct config_node *feed, const struct config_path *path,
                          struct config_mistakes *m)
{
	const struct config_node *format = config_lines_get(feed, "format");
	const struct config_node *node = config_lines_get(feed, "options");
	const struct config_path at = {.up = path, .key = "options"};
	struct options o = {.mistakes = m};
	unsigned before = m->count;

	if (!format || format->kind != CONFIG_SCALAR)
		return; /* told elsewhere */
	o.format = format_find(format->text);
	if (!o.format)
		return;
	if (node && node->kind != CONFIG_MAPPING) {
		config_mistake(m, node->line, &at, "expected keys: {key: value}");
		return;
	}
	for (unsigned i = 0; node && i < node->count; i++) {
		const struct config_path key = {.up = &at, .key = node->children[i].key};

		check_option(&o, &node->children[i], &key);
	}
	for (const struct format_option *row = o.format->options; row && row->name; row++) {
		const struct config_path key = {.up = &at, .key = row->name};

		if ((row->flags & FORMAT_NEEDED) && !config_lines_get(node, row->name))
			config_mistake(m, node ? node->line : feed->line, &key,
			               "missing, format %s needs it", o.format->name);
	}
	if (o.format->check && m->count == before)
		check_whole(&o, node, node ? node->line : feed->line, &at);
}

int config_options_resolve(struct config_feed *feed, const struct config_node *node,
                           const char *folder)
{
	const struct config_node *options = config_lines_get(node, "options");

	if (!options)
		return 0;
	feed->options = options_make(feed->format_row, options, folder);
	return feed->options ? 0 : -ENOMEM;
}
