/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/show.h"
#include "control/config_reputation.h"
#include "control/reputation/explain.h"
#include "control/reputation/simulation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct simulating {
	bool is_json;
	struct show_table table;
	json_t *changes;
};

/* "spam trap", "-" */
static void lists_text(uint32_t lists, char out_text[64])
{
	size_t at = 0;

	strcpy(out_text, "-");
	for (int i = 0; i < DIALS_LIST_COUNT; i++) {
		if (lists >> i & 1)
			at += (size_t)snprintf(out_text + at, 64 - at, "%s%s", at ? " " : "",
			                       dials_list_name((enum dials_list)i));
	}
}

static json_t *lists_json(uint32_t lists)
{
	json_t *array = json_array();

	for (int i = 0; i < DIALS_LIST_COUNT; i++) {
		if (lists >> i & 1)
			json_array_append_new(array,
			                      json_string(dials_list_name((enum dials_list)i)));
	}
	return array;
}

static void score_text(int score, char out_text[SHOW_TEXT_MAX])
{
	snprintf(out_text, SHOW_TEXT_MAX, score < 0 ? "-" : "%d", score);
}

static void on_change(const struct ledger_key *key, const struct simulation_change *change,
                      void *context)
{
	struct simulating *s = context;
	char text[EXPLAIN_KEY_MAX], before[64], after[64];
	char score_before[SHOW_TEXT_MAX], score_after[SHOW_TEXT_MAX];

	explain_key_format(key, text);
	if (s->is_json) {
		json_array_append_new(s->changes,
		                      json_pack("{s:s, s:o, s:o, s:i, s:i}", "key", text, "before",
		                                lists_json(change->before), "after",
		                                lists_json(change->after), "score_before",
		                                change->score_before, "score_after",
		                                change->score_after));
		return;
	}
	lists_text(change->before, before);
	lists_text(change->after, after);
	score_text(change->score_before, score_before);
	score_text(change->score_after, score_after);
	show_row(&s->table, (const char *const[]){text, before, after, score_before, score_after});
}

static void print_counts(const struct simulation_counts *c)
{
	struct show_table table = {.align = "lrrrr"};
	char first[32], last[32];

	explain_time(c->first_ms, first);
	explain_time(c->last_ms, last);
	putchar('\n');
	show_row(&table, (const char *const[]){"LIST", "BEFORE", "ENTER", "LEAVE", "AFTER"});
	for (int i = 0; i < DIALS_LIST_COUNT; i++) {
		char before[SHOW_TEXT_MAX], entered[SHOW_TEXT_MAX], left[SHOW_TEXT_MAX],
		    after[SHOW_TEXT_MAX];

		show_number(c->before[i], before);
		show_number(c->entered[i], entered);
		show_number(c->left[i], left);
		show_number(c->after[i], after);
		show_row(&table, (const char *const[]){dials_list_name((enum dials_list)i), before,
		                                       entered, left, after});
	}
	show_table_done(&table, 0, stdout);
	printf("\n%" PRIu64 " events and %" PRIu64 " delistings from %s to %s, %" PRIu64 " keys\n",
	       c->events, c->delistings, c->first_ms ? first : "-", c->last_ms ? last : "-",
	       c->keys);
	if (c->bad || c->damaged)
		printf("left out: %" PRIu64 " bad records, %" PRIu64 " damaged bytes\n", c->bad,
		       c->damaged);
}

static json_t *counts_json(const struct simulation_counts *c)
{
	json_t *lists = json_object();

	for (int i = 0; i < DIALS_LIST_COUNT; i++)
		json_object_set_new(
		    lists, dials_list_name((enum dials_list)i),
		    json_pack("{s:I, s:I, s:I, s:I}", "before", (json_int_t)c->before[i], "enter",
		              (json_int_t)c->entered[i], "leave", (json_int_t)c->left[i], "after",
		              (json_int_t)c->after[i]));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "events", (json_int_t)c->events,
	                 "delistings", (json_int_t)c->delistings, "keys", (json_int_t)c->keys,
	                 "bad", (json_int_t)c->bad, "damaged", (json_int_t)c->damaged, "lists",
	                 lists);
}

/* The dials of a configuration; one without the section has the defaults. Errors: -EINVAL, told */
static int read_dials(const struct arguments *a, const char *path, struct dials *out_dials)
{
	struct arguments other = *a;
	struct config *config;

	other.config = path;
	config = ask_config(&other);
	if (!config)
		return -EINVAL;
	if (config->reputation)
		*out_dials = config->reputation->dials;
	else
		dials_default(out_dials);
	config_free(config);
	return 0;
}

static void print_result(struct simulating *s, const struct simulation_counts *counts)
{
	if (s->is_json) {
		show_json(json_pack("{s:b, s:O, s:o}", "ok", 1, "changes", s->changes, "summary",
		                    counts_json(counts)));
		return;
	}
	if (s->table.count > 5)
		show_table_done(&s->table, 0, stdout);
	else
		printf("nobody would enter or leave a list\n");
	print_counts(counts);
}

int simulate_run(const struct arguments *a)
{
	struct simulating s = {.is_json = a->given & OPTION_JSON,
	                       .table = {.align = "lllrr"},
	                       .changes = json_array()};
	const char *old = a->operand_count > 1 ? a->operands[1] : ARGUMENTS_CONFIG;
	struct dials before, after;
	const struct simulation_dials dials = {&before, &after};
	struct simulation_counts counts;
	int rc = read_dials(a, a->config, &after);

	/* Without an old configuration: against the defaults. */
	if (rc == 0 && (a->operand_count > 1 || access(old, F_OK) == 0))
		rc = read_dials(a, old, &before);
	else
		dials_default(&before);
	if (rc < 0) {
		json_decref(s.changes);
		return EXIT_USAGE;
	}
	show_row(&s.table, (const char *const[]){"KEY", "BEFORE", "AFTER", "SCORE", "THEN"});
	rc = simulation_run(a->operands[0], &dials, on_change, &s, &counts);
	if (rc < 0)
		ask_fail(a, "journal '%s': %s", a->operands[0], strerror(-rc));
	else
		print_result(&s, &counts);
	show_table_done(&s.table, 0, NULL);
	json_decref(s.changes);
	return rc < 0 ? EXIT_NO : EXIT_OK;
}
