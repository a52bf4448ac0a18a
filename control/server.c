/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/server.h"

#include "control/log.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct server_client {
	struct server *server;
	struct bufferevent *io;
	struct server_request *request; /* being handled, or NULL */
	uid_t uid;
	bool is_closing; /* after what is being sent */
	TAILQ_ENTRY(server_client) next;
};

/* Outlives its client when that hangs up first. */
struct server_request {
	struct server_client *client; /* NULL: gone */
	uid_t uid;
};

struct server {
	struct event_base *base;
	int fd;
	struct event *event;
	server_handle *handle;
	void *context;
	unsigned count;
	struct log_limit accept_limit;
	TAILQ_HEAD(server_clients, server_client) clients;
};

static void server_close(struct server_client *client)
{
	struct server *s = client->server;

	if (client->request)
		client->request->client = NULL;
	TAILQ_REMOVE(&s->clients, client, next);
	s->count--;
	bufferevent_free(client->io);
	free(client);
}

/* Send a line; the client is closed when it cannot be. Returns whether the client is still there.
 */
static bool server_send(struct server_client *client, const json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	bool is_sent = text && bufferevent_write(client->io, text, strlen(text)) == 0 &&
	               bufferevent_write(client->io, "\n", 1) == 0;

	free(text);
	if (!is_sent)
		server_close(client);
	return is_sent;
}

/* Answer once more and close when that is sent. */
static void server_dismiss(struct server_client *client, const char *error)
{
	json_t *answer = json_pack("{s:b, s:s}", "ok", 0, "error", error);
	bool is_there;

	client->is_closing = true;
	bufferevent_disable(client->io, EV_READ);
	is_there = server_send(client, answer);
	json_decref(answer);
	(void)is_there;
}

/* Handle the next whole line, if there is one; server_reply() goes on. */
static void server_next(struct server_client *client)
{
	struct evbuffer *in = bufferevent_get_input(client->io);
	struct server *s = client->server;
	struct server_request *request;
	size_t size;
	char *line;

	if (client->request || client->is_closing)
		return;
	line = evbuffer_readln(in, &size, EVBUFFER_EOL_LF);
	if (!line) {
		if (evbuffer_get_length(in) >= SERVER_LINE_MAX)
			server_dismiss(client, "line too long");
		return;
	}
	request = size < SERVER_LINE_MAX ? calloc(1, sizeof(*request)) : NULL;
	if (!request) {
		server_dismiss(client, size < SERVER_LINE_MAX ? "out of memory" : "line too long");
		free(line);
		return;
	}
	request->client = client;
	request->uid = client->uid;
	client->request = request;
	/* No reading ahead: what a client may make us keep is one line. */
	bufferevent_disable(client->io, EV_READ);
	s->handle(request, line, size, s->context);
	free(line);
}

static void server_on_read(struct bufferevent *io, void *context)
{
	(void)io;
	server_next(context);
}

static void server_on_write(struct bufferevent *io, void *context)
{
	struct server_client *client = context;

	(void)io;
	if (client->is_closing)
		server_close(client);
}

static void server_on_event(struct bufferevent *io, short what, void *context)
{
	struct server_client *client = context;

	/* A client that shut down its side may still wait for the answer to what it asked. */
	if ((what & BEV_EVENT_EOF) && !(what & BEV_EVENT_ERROR) &&
	    (client->request || evbuffer_get_length(bufferevent_get_output(io)) > 0)) {
		client->is_closing = true;
		return;
	}
	server_close(client);
}

void server_reply(struct server_request *request, json_t *answer)
{
	struct server_client *client = request->client;

	free(request);
	if (client) {
		client->request = NULL;
		if (server_send(client, answer) && !client->is_closing) {
			bufferevent_enable(client->io, EV_READ);
			/* A pipelined line is in the buffer already: come back from the loop, so
			 * that a chain of quick answers does not recurse. */
			bufferevent_trigger(client->io, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
		}
	}
	json_decref(answer);
}

void server_refuse(struct server_request *request, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	server_reply(request, json_pack("{s:b, s:s+}", "ok", 0, "error", text, ""));
}

uid_t server_uid(const struct server_request *request)
{
	return request->uid;
}

/* Errors: negative errno; the fd is closed */
static int server_admit(struct server *s, int fd, uid_t uid)
{
	const struct timeval idle = {SERVER_IDLE_S, 0};
	struct server_client *client = calloc(1, sizeof(*client));

	if (!client)
		goto fail;
	client->server = s;
	client->uid = uid;
	client->io = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->io)
		goto fail;
	bufferevent_setcb(client->io, server_on_read, server_on_write, server_on_event, client);
	bufferevent_setwatermark(client->io, EV_READ, 0, SERVER_LINE_MAX);
	bufferevent_set_timeouts(client->io, &idle, &idle);
	TAILQ_INSERT_TAIL(&s->clients, client, next);
	s->count++;
	if (uid != geteuid() && uid != 0)
		server_dismiss(client, "permission denied");
	else if (s->count > SERVER_CLIENTS_MAX)
		server_dismiss(client, "too many clients");
	else
		bufferevent_enable(client->io, EV_READ);
	return 0;
fail:
	free(client);
	close(fd);
	return -ENOMEM;
}

static void server_on_accept(evutil_socket_t listener, short what, void *context)
{
	struct server *s = context;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			log_limited(&s->accept_limit, "control socket: cannot accept: %s",
			            strerror(errno));
		return;
	}
	/* Beyond this the "too many clients" answers themselves would be too many. */
	if (s->count >= 2 * SERVER_CLIENTS_MAX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		close(fd);
		return;
	}
	if (server_admit(s, fd, peer.uid) < 0)
		log_limited(&s->accept_limit, "control socket: out of memory");
}

struct server *server_new(struct event_base *base, int fd, server_handle *handle, void *context)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		goto fail;
	s->base = base;
	s->fd = fd;
	s->handle = handle;
	s->context = context;
	TAILQ_INIT(&s->clients);
	s->event = event_new(base, fd, EV_READ | EV_PERSIST, server_on_accept, s);
	if (!s->event || event_add(s->event, NULL) < 0)
		goto fail_event;
	return s;
fail_event:
	if (s->event)
		event_free(s->event);
	free(s);
fail:
	close(fd);
	errno = ENOMEM;
	return NULL;
}

void server_free(struct server *s)
{
	struct server_client *client;

	if (!s)
		return;
	while ((client = TAILQ_FIRST(&s->clients)) != NULL)
		server_close(client);
	event_free(s->event);
	close(s->fd);
	free(s);
}
