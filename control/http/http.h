/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A small HTTP server (libevent): a table of routes, JSON or a page in answer. What a client may
 * make us keep is capped: connections, header and body bytes, requests in a minute, and the time
 * that a connection may take.
 *
 * Threads: the main loop only.
 */
#include "feeds/address.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_CONNECTIONS_MAX 128
#define HTTP_HEADERS_MAX     8192       /* bytes */
#define HTTP_BODY_MAX        (1u << 20) /* bytes, of any route */
#define HTTP_LIFE_S          300        /* of a connection */
#define HTTP_IDLE_S          30
#define HTTP_FIRST_S         20 /* until the first request is whole */

struct event_base;
struct http;
struct http_request;

/* Answer with one of http_reply…() now or later, exactly once. */
typedef void http_handle(struct http_request *request, void *context);

struct http_route {
	const char *method;  /* NULL ends the table */
	const char *path;    /* "/v1/explain/" with the slash is for all below it */
	size_t body_max;     /* bytes, at most HTTP_BODY_MAX */
	bool is_open;        /* for everyone who can connect, not only for http_settings.access */
	unsigned per_minute; /* requests of one client network; 0 = no limit; loopback has none */
	http_handle *handle;
};

struct http_settings {
	const struct address_range *access; /* who may use the routes; NULL: loopback only */
	unsigned access_count;
};

/*
 * routes: must outlive it, and so must what settings point to
 * fd:     listening, non-blocking; the server's from now on, whatever happens
 * Errors: NULL with errno
 */
struct http *http_new(struct event_base *base, int fd, const struct http_settings *settings,
                      const struct http_route *routes, void *context);

/* Other settings from now on. */
void http_configure(struct http *h, const struct http_settings *settings);

/* Close all; requests that wait may be answered afterwards, into nothing. */
void http_free(struct http *h);

/* A socket that listens on an address. Errors: negative errno */
int http_listen(const char *endpoint);

enum http_outcome {
	HTTP_ANSWERED,
	HTTP_NOT_FOUND,
	HTTP_BAD_METHOD,
	HTTP_NO_ACCESS,
	HTTP_TOO_LARGE,
	HTTP_TOO_MANY, /* requests of a client in a minute */
	HTTP_TOO_MANY_CONNECTIONS,
	HTTP_TOO_SLOW, /* the connection was closed before it asked anything */
	HTTP_OUTCOME_COUNT,
};
const char *http_outcome_name(enum http_outcome outcome);
/* HTTP_OUTCOME_COUNT counters. */
const uint64_t *http_counts(const struct http *h);

/* --- a request; all texts are good until it is answered --- */

/* The path behind that of its route, decoded; NULL when it is not text. */
const char *http_tail(const struct http_request *request);
/* The first value of a name in the query, decoded; NULL = none. */
const char *http_query(const struct http_request *request, const char *name);
/* The same in a body of a form (application/x-www-form-urlencoded). */
const char *http_form(struct http_request *request, const char *name);
const char *http_header(const struct http_request *request, const char *name);
const void *http_body(struct http_request *request, size_t *out_size);
const struct address_range *http_peer(const struct http_request *request);
/* A token of "Authorization: Bearer TOKEN", or the password of a Basic one; NULL = none. */
const char *http_token(struct http_request *request);

/* --- answers --- */

/* Before a reply. */
void http_add_header(struct http_request *request, const char *name, const char *value);
/* Takes the object. NULL (no memory) is a status 500. */
void http_reply_json(struct http_request *request, int status, json_t *answer);
/* The same with {"ok": false, "error": …}. */
void http_refuse(struct http_request *request, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void http_reply(struct http_request *request, int status, const char *type, const char *text,
                size_t size);
