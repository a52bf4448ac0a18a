/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/import/traps.h"

#include "control/durable.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trap {
	char *name; /* lower case; "@domain" for all of it */
	enum traps_kind kind;
};

struct traps {
	struct trap *rows; /* by name */
	size_t count, capacity;
};

static int compare_traps(const void *left, const void *right)
{
	const struct trap *a = left, *b = right;

	return strcmp(a->name, b->name);
}

void traps_free(struct traps *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->rows[i].name);
	free(t->rows);
	free(t);
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* Errors: -ENOMEM */
static int traps_add(struct traps *t, struct span name, enum traps_kind kind)
{
	if (t->count == t->capacity) {
		size_t capacity = t->capacity ? 2 * t->capacity : 64;
		struct trap *rows = reallocarray(t->rows, capacity, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		t->rows = rows;
		t->capacity = capacity;
	}
	t->rows[t->count] = (struct trap){strndup(name.text, name.size), kind};
	if (!t->rows[t->count].name)
		return -ENOMEM;
	lower(t->rows[t->count++].name);
	return 0;
}

static bool is_mailbox(struct span name)
{
	const char *at = name.size ? memrchr(name.text, '@', name.size) : NULL;

	return at && at + 1 < name.text + name.size && name.size <= TRAPS_MAILBOX_MAX &&
	       !memchr(name.text, '\0', name.size);
}

static void skip_blanks(struct span *s)
{
	while (scan_skip(s, " ") || scan_skip(s, "\t"))
		;
}

static int traps_line(struct traps *t, struct span line, unsigned number,
                      char out_error[TRAPS_ERROR_MAX])
{
	struct span name, kind;

	skip_blanks(&line);
	name = scan_take_word(&line, " \t\r#");
	skip_blanks(&line);
	kind = scan_take_word(&line, " \t\r#");
	skip_blanks(&line);
	if (name.size == 0 && kind.size == 0)
		return 0;
	if (line.size && line.text[0] != '#' && line.text[0] != '\r') {
		snprintf(out_error, TRAPS_ERROR_MAX,
		         "line %u: unexpected '%.*s' after the kind of trap", number,
		         (int)(line.size < 40 ? line.size : 40), line.text);
		return -EINVAL;
	}
	if (!is_mailbox(name)) {
		snprintf(out_error, TRAPS_ERROR_MAX,
		         "line %u: '%.*s' is neither an address nor '@DOMAIN'", number,
		         (int)(name.size < 80 ? name.size : 80), name.text);
		return -EINVAL;
	}
	if (kind.size == 0 || scan_is(kind, "pristine"))
		return traps_add(t, name, TRAPS_PRISTINE);
	if (scan_is(kind, "recycled"))
		return traps_add(t, name, TRAPS_RECYCLED);
	snprintf(out_error, TRAPS_ERROR_MAX, "line %u: '%.*s', expected pristine or recycled",
	         number, (int)(kind.size < 40 ? kind.size : 40), kind.text);
	return -EINVAL;
}

struct traps *traps_parse(const char *text, size_t size, char out_error[TRAPS_ERROR_MAX])
{
	struct traps *t = calloc(1, sizeof(*t));
	struct span rest = {text, size}, line;
	int rc = t ? 0 : -ENOMEM;

	snprintf(out_error, TRAPS_ERROR_MAX, "out of memory");
	for (unsigned number = 1; rc == 0 && rest.size; number++) {
		if (!scan_take(&rest, "\n", &line)) {
			line = rest;
			rest.size = 0;
		}
		rc = traps_line(t, line, number, out_error);
	}
	if (rc < 0) {
		traps_free(t);
		errno = -rc;
		return NULL;
	}
	if (t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), compare_traps);
	return t;
}

struct traps *traps_read(const char *path, char out_error[TRAPS_ERROR_MAX])
{
	struct traps *t = NULL;
	size_t size;
	char *text = durable_read(AT_FDCWD, path, TRAPS_FILE_MAX, &size);

	if (!text) {
		snprintf(out_error, TRAPS_ERROR_MAX, "%s", strerror(errno));
		return NULL;
	}
	t = traps_parse(text, size, out_error);
	free(text);
	return t;
}

static enum traps_kind traps_look(const struct traps *t, const char *name)
{
	const struct trap key = {.name = (char *)name};
	const struct trap *found =
	    t->count ? bsearch(&key, t->rows, t->count, sizeof(*t->rows), compare_traps) : NULL;

	return found ? found->kind : TRAPS_NONE;
}

enum traps_kind traps_find(const struct traps *t, struct span recipient)
{
	char name[TRAPS_MAILBOX_MAX + 1];
	enum traps_kind kind;
	const char *domain;

	if (!t || recipient.size > TRAPS_MAILBOX_MAX)
		return TRAPS_NONE;
	scan_copy(recipient, name, sizeof(name));
	lower(name);
	kind = traps_look(t, name);
	domain = strrchr(name, '@');
	return kind == TRAPS_NONE && domain ? traps_look(t, domain) : kind;
}
