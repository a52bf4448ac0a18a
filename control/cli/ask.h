/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What most commands begin with: the configuration, and a question to a daemon. What goes wrong is
 * told here: on stderr, or with --json as {"ok": false, "error": ...} on stdout.
 */
#include "control/cli/arguments.h"
#include "control/cli/dataplane_client.h"
#include "control/config.h"

#include <jansson.h>

/* Load the configuration the command line names. Errors: NULL, told. */
struct config *ask_config(const struct arguments *a);

/* Ask reputed. Takes the request. Errors: negative errno, told. */
int ask_control(const struct arguments *a, const struct config *config, json_t *request,
                json_t **out_answer);

/* Load the configuration, and ask reputed. Takes the request. Errors: negative, told. */
int ask_command(const struct arguments *a, json_t *request, json_t **out_answer);

/* Ask the data plane. Errors: negative errno, told. */
int ask_dataplane(const struct arguments *a, const struct config *config,
                  const channel_request *request, Reputed__Update__Response__KindCase wanted,
                  channel_response **out_response);

/* Tell an error as the others are told. */
void ask_fail(const struct arguments *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
