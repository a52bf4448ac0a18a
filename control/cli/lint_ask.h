/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * DNS messages sent to a server and received from it, over UDP or TCP, each with a timeout.
 *
 * A path is one way to a server: an address and a transport. A UDP socket and a TCP connection are
 * kept and made again when they are lost.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define LINT_ASK_TRIES 2 /* over UDP, where a datagram may be lost */

struct lint_path {
	struct sockaddr_storage address;
	socklen_t address_size;
	bool is_tcp;
	char text[80];       /* "udp 127.0.0.1:53" */
	int fd;              /* -1 = none */
	unsigned silent;     /* questions in a row without an answer */
	unsigned silent_all; /* in all */
	int error;           /* why it is not asked any more; 0 = it is */
	unsigned timeout_ms; /* of one try */
};

/* An address with its transport; nothing is sent. */
void lint_ask_init(struct lint_path *p, const struct sockaddr *address, socklen_t size, bool is_tcp,
                   unsigned timeout_ms);
void lint_ask_close(struct lint_path *p);

/* Errors: of socket, connect; -ETIMEDOUT */
int lint_ask_open(struct lint_path *p);

/* Send bytes as they are; over TCP the caller puts the length before each message. */
int lint_ask_send(struct lint_path *p, const uint8_t *bytes, size_t size);

/*
 * Wait for one message.
 *
 * out_bytes: LINT_MESSAGE_MAX
 * Errors:    -ETIMEDOUT, -ECONNREFUSED, -ECONNRESET (also: the server has closed) and others
 */
int lint_ask_receive(struct lint_path *p, uint8_t *out_bytes, size_t *out_size);

/* Ask and wait for the reply with the same id; others are late and ignored. Errors: as above. */
int lint_ask_exchange(struct lint_path *p, const uint8_t *query, size_t size, uint8_t *out_bytes,
                      size_t *out_size);
