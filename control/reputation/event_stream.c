/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/event_stream.h"

#include "control/log.h"
#include "control/reputation/ledger_clock.h"
#include "control/reputation/unix_place.h"
#include "dataplane/proto/channel.h"

#include <event2/event.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG     64
#define PENDING_MAX (1u << 20) /* bytes of acknowledgements that a peer does not take */

/* A message that waits for the commit. */
struct waiting {
	struct waiting *next;
	struct peer *peer;
	uint64_t sequence;
	size_t count;
	char error[160];
	uint8_t outcomes[];
};

struct peer {
	struct peer *next;
	struct event_stream *stream;
	struct channel channel;
	struct event *read, *write;
	uid_t user;
	bool is_gone; /* freed once nothing waits for a commit */
};

struct event_stream {
	char *path;
	int fd;
	struct event_base *base;
	struct event *accept, *retry;
	struct keeper *keeper;
	struct peer *peers;
	unsigned peer_count;
	struct waiting *first, **last;
	struct log_limit log;
};

static void peer_free(struct peer *p)
{
	if (p->read)
		event_free(p->read);
	if (p->write)
		event_free(p->write);
	channel_done(&p->channel);
	free(p);
}

/* What it sent is counted all the same. */
static void peer_cut(struct peer *p, const char *why)
{
	if (p->is_gone)
		return;
	p->is_gone = true;
	event_del(p->read);
	event_del(p->write);
	if (why)
		log_limited(&p->stream->log, "events: user %u is cut off: %s", (unsigned)p->user,
		            why);
}

static void peers_sweep(struct event_stream *s)
{
	for (struct peer **at = &s->peers; *at;) {
		struct peer *p = *at;

		if (!p->is_gone) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		s->peer_count--;
		peer_free(p);
	}
}

/* --- messages --- */

static void take_events(struct keeper *k, struct admission_reporter *reporter,
                        const Reputed__Events__Events *message, struct waiting *w)
{
	int64_t now_ms = ledger_clock_wall();
	struct event event;
	char error[128];

	for (size_t i = 0; i < message->n_events; i++) {
		enum reputation_outcome refused = REPUTATION_BAD;
		int rc = reporter
		             ? event_from_message(message->events[i], now_ms, keeper_hash_key(k),
		                                  &event, error, sizeof(error))
		             : -EPERM;

		if (rc == 0) {
			keeper_take(k, reporter, &event, &w->outcomes[i]);
			continue;
		}
		if (!reporter)
			refused = REPUTATION_UNKNOWN_REPORTER;
		else if (!w->error[0])
			snprintf(w->error, sizeof(w->error), "event %zu: %s", i, error);
		w->outcomes[i] = (uint8_t)refused;
		keeper_refuse(k, refused, 1);
	}
}

static int take_message(struct peer *p, const Reputed__Events__Events *message)
{
	struct event_stream *s = p->stream;
	struct admission_reporter *reporter = admission_user(keeper_admission(s->keeper), p->user);
	struct waiting *w = calloc(1, sizeof(*w) + message->n_events);

	if (!w)
		return -ENOMEM;
	w->peer = p;
	w->sequence = message->sequence;
	w->count = message->n_events;
	take_events(s->keeper, reporter, message, w);
	*s->last = w;
	s->last = &w->next;
	return 0;
}

static int take_messages(struct peer *p)
{
	for (;;) {
		ProtobufCMessage *message;
		int rc = channel_next(&p->channel, &reputed__events__events__descriptor,
		                      EVENT_MESSAGE_MAX, &message);

		if (rc <= 0)
			return rc;
		rc = take_message(p, (const Reputed__Events__Events *)message);
		protobuf_c_message_free_unpacked(message, NULL);
		if (rc < 0)
			return rc;
	}
}

static void on_read(evutil_socket_t fd, short what, void *context)
{
	struct peer *p = context;
	int rc = channel_fill(&p->channel);

	(void)fd;
	(void)what;
	if (rc > 0)
		rc = take_messages(p);
	if (rc == -EMSGSIZE)
		keeper_refuse(p->stream->keeper, REPUTATION_TOO_LARGE, 1);
	else if (rc == -EBADMSG)
		keeper_refuse(p->stream->keeper, REPUTATION_BAD, 1);
	if (rc < 0)
		peer_cut(p, rc == -EPIPE ? NULL : strerror(-rc));
}

static void peer_flush(struct peer *p)
{
	int rc = channel_flush(&p->channel);

	if (rc < 0) {
		peer_cut(p, NULL);
		return;
	}
	if (channel_pending(&p->channel))
		event_add(p->write, NULL);
	else
		event_del(p->write);
	if (channel_pending(&p->channel) > PENDING_MAX)
		event_del(p->read);
	else
		event_add(p->read, NULL);
}

static void on_write(evutil_socket_t fd, short what, void *context)
{
	struct peer *p = context;

	(void)fd;
	(void)what;
	peer_flush(p);
}

static void acknowledge(struct waiting *w)
{
	Reputed__Events__Acknowledgement message = REPUTED__EVENTS__ACKNOWLEDGEMENT__INIT;

	message.sequence = w->sequence;
	message.outcomes = (ProtobufCBinaryData){w->count, w->outcomes};
	message.error = w->error;
	if (channel_queue(&w->peer->channel, &message.base) < 0)
		peer_cut(w->peer, "out of memory");
}

void event_stream_acknowledge(struct event_stream *s)
{
	struct waiting *w = s->first;

	s->first = NULL;
	s->last = &s->first;
	while (w) {
		struct waiting *next = w->next;

		if (!w->peer->is_gone)
			acknowledge(w);
		/* All of a peer go out together. */
		if (!w->peer->is_gone && (!next || next->peer != w->peer))
			peer_flush(w->peer);
		free(w);
		w = next;
	}
	peers_sweep(s);
}

/* --- peers --- */

static int peer_start(struct event_stream *s, int fd, uid_t user)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	channel_init(&p->channel, fd);
	p->stream = s;
	p->user = user;
	p->read = event_new(s->base, fd, EV_READ | EV_PERSIST, on_read, p);
	p->write = event_new(s->base, fd, EV_WRITE | EV_PERSIST, on_write, p);
	if (!p->read || !p->write || event_add(p->read, NULL) < 0) {
		p->channel.fd = -1; /* the caller's */
		peer_free(p);
		return -ENOMEM;
	}
	p->next = s->peers;
	s->peers = p;
	s->peer_count++;
	return 0;
}

/* Errors: negative errno; the fd is the caller's then */
static int admit(struct event_stream *s, int fd)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return -errno;
	if (!admission_user(keeper_admission(s->keeper), who.uid)) {
		keeper_refuse(s->keeper, REPUTATION_UNKNOWN_REPORTER, 1);
		log_limited(&s->log, "events: user %u is no reporter", (unsigned)who.uid);
		return -EPERM;
	}
	if (s->peer_count >= EVENT_STREAM_PEERS_MAX) {
		keeper_refuse(s->keeper, REPUTATION_TOO_MANY, 1);
		log_limited(&s->log, "events: more than %d connections", EVENT_STREAM_PEERS_MAX);
		return -EMFILE;
	}
	return peer_start(s, fd, who.uid);
}

static void on_accept(evutil_socket_t listener, short what, void *context)
{
	const struct timeval later = {1, 0};
	struct event_stream *s = context;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (fd >= 0 && admit(s, fd) < 0)
		close(fd);
	if (fd >= 0 || (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS))
		return;
	log_limited(&s->log, "events: nobody can connect: %s", strerror(errno));
	event_del(s->accept);
	evtimer_add(s->retry, &later);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
	struct event_stream *s = context;

	(void)fd;
	(void)what;
	event_add(s->accept, NULL);
}

struct event_stream *event_stream_new(struct event_base *base, const char *path,
                                      struct keeper *keeper)
{
	struct event_stream *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (!s)
		return NULL;
	s->base = base;
	s->keeper = keeper;
	s->last = &s->first;
	s->fd = -1;
	s->path = strdup(path);
	if (!s->path)
		goto fail;
	rc = s->fd = unix_place_bind(path, SOCK_STREAM);
	if (rc < 0)
		goto fail;
	if (listen(s->fd, BACKLOG) < 0) {
		rc = -errno;
		goto fail;
	}
	rc = -ENOMEM;
	s->accept = event_new(base, s->fd, EV_READ | EV_PERSIST, on_accept, s);
	s->retry = evtimer_new(base, on_retry, s);
	if (s->accept && s->retry && event_add(s->accept, NULL) == 0)
		return s;
fail:
	event_stream_free(s);
	errno = -rc;
	return NULL;
}

void event_stream_free(struct event_stream *s)
{
	if (!s)
		return;
	for (struct peer *p = s->peers; p; p = p->next)
		peer_cut(p, NULL);
	event_stream_acknowledge(s); /* nobody is left to be told */
	if (s->accept)
		event_free(s->accept);
	if (s->retry)
		event_free(s->retry);
	if (s->fd >= 0) {
		unlink(s->path);
		close(s->fd);
	}
	free(s->path);
	free(s);
}
