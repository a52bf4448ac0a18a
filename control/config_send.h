/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a configuration says beside its lists, into a batch.
 *
 * Threads: one thread per struct batch.
 */
#include "control/batch.h"
#include "control/config.h"

/* Zones with the keys that some need. Errors: as batch_zones(). */
int config_send_zones(struct batch *b, const struct config *config,
                      const Reputed__Update__Zones *zones);

/* Access rules and settings of the server. Errors: as batch_access(). */
int config_send_server(struct batch *b, const struct config *config);

/* The rate limits, or that there are none. Errors: as batch_rate_limit(). */
int config_send_limits(struct batch *b, const struct config *config);
