/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/http/http.h"

#include "control/config_value.h"
#include "control/http/http_rate.h"
#include "control/http/http_request.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LISTEN_BACKLOG 64
#define HTTP_SWEEP_S   1

/*
 * One accepted connection. evhttp keeps its own and neither counts them nor ends slow ones, so each
 * bufferevent is held here as well, until evhttp has let it go.
 */
struct http_connection {
	struct bufferevent *io;
	int64_t ends_s; /* monotonic */
	bool has_asked;
	TAILQ_ENTRY(http_connection) next;
};

struct http {
	struct event_base *base;
	struct evhttp *server;
	struct event *sweep;
	struct http_settings settings;
	const struct http_route *routes;
	void *context;
	unsigned connection_count;
	struct http_rate rate;
	uint64_t counts[HTTP_OUTCOME_COUNT];
	TAILQ_HEAD(http_connections, http_connection) connections;
	TAILQ_HEAD(http_requests, http_request) requests;
};

const char *http_outcome_name(enum http_outcome outcome)
{
	static const char *const names[HTTP_OUTCOME_COUNT] = {
	    [HTTP_ANSWERED] = "answered",
	    [HTTP_NOT_FOUND] = "not_found",
	    [HTTP_BAD_METHOD] = "bad_method",
	    [HTTP_NO_ACCESS] = "no_access",
	    [HTTP_TOO_LARGE] = "too_large",
	    [HTTP_TOO_MANY] = "too_many",
	    [HTTP_TOO_MANY_CONNECTIONS] = "too_many_connections",
	    [HTTP_TOO_SLOW] = "too_slow",
	};

	return names[outcome];
}

const uint64_t *http_counts(const struct http *h)
{
	return h->counts;
}

/* --- connections --- */

static int64_t http_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* bufferevent_free() takes the callbacks away, and evhttp has always set one. */
static bool http_is_let_go(const struct http_connection *c)
{
	bufferevent_data_cb on_read, on_write;
	bufferevent_event_cb on_event;

	bufferevent_getcb(c->io, &on_read, &on_write, &on_event, NULL);
	return !on_read && !on_write && !on_event;
}

static void http_forget(struct http *h, struct http_connection *c)
{
	TAILQ_REMOVE(&h->connections, c, next);
	h->connection_count--;
	bufferevent_decref(c->io);
	free(c);
}

static void http_on_sweep(evutil_socket_t fd, short what, void *context)
{
	const struct timeval again = {HTTP_SWEEP_S, 0};
	struct http *h = context;
	struct http_connection *c, *next;
	int64_t now_s = http_now_s();

	(void)fd;
	(void)what;
	for (c = TAILQ_FIRST(&h->connections); c; c = next) {
		next = TAILQ_NEXT(c, next);
		if (http_is_let_go(c)) {
			http_forget(h, c);
		} else if (now_s >= c->ends_s) {
			h->counts[HTTP_TOO_SLOW] += !c->has_asked;
			c->has_asked = true;
			shutdown(bufferevent_getfd(c->io), SHUT_RDWR); /* evhttp notices */
		}
	}
	if (h->connection_count)
		event_add(h->sweep, &again);
}

/* NULL lets evhttp make its own, which nobody counts: only without memory. */
static struct bufferevent *http_on_connection(struct event_base *base, void *context)
{
	struct timeval soon = {HTTP_SWEEP_S, 0};
	struct http *h = context;
	struct http_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->io = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!c->io) {
		free(c);
		return NULL;
	}
	bufferevent_incref(c->io);
	c->ends_s = http_now_s() + HTTP_FIRST_S;
	TAILQ_INSERT_TAIL(&h->connections, c, next);
	/* Those above the limit are told so when they ask; beyond that the telling is too much. */
	if (++h->connection_count > 2 * HTTP_CONNECTIONS_MAX) {
		c->has_asked = true;
		c->ends_s = 0;
		h->counts[HTTP_TOO_MANY_CONNECTIONS]++;
		soon.tv_sec = 0;
	}
	if (soon.tv_sec == 0 || !event_pending(h->sweep, EV_TIMEOUT, NULL))
		event_add(h->sweep, &soon);
	return c->io;
}

static void http_note_asked(struct http *h, struct evhttp_connection *connection)
{
	struct bufferevent *io = evhttp_connection_get_bufferevent(connection);
	struct http_connection *c;

	TAILQ_FOREACH (c, &h->connections, next) {
		if (c->io != io)
			continue;
		if (!c->has_asked)
			c->ends_s += HTTP_LIFE_S;
		c->has_asked = true;
		return;
	}
}

/* --- requests --- */

static bool http_is_allowed(const struct http *h, const struct address_range *peer)
{
	bool is_loopback = peer->is_ip6 ? peer->first == 1 : (uint32_t)peer->first >> 24 == 127;

	for (unsigned i = 0; i < h->settings.access_count; i++) {
		const struct address_range *range = &h->settings.access[i];

		if (range->is_ip6 == peer->is_ip6 && range->first <= peer->first &&
		    range->last >= peer->first)
			return true;
	}
	return !h->settings.access && is_loopback;
}

/* out_allowed: the methods of the path, "GET, POST" */
static const struct http_route *http_find(const struct http *h, const char *path,
                                          const char *method, char out_allowed[32])
{
	out_allowed[0] = '\0';
	for (const struct http_route *route = h->routes; route->method; route++) {
		size_t size = strlen(route->path);
		bool is_prefix = route->path[size - 1] == '/';

		if (is_prefix ? strncmp(path, route->path, size) != 0
		              : strcmp(path, route->path) != 0)
			continue;
		if (strcmp(route->method, method) == 0)
			return route;
		strcat(out_allowed, out_allowed[0] ? ", " : "");
		strcat(out_allowed, route->method);
	}
	return NULL;
}

/* Whether it may be handled; else it is refused and counted. */
static bool http_admit(struct http *h, struct http_request *r, const struct http_route *route)
{
	size_t size;

	if (!route->is_open && !http_is_allowed(h, &r->peer)) {
		h->counts[HTTP_NO_ACCESS]++;
		http_refuse(r, 403, "this address may not use the API (http.access)");
		return false;
	}
	http_body(r, &size);
	if (size > route->body_max) {
		h->counts[HTTP_TOO_LARGE]++;
		http_refuse(r, 413, "body: %zu bytes, expected at most %zu", size, route->body_max);
		return false;
	}
	if (route->per_minute && !http_rate_take(&h->rate, &r->peer, route->per_minute)) {
		h->counts[HTTP_TOO_MANY]++;
		http_add_header(r, "Retry-After", "60");
		http_refuse(r, 429, "too many requests, try again in a minute");
		return false;
	}
	return true;
}

static void http_handle_request(struct http *h, struct http_request *r)
{
	const char *path = http_path(r);
	char allowed[32] = ""; /* at most GET and POST */
	const struct http_route *route = path ? http_find(h, path, http_method(r), allowed) : NULL;

	if (h->connection_count > HTTP_CONNECTIONS_MAX) {
		h->counts[HTTP_TOO_MANY_CONNECTIONS]++;
		http_add_header(r, "Connection", "close");
		http_add_header(r, "Retry-After", "5");
		http_refuse(r, 503, "too many connections, try again");
	} else if (!route && allowed[0]) {
		h->counts[HTTP_BAD_METHOD]++;
		http_add_header(r, "Allow", allowed);
		http_refuse(r, 405, "method: '%s' is not for this path", http_method(r));
	} else if (!route) {
		h->counts[HTTP_NOT_FOUND]++;
		http_refuse(r, 404, "there is nothing at this path");
	} else if (http_admit(h, r, route)) {
		h->counts[HTTP_ANSWERED]++;
		r->tail = path + strlen(route->path);
		route->handle(r, h->context);
	}
}

static void http_on_close(struct evhttp_connection *connection, void *context)
{
	struct http_request *r = context;

	(void)connection;
	r->evhttp = NULL; /* it goes with its connection */
}

void http_request_end(struct http_request *r)
{
	if (r->http)
		TAILQ_REMOVE(&r->http->requests, r, next);
	http_request_free(r);
}

static void http_on_request(struct evhttp_request *evhttp, void *context)
{
	struct http *h = context;
	struct evhttp_connection *connection = evhttp_request_get_connection(evhttp);
	struct http_request *r = http_request_new(evhttp);

	if (!r) {
		evhttp_send_error(evhttp, 500, NULL);
		return;
	}
	r->http = h;
	TAILQ_INSERT_TAIL(&h->requests, r, next);
	evhttp_connection_set_closecb(connection, http_on_close, r);
	http_note_asked(h, connection);
	http_handle_request(h, r);
}

/* --- start and stop --- */

int http_listen(const char *endpoint)
{
	struct sockaddr_storage address;
	struct config_endpoint at;
	unsigned size;
	const int on = 1;
	int fd, rc;

	if (config_value_endpoint(endpoint, &at) < 0)
		return -EINVAL;
	size = config_value_sockaddr(&at, &address);
	fd = socket(at.is_ip6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at.is_ip6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

void http_configure(struct http *h, const struct http_settings *settings)
{
	h->settings = *settings;
}

struct http *http_new(struct event_base *base, int fd, const struct http_settings *settings,
                      const struct http_route *routes, void *context)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		goto fail;
	h->base = base;
	h->settings = *settings;
	h->routes = routes;
	h->context = context;
	TAILQ_INIT(&h->connections);
	TAILQ_INIT(&h->requests);
	h->server = evhttp_new(base);
	h->sweep = evtimer_new(base, http_on_sweep, h);
	if (!h->server || !h->sweep)
		goto fail;
	evhttp_set_max_headers_size(h->server, HTTP_HEADERS_MAX);
	evhttp_set_max_body_size(h->server, HTTP_BODY_MAX);
	evhttp_set_timeout(h->server, HTTP_IDLE_S);
	/* All of them, so that what is wrong is told by us. */
	evhttp_set_allowed_methods(h->server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
	                                          EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
	                                          EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
	evhttp_set_bevcb(h->server, http_on_connection, h);
	evhttp_set_gencb(h->server, http_on_request, h);
	if (evhttp_accept_socket(h->server, fd) < 0)
		goto fail;
	return h;
fail:
	if (h && h->server)
		evhttp_free(h->server);
	if (h && h->sweep)
		event_free(h->sweep);
	free(h);
	close(fd);
	errno = ENOMEM;
	return NULL;
}

void http_free(struct http *h)
{
	struct http_connection *c;
	struct http_request *r;

	if (!h)
		return;
	TAILQ_FOREACH (r, &h->requests, next) {
		r->http = NULL;
		r->evhttp = NULL;
	}
	evhttp_free(h->server); /* closes the socket */
	while ((c = TAILQ_FIRST(&h->connections)) != NULL)
		http_forget(h, c);
	event_free(h->sweep);
	free(h);
}
