/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Whether feeds are answered at all: switched off by an operator or in the configuration, or out of
 * date and configured not to be. Tells the publisher what changed, and the log what that means.
 *
 * Threads: the main loop only.
 */
#include "control/engine.h"
#include "control/publisher.h"

struct feed;
struct publisher_version;

/* Tell the publisher about every feed for which something changed, e.g. because time passed. */
void answering_update(struct engine *e);

/* The same, and again for all that are not answered: it has another configuration. */
void answering_renew(struct engine *e);

/* Set what a feed's first version comes with. */
void answering_fill(struct engine *e, struct publisher_version *versions, size_t count);

/*
 * Switch a feed off or on; done() follows when it is in force.
 *
 * reason: NULL = on
 * Errors: as switches_set(); done() follows unless it is -ENOMEM
 */
int answering_switch(struct engine *e, struct feed *feed, const char *reason, const char *author,
                     publisher_done *done, void *context);
