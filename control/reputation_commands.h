/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The requests of the control socket that are about reputation.
 *
 * Threads: the main loop only.
 */
#include "control/engine.h"
#include "control/request.h"
#include "control/server.h"

/* Events of the reporter whose `user` the client is. */
void reputation_commands_report(struct engine *e, struct server_request *client,
                                const struct request *r);

void reputation_commands_explain(struct engine *e, struct server_request *client,
                                 const struct request *r);

/* author: who does it. */
void reputation_commands_delist(struct engine *e, struct server_request *client,
                                const struct request *r, const char *author);
