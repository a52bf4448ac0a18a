/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* A request inside the server: what http.c and http_request.c share. */
#include "control/http/http.h"

#include <sys/queue.h>

struct evhttp_request;
struct evkeyvalq;

struct http_request {
	struct http *http;             /* NULL: the server is gone */
	struct evhttp_request *evhttp; /* NULL: the client is gone */
	const char *tail;              /* in path */
	char *path;                    /* decoded; NULL = it cannot be */
	char *token;
	struct evkeyvalq *query, *form; /* parsed; NULL = not yet, or none */
	struct address_range peer;
	const char *method;
	TAILQ_ENTRY(http_request) next;
};

/* Errors: NULL, out of memory */
struct http_request *http_request_new(struct evhttp_request *evhttp);
void http_request_free(struct http_request *r);

/* Called when it was answered. */
void http_request_end(struct http_request *r);

const char *http_path(const struct http_request *r);
const char *http_method(const struct http_request *r);
