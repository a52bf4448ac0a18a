/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Answers the requests of the control socket.
 *
 * Threads: the main loop only.
 */
#include "control/server.h"

/* A server_handle; context is the struct engine. */
void commands_handle(struct server_request *request, const char *line, size_t size, void *context);
