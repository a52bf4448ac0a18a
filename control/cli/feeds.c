/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/feeds.h"

#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/show.h"
#include "control/config_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number > 0 ? (uint64_t)number : 0;
}

static void add_feed(struct show_table *table, const json_t *feed)
{
	char version[SHOW_TEXT_MAX] = "-", age[SHOW_TEXT_MAX + 8] = "-",
	     entries[SHOW_TEXT_MAX] = "-";
	char added[SHOW_TEXT_MAX + 1] = "", removed[SHOW_TEXT_MAX + 1] = "", bad[SHOW_TEXT_MAX];

	if (json_is_integer(json_object_get(feed, "version"))) {
		show_number(number_of(feed, "version"), version);
		show_duration(number_of(feed, "age_s"), age);
		if (json_is_true(json_object_get(feed, "is_stale")))
			strcat(age, " (stale)");
		show_number(number_of(feed, "entries"), entries);
		added[0] = '+';
		show_number(number_of(feed, "added"), added + 1);
		removed[0] = '-';
		show_number(number_of(feed, "removed"), removed + 1);
	}
	show_number(number_of(feed, "bad_lines"), bad);
	show_row(table,
	         (const char *const[]){text_of(feed, "name"), text_of(feed, "state"), version, age,
	                               entries, added, removed, bad, text_of(feed, "path")});
}

/* Text of others, made safe and printed after a label. */
static void print_note(const char *label, const char *text)
{
	char *clean = show_clean(text, strlen(text));

	printf("  %s%s\n", label, clean ? clean : "");
	free(clean);
}

static void print_messages(const json_t *feed, const char *key, const char *what)
{
	const json_t *message;
	char label[160];
	size_t i;

	json_array_foreach(json_object_get(feed, key), i, message)
	{
		snprintf(label, sizeof(label), "%.64s: line %llu%s: ", text_of(feed, "name"),
		         (unsigned long long)number_of(message, "line"), what);
		print_note(label, text_of(message, "text"));
	}
}

static void print_reason(const json_t *feed)
{
	const char *reason = text_of(feed, "reason"), *serves = text_of(feed, "serves");
	char label[160];

	snprintf(label, sizeof(label), "%.64s: %.32s: ", text_of(feed, "name"),
	         text_of(feed, "state"));
	if (reason[0])
		print_note(label, reason);
	/* What still serves, unless that is the version and nothing is wrong. */
	if (reason[0] || strncmp(serves, "version ", 8) != 0 || strchr(serves, ',')) {
		snprintf(label, sizeof(label), "%.64s: serves ", text_of(feed, "name"));
		print_note(label, serves);
	}
	print_messages(feed, "messages", "");
	print_messages(feed, "skips", " (not listed)");
}

void feeds_print(const json_t *feeds)
{
	struct show_table table = {.align = "llrrrrrrl"};
	const json_t *feed;
	size_t i;

	if (json_array_size(feeds) == 0)
		return;
	show_row(&table, (const char *const[]){"FEED", "STATE", "VERSION", "AGE", "ENTRIES",
	                                       "ADDED", "REMOVED", "BAD LINES", "PATH"});
	json_array_foreach(feeds, i, feed) add_feed(&table, feed);
	show_table_done(&table, 0, stdout);
	json_array_foreach(feeds, i, feed) print_reason(feed);
}

int feeds_show(const struct arguments *a, json_t *answer)
{
	if (a->given & OPTION_JSON)
		return show_json(answer) == 0 ? EXIT_OK : EXIT_NO;
	if (json_array_size(json_object_get(answer, "feeds")) == 0)
		puts("no feeds");
	feeds_print(json_object_get(answer, "feeds"));
	json_decref(answer);
	return EXIT_OK;
}

/* Send a command and show the feeds it is answered with. Takes the request. */
static int run(const struct arguments *a, json_t *request)
{
	json_t *answer = NULL;

	return ask_command(a, request, &answer) < 0 ? EXIT_NO : feeds_show(a, answer);
}

int feeds_run(const struct arguments *a)
{
	return run(a, json_pack("{s:s}", "command", "status"));
}

int feeds_refresh_run(const struct arguments *a)
{
	return run(a, json_pack("{s:s, s:s?}", "command", "feeds-refresh", "feed",
	                        a->operand_count ? a->operands[0] : NULL));
}

int feeds_accept_run(const struct arguments *a)
{
	return run(a, json_pack("{s:s, s:s}", "command", "feeds-accept", "feed", a->operands[0]));
}

int feeds_rollback_run(const struct arguments *a)
{
	json_t *request =
	    json_pack("{s:s, s:s}", "command", "feeds-rollback", "feed", a->operands[0]);
	uint64_t version;

	if (a->operand_count > 1) {
		if (config_value_number(a->operands[1], INT64_MAX, &version) < 0 || version == 0) {
			fprintf(stderr, "reputectl: bad version '%s', expected its number\n",
			        a->operands[1]);
			json_decref(request);
			return EXIT_USAGE;
		}
		json_object_set_new(request, "version", json_integer((json_int_t)version));
	}
	return run(a, request);
}

/* Who asks; NULL = reputed knows the user. */
static json_t *switch_request(const struct arguments *a, const char *command)
{
	return json_pack("{s:s, s:s, s:s*}", "command", command, "feed", a->operands[0], "author",
	                 a->author);
}

/* It may be switched and not be in force or not be saved yet: that is told, and the status. */
static int run_switch(const struct arguments *a, json_t *request)
{
	json_t *answer = NULL;
	const char *warning;
	int status;

	if (ask_command(a, request, &answer) < 0)
		return EXIT_NO;
	warning = json_string_value(json_object_get(answer, "warning"));
	if (warning)
		fprintf(stderr, "reputectl: %s\n", warning);
	status = json_is_true(json_object_get(answer, "answered")) ? EXIT_OK : EXIT_UNANSWERED;
	return feeds_show(a, answer) == EXIT_OK ? status : EXIT_NO;
}

int feeds_disable_run(const struct arguments *a)
{
	json_t *request = switch_request(a, "feeds-disable");

	if (a->reason)
		json_object_set_new(request, "reason", json_string(a->reason));
	return run_switch(a, request);
}

int feeds_enable_run(const struct arguments *a)
{
	return run_switch(a, switch_request(a, "feeds-enable"));
}
