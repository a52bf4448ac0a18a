/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Asking reputed-dataplane through its socket, without taking the writer's role.
 */
#include "dataplane/proto/channel.h"

#define DATAPLANE_CLIENT_ERROR_MAX 512

/*
 * Send one request and wait for its response of the kind that is wanted.
 *
 * out_response: free with reputed__update__response__free_unpacked(response, NULL)
 * out_error:    why there is none, for people
 * Errors:       -ECONNREFUSED or -ENOENT: it is not running; -EPROTO: another kind, or its error
 */
int dataplane_client_call(const char *path, const channel_request *request,
                          Reputed__Update__Response__KindCase wanted,
                          channel_response **out_response,
                          char out_error[DATAPLANE_CLIENT_ERROR_MAX]);
