/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/show.h"
#include "control/config_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void set_text(json_t *request, const char *key, const char *text)
{
	if (text)
		json_object_set_new(request, key, json_string(text));
}

static void set_author(json_t *request, const struct arguments *a)
{
	const char *user = getenv("USER");
	char number[32];

	snprintf(number, sizeof(number), "uid %u", (unsigned)getuid());
	set_text(request, "author", a->author ? a->author : user && user[0] ? user : number);
}

/* Options are checked here as well, so that the message names the option. */
static json_t *add_request(const struct arguments *a)
{
	json_t *request;
	uint64_t ttl_s = 0;
	uint32_t code;

	if (a->ttl && config_value_duration(a->ttl, &ttl_s) < 0) {
		ask_fail(a, "--ttl '%s': expected a duration, such as 90s, 15m, 1h, 3d or 1w",
		         a->ttl);
		return NULL;
	}
	if (a->code && config_value_code(a->code, &code) < 0) {
		ask_fail(a,
		         "--code '%s': expected an address in 127.0.0.0/8 but not 127.0.0.1 and "
		         "not in 127.255.255.0/24",
		         a->code);
		return NULL;
	}
	request = json_pack("{s:s, s:s, s:s}", "command", "list-add", "list", a->operands[0], "key",
	                    a->operands[1]);
	if (!request) {
		ask_fail(a, "list and key must be text in UTF-8");
		return NULL;
	}
	if (ttl_s)
		json_object_set_new(request, "ttl_s", json_integer((json_int_t)ttl_s));
	set_text(request, "code", a->code);
	set_text(request, "text", a->text);
	set_text(request, "reason", a->reason);
	set_author(request, a);
	return request;
}

/* Send a change and tell how it went. Takes the request. */
static int change(const struct arguments *a, json_t *request, const char *flag, const char *if_true,
                  const char *if_false)
{
	const char *warning;
	json_t *answer = NULL;
	bool is_answered;

	if (ask_command(a, request, &answer) < 0)
		return EXIT_NO;
	is_answered = json_is_true(json_object_get(answer, "answered"));
	warning = json_string_value(json_object_get(answer, "warning"));
	if (!(a->given & OPTION_JSON)) {
		printf("%s: %s %s\n", a->operands[0], a->operands[1],
		       json_is_true(json_object_get(answer, flag)) ? if_true : if_false);
		fflush(stdout);
		if (warning || !is_answered)
			fprintf(stderr, "reputectl: warning: %s\n",
			        warning ? warning : "saved, but not answered yet");
		json_decref(answer);
	} else if (show_json(answer) < 0) {
		return EXIT_NO;
	}
	return is_answered ? EXIT_OK : EXIT_UNANSWERED;
}

int list_add_run(const struct arguments *a)
{
	json_t *request = add_request(a);

	return request ? change(a, request, "added", "added", "was there, changed") : EXIT_USAGE;
}

int list_del_run(const struct arguments *a)
{
	json_t *request = json_pack("{s:s, s:s, s:s}", "command", "list-del", "list",
	                            a->operands[0], "key", a->operands[1]);

	if (!request) {
		ask_fail(a, "list and key must be text in UTF-8");
		return EXIT_USAGE;
	}
	set_author(request, a);
	return change(a, request, "deleted", "deleted", "was not there");
}

static void show_time(const json_t *when, const char *otherwise, char out_text[SHOW_TEXT_MAX])
{
	time_t seconds = (time_t)json_integer_value(when);
	struct tm local;

	if (!json_is_integer(when) || !localtime_r(&seconds, &local) ||
	    !strftime(out_text, SHOW_TEXT_MAX, "%Y-%m-%d %H:%M", &local))
		snprintf(out_text, SHOW_TEXT_MAX, "%s", otherwise);
}

static void add_entry(struct show_table *table, const char *list, const json_t *entry)
{
	char added[SHOW_TEXT_MAX], expires[SHOW_TEXT_MAX];

	show_time(json_object_get(entry, "added_s"), "-", added);
	show_time(json_object_get(entry, "expires_s"), "never", expires);
	show_row(table, (const char *const[]){
			    list,
			    json_string_value(json_object_get(entry, "key")),
			    json_string_value(json_object_get(entry, "code")),
			    added,
			    expires,
			    json_string_value(json_object_get(entry, "author")),
			    json_string_value(json_object_get(entry, "reason")),
			    json_string_value(json_object_get(entry, "text")),
			});
}

/* Ask for one list and add its entries to the table, or print them as JSON. */
static int show_list(const struct arguments *a, const struct config *config, const char *list,
                     struct show_table *table)
{
	json_t *answer = NULL, *entry;
	size_t i;

	if (ask_control(a, config, json_pack("{s:s, s:s}", "command", "list-show", "list", list),
	                &answer) < 0)
		return EXIT_NO;
	if (a->given & OPTION_JSON) {
		json_object_set_new(answer, "list", json_string(list));
		return show_json(answer) < 0 ? EXIT_NO : EXIT_OK;
	}
	json_array_foreach(json_object_get(answer, "entries"), i, entry)
	    add_entry(table, list, entry);
	json_decref(answer);
	return EXIT_OK;
}

int list_show_run(const struct arguments *a)
{
	struct show_table table = {.align = "llllllll"};
	struct config *config = ask_config(a);
	int status = EXIT_OK;
	size_t heading;

	if (!config)
		return EXIT_NO;
	show_row(&table, (const char *const[]){"LIST", "KEY", "CODE", "ADDED", "EXPIRES", "AUTHOR",
	                                       "REASON", "TEXT"});
	heading = table.count;
	if (a->operand_count)
		status = show_list(a, config, a->operands[0], &table);
	for (unsigned i = 0; i < config->lists_count && !a->operand_count && !status; i++)
		if (config->lists[i].manual)
			status = show_list(a, config, config->lists[i].name, &table);
	config_free(config);
	if (table.count == heading && status == EXIT_OK && !(a->given & OPTION_JSON))
		puts("no entries");
	show_table_done(&table, 0, table.count > heading ? stdout : NULL);
	return status;
}
