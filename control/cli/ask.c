/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/ask.h"

#include "control/cli/control_client.h"
#include "control/cli/show.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_TIMEOUT_MS 60000 /* a change waits for the data plane; a refresh reads feeds */

struct messages {
	FILE *out;
};

static void take_message(const char *message, void *context)
{
	struct messages *messages = context;

	if (messages->out)
		fprintf(messages->out, "%s\n", message);
}

struct config *ask_config(const struct arguments *a)
{
	size_t size = 0;
	char *text = NULL;
	struct messages messages = {.out = open_memstream(&text, &size)};
	struct config *config = config_load(a->config, take_message, &messages);

	if (messages.out)
		fclose(messages.out);
	if (!config && size && text)
		ask_fail(a, "%.*s", (int)size - 1, text);
	else if (!config)
		ask_fail(a, "%s: not enough memory", a->config);
	free(text);
	return config;
}

void ask_fail(const struct arguments *a, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (a->given & OPTION_JSON)
		show_json(json_pack("{s:b, s:s}", "ok", 0, "error", text ? text : "no memory"));
	else
		fprintf(stderr, "reputectl: %s\n", text ? text : "no memory");
	free(text);
}

int ask_control(const struct arguments *a, const struct config *config, json_t *request,
                json_t **out_answer)
{
	char error[CONTROL_CLIENT_ERROR_MAX];
	int rc = control_client_call(config->control_socket, request, CONTROL_TIMEOUT_MS,
	                             out_answer, error);

	if (rc < 0)
		ask_fail(a, "%s", error);
	return rc;
}

int ask_command(const struct arguments *a, json_t *request, json_t **out_answer)
{
	struct config *config = ask_config(a);
	int rc = -EINVAL;

	if (config)
		rc = ask_control(a, config, request, out_answer);
	else
		json_decref(request);
	config_free(config);
	return rc;
}

int ask_dataplane(const struct arguments *a, const struct config *config,
                  const channel_request *request, Reputed__Update__Response__KindCase wanted,
                  channel_response **out_response)
{
	char error[DATAPLANE_CLIENT_ERROR_MAX];
	int rc =
	    dataplane_client_call(config->dataplane.socket, request, wanted, out_response, error);

	if (rc < 0)
		ask_fail(a, "%s", error);
	return rc;
}
