/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reputectl feeds diff: what accepting the held version of a feed would change.
 */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 600 /* bytes of a line */

static const struct {
	const char *name;
	char sign;
} parts[] = {{"added", '+'}, {"removed", '-'}, {"changed", '~'}};

/* One key a line; empty lines and comments are none. Errors: negative errno, told */
static int read_keys(const struct arguments *a, FILE *file, json_t *keys)
{
	char line[KEY_MAX];

	while (fgets(line, sizeof(line), file)) {
		size_t size = strcspn(line, "\r\n");

		if (size == sizeof(line) - 1) {
			ask_fail(a, "'%.40s…' is no key: longer than %d bytes", line, KEY_MAX - 2);
			return -EINVAL;
		}
		line[size] = '\0';
		if (size == 0 || line[0] == '#')
			continue;
		if (json_array_append_new(keys, json_string(line)) < 0) {
			ask_fail(a, "'%.80s' is not UTF-8", line);
			return -EINVAL;
		}
	}
	if (!ferror(file))
		return 0;
	ask_fail(a, "cannot read: %s", strerror(errno));
	return -EIO;
}

/* Errors: negative errno, told */
static int add_keys(const struct arguments *a, const char *path, json_t *request)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	json_t *keys = json_array();
	int rc;

	if (!file || !keys) {
		ask_fail(a, "'%s': %s", path, strerror(errno));
		json_decref(keys);
		return -ENOENT;
	}
	rc = read_keys(a, file, keys);
	if (file != stdin)
		fclose(file);
	json_object_set_new(request, "keys", keys);
	return rc;
}

static void number(const json_t *object, const char *key, char out_text[SHOW_TEXT_MAX])
{
	const json_t *value = json_object_get(object, key);

	snprintf(out_text, SHOW_TEXT_MAX, "-");
	if (json_is_integer(value))
		show_number((uint64_t)json_integer_value(value), out_text);
}

static void print_table(const json_t *answer)
{
	struct show_table table = {.align = "lrrrrll"};

	show_row(&table, (const char *const[]){"", "IPV4 RANGES", "ADDRESSES", "IPV6 RANGES",
	                                       "NAMES", "WIDEST IPV4", "WIDEST IPV6"});
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *part = json_object_get(answer, parts[i].name);
		const char *wide4 = json_string_value(json_object_get(part, "widest4"));
		const char *wide6 = json_string_value(json_object_get(part, "widest6"));
		char ranges4[SHOW_TEXT_MAX], addresses4[SHOW_TEXT_MAX], ranges6[SHOW_TEXT_MAX],
		    names[SHOW_TEXT_MAX];

		number(part, "ranges4", ranges4);
		number(part, "addresses4", addresses4);
		number(part, "ranges6", ranges6);
		number(part, "names", names);
		show_row(&table,
		         (const char *const[]){parts[i].name, ranges4, addresses4, ranges6, names,
		                               wide4 ? wide4 : "-", wide6 ? wide6 : "-"});
	}
	show_table_done(&table, 0, stdout);
}

static void print_text(const char *before, const json_t *value)
{
	const char *text = json_string_value(value);
	char *clean = text ? show_clean(text, strlen(text)) : NULL;

	printf("%s%s\n", before, clean ? clean : "");
	free(clean);
}

static void print_samples(const json_t *answer)
{
	const json_t *value;
	size_t j;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char before[] = {' ', ' ', parts[i].sign, ' ', '\0'};

		json_array_foreach(
		    json_object_get(json_object_get(answer, parts[i].name), "sample"), j, value)
		    print_text(before, value);
	}
}

static void print_keys(const json_t *answer)
{
	const json_t *key;
	size_t i;

	json_array_foreach(json_object_get(answer, "keys"), i, key)
	    print_text(json_is_true(json_object_get(key, "would_be_listed"))
	                   ? "would be listed: "
	                   : "would not be listed any more: ",
	               json_object_get(key, "key"));
}

static void print(const json_t *answer)
{
	char good[SHOW_TEXT_MAX], held[SHOW_TEXT_MAX], before[300];

	number(answer, "good_entries", good);
	number(answer, "entries", held);
	snprintf(before, sizeof(before),
	         "%.64s: held: ", json_string_value(json_object_get(answer, "feed")));
	print_text(before, json_object_get(answer, "reason"));
	printf("entries: %s, accepted: %s\n", good, held);
	print_table(answer);
	print_samples(answer);
	print_keys(answer);
}

int feeds_diff_run(const struct arguments *a)
{
	json_t *request = json_pack("{s:s, s:s}", "command", "feeds-diff", "feed", a->operands[0]);
	json_t *answer = NULL;

	if (a->operand_count > 1 && add_keys(a, a->operands[1], request) < 0) {
		json_decref(request);
		return EXIT_NO;
	}
	if (ask_command(a, request, &answer) < 0)
		return EXIT_NO;
	if (a->given & OPTION_JSON)
		return show_json(answer) == 0 ? EXIT_OK : EXIT_NO;
	print(answer);
	json_decref(answer);
	return EXIT_OK;
}
