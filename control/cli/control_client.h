/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Asking reputed through its control socket (docs/control-socket.md): one request, one answer.
 */
#include <jansson.h>

#define CONTROL_CLIENT_ANSWER_MAX (256u << 20) /* bytes: a long manual list */
#define CONTROL_CLIENT_ERROR_MAX  512

/*
 * Send a request and wait for its answer. Takes the request, whatever happens.
 *
 * out_answer: an object with "ok": true; drop with json_decref()
 * out_error:  why there is none, for people; an answer's own error text when reputed refused
 * Errors:     -ECONNREFUSED or -ENOENT: reputed is not running; -EPROTO: it answered "ok": false;
 *             -ETIMEDOUT; -EBADMSG; -ENOMEM; others of socket, connect
 */
int control_client_call(const char *path, json_t *request, int timeout_ms, json_t **out_answer,
                        char out_error[CONTROL_CLIENT_ERROR_MAX]);

/*
 * The object of an answer line.
 *
 * Errors: -EBADMSG not an object with "ok"; -EPROTO "ok": false; out_error as above
 */
int control_client_parse(const char *line, size_t size, json_t **out_answer,
                         char out_error[CONTROL_CLIENT_ERROR_MAX]);
