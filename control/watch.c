/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/watch.h"

#include "dataplane/proto/channel.h"

#include <event2/event.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

struct watch {
	struct event_base *base;
	char *path;
	watch_changed *changed;
	void *context;
	struct channel channel;
	struct event *readable; /* while connected */
	struct event *timer;
	unsigned unanswered; /* requests */
	struct watch_status status;
};

#define WATCH_UNANSWERED_MAX 2 /* a busy data plane is not asked more often */

static void watch_disconnect(struct watch *w)
{
	if (w->readable)
		event_free(w->readable);
	w->readable = NULL;
	channel_done(&w->channel);
	memset(&w->status, 0, sizeof(w->status));
	w->unanswered = 0;
	w->changed(false, w->context);
}

static void watch_take(struct watch *w, const Reputed__Update__StatusAnswer *answer)
{
	bool is_other = w->status.is_known && w->status.session != answer->session;

	w->status.is_known = true;
	w->status.is_loaded = answer->is_loaded;
	w->status.generation = answer->generation;
	w->status.session = answer->session;
	w->status.uptime_s = answer->uptime_s;
	w->status.memory_size = answer->memory_size;
	w->status.entries = answer->entries;
	w->status.pid = answer->pid;
	if (is_other)
		w->changed(true, w->context);
}

static void watch_on_readable(evutil_socket_t fd, short what, void *context)
{
	struct watch *w = context;
	channel_response *response;
	int rc = channel_fill(&w->channel);

	(void)fd;
	(void)what;
	if (rc < 0 && rc != -EAGAIN) {
		watch_disconnect(w);
		return;
	}
	while ((rc = channel_next_response(&w->channel, &response)) > 0) {
		if (response->kind_case == REPUTED__UPDATE__RESPONSE__KIND_STATUS)
			watch_take(w, response->status);
		w->unanswered -= w->unanswered > 0;
		reputed__update__response__free_unpacked(response, NULL);
	}
	if (rc < 0)
		watch_disconnect(w);
}

static void watch_connect(struct watch *w)
{
	if (channel_connect(&w->channel, w->path) < 0)
		return;
	w->readable = event_new(w->base, w->channel.fd, EV_READ | EV_PERSIST, watch_on_readable, w);
	if (!w->readable || event_add(w->readable, NULL) < 0) {
		watch_disconnect(w);
		return;
	}
	w->status.is_connected = true;
	w->changed(true, w->context);
}

void watch_poke(struct watch *w)
{
	Reputed__Update__Status status = REPUTED__UPDATE__STATUS__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;

	if (!w->readable)
		watch_connect(w);
	if (!w->readable || w->unanswered >= WATCH_UNANSWERED_MAX)
		return;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_STATUS;
	request.status = &status;
	w->unanswered++;
	if (channel_queue_request(&w->channel, &request) < 0 || channel_flush(&w->channel) < 0)
		watch_disconnect(w);
}

static void watch_on_timer(evutil_socket_t fd, short what, void *context)
{
	struct watch *w = context;

	(void)fd;
	(void)what;
	watch_poke(w);
}

struct watch *watch_new(struct event_base *base, const char *path, watch_changed *changed,
                        void *context)
{
	const struct timeval interval = {WATCH_INTERVAL_MS / 1000, WATCH_INTERVAL_MS % 1000 * 1000};
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		goto fail;
	w->base = base;
	w->changed = changed;
	w->context = context;
	w->path = strdup(path);
	w->timer = event_new(base, -1, EV_PERSIST, watch_on_timer, w);
	if (!w->path || !w->timer || event_add(w->timer, &interval) < 0)
		goto fail_free;
	channel_init(&w->channel, -1);
	return w;
fail_free:
	if (w->timer)
		event_free(w->timer);
	free(w->path);
	free(w);
fail:
	errno = ENOMEM;
	return NULL;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	if (w->readable)
		event_free(w->readable);
	channel_done(&w->channel);
	event_free(w->timer);
	free(w->path);
	free(w);
}

const struct watch_status *watch_get(const struct watch *w)
{
	return &w->status;
}
