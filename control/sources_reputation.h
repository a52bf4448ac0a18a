/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What made the listings of an address or domain by the reputation, for the command `sources`.
 *
 * Threads: the main loop.
 */
#include "control/engine.h"
#include "control/manual_key.h"

#include <jansson.h>

/* rows: an array like that of sources.h, with "reason" as of view why; the callee's. */
typedef void sources_reputation_done(bool is_cancelled, json_t *rows, void *context);

/* Ask for what is known of a key; done follows, later or now. Networks and ranges have no rows. */
void sources_reputation(struct engine *e, const struct manual_key *key,
                        sources_reputation_done *done, void *context);
