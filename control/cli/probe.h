/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Asks reputed for its status again and again, without blocking the event loop, until told to stop.
 *
 * Threads: the one that runs the event base.
 */
#include <jansson.h>

struct event_base;
struct probe;

/* answer: the object of a "status" that worked; borrowed. The probe may be stopped from inside. */
typedef void probe_answer(const json_t *answer, void *context);

/* path: of the control socket; outlives the probe. Errors: NULL with errno. */
struct probe *probe_new(struct event_base *base, const char *path, unsigned interval_ms,
                        probe_answer *answer, void *context);

void probe_stop(struct probe *p);

/* NULL is allowed; not from inside the answer. */
void probe_free(struct probe *p);
