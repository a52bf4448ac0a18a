/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/counters.h"

#include "control/engine.h"
#include "control/http/http.h"
#include "control/monitor.h"
#include "control/reputation/answers.h"
#include "control/reputation/reputation.h"
#include "control/services.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(json_t *rows, const char *help, uint64_t value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void add(json_t *rows, const char *help, uint64_t value, const char *format, ...)
{
	char name[1200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(name, sizeof(name), format, arguments);
	va_end(arguments);
	json_array_append_new(rows, json_pack("{s:s, s:s, s:I}", "name", name, "help", help,
	                                      "value", (json_int_t)value));
}

static void add_reputation(json_t *rows, const struct engine *e)
{
	struct reputation_stats stats;
	struct answers_stats answers;

	if (!e->reputation)
		return;
	reputation_stats(e->reputation, &stats);
	answers_get_stats(e->answers, &answers);
	for (unsigned i = 0; i < REPUTATION_OUTCOME_COUNT; i++)
		add(rows, "events by what became of them", stats.outcomes[i],
		    "reputation_events{outcome=\"%s\"}", reputation_outcome_name(i));
	for (unsigned i = 0; i < EVENT_CLASS_COUNT; i++)
		add(rows, "events counted, by class", stats.classes[i],
		    "reputation_classes{class=\"%s\"}", event_class_name(i));
	for (unsigned i = 0; i < DIALS_LIST_COUNT; i++)
		add(rows, "keys on a list now", stats.ledger.listed[i],
		    "reputation_listed{list=\"%s\"}", dials_list_name(i));
	for (unsigned i = 0; i < DIALS_LIST_COUNT; i++)
		add(rows, "listings that ended, by themselves or delisted", stats.ledger.ended[i],
		    "reputation_ended{list=\"%s\"}", dials_list_name(i));
	add(rows, "keys that something is known of", stats.ledger.keys, "reputation_tracked");
	add(rows, "bytes of the ledger", stats.ledger.memory_size, "reputation_memory");
	add(rows, "bytes of the journal", stats.journal_size, "reputation_journal_size");
	add(rows, "commits that failed", stats.journal_errors, "reputation_journal_errors");
	add(rows, "files that were damaged", stats.damaged_files, "reputation_damaged_files");
	add(rows, "1: events can be saved", stats.is_saving, "reputation_is_saving");
	add(rows, "keys that something is answered of", answers.rows, "reputation_answers");
	add(rows, "answers on their way", answers.waiting, "reputation_answers_waiting");
	add(rows, "answers published", answers.published, "reputation_answers_published");
	add(rows, "bytes of the texts of view why", answers.text_size, "reputation_texts_size");
	add(rows, "texts of view why made short for want of room", answers.shortened,
	    "reputation_texts_shortened");
	add(rows, "changes without memory", answers.lost, "reputation_answers_lost");
}

/* A zone's name may have escapes, which in a label would be others. */
static void label_of(const char *text, char out_label[512])
{
	snprintf(out_label, 512, "%s", text);
	for (char *c = out_label; *c; c++) {
		if (*c == '"' || *c == '\\')
			*c = '?';
	}
}

static void add_monitor(json_t *rows, const struct monitor *m)
{
	static const struct {
		const char *name, *help;
		enum monitor_state state;
	} states[] = {
	    {"monitor_listed", "1: an own address is listed there", MONITOR_LISTED},
	    {"monitor_error", "1: a list says nothing that can be believed", MONITOR_ERROR},
	};
	unsigned counts[MONITOR_ERROR + 1] = {0};
	char zone[512];

	for (size_t s = 0; s < sizeof(states) / sizeof(states[0]); s++) {
		for (unsigned i = 0; i < monitor_count(m); i++) {
			const struct monitor_row *row = monitor_get(m, i);

			label_of(row->zone, zone);
			add(rows, states[s].help, row->state == states[s].state,
			    "%s{zone=\"%s\",address=\"%s\"}", states[s].name, zone, row->address);
		}
	}
	for (unsigned i = 0; i < monitor_count(m); i++) {
		const struct monitor_row *row = monitor_get(m, i);

		counts[row->state]++;
		label_of(row->zone, zone);
		add(rows, "when it was looked up last, Unix seconds", (uint64_t)row->checked_s,
		    "monitor_checked_seconds{zone=\"%s\",address=\"%s\"}", zone, row->address);
	}
	for (unsigned i = 0; monitor_count(m) && i <= MONITOR_ERROR; i++)
		add(rows, "own addresses by zone, by what is known", counts[i],
		    "monitor_lookups{state=\"%s\"}", monitor_state_name(i));
}

static void add_http(json_t *rows, const uint64_t *counts)
{
	for (unsigned i = 0; counts && i < HTTP_OUTCOME_COUNT; i++)
		add(rows, "requests over HTTP by what became of them", counts[i],
		    "http_requests{outcome=\"%s\"}", http_outcome_name(i));
}

json_t *counters_json(const struct engine *e)
{
	json_t *rows = json_array();

	add_reputation(rows, e);
	add_monitor(rows, services_monitor(e->services));
	add_http(rows, services_http_counts(e->services));
	return rows;
}

/* A counter's lines; its help once for all labels of a name. */
static void print_counter(FILE *out, const json_t *row, char before[64])
{
	const char *name = json_string_value(json_object_get(row, "name"));
	int size = (int)strcspn(name, "{");

	if (strncmp(before, name, (size_t)size) != 0 || before[size]) {
		snprintf(before, 64, "%.*s", size, name);
		fprintf(out, "# HELP reputed_%s %s\n# TYPE reputed_%s untyped\n", before,
		        json_string_value(json_object_get(row, "help")), before);
	}
	fprintf(out, "reputed_%s %lld\n", name, json_integer_value(json_object_get(row, "value")));
}

char *counters_text(const struct engine *e)
{
	json_t *rows = counters_json(e), *row;
	char before[64] = "", *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	json_array_foreach(rows, i, row)
	{
		if (out)
			print_counter(out, row, before);
	}
	json_decref(rows);
	if (out && fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
