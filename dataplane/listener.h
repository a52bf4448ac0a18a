/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Binding one address: a UDP socket and a listening TCP socket on the same port. */
#include "dataplane/options.h"
#include "dataplane/table/table6.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define LISTENER_TEXT_MAX 96

struct listener {
	int udp_fd, tcp_fd; /* non-blocking */
	bool is_wildcard;   /* the local address of each datagram is asked for and replied from */
	char text[LISTENER_TEXT_MAX]; /* "127.0.0.1:5300", "[::1]:5300", with the port chosen */
};

/*
 * Bind and listen; on the address of a punted port, before the kernel has it.
 *
 * first:  NULL, or the listener of another thread whose address is shared (SO_REUSEPORT)
 * Errors: negative errno of the call that failed; nothing is left open
 */
int listener_open(const struct options_listen *where, const struct listener *first,
                  struct listener *out_listener);

/* Close both sockets; allowed on a closed listener. */
void listener_close(struct listener *l);

/* Text of an address and port, for messages. */
void listener_text(const struct sockaddr *address, char *out_text);

/* An address as the answer core wants it: IPv4 as ::ffff:a.b.c.d. */
address6_t listener_client(const struct sockaddr_storage *address);
