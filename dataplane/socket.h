/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The kernel socket path: threads that serve UDP and TCP at the --listen addresses, each with its
 * own sockets and one epoll loop. They sleep, offline for RCU, when nothing comes.
 *
 * Threads: all calls from main.
 */
#include "dataplane/options.h"
#include "dataplane/stats.h"
#include "dataplane/update.h"

struct socket_server;

/*
 * Bind all addresses for all threads; nothing is served yet.
 *
 * stats:     of the process; threads use the indices from 0 on
 * out_error: OPTIONS_ERROR_MAX bytes; names the address
 * Errors:    negative errno with out_error set; nothing is left open
 */
int socket_open(const struct options *options, struct stats *stats,
                struct socket_server **out_server, char *out_error);

/* Text of an address served, "127.0.0.1:5300"; index < served_count. Borrowed. */
const char *socket_text(const struct socket_server *s, unsigned index);

/* Why an address that may_fail is not served: negative errno, 0 = it is. index < served_count */
int socket_error(const struct socket_server *s, unsigned index);

/* Start the threads. Errors: negative errno; none is left running. */
int socket_start(struct socket_server *s, const struct update *update,
                 const struct options *options);

/* Stop and join the threads; allowed when they were not started. */
void socket_stop(struct socket_server *s);

/* Close the sockets and free. NULL is allowed. */
void socket_close(struct socket_server *s);
