/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Length-prefixed protobuf messages over a unix stream socket: what control, reputectl and the data
 * plane share. Sizes are capped before memory is taken; a peer that breaks the framing is cut off.
 *
 * Threads: one thread per struct channel.
 */
#include "dataplane/proto/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPDATE_VERSION      1
#define CHANNEL_MESSAGE_MAX (4u << 20) /* bytes of one message */

typedef struct Reputed__Update__Response channel_response;

struct channel {
	int fd;
	uint8_t *in; /* received; from in_start on not yet consumed */
	size_t in_start, in_size, in_capacity;
	uint8_t *out; /* queued; from out_start on not yet sent */
	size_t out_start, out_size, out_capacity;
};

/*
 * Listen at a path: mode 0600 from the start, a stale socket is replaced, a live one is not.
 * Returns a non-blocking fd.
 *
 * Errors: negative errno (-EADDRINUSE: somebody answers there; -ENOTSOCK: the path is something
 *         else, which is left alone; -ENAMETOOLONG)
 */
int channel_listen(const char *path);

/* Connect; the fd is non-blocking. Errors: negative errno, *c is closed. */
int channel_connect(struct channel *c, const char *path);

/* Take over an accepted, non-blocking fd. */
void channel_init(struct channel *c, int fd);

/* Close and free; allowed on a closed channel. */
void channel_done(struct channel *c);

/* Queue a message. Errors: -EMSGSIZE above CHANNEL_MESSAGE_MAX, -ENOMEM. */
int channel_queue_request(struct channel *c, const channel_request *request);
int channel_queue_response(struct channel *c, const channel_response *response);

/* Send what is queued, as far as the socket takes it. Errors: negative errno but never -EAGAIN. */
int channel_flush(struct channel *c);

/*
 * Read what has come, once. Returns bytes read, 0 when nothing has come. Memory grows with what has
 * come, never with what a length announces.
 *
 * Errors: -EPIPE: peer closed; -EMSGSIZE: more unconsumed bytes than one message; -ENOMEM
 */
int channel_fill(struct channel *c);

/* Bytes queued and not yet sent: what a slow peer costs. */
static inline size_t channel_pending(const struct channel *c)
{
	return c->out_size - c->out_start;
}

/* Blocking use: send all that is queued. Errors: -ETIMEDOUT and those of channel_flush(). */
int channel_drain(struct channel *c, int timeout_ms);

/*
 * Take the next whole message out of what was read.
 *
 * Returns 1 and the message (free with request_free() and ..response__free_unpacked), 0 when more
 * bytes are needed.
 * Errors: -EMSGSIZE, -EBADMSG (also: an empty message), -ENOMEM: the peer is to be cut off
 */
int channel_next_request(struct channel *c, channel_request **out_request);
int channel_next_response(struct channel *c, channel_response **out_response);

/* The same for the messages of others; size_max: bytes, at most CHANNEL_MESSAGE_MAX. */
int channel_queue(struct channel *c, const ProtobufCMessage *message);
int channel_next(struct channel *c, const ProtobufCMessageDescriptor *descriptor, size_t size_max,
                 ProtobufCMessage **out_message);

/*
 * Blocking use: send what is queued and one request, and wait for one response.
 *
 * timeout_ms: for all of it; < 0 = forever
 * Errors:     -ETIMEDOUT and the above; the channel is to be closed then
 */
int channel_call(struct channel *c, const channel_request *request, int timeout_ms,
                 channel_response **out_response);
