/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The control socket: lines in, lines out, one request of a client at a time. Only the daemon's own
 * user and root may speak. Lines, clients and waiting are capped.
 *
 * Threads: the main loop only.
 */
#include <jansson.h>

#include <stddef.h>
#include <sys/types.h>

#define SERVER_LINE_MAX    65536 /* bytes */
#define SERVER_CLIENTS_MAX 64
#define SERVER_IDLE_S      300 /* a client that says nothing, or takes no answer, is let go */

struct event_base;
struct server;
struct server_request;

/* Handle a line (without its end; not terminated): server_reply() now or later, exactly once. */
typedef void server_handle(struct server_request *request, const char *line, size_t size,
                           void *context);

/* fd: listening, non-blocking; the server's from now on, whatever happens. Errors: NULL, errno. */
struct server *server_new(struct event_base *base, int fd, server_handle *handle, void *context);

/*
 * Answer; takes the object. The client may be gone. NULL (no memory) lets the client go.
 */
void server_reply(struct server_request *request, json_t *answer);

/* The same with {"ok": false, "error": …}. */
void server_refuse(struct server_request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The user at the other end. */
uid_t server_uid(const struct server_request *request);

/* Close all; requests that still wait may be answered afterwards, into nothing. */
void server_free(struct server *s);
