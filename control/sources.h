/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Where a listing comes from: which lists cover a key, and for feeds which line.
 *
 * Threads: the main loop; what is published is looked at on the publisher thread, files on the
 * reader thread.
 */
#include "control/server.h"

struct engine;

/* Answer "sources". */
void sources_find(struct engine *e, struct server_request *client, const char *key);
