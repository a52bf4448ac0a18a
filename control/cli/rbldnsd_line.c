/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/rbldnsd_line.h"

#include "control/config_value.h"
#include "control/zone_special.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL_DEFAULT_S   2100 /* 35m */
#define CHECK_DEFAULT_S 60
#define PLAIN           "nqedvaAfC46h"
#define VALUED          "urbwtcplsFxX"

struct parse {
	struct rbldnsd_line *line;
	const char *folder;
	char *error;
};

static int fail(struct parse *p, const char *format, const char *what)
{
	snprintf(p->error, RBLDNSD_LINE_ERROR_MAX, format, what);
	return -EINVAL;
}

bool rbldnsd_line_is_type(const char *type)
{
	static const char *const types[] = {
	    "ip4set", "ip4tset", "ip4trie", "ip6tset",  "ip6trie",
	    "dnset",  "dnhash",  "generic", "combined", "acl",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

uint32_t rbldnsd_line_clamp(const struct rbldnsd_line *line, uint32_t ttl_s)
{
	if (line->ttl_min_s && ttl_s < line->ttl_min_s)
		return line->ttl_min_s;
	if (line->ttl_max_s && ttl_s > line->ttl_max_s)
		return line->ttl_max_s;
	return ttl_s;
}

/* "def:min:max", each may be left out. */
static int take_ttl(struct parse *p, const char *text)
{
	uint32_t *const values[] = {&p->line->ttl_s, &p->line->ttl_min_s, &p->line->ttl_max_s};
	const char *at = text;

	for (unsigned i = 0; i < 3; i++) {
		size_t size = strcspn(at, ":");
		char word[24];

		if (size >= sizeof(word))
			return fail(p, "-t '%.100s': not a time", text);
		memcpy(word, at, size);
		word[size] = '\0';
		if (size && !zone_special_ttl(word, values[i]))
			return fail(p, "-t '%.100s': not a time", text);
		at += size;
		if (!*at)
			break;
		at++;
	}
	if (*at || text[0] == '\0')
		return fail(p, "-t '%.100s': expected DEFAULT:MIN:MAX", text);
	if ((p->line->ttl_min_s && p->line->ttl_s < p->line->ttl_min_s) ||
	    (p->line->ttl_max_s && p->line->ttl_s > p->line->ttl_max_s))
		return fail(p, "-t '%.100s': the default is not between the limits", text);
	return 0;
}

static int take_option(struct parse *p, char letter, const char *value)
{
	struct rbldnsd_line *line = p->line;

	if (letter == 'h')
		return fail(p, "-%s prints rbldnsd's help: there is nothing to migrate", "h");
	line->has_bit[(unsigned char)letter] = true;
	switch (letter) {
	case 'b':
		if (line->bind_count == RBLDNSD_LINE_BINDS_MAX)
			return fail(p, "-b '%.100s': more than 20 addresses", value);
		line->binds[line->bind_count++] = value;
		return 0;
	case 'r':
		line->root = value;
		return 0;
	case 'w':
		line->work = value;
		return 0;
	case 't':
		return take_ttl(p, value);
	case 'c':
		return zone_special_ttl(value, &line->check_s)
		           ? 0
		           : fail(p, "-c '%.100s': not a time", value);
	case 'v':
		line->anonymous++;
		return 0;
	default: /* what it is and means is the printer's matter */
		return 0;
	}
}

/* A word of options: "-na", "-b127.0.0.1", "-b" and the next. Returns how many words it was. */
static int take_options(struct parse *p, char *const *words, unsigned left)
{
	for (const char *at = words[0] + 1; *at; at++) {
		const char *value = at[1] ? at + 1 : left > 1 ? words[1] : NULL;
		char name[2] = {*at, '\0'};
		int rc;

		if (strchr(PLAIN, *at)) {
			rc = take_option(p, *at, NULL);
			if (rc < 0)
				return rc;
			continue;
		}
		if (!strchr(VALUED, *at))
			return fail(p, "rbldnsd has no option -%s", name);
		if (!value)
			return fail(p, "option -%s needs a value", name);
		rc = take_option(p, *at, value);
		return rc < 0 ? rc : at[1] ? 1 : 2;
	}
	return 1;
}

/* A path as it is without chroot: of -r, -w and the file, from the last absolute one on. */
static char *absolute(const struct parse *p, const char *file)
{
	const char *root = p->line->root, *work = p->line->work ? p->line->work : "";
	const char *folder = root && root[0] == '/' ? "" : p->folder;
	char *made;

	if (!root && (file[0] == '/' || work[0] == '/'))
		folder = "";
	if (file[0] == '/')
		work = "";
	if (asprintf(&made, "%s/%s/%s/%s", folder, root ? root : "", work, file) < 0)
		return NULL;
	for (char *in = made, *out = made;; in++) { /* one '/' of several */
		if (in[0] == '/' && in[1] == '/')
			continue;
		*out++ = *in;
		if (!*in)
			return made;
	}
}

static int take_files(struct parse *p, struct rbldnsd_spec *spec, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, ",:");
		char *name = strndup(text, size);
		char **grown = realloc(spec->files, (spec->file_count + 1) * sizeof(*grown));

		if (grown)
			spec->files = grown;
		if (size && name && grown) {
			spec->files[spec->file_count] = absolute(p, name);
			if (spec->files[spec->file_count])
				spec->file_count++;
			else
				grown = NULL;
		}
		free(name);
		if (!name || !grown)
			return -ENOMEM;
		text += size + (text[size] != '\0');
	}
	return 0;
}

static int check_zone(struct parse *p, const char *shown, const struct rbldnsd_spec *spec)
{
	uint8_t wire[NAME_WIRE_MAX + 1];
	bool is_acl = strcmp(spec->type, "acl") == 0;

	if (!spec->zone[0] && is_acl)
		return 0;
	if (config_value_domain(spec->zone, wire) <= 0)
		return fail(p, "'%.200s': the zone is no domain name", shown);
	return 0;
}

static int take_spec(struct parse *p, const char *text)
{
	const char *type = strchr(text, ':'), *files = type ? strchr(type + 1, ':') : NULL;
	struct rbldnsd_line *line = p->line;
	struct rbldnsd_spec *grown, *spec;
	size_t size;
	int rc;

	if (!files)
		return fail(p, "'%.200s': expected zone:type:file,file...", text);
	grown = realloc(line->specs, (line->spec_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	line->specs = grown;
	spec = &grown[line->spec_count++];
	*spec = (struct rbldnsd_spec){0};
	size = (size_t)(type - text);
	if (size && text[size - 1] == '.')
		size--;
	spec->zone = strndup(text, size);
	spec->type = strndup(type + 1, (size_t)(files - type - 1));
	if (!spec->zone || !spec->type)
		return -ENOMEM;
	for (char *c = spec->zone; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (!rbldnsd_line_is_type(spec->type))
		return fail(p, "'%.200s': no type of dataset that is known", text);
	rc = check_zone(p, text, spec);
	if (rc == 0)
		rc = take_files(p, spec, files + 1);
	if (rc == 0 && spec->file_count == 0)
		return fail(p, "'%.200s': no file", text);
	return rc;
}

/* Options may stand behind zones: paths are made when all are known. */
static int take_words(struct parse *p, unsigned count, char *const *words, bool are_specs)
{
	bool is_after = false;

	for (unsigned i = 0; i < count; i++) {
		const char *word = words[i];
		int rc = 0;

		if (!is_after && strcmp(word, "--") == 0) {
			is_after = true;
		} else if (!is_after && word[0] == '-' && word[1]) {
			struct rbldnsd_line ignored = {0};
			struct parse dry = {&ignored, p->folder, p->error};

			rc = take_options(are_specs ? &dry : p, words + i, count - i);
			if (rc < 0)
				return rc;
			i += (unsigned)rc - 1;
			rc = 0;
		} else if (are_specs && (i > 0 || strchr(word, ':'))) {
			rc = take_spec(p, word);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* An acl for all is none. */
static bool has_zone(const struct rbldnsd_line *line)
{
	for (unsigned i = 0; i < line->spec_count; i++)
		if (line->specs[i].zone[0])
			return true;
	return false;
}

int rbldnsd_line_parse(unsigned count, char *const *arguments, const char *folder,
                       struct rbldnsd_line *out_line, char out_error[RBLDNSD_LINE_ERROR_MAX])
{
	struct rbldnsd_line line = {.ttl_s = TTL_DEFAULT_S, .check_s = CHECK_DEFAULT_S};
	struct parse p = {&line, folder, out_error};
	int rc;

	snprintf(out_error, RBLDNSD_LINE_ERROR_MAX, "out of memory");
	rc = take_words(&p, count, arguments, false);
	if (rc == 0)
		rc = take_words(&p, count, arguments, true);
	if (rc == 0 && !has_zone(&line))
		rc = fail(&p, "%s", "no zone: expected zone:type:file,file...");
	if (rc == 0 && line.bind_count == 0 && !line.has_bit['d'])
		rc = fail(&p, "%s", "no address to listen on: rbldnsd needs -b");
	if (rc < 0)
		rbldnsd_line_done(&line);
	else
		*out_line = line;
	return rc;
}

void rbldnsd_line_done(struct rbldnsd_line *line)
{
	for (unsigned i = 0; i < line->spec_count; i++) {
		struct rbldnsd_spec *spec = &line->specs[i];

		for (unsigned j = 0; j < spec->file_count; j++)
			free(spec->files[j]);
		free(spec->files);
		free(spec->zone);
		free(spec->type);
	}
	free(line->specs);
	*line = (struct rbldnsd_line){0};
}
