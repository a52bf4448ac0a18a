/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/http/http_request.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <sodium.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TOKEN_MAX 512

static const struct {
	enum evhttp_cmd_type type;
	const char *name;
} methods[] = {
    {EVHTTP_REQ_GET, "GET"},     {EVHTTP_REQ_POST, "POST"},     {EVHTTP_REQ_HEAD, "HEAD"},
    {EVHTTP_REQ_PUT, "PUT"},     {EVHTTP_REQ_DELETE, "DELETE"}, {EVHTTP_REQ_OPTIONS, "OPTIONS"},
    {EVHTTP_REQ_PATCH, "PATCH"},
};

static const char *method_of(const struct evhttp_request *evhttp)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (methods[i].type == evhttp_request_get_command(evhttp))
			return methods[i].name;
	}
	return "another";
}

/* An address that cannot be told is nobody's: it is let in nowhere. */
static void read_peer(struct evhttp_request *evhttp, struct address_range *out_peer)
{
	char *text = NULL;
	ev_uint16_t port;

	evhttp_connection_get_peer(evhttp_request_get_connection(evhttp), &text, &port);
	if (!text || address_parse(text, strcspn(text, "%"), out_peer) < 0)
		memset(out_peer, 0, sizeof(*out_peer));
}

/* Decoded; NULL when it holds a NUL. */
static char *decode(const char *text)
{
	size_t size;
	char *decoded = text ? evhttp_uridecode(text, 0, &size) : NULL;

	if (!decoded || strlen(decoded) == size)
		return decoded;
	free(decoded);
	return NULL;
}

struct http_request *http_request_new(struct evhttp_request *evhttp)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(evhttp);
	struct http_request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->evhttp = evhttp;
	r->path = uri ? decode(evhttp_uri_get_path(uri)) : NULL;
	r->method = method_of(evhttp);
	read_peer(evhttp, &r->peer);
	return r;
}

static void free_fields(struct evkeyvalq *fields)
{
	if (fields)
		evhttp_clear_headers(fields);
	free(fields);
}

void http_request_free(struct http_request *r)
{
	free_fields(r->query);
	free_fields(r->form);
	free(r->path);
	if (r->token)
		explicit_bzero(r->token, strlen(r->token));
	free(r->token);
	free(r);
}

const char *http_path(const struct http_request *r)
{
	return r->path;
}

const char *http_method(const struct http_request *r)
{
	return r->method;
}

const char *http_tail(const struct http_request *request)
{
	return request->tail;
}

/* Errors: NULL */
static struct evkeyvalq *parse_fields(const char *text)
{
	struct evkeyvalq *fields = calloc(1, sizeof(*fields));

	if (!fields)
		return NULL;
	TAILQ_INIT(fields);
	if (text && evhttp_parse_query_str(text, fields) < 0)
		evhttp_clear_headers(fields);
	return fields;
}

const char *http_query(const struct http_request *request, const char *name)
{
	struct http_request *r = (struct http_request *)request; /* parsed when first asked */

	if (!r->query && r->evhttp)
		r->query =
		    parse_fields(evhttp_uri_get_query(evhttp_request_get_evhttp_uri(r->evhttp)));
	return r->query ? evhttp_find_header(r->query, name) : NULL;
}

const char *http_form(struct http_request *request, const char *name)
{
	size_t size;
	const char *body;
	char *text;

	if (!request->form) {
		body = http_body(request, &size);
		text = strndup(body, size);
		if (!text)
			return NULL;
		request->form = parse_fields(text);
		free(text);
	}
	return request->form ? evhttp_find_header(request->form, name) : NULL;
}

const char *http_header(const struct http_request *request, const char *name)
{
	return request->evhttp
	           ? evhttp_find_header(evhttp_request_get_input_headers(request->evhttp), name)
	           : NULL;
}

const void *http_body(struct http_request *request, size_t *out_size)
{
	struct evbuffer *in =
	    request->evhttp ? evhttp_request_get_input_buffer(request->evhttp) : NULL;
	const void *bytes = in ? evbuffer_pullup(in, -1) : NULL;

	*out_size = bytes ? evbuffer_get_length(in) : 0;
	return bytes ? bytes : "";
}

const struct address_range *http_peer(const struct http_request *request)
{
	return &request->peer;
}

/* "USER:PASSWORD" in base64. */
static char *basic_password(const char *text)
{
	unsigned char bytes[TOKEN_MAX + 1];
	char *colon, *password;
	size_t size;

	if (sodium_base642bin(bytes, sizeof(bytes) - 1, text, strlen(text), " ", &size, NULL,
	                      sodium_base64_VARIANT_ORIGINAL) < 0)
		return NULL;
	bytes[size] = '\0';
	colon = strchr((char *)bytes, ':');
	password = colon ? strdup(colon + 1) : NULL;
	explicit_bzero(bytes, sizeof(bytes));
	return password;
}

const char *http_token(struct http_request *request)
{
	const char *text = http_header(request, "Authorization");

	if (request->token || !text)
		return request->token;
	if (strncasecmp(text, "Bearer ", 7) == 0)
		request->token = strdup(text + 7 + strspn(text + 7, " "));
	else if (strncasecmp(text, "Basic ", 6) == 0)
		request->token = basic_password(text + 6);
	return request->token;
}

/* --- answers --- */

void http_add_header(struct http_request *request, const char *name, const char *value)
{
	if (request->evhttp)
		evhttp_add_header(evhttp_request_get_output_headers(request->evhttp), name, value);
}

void http_reply(struct http_request *request, int status, const char *type, const char *text,
                size_t size)
{
	struct evhttp_request *evhttp = request->evhttp;
	struct evbuffer *body = evhttp ? evbuffer_new() : NULL;

	if (evhttp) {
		http_add_header(request, "Content-Type", type);
		http_add_header(request, "Cache-Control", "no-store");
		http_add_header(request, "X-Content-Type-Options", "nosniff");
		evhttp_connection_set_closecb(evhttp_request_get_connection(evhttp), NULL, NULL);
		if (body && evbuffer_add(body, text, size) == 0)
			evhttp_send_reply(evhttp, status, NULL, body);
		else
			evhttp_send_error(evhttp, 500, NULL);
	}
	if (body)
		evbuffer_free(body);
	http_request_end(request);
}

void http_reply_json(struct http_request *request, int status, json_t *answer)
{
	static const char otherwise[] = "{\"ok\": false, \"error\": \"out of memory\"}\n";
	char *text = answer ? json_dumps(answer, JSON_INDENT(2)) : NULL, *line = NULL;

	json_decref(answer);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	http_reply(request, line ? status : 500, "application/json", line ? line : otherwise,
	           line ? strlen(line) : sizeof(otherwise) - 1);
	free(line);
	free(text);
}

void http_refuse(struct http_request *request, int status, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* What a client sent need not be UTF-8. */
	for (char *at = text; *at; at++) {
		if (*at < ' ' || *at > '~')
			*at = '?';
	}
	http_reply_json(request, status, json_pack("{s:b, s:s}", "ok", 0, "error", text));
}
