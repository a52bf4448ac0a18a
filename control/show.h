/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is in a manual list, read on the reader thread.
 *
 * Threads: the main loop only, but for show_record(): any.
 */
#include "control/manual.h"
#include "control/server.h"

struct engine;

/* Answer "list-show". */
void show_list(struct engine *e, struct server_request *client, const char *list);

/* A code as text, null for the list's own. */
json_t *show_code(uint32_t code);
