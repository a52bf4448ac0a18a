/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/stream.h"

#include "dataplane/answer.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX    65535
#define PREFIX_SIZE    2
#define IN_MAX         (2 * (PREFIX_SIZE + MESSAGE_MAX))
#define READS_PER_TURN 4 /* then other streams have their turn */

struct stream_desk {
	struct stream_desk_options options;
	size_t memory_size; /* bytes of all `in` and `out` */
	uint64_t now_us;    /* of the stream that advances */
	uint16_t idle_ds;
	uint8_t in[IN_MAX];
	struct query queries[QUERY_BURST_MAX];
	uint8_t messages[QUERY_BURST_MAX][PREFIX_SIZE + MESSAGE_MAX];
};

struct stream_desk *stream_desk_new(const struct stream_desk_options *options)
{
	/* mapped zero pages: untouched ones cost nothing */
	struct stream_desk *d = calloc(1, sizeof(*d));

	if (d)
		d->options = *options;
	return d;
}

void stream_desk_free(struct stream_desk *d)
{
	free(d);
}

size_t stream_memory(const struct stream_desk *d)
{
	return d->memory_size;
}

static void forget_in(struct stream_desk *d, struct stream *s)
{
	d->memory_size -= s->in_size;
	free(s->in);
	s->in = NULL;
	s->in_size = 0;
}

static void forget_out(struct stream_desk *d, struct stream *s)
{
	d->memory_size -= s->out_size;
	free(s->out);
	s->out = NULL;
	s->out_size = s->out_sent = 0;
}

void stream_forget(struct stream_desk *d, struct stream *s)
{
	forget_in(d, s);
	forget_out(d, s);
}

/* Memory for bytes that have to wait; NULL when there is none, which ends the stream. */
static uint8_t *reserve(struct stream_desk *d, size_t size)
{
	uint8_t *bytes = NULL;

	if (size <= d->options.memory_max - d->memory_size)
		bytes = malloc(size);
	if (bytes)
		d->memory_size += size;
	else
		stats_add(&d->options.stats->tcp_evicted, 1);
	return bytes;
}

/* What comes next when all answers so far are taken. */
static enum stream_wait all_taken(const struct stream *s)
{
	return s->is_last ? STREAM_WAIT_CLOSE : STREAM_WAIT_INPUT;
}

/* Send what waits in `out`. */
static enum stream_wait send_kept(struct stream_desk *d, struct stream *s)
{
	while (s->out_sent < s->out_size) {
		struct iovec rest = {s->out + s->out_sent, s->out_size - s->out_sent};
		ssize_t n = d->options.transport.send(s->handle, &rest, 1);

		if (n < 0)
			return n == -EAGAIN ? STREAM_WAIT_OUTPUT : STREAM_WAIT_CLOSE;
		s->out_sent += (size_t)n;
	}
	/* Not earlier: who takes a byte a second would hold the rest for ever. */
	s->was_active = true;
	forget_out(d, s);
	return all_taken(s);
}

/* Keep the part of the answers that was not taken. */
static enum stream_wait keep_unsent(struct stream_desk *d, struct stream *s,
                                    const struct iovec *pieces, unsigned count, size_t sent)
{
	size_t left = 0, at = 0;

	for (unsigned i = 0; i < count; i++)
		left += pieces[i].iov_len;
	left -= sent;
	if (left == 0)
		return all_taken(s);
	s->out = reserve(d, left);
	if (!s->out)
		return STREAM_WAIT_CLOSE;
	for (unsigned i = 0; i < count; i++) {
		size_t skipped = sent < pieces[i].iov_len ? sent : pieces[i].iov_len;
		size_t size = pieces[i].iov_len - skipped;

		memcpy(s->out + at, (const uint8_t *)pieces[i].iov_base + skipped, size);
		at += size;
		sent -= skipped;
	}
	s->out_size = left;
	s->out_sent = 0;
	return STREAM_WAIT_OUTPUT;
}

/* Send the answers of a burst in the order asked; a query that gets none ends the stream. */
static enum stream_wait send_replies(struct stream_desk *d, struct stream *s, unsigned count)
{
	struct iovec pieces[QUERY_BURST_MAX];
	unsigned pieces_count = 0;
	ssize_t n;

	for (unsigned i = 0; i < count; i++) {
		size_t size = d->queries[i].reply_size;

		if (size == 0) {
			s->is_last = true;
			break;
		}
		d->messages[i][0] = (uint8_t)(size >> 8);
		d->messages[i][1] = (uint8_t)size;
		pieces[pieces_count++] = (struct iovec){d->messages[i], PREFIX_SIZE + size};
	}
	stats_add(&d->options.stats->replies[STATS_TCP], pieces_count);
	if (pieces_count == 0)
		return all_taken(s);
	n = d->options.transport.send(s->handle, pieces, pieces_count);
	if (n < 0 && n != -EAGAIN)
		return STREAM_WAIT_CLOSE;
	return keep_unsent(d, s, pieces, pieces_count, n < 0 ? 0 : (size_t)n);
}

/* Take up to a burst of whole messages from the front of d->in. */
static unsigned take_burst(struct stream_desk *d, const struct stream *s, size_t size, size_t *at)
{
	unsigned count = 0;

	while (count < QUERY_BURST_MAX && size - *at >= PREFIX_SIZE) {
		const uint8_t *prefix = d->in + *at;
		size_t message_size = (size_t)prefix[0] << 8 | prefix[1];
		struct query *q = &d->queries[count];

		if (size - *at - PREFIX_SIZE < message_size)
			break;
		memcpy(d->messages[count] + PREFIX_SIZE, prefix + PREFIX_SIZE, message_size);
		q->message = d->messages[count] + PREFIX_SIZE;
		q->size = (uint16_t)message_size;
		q->capacity = MESSAGE_MAX;
		q->is_tcp = true;
		q->is_internal = false;
		q->tcp_idle_ds = d->idle_ds;
		q->client = s->client;
		q->now_us = d->now_us;
		*at += PREFIX_SIZE + message_size;
		count++;
	}
	return count;
}

/* Answer all whole messages of d->in, until the other side takes no more. */
static enum stream_wait answer(struct stream_desk *d, struct stream *s, size_t size,
                               size_t *out_used)
{
	enum stream_wait wait = STREAM_WAIT_INPUT;

	*out_used = 0;
	while (wait == STREAM_WAIT_INPUT) {
		unsigned count = take_burst(d, s, size, out_used);

		if (count == 0)
			break;
		s->was_active = true;
		answer_burst(update_tables(d->options.update), d->queries, count);
		stats_count_burst(d->options.stats, STATS_TCP, d->queries, count);
		rcu_quiescent_state();
		wait = send_replies(d, s, count);
	}
	return wait;
}

/* Answer what is in d->in, and receive more; size: of what is there. */
static enum stream_wait take_turns(struct stream_desk *d, struct stream *s, size_t *size)
{
	for (int turn = 0;; turn++) {
		size_t used;
		enum stream_wait wait = answer(d, s, *size, &used);
		ssize_t n;

		*size -= used;
		memmove(d->in, d->in + used, *size);
		if (wait != STREAM_WAIT_INPUT || turn == READS_PER_TURN)
			return wait;
		n = d->options.transport.receive(s->handle, d->in + *size, IN_MAX - *size);
		if (n == -EAGAIN)
			return STREAM_WAIT_INPUT;
		if (n <= 0)
			return STREAM_WAIT_CLOSE; /* all whole queries before it are answered */
		*size += (size_t)n;
	}
}

enum stream_wait stream_advance(struct stream_desk *d, struct stream *s, uint64_t now_us,
                                uint16_t idle_ds)
{
	enum stream_wait wait = s->out ? send_kept(d, s) : STREAM_WAIT_INPUT;
	size_t size = s->in_size;

	if (wait != STREAM_WAIT_INPUT)
		return wait;
	d->now_us = now_us;
	d->idle_ds = idle_ds;
	if (size > 0)
		memcpy(d->in, s->in, size);
	forget_in(d, s);
	wait = take_turns(d, s, &size);
	if (wait == STREAM_WAIT_CLOSE || size == 0)
		return wait;
	s->in = reserve(d, size);
	if (!s->in)
		return STREAM_WAIT_CLOSE;
	memcpy(s->in, d->in, size);
	s->in_size = size;
	return wait;
}
