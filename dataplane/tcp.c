/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/tcp.h"

#include "dataplane/clock.h"
#include "dataplane/listener.h"
#include "dataplane/stream.h"

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

#define ACCEPTS_PER_TURN 64
#define ACCEPT_PAUSE_MS  100 /* when the process has no file descriptor left */

struct connection {
	struct watch watch; /* first; fd -1 = free */
	struct stream stream;
	uint64_t active_ms; /* of the last whole query, or when all answers were taken */
	bool is_writing;    /* waited for until it takes its answers */
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
	struct stream_desk *desk;
	unsigned paused_count; /* listeners that wait for file descriptors */
	struct watch *paused[OPTIONS_LISTENS_MAX];
	uint64_t resume_ms; /* of all paused */
};

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
	count += network_of(c->stream.client) == network_of(client);
	return count >= t->options.per_client_max;
}

static ssize_t socket_receive(int fd, uint8_t *bytes, size_t size)
{
	ssize_t n;
	do {
		n = recv(fd, bytes, size, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t socket_send(int fd, const struct iovec *pieces, unsigned count)
{
	struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = count};
	ssize_t n;
	do {
		n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static struct stream_desk *make_desk(const struct tcp_options *options)
{
	const struct stream_desk_options desk = {
	    .transport = {.receive = socket_receive, .send = socket_send},
	    .memory_max = TCP_MEMORY_MAX,
	    .update = options->update,
	    .stats = options->stats,
	};
	return stream_desk_new(&desk);
}

struct tcp *tcp_new(const struct tcp_options *options)
{
	struct tcp *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->options = *options;
	t->connections = calloc(options->connections_max, sizeof(*t->connections));
	t->desk = make_desk(options);
	TAILQ_INIT(&t->open);
	TAILQ_INIT(&t->free);
	if (t->connections == NULL || t->desk == NULL || make_clients(t) != 0) {
		tcp_free(t);
		return NULL;
	}
	for (unsigned i = 0; i < options->connections_max; i++) {
		t->connections[i].watch = (struct watch){WATCH_TCP_CONNECTION, -1};
		TAILQ_INSERT_TAIL(&t->free, &t->connections[i], link);
	}
	return t;
}

static void close_connection(struct tcp *t, struct connection *c)
{
	close(c->watch.fd);
	c->watch.fd = -1;
	stream_forget(t->desk, &c->stream);
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
	stream_desk_free(t->desk);
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

/* What a client that asks is told: 0 = close when you are done (RFC 7828 section 3.3.2). */
static uint16_t idle_ds(const struct tcp *t)
{
	unsigned ds = t->options.idle_ms / 100;
	if (t->open_count == t->options.connections_max)
		return 0; /* the next one takes the place of who is idle the longest */
	return ds < UINT16_MAX ? (uint16_t)ds : UINT16_MAX;
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
	enum stream_wait wait = stream_advance(t->desk, &c->stream, clock_now_us(), idle_ds(t));
	if (c->stream.was_active)
		touch(t, c, now_ms);
	c->stream.was_active = false;
	bool is_writing = wait == STREAM_WAIT_OUTPUT;
	if (wait == STREAM_WAIT_CLOSE ||
	    (is_writing != c->is_writing && watch_set(t->options.epoll_fd, EPOLL_CTL_MOD, &c->watch,
	                                              is_writing ? EPOLLOUT : EPOLLIN) != 0)) {
		close_connection(t, c);
		return;
	}
	c->is_writing = is_writing;
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
	c->stream = (struct stream){.client = listener_client(client), .handle = fd};
	c->active_ms = now_ms;
	c->is_writing = false;
	if (watch_set(t->options.epoll_fd, EPOLL_CTL_ADD, &c->watch, EPOLLIN) != 0) {
		c->watch.fd = -1;
		close(fd);
		return;
	}
	TAILQ_REMOVE(&t->free, c, link);
	TAILQ_INSERT_TAIL(&t->open, c, link);
	LIST_INSERT_HEAD(clients_of(t, c->stream.client), c, neighbor);
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
