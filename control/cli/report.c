/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/show.h"
#include "control/config_value.h"
#include "control/reputation/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of the control socket is 64 KiB. */
#define BATCH_EVENTS 12
#define BLANKS       " \t\r\n"

struct reporting {
	const struct arguments *a;
	struct config *config;
	json_t *batch;
	json_int_t counted, repeated, own;
	int status;
};

static json_int_t number_of(const json_t *answer, const char *name)
{
	return json_integer_value(json_object_get(answer, name));
}

/* What was refused is told; what was counted stays counted. */
static void send_batch(struct reporting *r)
{
	json_t *answer = NULL;
	json_t *batch = r->batch;

	r->batch = NULL;
	if (!batch || r->status != EXIT_OK) {
		json_decref(batch);
		return;
	}
	if (ask_control(r->a, r->config,
	                json_pack("{s:s, s:o}", "command", "report", "events", batch),
	                &answer) < 0) {
		r->status = EXIT_NO;
		return;
	}
	r->counted += number_of(answer, "counted");
	r->repeated += number_of(answer, "repeated");
	r->own += number_of(answer, "own");
	json_decref(answer);
}

static void add(struct reporting *r, json_t *event)
{
	if (!r->batch)
		r->batch = json_array();
	json_array_append_new(r->batch, event);
	if (json_array_size(r->batch) == BATCH_EVENTS)
		send_batch(r);
}

static void set_text(json_t *event, const char *name, const char *text)
{
	if (text)
		json_object_set_new(event, name, json_string(text));
}

/* Errors: NULL, told */
static json_t *event_of(const struct arguments *a)
{
	uint64_t count = 1;
	json_t *event;

	if (a->count &&
	    (config_value_number(a->count, EVENT_COUNT_MAX, &count) < 0 || count == 0)) {
		ask_fail(a, "--count '%s': expected a number from 1 to %d", a->count,
		         EVENT_COUNT_MAX);
		return NULL;
	}
	event = json_pack("{s:s, s:s, s:I}", "class", a->operands[0], "ip", a->operands[1], "n",
	                  (json_int_t)count);
	if (!event) {
		ask_fail(a, "class and address must be text in UTF-8");
		return NULL;
	}
	set_text(event, "rcpt", a->recipient);
	set_text(event, "user", a->user);
	set_text(event, "note", a->note);
	return event;
}

/* JSON objects, one after the other. */
static void report_input(struct reporting *r)
{
	json_error_t error = {.line = 0};

	while (r->status == EXIT_OK) {
		int byte;
		json_t *event;

		do
			byte = getchar();
		while (byte != EOF && byte && strchr(BLANKS, byte));
		if (byte == EOF)
			break;
		ungetc(byte, stdin);
		event = json_loadf(stdin, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
		if (event) {
			add(r, event);
			continue;
		}
		ask_fail(r->a, "standard input: bad JSON after %lld events: %s",
		         r->counted + r->repeated + r->own + (json_int_t)json_array_size(r->batch),
		         error.text);
		r->status = EXIT_USAGE;
	}
}

int report_run(const struct arguments *a)
{
	struct reporting r = {.a = a};
	json_t *event = NULL;

	if (a->operand_count == 1) {
		ask_fail(a, "'report' needs CLASS and ADDRESS, or none of them");
		return EXIT_USAGE;
	}
	if (a->operand_count && !(event = event_of(a)))
		return EXIT_USAGE;
	r.config = ask_config(a);
	if (!r.config) {
		json_decref(event);
		return EXIT_NO;
	}
	if (event)
		add(&r, event);
	else
		report_input(&r);
	send_batch(&r);
	config_free(r.config);
	if (r.status != EXIT_OK)
		return r.status;
	if (a->given & OPTION_JSON)
		return show_json(json_pack("{s:b, s:I, s:I, s:I}", "ok", 1, "counted", r.counted,
		                           "repeated", r.repeated, "own", r.own)) < 0
		           ? EXIT_NO
		           : EXIT_OK;
	printf("%lld counted, %lld known already, %lld of own networks\n", r.counted, r.repeated,
	       r.own);
	return EXIT_OK;
}
