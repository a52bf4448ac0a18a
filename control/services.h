/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the daemon does beside feeds, lists and the data plane: it serves HTTP, and watches whether
 * its own addresses are listed.
 *
 * Threads: the main loop only.
 */
#include <jansson.h>

#include <stdint.h>

struct engine;
struct monitor;
struct services;

/* Start with the configuration in force. Errors: NULL with errno, logged */
struct services *services_new(struct engine *e);

/* Another one is in force: e->config. What cannot be changed is logged, and the rest is. */
void services_configure(struct services *s);

void services_free(struct services *s);

/* For counters; NULL: no HTTP. */
const struct monitor *services_monitor(const struct services *s);
const uint64_t *services_http_counts(const struct services *s);

/* Object "http" and array "monitor" of the status. */
json_t *services_http_json(const struct services *s);
json_t *services_monitor_json(const struct services *s);
