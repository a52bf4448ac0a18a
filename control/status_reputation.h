/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What `status` says of the reputation: how much is kept, what is listed, what came of events, and
 * how the answers are on their way.
 *
 * Threads: the main loop.
 */
#include "control/engine.h"

#include <jansson.h>

/* null when there is none. */
json_t *status_reputation(const struct engine *e);
