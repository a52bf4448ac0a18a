/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* One exchange with a server whose loop is turned here. */
#include <stddef.h>

struct event_base;

#define EXCHANGE_ANSWER_MAX 65536

struct exchange {
	struct event_base *base;
	int port;
	char answer[EXCHANGE_ANSWER_MAX]; /* head and body, terminated */
};

/* A socket on a free port of the loopback. */
int exchange_listen(int *out_port);

/* Connect; the socket does not block. */
int exchange_connect(const struct exchange *x);

/* Send the request, turn the loop until the connection ends; returns the status, 0 = none came. */
int exchange_send(struct exchange *x, const char *request, size_t size);

/* "GET /path HTTP/1.1" with headers (each with its line end) and a body, if there is one. */
int exchange_ask(struct exchange *x, const char *line, const char *headers, const char *body);

/* Behind the empty line. */
const char *exchange_body(const struct exchange *x);
