/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/commands.h"
#include "control/cli/show.h"
#include "control/config.h"
#include "control/config_secrets.h"

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

int check_run(const struct arguments *a)
{
	const char *path = a->operand_count ? a->operands[0] : a->config;
	struct check_output output = {.mistakes = a->given & OPTION_JSON ? json_array() : NULL};
	struct config *config = config_load(path, tell, &output);
	int status;

	if (config && config_secrets_read(config, tell, &output) < 0) {
		config_free(config);
		config = NULL;
	}
	status = config ? EXIT_OK : EXIT_NO;
	if (output.mistakes)
		show_json(json_pack(
		    "{s:b, s:o, s:i, s:i, s:o}", "ok", config != NULL, "file",
		    show_string(path, strlen(path)), "zones", config ? (int)config->zones_count : 0,
		    "lists", config ? (int)config->lists_count : 0, "messages", output.mistakes));
	else if (config)
		printf("%s: ok: %u zones, %u lists\n", path, config->zones_count,
		       config->lists_count);
	config_free(config);
	return status;
}
