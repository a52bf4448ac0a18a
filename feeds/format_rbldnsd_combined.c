/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rbldnsd's combined: a file of several datasets, each behind a line "$DATASET TYPE[:NAME]
 * SUBZONE …". A list is one of them, which the option 'dataset' names.
 */
#include "feeds/format_rbldnsd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAMES_SIZE 120 /* of datasets, for people */

struct combined {
	struct rbldnsd rbldnsd;
	const char *wanted;
	uint64_t wanted_number; /* 0 = by name */
	uint64_t count;         /* of datasets so far */
	bool is_ours, is_found;
	uint64_t found_line;
	char names[NAMES_SIZE];
};

static const struct rbldnsd_type *const types[] = {
    &rbldnsd_ip4set,  &rbldnsd_ip4trie, &rbldnsd_ip4tset, &rbldnsd_ip6trie,
    &rbldnsd_ip6tset, &rbldnsd_dnset,   &rbldnsd_dnhash,  &rbldnsd_generic,
};

static const struct rbldnsd_type *type_find(struct span name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_equals(name, types[i]->name))
			return types[i];
	return NULL;
}

static void name_note(struct combined *c, struct span name)
{
	size_t used = strlen(c->names);

	if (name.size)
		snprintf(c->names + used, NAMES_SIZE - used, "%s%.*s", used ? ", " : "",
		         SPAN_QUOTE(name));
	else
		snprintf(c->names + used, NAMES_SIZE - used, "%s%" PRIu64, used ? ", " : "",
		         c->count);
}

static int fail(struct lines *lines, uint64_t number, const char *what, struct span text)
{
	snprintf(lines->error, lines->error_size, "line %" PRIu64 ": %s '%.*s'", number, what,
	         SPAN_QUOTE(text));
	return -EINVAL;
}

/* "TYPE[:NAME] SUBZONE …" */
static int dataset_begin(struct lines *lines, struct span text, uint64_t number)
{
	struct combined *c = lines->context;
	struct span shown = text, name = span_word(&text), kind = name;
	const char *colon = memchr(name.text, ':', name.size);
	const struct rbldnsd_type *type;

	kind.size = colon ? (size_t)(colon - name.text) : name.size;
	name = span_skip(name, kind.size + (colon != NULL));
	type = type_find(kind);
	if (!type)
		return fail(lines, number, "no type of dataset that is known:", kind);
	if (!text.size || span_is_comment(text))
		return fail(lines, number, "no subzone in $DATASET", shown);
	c->count++;
	name_note(c, name);
	c->is_ours = c->wanted_number ? c->count == c->wanted_number : span_equals(name, c->wanted);
	if (!c->is_ours)
		return 0;
	if (c->is_found) {
		snprintf(lines->error, lines->error_size,
		         "line %" PRIu64 ": a second dataset '%s' (first in line %" PRIu64
		         "): choose one by its number",
		         number, c->wanted, c->found_line);
		return -EINVAL;
	}
	c->is_found = true;
	c->found_line = number;
	c->rbldnsd.type = type;
	return 0;
}

/* Of other datasets only $MAXRANGE4 counts: rbldnsd keeps it for those that follow. */
static bool is_shared(struct span special)
{
	return span_starts(special, "MAXRANGE4");
}

static int combined_line(struct lines *lines, struct span line, uint64_t number)
{
	struct combined *c = lines->context;
	bool is_marked = line.size > 1 && line.text[1] == '$' && strchr("#;:", line.text[0]);
	bool is_special = line.text[0] == '$' || is_marked;
	struct span special = is_special ? span_skip(line, 1u + is_marked) : line;
	int rc = 0;

	if (is_special && span_starts(special, "DATASET") &&
	    (special.size == 7 || span_is_blank(special.text[7])))
		return dataset_begin(lines, span_trim(span_skip(special, 7)), number);
	if (!is_special && (line.text[0] == '#' || line.text[0] == ';'))
		return 0;
	if (!is_special && !c->count)
		return fail(lines, number, "before the first $DATASET:", line);
	if (!c->is_ours && c->count && !(is_special && is_shared(special)))
		return 0;
	lines->context = &c->rbldnsd;
	rc = rbldnsd_line(lines, line, number);
	lines->context = c;
	return rc;
}

const struct format_option format_combined_options[] = {
    {"dataset", NULL, FORMAT_NEEDED},
    {NULL, NULL, 0},
};

int format_rbldnsd_combined(struct reader *reader, struct dataset_builder *builder, char *out_error,
                            size_t error_size)
{
	struct combined c = {
	    .rbldnsd = {.type = &rbldnsd_ip4set, .now_s = time(NULL)},
	    .wanted = format_options_get(dataset_builder_options(builder)->format, "dataset"),
	};
	struct lines lines = {
	    .builder = builder, .context = &c, .error = out_error, .error_size = error_size};
	int rc;

	if (!c.wanted) {
		snprintf(out_error, error_size,
		         "the option 'dataset' is missing: a name or number");
		return -EINVAL;
	}
	if (span_number((struct span){c.wanted, strlen(c.wanted)}, UINT64_MAX, &c.wanted_number) <
	    0)
		c.wanted_number = 0;
	c.rbldnsd.lines = &lines;
	rc = lines_each(reader, &lines, combined_line);
	lines.context = &c.rbldnsd;
	if (rc == 0 && !c.is_found) {
		snprintf(out_error, error_size, "there is no dataset '%.60s'; there are: %s",
		         c.wanted, c.count ? c.names : "none");
		rc = -EINVAL;
	} else if (rc == 0) {
		rc = rbldnsd_end(&c.rbldnsd);
		if (rc < 0)
			snprintf(out_error, error_size, "%s", strerror(-rc));
	}
	rbldnsd_done(&c.rbldnsd);
	return rc;
}
