/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the control socket tells about the state of things, as JSON (docs/control-socket.md).
 *
 * Threads: the main loop only.
 */
#include <jansson.h>

struct engine;

/* The answer to "status"; NULL when out of memory. */
json_t *status_all(struct engine *e);

/* "serving", "degraded": an operator should look, or "starting". */
const char *status_of(struct engine *e);

/* The array "feeds"; NULL when out of memory. */
json_t *status_feeds(struct engine *e);
