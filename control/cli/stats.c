/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/ask.h"
#include "control/cli/commands.h"
#include "control/cli/show.h"

#include <string.h>

/* A drop that never happened is noise. */
static bool is_shown(const struct arguments *a, const Reputed__Update__Counter *counter)
{
	return counter->value || (a->given & OPTION_ALL) || !strstr(counter->name, "drop");
}

static void print_json(const Reputed__Update__StatsAnswer *stats)
{
	json_t *counters = json_array();

	for (size_t i = 0; i < stats->n_counters; i++) {
		const Reputed__Update__Counter *c = stats->counters[i];

		json_array_append_new(counters,
		                      json_pack("{s:s, s:s, s:I}", "name", c->name, "help", c->help,
		                                "value", (json_int_t)c->value));
	}
	show_json(json_pack("{s:b, s:o}", "ok", 1, "counters", counters));
}

static void print_table(const struct arguments *a, const Reputed__Update__StatsAnswer *stats)
{
	struct show_table table = {.align = "lrl"};

	for (size_t i = 0; i < stats->n_counters; i++) {
		const Reputed__Update__Counter *c = stats->counters[i];
		char value[SHOW_TEXT_MAX];

		show_number(c->value, value);
		if (is_shown(a, c))
			show_row(&table, (const char *const[]){c->name, value, c->help});
	}
	show_table_done(&table, 0, stdout);
}

int stats_run(const struct arguments *a)
{
	Reputed__Update__Stats stats = REPUTED__UPDATE__STATS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	struct config *config = ask_config(a);
	channel_response *response = NULL;
	int rc = -1;

	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_STATS;
	request.stats = &stats;
	if (config)
		rc = ask_dataplane(a, config, &request, REPUTED__UPDATE__RESPONSE__KIND_STATS,
		                   &response);
	config_free(config);
	if (rc < 0)
		return EXIT_NO;
	if (a->given & OPTION_JSON)
		print_json(response->stats);
	else
		print_table(a, response->stats);
	reputed__update__response__free_unpacked(response, NULL);
	return EXIT_OK;
}
