/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/control_client.h"
#include "control/cli/feeds.h"
#include "control/cli/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000

static void add_daemon(struct show_table *table, const char *name, const char *state,
                       const json_t *daemon)
{
	char generation[SHOW_TEXT_MAX], uptime[SHOW_TEXT_MAX], memory[SHOW_TEXT_MAX];
	char pid[SHOW_TEXT_MAX];

	if (!json_is_integer(json_object_get(daemon, "pid"))) {
		show_row(table, (const char *const[]){name, state, "", "", "", ""});
		return;
	}
	show_number((uint64_t)json_integer_value(json_object_get(daemon, "generation")),
	            generation);
	show_duration((uint64_t)json_integer_value(json_object_get(daemon, "uptime_s")), uptime);
	show_size((uint64_t)json_integer_value(json_object_get(daemon, "memory")), memory);
	show_number((uint64_t)json_integer_value(json_object_get(daemon, "pid")), pid);
	show_row(table, (const char *const[]){name, state, generation, uptime, memory, pid});
}

static const char *dataplane_state(const json_t *dataplane)
{
	if (!json_is_integer(json_object_get(dataplane, "pid")))
		return "not running";
	return json_is_true(json_object_get(dataplane, "is_loaded")) ? "answering" : "not loaded";
}

static void print_daemons(const json_t *control, const json_t *dataplane)
{
	struct show_table table = {.align = "llrrrr"};
	const char *state = json_string_value(json_object_get(control, "state"));

	show_row(&table,
	         (const char *const[]){"DAEMON", "STATE", "GENERATION", "UP", "MEMORY", "PID"});
	add_daemon(&table, "reputed", control ? (state ? state : "?") : "not running", control);
	add_daemon(&table, "reputed-dataplane", dataplane_state(dataplane), dataplane);
	show_table_done(&table, 0, stdout);
}

static void print_manual(const json_t *lists)
{
	struct show_table table = {.align = "lr"};
	const json_t *list;
	size_t i;

	if (json_array_size(lists) == 0)
		return;
	putchar('\n');
	show_row(&table, (const char *const[]){"MANUAL LIST", "ENTRIES"});
	json_array_foreach(lists, i, list)
	{
		char entries[SHOW_TEXT_MAX];

		show_number((uint64_t)json_integer_value(json_object_get(list, "entries")),
		            entries);
		show_row(&table, (const char *const[]){
				     json_string_value(json_object_get(list, "name")), entries});
	}
	show_table_done(&table, 0, stdout);
}

static void print_text(const char *label, const char *text)
{
	char *clean = text ? show_clean(text, strlen(text)) : NULL;

	if (clean)
		printf("\n%s%s\n", label, clean);
	free(clean);
}

/* Only what an operator has to do something about; the rest in a line. */
static void print_monitor(const json_t *monitor)
{
	struct show_table table = {.align = "llll"};
	size_t i, heading, clean = 0;
	const json_t *row;

	if (!json_is_array(monitor))
		return;
	show_row(&table, (const char *const[]){"OWN ADDRESS", "ZONE", "STATE", ""});
	heading = table.count;
	json_array_foreach(monitor, i, row)
	{
		const char *state = json_string_value(json_object_get(row, "state"));
		const json_t *codes = json_object_get(row, "codes");
		const char *code = json_string_value(json_array_get(codes, 0));
		const char *error = json_string_value(json_object_get(row, "error"));

		if (!state || strcmp(state, "not_listed") == 0) {
			clean++;
			continue;
		}
		show_row(&table,
		         (const char *const[]){json_string_value(json_object_get(row, "address")),
		                               json_string_value(json_object_get(row, "zone")),
		                               state, error ? error : code});
	}
	putchar('\n');
	show_table_done(&table, 0, table.count > heading ? stdout : NULL);
	printf("own addresses: not listed in %zu of %zu lookups\n", clean,
	       json_array_size(monitor));
}

static void print_reputation(const json_t *reputation)
{
	const json_t *lists = json_object_get(reputation, "lists"), *list;
	struct show_table table = {.align = "llrr"};
	size_t i;

	if (!json_is_object(reputation))
		return;
	printf("\nreputation of %lld addresses, networks and domains%s\n",
	       json_integer_value(json_object_get(reputation, "tracked")),
	       json_is_true(json_object_get(reputation, "is_saving"))
	           ? ""
	           : "; EVENTS ARE REFUSED: they cannot be saved");
	if (json_array_size(lists))
		show_row(&table, (const char *const[]){"LIST", "MODE", "LISTED", "ENDED"});
	json_array_foreach(lists, i, list)
	{
		char listed[SHOW_TEXT_MAX], ended[SHOW_TEXT_MAX];

		show_number((uint64_t)json_integer_value(json_object_get(list, "listed")), listed);
		show_number((uint64_t)json_integer_value(json_object_get(list, "ended")), ended);
		show_row(&table,
		         (const char *const[]){json_string_value(json_object_get(list, "name")),
		                               json_string_value(json_object_get(list, "mode")),
		                               listed, ended});
	}
	show_table_done(&table, 0, stdout);
}

static void print_control(const json_t *control)
{
	const json_t *zones = json_object_get(control, "not_loaded"), *zone;
	size_t i;

	printf("\n%lld zones, %lld lists, %lld entries\n",
	       json_integer_value(json_object_get(control, "zones")),
	       json_integer_value(json_object_get(control, "lists_count")),
	       json_integer_value(json_object_get(control, "entries")));
	print_text("the configuration was changed but is not used: ",
	           json_string_value(json_object_get(control, "config_error")));
	if (json_array_size(json_object_get(control, "feeds")))
		putchar('\n');
	feeds_print(json_object_get(control, "feeds"));
	print_manual(json_object_get(control, "manual"));
	print_monitor(json_object_get(control, "monitor"));
	print_reputation(json_object_get(control, "reputation"));
	json_array_foreach(zones, i, zone)
	    print_text("not loaded, answers SERVFAIL: ", json_string_value(zone));
}

/* What the data plane says of itself, as "dataplane" of docs/control-socket.md; NULL: told. */
static json_t *ask_daemon(const struct config *config, char *out_error)
{
	Reputed__Update__Status status = REPUTED__UPDATE__STATUS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	const Reputed__Update__StatusAnswer *s;
	channel_response *response = NULL;
	json_t *object;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_STATUS;
	request.status = &status;
	if (dataplane_client_call(config->dataplane.socket, &request,
	                          REPUTED__UPDATE__RESPONSE__KIND_STATUS, &response, out_error) < 0)
		return NULL;
	s = response->status;
	object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "generation",
	                   (json_int_t)s->generation, "uptime_s", (json_int_t)s->uptime_s, "memory",
	                   (json_int_t)s->memory_size, "entries", (json_int_t)s->entries, "pid",
	                   (json_int_t)s->pid, "is_loaded", (int)s->is_loaded);
	reputed__update__response__free_unpacked(response, NULL);
	return object;
}

/* reputed does not answer: what is left is what the data plane says. */
static int without_control(const struct arguments *a, const struct config *config,
                           const char *error)
{
	char dataplane_error[DATAPLANE_CLIENT_ERROR_MAX] = "";
	json_t *dataplane = ask_daemon(config, dataplane_error);

	if (a->given & OPTION_JSON) {
		show_json(json_pack("{s:b, s:s, s:o?, s:s?}", "ok", 0, "error", error, "dataplane",
		                    dataplane, "dataplane_error",
		                    dataplane ? NULL : dataplane_error));
		return EXIT_NO;
	}
	print_daemons(NULL, dataplane);
	fflush(stdout);
	fprintf(stderr, "reputectl: %s\n", error);
	if (!dataplane)
		fprintf(stderr, "reputectl: %s\n", dataplane_error);
	json_decref(dataplane);
	return EXIT_NO;
}

/* reputed looks at the data plane once in a while; what it does not know yet is asked here. */
static void complete_dataplane(const struct config *config, json_t *answer)
{
	json_t *dataplane = json_object_get(answer, "dataplane"), *asked;
	char error[DATAPLANE_CLIENT_ERROR_MAX] = "";

	if (json_is_integer(json_object_get(dataplane, "pid")))
		return;
	asked = ask_daemon(config, error);
	if (asked)
		json_object_update(dataplane, asked);
	else
		fprintf(stderr, "reputectl: %s\n", error);
	json_decref(asked);
}

int status_run(const struct arguments *a)
{
	struct config *config = ask_config(a);
	char error[CONTROL_CLIENT_ERROR_MAX];
	const json_t *dataplane;
	json_t *answer = NULL;
	int status, rc;

	if (!config)
		return EXIT_NO;
	rc = control_client_call(config->control_socket, json_pack("{s:s}", "command", "status"),
	                         TIMEOUT_MS, &answer, error);
	if (rc < 0)
		status = without_control(a, config, error);
	else
		complete_dataplane(config, answer);
	config_free(config);
	if (rc < 0)
		return status;
	dataplane = json_object_get(answer, "dataplane");
	status = json_is_integer(json_object_get(dataplane, "pid")) ? EXIT_OK : EXIT_NO;
	if (a->given & OPTION_JSON) {
		show_json(answer);
		return status;
	}
	print_daemons(answer, dataplane);
	print_control(answer);
	json_decref(answer);
	return status;
}
