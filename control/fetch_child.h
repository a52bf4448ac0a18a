/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A process of reputed-fetch and what it says. It leads a process group, which is killed as a whole
 * when it takes too long or is not wanted any more.
 *
 * Threads: the main loop only.
 */
#include "control/fetch/fetch.h"

struct event_base;
struct fetch_child;

/* Called once, from the event loop; the child is to be freed in it or later. */
typedef void fetch_child_done(const struct fetch_result *result, void *context);

/* Errors: NULL with errno; done is not called */
struct fetch_child *fetch_child_start(struct event_base *base, const char *program,
                                      const struct fetch_request *request, const char *path,
                                      fetch_child_done *done, void *context);

/* Kill it if it runs; done is not called any more. NULL is allowed. */
void fetch_child_free(struct fetch_child *child);
