/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/commands.h"
#include "control/cli/show.h"
#include "control/config.h"
#include "control/config_secrets.h"
#include "control/zone_records.h"

#include <stdio.h>
#include <string.h>

struct check_output {
	json_t *mistakes; /* NULL: print them */
};

static void tell(const char *message, void *context)
{
	struct check_output *output = context;

	if (output->mistakes)
		json_array_append_new(output->mistakes, show_string(message, strlen(message)));
	else
		fprintf(stderr, "%s\n", message);
}

/* Records are not what the daemon refuses a file for, so they are checked here. */
static bool check_records(const struct config *config, struct check_output *output)
{
	const char *last = NULL;
	bool is_good = true;

	for (unsigned i = 0; i < config->zones_count; i++) {
		const char *path = config->zones[i].records;
		char error[512];
		struct zone_records *records;

		if (!path || (last && strcmp(last, path) == 0))
			continue;
		last = path;
		records = zone_records_read(path, error, sizeof(error));
		if (!records) {
			tell(error, output);
			is_good = false;
		}
		zone_records_free(records);
	}
	return is_good;
}

int check_run(const struct arguments *a)
{
	const char *path = a->operand_count ? a->operands[0] : a->config;
	struct check_output output = {.mistakes = a->given & OPTION_JSON ? json_array() : NULL};
	struct config *config = config_load(path, tell, &output);
	bool is_good = config && config_secrets_read(config, tell, &output) == 0 &&
	               check_records(config, &output);
	int status = is_good ? EXIT_OK : EXIT_NO;

	if (output.mistakes)
		show_json(json_pack(
		    "{s:b, s:o, s:i, s:i, s:o}", "ok", is_good, "file",
		    show_string(path, strlen(path)), "zones", config ? (int)config->zones_count : 0,
		    "lists", config ? (int)config->lists_count : 0, "messages", output.mistakes));
	else if (is_good)
		printf("%s: ok: %u zones, %u lists\n", path, config->zones_count,
		       config->lists_count);
	config_free(config);
	return status;
}
