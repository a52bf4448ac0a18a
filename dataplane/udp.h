/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Kernel UDP: recvmmsg, answer_burst, sendmmsg, in bursts of QUERY_BURST_MAX. An answer leaves from
 * the address that was asked, also when the socket is bound to the wildcard.
 *
 * Threads: one per struct udp; a registered and online liburcu-qsbr reader.
 */
#include "dataplane/stats.h"
#include "dataplane/update.h"

#include <stdbool.h>

struct udp;

/* Buffers of a thread, for all its UDP sockets; all is borrowed. Errors: NULL with errno. */
struct udp *udp_new(const struct update *update, struct stats_thread *stats);
void udp_free(struct udp *u);

/*
 * Answer what has come to a socket, a bounded number of bursts at a time; never blocks.
 *
 * is_wildcard: the socket gives IP_PKTINFO or IPV6_PKTINFO
 */
void udp_serve(struct udp *u, int fd, bool is_wildcard);
