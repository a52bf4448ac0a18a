/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The counters of the control process, for `reputectl stats` and for Prometheus: events by outcome
 * and class, listings, the journal, own addresses that are listed somewhere, requests over HTTP.
 *
 * Threads: the main loop only.
 */
#include <jansson.h>

struct engine;

/* An array of {"name", "help", "value"}; a name may have labels: monitor_listed{zone="z"}. */
json_t *counters_json(const struct engine *e);

/* The same as text in the format of Prometheus, to be freed. Errors: NULL, out of memory */
char *counters_text(const struct engine *e);
