/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A stream of DNS messages over TCP (RFC 7766): bytes in, bytes out, no socket and no clock.
 * Messages have a length before them; any number may be sent without waiting for answers, which
 * come in the order asked. A stream holds memory only while a message is incomplete or its reader
 * is slow; a slow reader is not read from until it has taken its answers.
 *
 * Threads: one per desk and its streams; a registered and online liburcu-qsbr reader.
 */
#include "dataplane/query.h"
#include "dataplane/stats.h"
#include "dataplane/update.h"

#include <sys/types.h>
#include <sys/uio.h>

/* How bytes come and go; neither call waits. */
struct stream_transport {
	/* Bytes received; 0 = the other side has ended; -EAGAIN = none now; else it is broken. */
	ssize_t (*receive)(int handle, uint8_t *bytes, size_t size);
	/* Bytes taken of the pieces, at least one; -EAGAIN = none now; else it is broken. */
	ssize_t (*send)(int handle, const struct iovec *pieces, unsigned count);
};

enum stream_wait {
	STREAM_WAIT_INPUT,
	STREAM_WAIT_OUTPUT, /* until the other side takes what waits for it */
	STREAM_WAIT_CLOSE,  /* nothing more: to be closed */
};

/* Zero but for client and handle when it begins; the desk's from then on, but for was_active. */
struct stream {
	address6_t client;
	int handle;      /* of the transport */
	bool was_active; /* set by a whole query, and when all answers are taken; caller: clears */
	bool is_last;    /* to be closed when `out` is sent */
	uint8_t *in;     /* received, not yet answered; NULL = nothing */
	size_t in_size;
	uint8_t *out; /* answers that were not taken; NULL = nothing */
	size_t out_size, out_sent;
};

/* What the streams of a thread share. */
struct stream_desk;

struct stream_desk_options {
	struct stream_transport transport;
	size_t memory_max; /* bytes waiting in all streams; a stream that needs more is closed */
	const struct update *update;
	struct stats_thread *stats; /* queries, replies, tcp_evicted */
};

/* All is borrowed. Errors: NULL with errno. */
struct stream_desk *stream_desk_new(const struct stream_desk_options *options);

/* After the last stream_forget(). NULL is allowed. */
void stream_desk_free(struct stream_desk *d);

/*
 * Answer and receive by turns, as far as both directions go without waiting, but not for ever.
 *
 * now_us:  UTC
 * idle_ds: what the client is told of the idle timeout, if it asks (RFC 7828), in 100 ms
 */
enum stream_wait stream_advance(struct stream_desk *d, struct stream *s, uint64_t now_us,
                                uint16_t idle_ds);

/* Free what waits in a stream: when it is closed. */
void stream_forget(struct stream_desk *d, struct stream *s);

/* Bytes waiting in all streams. */
size_t stream_memory(const struct stream_desk *d);
