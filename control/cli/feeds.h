/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Feeds as tables, shared by "status" and the "feeds" commands.
 */
#include "control/cli/arguments.h"

#include <jansson.h>

/* Print the feeds of an answer of reputed, with why one is held and lines that were bad. */
void feeds_print(const json_t *feeds);

/* Show an answer with feeds as the options say; takes it. Returns the exit status. */
int feeds_show(const struct arguments *a, json_t *answer);
