/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_keys.h"

#include "control/config_check.h"
#include "control/config_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_MIN      8
#define KEY_MAX      63
#define KEY_NAME_MAX 63
#define KEYS_MAX     1000000
#define LINE_SIZE    512

#define LETTERS_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

struct file {
	const char *path;
	struct config_keys *keys;
	unsigned capacity;
	unsigned *lines; /* of each key, for what is told */
	struct config_mistakes mistakes;
};

void config_keys_free(struct config_keys *keys)
{
	if (!keys)
		return;
	if (keys->labels)
		explicit_bzero(keys->labels, keys->count * sizeof(*keys->labels));
	free(keys->labels);
	free(keys->names);
	free(keys);
}

static int grow(struct file *f)
{
	unsigned capacity = f->capacity ? 2 * f->capacity : 64;
	struct config_keys *k = f->keys;
	void *labels, *names, *lines;

	if (k->count < f->capacity)
		return 0;
	labels = reallocarray(k->labels, capacity, sizeof(*k->labels));
	if (labels)
		k->labels = labels;
	names = reallocarray(k->names, capacity, sizeof(*k->names));
	if (names)
		k->names = names;
	lines = reallocarray(f->lines, capacity, sizeof(*f->lines));
	if (lines)
		f->lines = lines;
	if (!labels || !names || !lines)
		return -ENOMEM;
	f->capacity = capacity;
	return 0;
}

static int add(struct file *f, const char *key, const char *name, unsigned line)
{
	struct config_keys *k = f->keys;
	size_t size = strlen(key);
	int rc = grow(f);

	if (rc < 0)
		return rc;
	memset(k->labels[k->count], 0, sizeof(*k->labels));
	k->labels[k->count][0] = (uint8_t)size;
	for (size_t i = 0; i < size; i++)
		k->labels[k->count][1 + i] =
		    (uint8_t)(key[i] >= 'A' && key[i] <= 'Z' ? key[i] | 0x20 : key[i]);
	if (name[0])
		snprintf(k->names[k->count], sizeof(*k->names), "%s", name);
	else
		snprintf(k->names[k->count], sizeof(*k->names), "line-%u", line);
	f->lines[k->count++] = line;
	return 0;
}

static int take_line(struct file *f, char *text, unsigned line)
{
	char *key, *name, *rest;

	text[strcspn(text, "#\r\n")] = '\0';
	key = strtok_r(text, " \t", &rest);
	if (!key)
		return 0;
	name = strtok_r(NULL, " \t", &rest);
	if (strlen(key) < KEY_MIN || strlen(key) > KEY_MAX ||
	    key[strspn(key, LETTERS_DIGITS "-")]) {
		config_mistake(&f->mistakes, line, NULL,
		               "bad key, expected %d to %d letters, digits and hyphens", KEY_MIN,
		               KEY_MAX);
		return 0;
	}
	if ((name && (strlen(name) > KEY_NAME_MAX || name[strspn(name, LETTERS_DIGITS "._-")])) ||
	    (name && strtok_r(NULL, " \t", &rest))) {
		config_mistake(
		    &f->mistakes, line, NULL,
		    "bad name of a key, expected one word of at most %d letters, digits, "
		    "'.', '_' and '-'",
		    KEY_NAME_MAX);
		return 0;
	}
	return add(f, key, name ? name : "", line);
}

struct sorted {
	const uint8_t *label;
	unsigned line;
};

static int compare(const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;
	int order = memcmp(a->label, b->label, 64);

	return order ? order : (a->line > b->line) - (a->line < b->line);
}

static int check_repeats(struct file *f)
{
	unsigned count = f->keys->count;
	struct sorted *sorted = calloc(count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++)
		sorted[i] = (struct sorted){f->keys->labels[i], f->lines[i]};
	qsort(sorted, count, sizeof(*sorted), compare);
	for (unsigned i = 1; i < count; i++) {
		if (memcmp(sorted[i - 1].label, sorted[i].label, 64) == 0)
			config_mistake(&f->mistakes, sorted[i].line, NULL,
			               "the key is given twice (first in line %u)",
			               sorted[i - 1].line);
	}
	free(sorted);
	return 0;
}

static int read_lines(struct file *f, FILE *stream)
{
	char text[LINE_SIZE];
	int rc = 0;

	for (unsigned line = 1; rc == 0 && fgets(text, sizeof(text), stream); line++) {
		if (!strchr(text, '\n') && !feof(stream)) {
			config_mistake(&f->mistakes, line, NULL, "is longer than %d bytes",
			               LINE_SIZE - 2);
			break;
		}
		rc = take_line(f, text, line);
		if (f->keys->count > KEYS_MAX) {
			config_mistake(&f->mistakes, line, NULL, "more than %d keys", KEYS_MAX);
			break;
		}
	}
	explicit_bzero(text, sizeof(text));
	if (rc == 0 && ferror(stream))
		config_mistake(&f->mistakes, 0, NULL, "cannot be read: %s", strerror(errno));
	if (rc == 0)
		rc = check_repeats(f);
	if (rc == 0 && f->keys->count == 0 && f->mistakes.count == 0)
		config_mistake(&f->mistakes, 0, NULL, "holds no key, expected at least one");
	return rc;
}

/* Tell with the line of the configuration what is wrong with the file as a whole. */
static FILE *open_keys(const char *path, const struct config_node *node,
                       const struct config_path *at, struct config_mistakes *m)
{
	FILE *stream = fopen(path, "re");
	struct stat st;

	if (!stream || fstat(fileno(stream), &st) < 0 || !S_ISREG(st.st_mode)) {
		config_mistake(m, node ? node->line : 0, at, "'%.200s' cannot be read: %s", path,
		               stream ? "not a file" : strerror(errno));
	} else if (st.st_mode & S_IROTH) {
		config_mistake(m, node ? node->line : 0, at,
		               "everybody may read '%.200s', expected a file for its user and "
		               "group only: chmod o= FILE",
		               path);
	} else {
		return stream;
	}
	if (stream)
		fclose(stream);
	return NULL;
}

static int load(struct config_zone *zone, const char *folder, const struct config_node *node,
                const struct config_path *at, struct config_mistakes *m)
{
	struct file f = {.mistakes = *m};
	char *path = config_check_absolute(folder, zone->keys);
	FILE *stream;
	int rc;

	if (!path)
		return -ENOMEM;
	free(zone->keys);
	zone->keys = path;
	stream = open_keys(path, node, at, m);
	if (!stream)
		return -EINVAL;
	f.mistakes.file = path;
	f.mistakes.count = 0;
	f.keys = zone->key_set = calloc(1, sizeof(*f.keys));
	rc = f.keys ? read_lines(&f, stream) : -ENOMEM;
	free(f.lines);
	fclose(stream);
	m->count += f.mistakes.count;
	return rc == 0 && f.mistakes.count ? -EINVAL : rc;
}

int config_keys_load(struct config *c, const char *folder, const struct config_node *zones,
                     struct config_mistakes *m)
{
	static const struct config_path top = {.key = "zones"};
	int rc = 0;

	for (unsigned i = 0; i < c->zones_count && rc != -ENOMEM; i++) {
		const struct config_path path = {.up = &top, .index = i};
		const struct config_path at = {.up = &path, .key = "keys"};
		int one = 0;

		if (c->zones[i].keys)
			one = load(&c->zones[i], folder,
			           config_lines_get(&zones->children[i], "keys"), &at, m);
		rc = one < 0 ? one : rc;
	}
	return rc;
}
