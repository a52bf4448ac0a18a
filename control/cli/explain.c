/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/explain.h"

#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/lookup.h"
#include "control/cli/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void number_text(double number, char out_text[SHOW_TEXT_MAX])
{
	snprintf(out_text, SHOW_TEXT_MAX, "%.1f", number);
}

/* "+12.34" of hundredths. */
static void score_text(const json_t *object, const char *name, char out_text[SHOW_TEXT_MAX])
{
	long long hundredths = json_integer_value(json_object_get(object, name));

	snprintf(out_text, SHOW_TEXT_MAX, "%c%lld.%02lld", hundredths < 0 ? '-' : '+',
	         llabs(hundredths) / 100, llabs(hundredths) % 100);
}

static void add_part(struct show_table *table, const char *what, const json_t *object,
                     const char *name)
{
	char score[SHOW_TEXT_MAX];

	score_text(object, name, score);
	show_row(table, (const char *const[]){what, "", "", "", "", score});
}

static void add_class(struct show_table *table, const json_t *row)
{
	char raw[SHOW_TEXT_MAX], slow[SHOW_TEXT_MAX], fast[SHOW_TEXT_MAX], score[SHOW_TEXT_MAX];

	number_text(json_number_value(json_object_get(row, "raw")), raw);
	number_text(json_number_value(json_object_get(row, "slow")), slow);
	number_text(json_number_value(json_object_get(row, "fast")), fast);
	score_text(row, "score_hundredths", score);
	show_row(table, (const char *const[]){text_of(row, "class"), raw, slow, fast,
	                                      text_of(row, "last"), score});
}

static void print_table(const json_t *answer)
{
	struct show_table table = {.align = "lrrrlr"};
	const json_t *prior = json_object_get(answer, "prior"), *row;
	char from[64], score[SHOW_TEXT_MAX];
	size_t i;

	snprintf(from, sizeof(from), "prior: %s, %.0f %% bad", text_of(prior, "from"),
	         100 * json_number_value(json_object_get(prior, "p")));
	show_row(&table, (const char *const[]){"", "SEEN", "POINTS", "FAST", "LAST", "SCORE"});
	add_part(&table, "start", answer, "start_hundredths");
	add_part(&table, from, prior, "score_hundredths");
	if (json_integer_value(json_object_get(answer, "history_hundredths")))
		add_part(&table, "its older evidence", answer, "history_hundredths");
	json_array_foreach(json_object_get(answer, "table"), i, row) add_class(&table, row);
	add_part(&table, "rounding", answer, "rounding_hundredths");
	snprintf(score, sizeof(score), "%lld.00",
	         json_integer_value(json_object_get(answer, "score")));
	show_row(&table, (const char *const[]){"score", "", "", "", "", score});
	show_table_done(&table, 0, stdout);
}

static void print_lists(const json_t *lists)
{
	struct show_table table = {.align = "llllrl"};
	const json_t *list;
	size_t i;

	putchar('\n');
	show_row(&table, (const char *const[]){"LIST", "STATE", "SINCE", "UNTIL", "TIMES",
	                                       "WHAT WOULD CHANGE IT"});
	json_array_foreach(lists, i, list)
	{
		char times[SHOW_TEXT_MAX], state[64];

		show_number((uint64_t)json_integer_value(json_object_get(list, "times")), times);
		snprintf(state, sizeof(state), "%s%s",
		         json_is_true(json_object_get(list, "listed")) ? "listed" : "not listed",
		         strcmp(text_of(list, "mode"), "observe") == 0 ? " (observed)" : "");
		show_row(&table, (const char *const[]){
				     text_of(list, "list"), state, text_of(list, "since"),
				     text_of(list, "until"), times, text_of(list, "change")});
	}
	show_table_done(&table, 0, stdout);
}

/* What became of its listings, newest first; then who took it off, and why. */
static void print_listings(const json_t *history)
{
	const json_t *listings = json_object_get(history, "listings"), *row;
	struct show_table table = {.align = "lllll"};
	size_t i;

	if (json_array_size(listings) == 0)
		return;
	putchar('\n');
	show_row(&table, (const char *const[]){"LISTED", "SINCE", "ENDED", "HOW", "BECAUSE OF"});
	for (i = json_array_size(listings); i-- > 0;) {
		row = json_array_get(listings, i);
		show_row(&table, (const char *const[]){text_of(row, "list"), text_of(row, "since"),
		                                       text_of(row, "ended"), text_of(row, "end"),
		                                       text_of(row, "because")});
	}
	show_table_done(&table, 0, stdout);
}

static void print_delistings(const json_t *history)
{
	const json_t *delistings = json_object_get(history, "delistings"), *row;
	struct show_table table = {.align = "lll"};
	size_t i;

	if (json_array_size(delistings) == 0)
		return;
	putchar('\n');
	show_row(&table, (const char *const[]){"DELISTED", "BY", "WHY"});
	json_array_foreach(delistings, i, row)
	{
		char when[SHOW_TEXT_MAX];

		explain_time(json_integer_value(json_object_get(row, "time_ms")), when);
		show_row(&table,
		         (const char *const[]){when, text_of(row, "who"), text_of(row, "why")});
	}
	show_table_done(&table, 0, stdout);
}

static void print_history(const json_t *history)
{
	json_int_t asn = json_integer_value(json_object_get(history, "asn"));
	json_int_t reporters = json_integer_value(json_object_get(history, "reporters"));

	printf("\nfirst seen %s, last %s, by %lld reporter%s", text_of(history, "first"),
	       text_of(history, "last"), reporters, reporters == 1 ? "" : "s");
	if (asn)
		printf(", in AS%lld", asn);
	if (text_of(history, "delisted")[0])
		printf("; delisted %s", text_of(history, "delisted"));
	putchar('\n');
	print_listings(history);
	print_delistings(history);
}

static void print_answer(const json_t *answer)
{
	printf("%s: score %lld of 100, SRL %lld, confidence %lld of 3, by the %s lane\n\n",
	       text_of(answer, "key"), json_integer_value(json_object_get(answer, "score")),
	       json_integer_value(json_object_get(answer, "srl")),
	       json_integer_value(json_object_get(answer, "confidence")), text_of(answer, "lane"));
	print_table(answer);
	print_lists(json_object_get(answer, "lists"));
	if (json_is_true(json_object_get(answer, "known")))
		print_history(json_object_get(answer, "history"));
	else
		printf("\nnothing was seen of it\n");
}

/* Lists by hand and feeds know addresses and names, not AS numbers. */
static json_t *sources_of(const struct config *config, const char *key)
{
	bool is_asn =
	    strncasecmp(key, "AS", 2) == 0 && key[2] >= '0' && key[2] <= '9' && !strchr(key, '.');

	return is_asn ? NULL : lookup_sources(config, key);
}

int explain_run(const struct arguments *a)
{
	struct config *config = ask_config(a);
	json_t *answer = NULL, *sources;
	int rc = -1;

	if (config)
		rc = ask_control(
		    a, config, json_pack("{s:s, s:s}", "command", "explain", "key", a->operands[0]),
		    &answer);
	if (rc < 0) {
		config_free(config);
		return EXIT_NO;
	}
	sources = sources_of(config, a->operands[0]);
	config_free(config);
	if (a->given & OPTION_JSON) {
		json_object_set_new(answer, "sources", sources ? sources : json_null());
		return show_json(answer) < 0 ? EXIT_NO : EXIT_OK;
	}
	print_answer(answer);
	lookup_print_sources(sources);
	json_decref(sources);
	json_decref(answer);
	return EXIT_OK;
}

int delist_run(const struct arguments *a)
{
	const char *user = getenv("USER");
	char number[32];
	json_t *answer = NULL;

	if (!a->reason) {
		ask_fail(a, "--reason is missing: say why, it is kept");
		return EXIT_USAGE;
	}
	snprintf(number, sizeof(number), "uid %u", (unsigned)getuid());
	if (ask_command(a,
	                json_pack("{s:s, s:s, s:s, s:s}", "command", "delist", "key",
	                          a->operands[0], "reason", a->reason, "author",
	                          a->author         ? a->author
	                          : user && user[0] ? user
	                                            : number),
	                &answer) < 0)
		return EXIT_NO;
	if (a->given & OPTION_JSON)
		return show_json(answer) < 0 ? EXIT_NO : EXIT_OK;
	printf("%s: off all lists\n", a->operands[0]);
	json_decref(answer);
	return EXIT_OK;
}
