/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/event_datagram.h"

#include "control/reputation/ledger_clock.h"
#include "control/reputation/unix_place.h"

#include <event2/event.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH       64
#define BUFFER_SIZE (4 << 20) /* bytes that wait in the kernel */

struct slot {
	uint8_t bytes[EVENT_DATAGRAM_MAX];
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec vector;
};

struct event_datagram {
	char *path;
	int fd;
	struct event *event;
	struct keeper *keeper;
	struct slot slots[BATCH];
	struct mmsghdr headers[BATCH];
};

static void take_json(struct keeper *k, struct admission_reporter *reporter, const char *text,
                      size_t size)
{
	struct event event;
	char error[160];

	if (size > EVENT_JSON_MAX)
		keeper_refuse(k, REPUTATION_TOO_LARGE, 1);
	else if (event_parse_json(text, size, ledger_clock_wall(), keeper_hash_key(k), &event,
	                          error, sizeof(error)) < 0)
		keeper_refuse(k, REPUTATION_BAD, 1);
	else
		keeper_take(k, reporter, &event, NULL); /* nobody asks */
}

static void take_message(struct keeper *k, struct admission_reporter *reporter,
                         const Reputed__Events__Events *message)
{
	int64_t now_ms = ledger_clock_wall();
	struct event event;
	char error[160];

	for (size_t i = 0; i < message->n_events; i++) {
		if (event_from_message(message->events[i], now_ms, keeper_hash_key(k), &event,
		                       error, sizeof(error)) < 0)
			keeper_refuse(k, REPUTATION_BAD, 1);
		else
			keeper_take(k, reporter, &event, NULL); /* nobody asks */
	}
}

void event_datagram_take(struct keeper *k, struct admission_reporter *reporter,
                         const uint8_t *bytes, size_t size)
{
	Reputed__Events__Events *message;

	if (!reporter) {
		keeper_refuse(k, REPUTATION_UNKNOWN_REPORTER, 1);
		return;
	}
	/* No message begins like this: it would be a group, which there are none of. */
	if (size && bytes[0] == '{') {
		take_json(k, reporter, (const char *)bytes, size);
		return;
	}
	message = reputed__events__events__unpack(NULL, size, bytes);
	if (!message || message->n_events == 0)
		keeper_refuse(k, REPUTATION_BAD, 1);
	else
		take_message(k, reporter, message);
	if (message)
		reputed__events__events__free_unpacked(message, NULL);
}

static struct admission_reporter *sender_of(const struct event_datagram *d, struct msghdr *header)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(header);
	struct ucred who;

	for (; c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&who, CMSG_DATA(c), sizeof(who));
		return admission_user(keeper_admission(d->keeper), who.uid);
	}
	return NULL;
}

/* What a call before has changed. */
static void reset(struct event_datagram *d)
{
	for (unsigned i = 0; i < BATCH; i++) {
		struct slot *s = &d->slots[i];

		s->vector = (struct iovec){s->bytes, sizeof(s->bytes)};
		d->headers[i].msg_hdr = (struct msghdr){
		    .msg_iov = &s->vector,
		    .msg_iovlen = 1,
		    .msg_control = s->control.bytes,
		    .msg_controllen = sizeof(s->control.bytes),
		};
	}
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct event_datagram *d = context;
	int count;

	(void)what;
	reset(d);
	count = recvmmsg(fd, d->headers, BATCH, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
	for (int i = 0; i < count; i++) {
		struct msghdr *header = &d->headers[i].msg_hdr;

		if (header->msg_flags & MSG_TRUNC)
			keeper_refuse(d->keeper, REPUTATION_TOO_LARGE, 1);
		else
			event_datagram_take(d->keeper, sender_of(d, header), d->slots[i].bytes,
			                    d->headers[i].msg_len);
	}
}

struct event_datagram *event_datagram_new(struct event_base *base, const char *path,
                                          struct keeper *keeper)
{
	struct event_datagram *d = calloc(1, sizeof(*d));
	const int one = 1, size = BUFFER_SIZE;
	int rc = -ENOMEM;

	if (!d)
		return NULL;
	d->keeper = keeper;
	d->fd = -1;
	d->path = strdup(path);
	if (!d->path)
		goto fail;
	rc = d->fd = unix_place_bind(path, SOCK_DGRAM);
	if (rc < 0)
		goto fail;
	rc = setsockopt(d->fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0 ? -errno : 0;
	if (rc < 0)
		goto fail;
	/* More than the system allows to all is for root; the rest is as it is. */
	if (setsockopt(d->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(d->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	rc = -ENOMEM;
	d->event = event_new(base, d->fd, EV_READ | EV_PERSIST, on_readable, d);
	if (d->event && event_add(d->event, NULL) == 0)
		return d;
fail:
	event_datagram_free(d);
	errno = -rc;
	return NULL;
}

void event_datagram_free(struct event_datagram *d)
{
	if (!d)
		return;
	if (d->event)
		event_free(d->event);
	if (d->fd >= 0) {
		unlink(d->path);
		close(d->fd);
	}
	free(d->path);
	free(d);
}
