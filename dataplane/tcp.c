/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/tcp.h"

#include "dataplane/answer.h"
#include "dataplane/clock.h"
#include "dataplane/listener.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MESSAGE_MAX      65535
#define PREFIX_SIZE      2
#define IN_MAX           (2 * (PREFIX_SIZE + MESSAGE_MAX))
#define READS_PER_TURN   4 /* then other connections have their turn */
#define ACCEPTS_PER_TURN 64
#define ACCEPT_PAUSE_MS  100 /* when the process has no file descriptor left */

struct connection {
	struct watch watch; /* first; fd -1 = free */
	address6_t client;
	uint64_t active_ms; /* of the last whole query or sent byte */
	bool is_last;       /* to be closed when `out` is sent */
	uint8_t *in;        /* received, not yet answered; NULL = nothing */
	size_t in_size;
	uint8_t *out; /* answers the socket did not take; NULL = nothing */
	size_t out_size, out_sent;
	TAILQ_ENTRY(connection) link;
	LIST_ENTRY(connection) neighbor; /* of the same bucket of clients */
};

TAILQ_HEAD(connection_list, connection);
LIST_HEAD(client_list, connection);

struct tcp {
	struct tcp_options options;
	struct connection *connections;
	struct connection_list open; /* longest idle first */
	struct connection_list free;
	unsigned open_count;
	uint64_t clients_key;        /* secret and odd */
	unsigned clients_shift;      /* 64 less the bits of a bucket's number */
	struct client_list *clients; /* buckets of open connections, by client network */
	size_t memory_size;          /* bytes of all `in` and `out` */
	unsigned paused_count;       /* listeners that wait for file descriptors */
	struct watch *paused[OPTIONS_LISTENS_MAX];
	uint64_t resume_ms; /* of all paused */

	uint8_t in[IN_MAX];
	struct query queries[QUERY_BURST_MAX];
	uint8_t messages[QUERY_BURST_MAX][PREFIX_SIZE + MESSAGE_MAX];
};

enum progress { PROGRESS_DONE, PROGRESS_WAIT, PROGRESS_CLOSE };

static int make_clients(struct tcp *t)
{
	size_t count = 2;
	t->clients_shift = 63;
	for (; count < t->options.connections_max; count *= 2)
		t->clients_shift--;
	t->clients = calloc(count, sizeof(*t->clients));
	if (t->clients == NULL)
		return -ENOMEM;
	if (getrandom(&t->clients_key, sizeof(t->clients_key), 0) != sizeof(t->clients_key))
		return -EIO;
	t->clients_key |= 1;
	return 0;
}

/* An IPv4 address, or the network that an IPv6 client has to itself (RFC 6177). */
static uint64_t network_of(address6_t client)
{
	return client >> 32 == 0xffff ? (uint64_t)client : (uint64_t)(client >> 72) << 8;
}

/* Multiplication by a secret: nobody can aim at one bucket. */
static struct client_list *clients_of(const struct tcp *t, address6_t client)
{
	return &t->clients[network_of(client) * t->clients_key >> t->clients_shift];
}

static bool has_too_many(const struct tcp *t, address6_t client)
{
	unsigned count = 0;
	const struct connection *c;
	LIST_FOREACH(c, clients_of(t, client), neighbor)
	count += network_of(c->client) == network_of(client);
	return count >= t->options.per_client_max;
}

struct tcp *tcp_new(const struct tcp_options *options)
{
	struct tcp *t = calloc(1, sizeof(*t)); /* mapped zero pages: untouched ones cost nothing */
	if (t == NULL)
		return NULL;
	t->options = *options;
	t->connections = calloc(options->connections_max, sizeof(*t->connections));
	if (t->connections == NULL || make_clients(t) != 0) {
		free(t->connections);
		free(t->clients);
		free(t);
		return NULL;
	}
	TAILQ_INIT(&t->open);
	TAILQ_INIT(&t->free);
	for (unsigned i = 0; i < options->connections_max; i++) {
		t->connections[i].watch = (struct watch){WATCH_TCP_CONNECTION, -1};
		TAILQ_INSERT_TAIL(&t->free, &t->connections[i], link);
	}
	return t;
}

static void forget_in(struct tcp *t, struct connection *c)
{
	t->memory_size -= c->in_size;
	free(c->in);
	c->in = NULL;
	c->in_size = 0;
}

static void forget_out(struct tcp *t, struct connection *c)
{
	t->memory_size -= c->out_size;
	free(c->out);
	c->out = NULL;
	c->out_size = c->out_sent = 0;
}

static void close_connection(struct tcp *t, struct connection *c)
{
	close(c->watch.fd);
	c->watch.fd = -1;
	forget_in(t, c);
	forget_out(t, c);
	TAILQ_REMOVE(&t->open, c, link);
	TAILQ_INSERT_TAIL(&t->free, c, link);
	LIST_REMOVE(c, neighbor);
	t->open_count--;
	stats_add(&t->options.stats->tcp_closed, 1);
}

void tcp_free(struct tcp *t)
{
	if (t == NULL)
		return;
	while (!TAILQ_EMPTY(&t->open))
		close_connection(t, TAILQ_FIRST(&t->open));
	free(t->connections);
	free(t->clients);
	free(t);
}

static void touch(struct tcp *t, struct connection *c, uint64_t now_ms)
{
	c->active_ms = now_ms;
	TAILQ_REMOVE(&t->open, c, link);
	TAILQ_INSERT_TAIL(&t->open, c, link);
}

/* Copy bytes that have to wait; false when there is no memory for them. */
static bool keep(struct tcp *t, const uint8_t *bytes, size_t size, uint8_t **out_kept)
{
	if (t->memory_size + size > TCP_MEMORY_MAX)
		return false;
	uint8_t *kept = malloc(size);
	if (kept == NULL)
		return false;
	memcpy(kept, bytes, size);
	t->memory_size += size;
	*out_kept = kept;
	return true;
}

/* Send what waits in `out`. */
static enum progress send_kept(struct tcp *t, struct connection *c, uint64_t now_ms)
{
	while (c->out_sent < c->out_size) {
		ssize_t n = send(c->watch.fd, c->out + c->out_sent, c->out_size - c->out_sent,
		                 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? PROGRESS_WAIT : PROGRESS_CLOSE;
		c->out_sent += (size_t)n;
	}
	/* Not earlier: who takes a byte a second would hold the rest for ever. */
	touch(t, c, now_ms);
	forget_out(t, c);
	return c->is_last ? PROGRESS_CLOSE : PROGRESS_DONE;
}

/* Keep the part of the answers that the socket did not take. */
static enum progress keep_unsent(struct tcp *t, struct connection *c, const struct iovec *pieces,
                                 unsigned count, size_t sent)
{
	size_t total = 0;
	for (unsigned i = 0; i < count; i++)
		total += pieces[i].iov_len;
	size_t left = total - sent;
	if (left == 0)
		return c->is_last ? PROGRESS_CLOSE : PROGRESS_DONE;
	if (t->memory_size + left > TCP_MEMORY_MAX || (c->out = malloc(left)) == NULL) {
		stats_add(&t->options.stats->tcp_evicted, 1);
		return PROGRESS_CLOSE;
	}
	size_t at = 0;
	for (unsigned i = 0; i < count; i++) {
		size_t skipped = sent < pieces[i].iov_len ? sent : pieces[i].iov_len;
		size_t size = pieces[i].iov_len - skipped;
		memcpy(c->out + at, (const uint8_t *)pieces[i].iov_base + skipped, size);
		at += size;
		sent -= skipped;
	}
	c->out_size = left;
	c->out_sent = 0;
	t->memory_size += left;
	return PROGRESS_WAIT;
}

/* Send the answers of a burst in the order asked; a query that gets none ends the connection. */
static enum progress send_replies(struct tcp *t, struct connection *c, unsigned count)
{
	struct iovec pieces[QUERY_BURST_MAX];
	unsigned pieces_count = 0;
	for (unsigned i = 0; i < count; i++) {
		size_t size = t->queries[i].reply_size;
		if (size == 0) {
			c->is_last = true;
			break;
		}
		t->messages[i][0] = (uint8_t)(size >> 8);
		t->messages[i][1] = (uint8_t)size;
		pieces[pieces_count++] = (struct iovec){t->messages[i], PREFIX_SIZE + size};
	}
	stats_add(&t->options.stats->replies[STATS_TCP], pieces_count);
	if (pieces_count == 0)
		return c->is_last ? PROGRESS_CLOSE : PROGRESS_DONE;
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = pieces_count};
	ssize_t n;
	do {
		n = sendmsg(c->watch.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN)
		return PROGRESS_CLOSE;
	return keep_unsent(t, c, pieces, pieces_count, n < 0 ? 0 : (size_t)n);
}

/* Take up to a burst of whole messages from the front of t->in. */
static unsigned take_burst(struct tcp *t, const struct connection *c, size_t size, size_t *at)
{
	unsigned count = 0;
	uint64_t now_us = clock_now_us();
	while (count < QUERY_BURST_MAX && size - *at >= PREFIX_SIZE) {
		const uint8_t *prefix = t->in + *at;
		size_t message_size = (size_t)prefix[0] << 8 | prefix[1];
		if (size - *at - PREFIX_SIZE < message_size)
			break;
		memcpy(t->messages[count] + PREFIX_SIZE, prefix + PREFIX_SIZE, message_size);
		struct query *q = &t->queries[count];
		q->message = t->messages[count] + PREFIX_SIZE;
		q->size = (uint16_t)message_size;
		q->capacity = MESSAGE_MAX;
		q->is_tcp = true;
		q->is_internal = false;
		q->client = c->client;
		q->now_us = now_us;
		*at += PREFIX_SIZE + message_size;
		count++;
	}
	return count;
}

/* Answer all whole messages of t->in, until the socket takes no more. */
static enum progress answer(struct tcp *t, struct connection *c, size_t size, size_t *out_used,
                            uint64_t now_ms)
{
	enum progress progress = PROGRESS_DONE;
	*out_used = 0;
	while (progress == PROGRESS_DONE) {
		unsigned count = take_burst(t, c, size, out_used);
		if (count == 0)
			break;
		touch(t, c, now_ms);
		answer_burst(update_tables(t->options.update), t->queries, count);
		stats_count_burst(t->options.stats, STATS_TCP, t->queries, count);
		rcu_quiescent_state();
		progress = send_replies(t, c, count);
	}
	return progress;
}

/* Bring back to t->in what was received before. */
static size_t take_in(struct tcp *t, struct connection *c)
{
	size_t size = c->in_size;
	if (size > 0)
		memcpy(t->in, c->in, size);
	forget_in(t, c);
	return size;
}

/* Answer and read by turns, as far as both directions go without waiting. */
static enum progress advance(struct tcp *t, struct connection *c, size_t *size, uint64_t now_ms)
{
	for (int turn = 0;; turn++) {
		size_t used;
		enum progress progress = answer(t, c, *size, &used, now_ms);
		*size -= used;
		memmove(t->in, t->in + used, *size);
		if (progress != PROGRESS_DONE || turn == READS_PER_TURN)
			return progress;

		ssize_t n = recv(c->watch.fd, t->in + *size, IN_MAX - *size, MSG_DONTWAIT);
		if (n == 0)
			return PROGRESS_CLOSE; /* all whole queries before the end are answered */
		if (n < 0 && errno == EAGAIN)
			return PROGRESS_DONE;
		if (n < 0 && errno != EINTR)
			return PROGRESS_CLOSE;
		*size += n > 0 ? (size_t)n : 0;
	}
}

void tcp_ready(struct tcp *t, struct watch *connection, uint32_t events, uint64_t now_ms)
{
	struct connection *c = (struct connection *)connection;
	if (c->watch.fd < 0)
		return;
	if (events & (EPOLLERR | EPOLLHUP)) {
		close_connection(t, c);
		return;
	}
	bool was_waiting = c->out != NULL;
	enum progress progress = was_waiting ? send_kept(t, c, now_ms) : PROGRESS_DONE;
	if (progress == PROGRESS_DONE) {
		size_t size = take_in(t, c);
		progress = advance(t, c, &size, now_ms);
		if (progress != PROGRESS_CLOSE && size > 0 && !keep(t, t->in, size, &c->in)) {
			stats_add(&t->options.stats->tcp_evicted, 1);
			progress = PROGRESS_CLOSE;
		} else if (progress != PROGRESS_CLOSE) {
			c->in_size = size;
		}
	}
	bool is_waiting = progress == PROGRESS_WAIT;
	if (progress != PROGRESS_CLOSE && is_waiting != was_waiting &&
	    watch_set(t->options.epoll_fd, EPOLL_CTL_MOD, &c->watch,
	              is_waiting ? EPOLLOUT : EPOLLIN) != 0)
		progress = PROGRESS_CLOSE;
	if (progress == PROGRESS_CLOSE)
		close_connection(t, c);
}

static bool evict_oldest(struct tcp *t)
{
	if (TAILQ_EMPTY(&t->open))
		return false;
	close_connection(t, TAILQ_FIRST(&t->open));
	stats_add(&t->options.stats->tcp_evicted, 1);
	return true;
}

static void add_connection(struct tcp *t, int fd, const struct sockaddr_storage *client,
                           uint64_t now_ms)
{
	if (has_too_many(t, listener_client(client))) {
		close(fd);
		stats_add(&t->options.stats->tcp_refused, 1);
		return;
	}
	if (t->open_count == t->options.connections_max)
		evict_oldest(t);
	struct connection *c = TAILQ_FIRST(&t->free);
	c->watch.fd = fd;
	c->client = listener_client(client);
	c->active_ms = now_ms;
	c->is_last = false;
	if (watch_set(t->options.epoll_fd, EPOLL_CTL_ADD, &c->watch, EPOLLIN) != 0) {
		c->watch.fd = -1;
		close(fd);
		return;
	}
	TAILQ_REMOVE(&t->free, c, link);
	TAILQ_INSERT_TAIL(&t->open, c, link);
	LIST_INSERT_HEAD(clients_of(t, c->client), c, neighbor);
	t->open_count++;
	stats_add(&t->options.stats->tcp_accepted, 1);
}

/* Stop waiting at a listener for a moment: it stays ready while no descriptor is free. */
static void pause_listener(struct tcp *t, struct watch *listener, uint64_t now_ms)
{
	if (t->paused_count == OPTIONS_LISTENS_MAX ||
	    watch_set(t->options.epoll_fd, EPOLL_CTL_MOD, listener, 0) != 0)
		return;
	t->paused[t->paused_count++] = listener;
	t->resume_ms = now_ms + ACCEPT_PAUSE_MS;
}

void tcp_accept(struct tcp *t, struct watch *listener, uint64_t now_ms)
{
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage client = {0};
		socklen_t size = sizeof(client);
		int fd = accept4(listener->fd, (struct sockaddr *)&client, &size,
		                 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			add_connection(t, fd, &client, now_ms);
			continue;
		}
		if (errno == EAGAIN)
			return;
		bool is_exhausted =
		    errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
		if (is_exhausted && !evict_oldest(t)) {
			pause_listener(t, listener, now_ms);
			return;
		}
	}
}

void tcp_expire(struct tcp *t, uint64_t now_ms)
{
	struct connection *c;
	while ((c = TAILQ_FIRST(&t->open)) != NULL && c->active_ms + t->options.idle_ms <= now_ms) {
		close_connection(t, c);
		stats_add(&t->options.stats->tcp_idle, 1);
	}
	while (t->paused_count > 0 && t->resume_ms <= now_ms) {
		struct watch *listener = t->paused[--t->paused_count];
		(void)watch_set(t->options.epoll_fd, EPOLL_CTL_MOD, listener, EPOLLIN);
	}
}

int tcp_timeout_ms(const struct tcp *t, uint64_t now_ms)
{
	uint64_t next_ms = UINT64_MAX;
	if (!TAILQ_EMPTY(&t->open))
		next_ms = TAILQ_FIRST(&t->open)->active_ms + t->options.idle_ms;
	if (t->paused_count > 0 && t->resume_ms < next_ms)
		next_ms = t->resume_ms;
	if (next_ms == UINT64_MAX)
		return -1;
	return next_ms <= now_ms ? 0 : (int)(next_ms - now_ms);
}
