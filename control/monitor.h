/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Whether our own mail servers are listed: their addresses are looked up once in a while in our own
 * zones and in those of others. A list that is dead or lists everything says nothing about an
 * address, so its test entries (RFC 5782 section 5) are looked up as well: 127.0.0.2 must be
 * listed, 127.0.0.1 must not.
 *
 * Threads: the main loop only.
 */
#include "control/config.h"

#include <jansson.h>

#include <stdbool.h>
#include <stdint.h>

#define MONITOR_CODES_MAX 8

struct event_base;
struct monitor;

enum monitor_state { MONITOR_UNKNOWN, MONITOR_NOT_LISTED, MONITOR_LISTED, MONITOR_ERROR };

const char *monitor_state_name(enum monitor_state state);

struct monitor_row { /* of an address in a zone */
	const char *zone, *address;
	bool is_here; /* one of our zones */
	enum monitor_state state;
	uint32_t codes[MONITOR_CODES_MAX]; /* host order, of MONITOR_LISTED */
	unsigned code_count;
	const char *error;          /* of MONITOR_ERROR */
	int64_t checked_s, since_s; /* Unix; 0 = never */
};

/* Whether our own data plane answers; before that nothing is looked up. */
typedef bool monitor_is_ready(void *context);

/* Errors: NULL, no memory */
struct monitor *monitor_new(struct event_base *base, monitor_is_ready *is_ready, void *context);
/* The loop must not be turned again. */
void monitor_free(struct monitor *m);

/* Use a configuration, and look soon; without a section monitor nothing is done. Errors:
 * -ENOMEM, -EINVAL a resolver that cannot be used: nothing is looked up */
int monitor_configure(struct monitor *m, const struct config *config);

/* Look now. */
void monitor_look(struct monitor *m);

/* How many lookups are on their way. */
unsigned monitor_pending(const struct monitor *m);

unsigned monitor_count(const struct monitor *m);
const struct monitor_row *monitor_get(const struct monitor *m, unsigned i);

/* Rows as "monitor" of docs/control-socket.md; null when there is no such section. */
json_t *monitor_json(const struct monitor *m);
