/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/probe.h"

#include "control/cli/control_client.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define ANSWER_MAX (16u << 20)

struct probe {
	struct event_base *base;
	const char *path;
	unsigned interval_ms;
	probe_answer *answer;
	void *context;
	struct event *timer;
	struct bufferevent *connection; /* NULL between two tries */
	bool is_stopped;
};

static void schedule(struct probe *p)
{
	struct timeval delay = {.tv_sec = p->interval_ms / 1000,
	                        .tv_usec = (suseconds_t)(p->interval_ms % 1000) * 1000};

	if (p->connection)
		bufferevent_free(p->connection);
	p->connection = NULL;
	if (!p->is_stopped)
		event_add(p->timer, &delay);
}

static void on_read(struct bufferevent *connection, void *context)
{
	struct evbuffer *input = bufferevent_get_input(connection);
	char error[CONTROL_CLIENT_ERROR_MAX];
	struct probe *p = context;
	json_t *answer = NULL;
	size_t size;
	char *line = evbuffer_readln(input, &size, EVBUFFER_EOL_LF);

	if (!line && evbuffer_get_length(input) < ANSWER_MAX)
		return;
	if (line && control_client_parse(line, size, &answer, error) == 0)
		p->answer(answer, p->context);
	json_decref(answer);
	free(line);
	schedule(p);
}

static void on_event(struct bufferevent *connection, short what, void *context)
{
	(void)connection;
	if (what & (BEV_EVENT_ERROR | BEV_EVENT_EOF))
		schedule(context);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	static const char request[] = "{\"command\":\"status\"}\n";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct probe *p = context;

	(void)fd;
	(void)what;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", p->path);
	p->connection = bufferevent_socket_new(p->base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!p->connection) {
		schedule(p);
		return;
	}
	bufferevent_setcb(p->connection, on_read, NULL, on_event, p);
	bufferevent_enable(p->connection, EV_READ | EV_WRITE);
	bufferevent_write(p->connection, request, sizeof(request) - 1);
	/* On failure libevent has called on_event() or calls it later, or neither. */
	if (bufferevent_socket_connect(p->connection, (struct sockaddr *)&address,
	                               sizeof(address)) < 0 &&
	    p->connection)
		schedule(p);
}

struct probe *probe_new(struct event_base *base, const char *path, unsigned interval_ms,
                        probe_answer *answer, void *context)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->base = base;
	p->path = path;
	p->interval_ms = interval_ms;
	p->answer = answer;
	p->context = context;
	p->timer = evtimer_new(base, on_timer, p);
	if (!p->timer) {
		free(p);
		errno = ENOMEM;
		return NULL;
	}
	schedule(p);
	return p;
}

void probe_stop(struct probe *p)
{
	p->is_stopped = true;
	event_del(p->timer);
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	p->is_stopped = true;
	if (p->connection)
		bufferevent_free(p->connection);
	event_free(p->timer);
	free(p);
}
