/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/control_client.h"
#include "control/cli/show.h"

#include <stdio.h>
#include <string.h>

#define CONTROL_TIMEOUT_MS 5000

/* A drop that never happened is noise. */
static bool is_shown(const struct arguments *a, const Reputed__Update__Counter *counter)
{
	return counter->value || (a->given & OPTION_ALL) || !strstr(counter->name, "drop");
}

/* Those of reputed; an empty array when it does not answer. */
static json_t *ask_reputed(const struct config *config)
{
	char error[CONTROL_CLIENT_ERROR_MAX];
	json_t *answer = NULL, *counters;

	if (control_client_call(config->control_socket, json_pack("{s:s}", "command", "stats"),
	                        CONTROL_TIMEOUT_MS, &answer, error) < 0) {
		fprintf(stderr, "reputectl: %s\n", error);
		return json_array();
	}
	counters = json_incref(json_object_get(answer, "counters"));
	json_decref(answer);
	return counters;
}

static void print_json(const Reputed__Update__StatsAnswer *stats, json_t *control)
{
	json_t *counters = json_array();

	for (size_t i = 0; i < stats->n_counters; i++) {
		const Reputed__Update__Counter *c = stats->counters[i];

		json_array_append_new(counters,
		                      json_pack("{s:s, s:s, s:I}", "name", c->name, "help", c->help,
		                                "value", (json_int_t)c->value));
	}
	json_array_extend(counters, control);
	show_json(json_pack("{s:b, s:o}", "ok", 1, "counters", counters));
}

static void print_table(const struct arguments *a, const Reputed__Update__StatsAnswer *stats,
                        const json_t *control)
{
	struct show_table table = {.align = "lrl"};
	const json_t *row;
	size_t at;

	for (size_t i = 0; i < stats->n_counters; i++) {
		const Reputed__Update__Counter *c = stats->counters[i];
		char value[SHOW_TEXT_MAX];

		show_number(c->value, value);
		if (is_shown(a, c))
			show_row(&table, (const char *const[]){c->name, value, c->help});
	}
	json_array_foreach(control, at, row)
	{
		char value[SHOW_TEXT_MAX];

		show_number((uint64_t)json_integer_value(json_object_get(row, "value")), value);
		show_row(&table, (const char *const[]){
				     json_string_value(json_object_get(row, "name")), value,
				     json_string_value(json_object_get(row, "help"))});
	}
	show_table_done(&table, 0, stdout);
}

int stats_run(const struct arguments *a)
{
	Reputed__Update__Stats stats = REPUTED__UPDATE__STATS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	struct config *config = ask_config(a);
	channel_response *response = NULL;
	json_t *control = NULL;
	int rc = -1;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_STATS;
	request.stats = &stats;
	if (config)
		rc = ask_dataplane(a, config, &request, REPUTED__UPDATE__RESPONSE__KIND_STATS,
		                   &response);
	if (rc == 0)
		control = ask_reputed(config);
	config_free(config);
	if (rc < 0)
		return EXIT_NO;
	if (a->given & OPTION_JSON)
		print_json(response->stats, control);
	else
		print_table(a, response->stats, control);
	json_decref(control);
	reputed__update__response__free_unpacked(response, NULL);
	return EXIT_OK;
}
