/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update.h"

#include "dataplane/update_serve.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define PENDING_MAX   (1u << 20) /* unsent bytes above which a client is not served */
#define MESSAGES_TURN 64         /* of one client before the next one's turn */
#define SHORT_WAIT_MS 100        /* before accepting again when there are no descriptors left */
#define CACHE_LINE    64

enum { POLL_STOP, POLL_LISTEN, POLL_CLIENTS };

struct update {
	_Alignas(CACHE_LINE) struct update_serve serve; /* update thread; store.tables: all read */
	struct update_client clients[UPDATE_CLIENTS_MAX];
	struct update_options options;
	pthread_t thread;
	int stop_fd, listen_fd;
};

static void drop_client(struct update *u, struct update_client *c)
{
	update_serve_leave(&u->serve, c);
	channel_done(&c->channel);
}

static void cut_client(struct update *u, struct update_client *c, int error)
{
	update_serve_count_cut(&u->serve, strerror(-error));
	drop_client(u, c);
}

/* Serve what was read. Returns whether there may be more of it, or negative errno. */
static int serve_buffered(struct update *u, struct update_client *c)
{
	for (int i = 0; i < MESSAGES_TURN; i++) {
		channel_request *request = NULL;
		int rc;

		if (channel_pending(&c->channel) > PENDING_MAX || update_serve_holds(&u->serve, c))
			return 1;
		rc = channel_next_request(&c->channel, &request);
		if (rc <= 0)
			return rc;
		rc = update_serve_request(&u->serve, c, request);
		if (rc < 0)
			return rc;
	}
	return 1;
}

/* One turn of a client. Returns whether it has more to be served at once. */
static bool serve_client(struct update *u, struct update_client *c, short events)
{
	int rc = channel_flush(&c->channel), more;

	if (rc < 0) {
		drop_client(u, c);
		return false;
	}
	/* Not ahead of what is there already: a peer faster than we are is not to be cut off. */
	if (!c->is_ended && !c->has_more && channel_pending(&c->channel) <= PENDING_MAX &&
	    events & (POLLIN | POLLHUP | POLLERR)) {
		rc = channel_fill(&c->channel);
		c->is_ended = rc == -EPIPE;
		if (rc < 0 && !c->is_ended) {
			cut_client(u, c, rc);
			return false;
		}
	}
	more = serve_buffered(u, c);
	if (more < 0) {
		channel_flush(&c->channel);
		cut_client(u, c, more);
		return false;
	}
	rc = channel_flush(&c->channel);
	if (rc < 0 || (c->is_ended && !more && !channel_pending(&c->channel))) {
		drop_client(u, c);
		return false;
	}
	return more && channel_pending(&c->channel) <= PENDING_MAX;
}

static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}

static struct update_client *free_place(struct update *u)
{
	for (size_t i = 0; i < UPDATE_CLIENTS_MAX; i++) {
		if (u->clients[i].channel.fd < 0)
			return &u->clients[i];
	}
	return NULL;
}

/*
 * Take connections while there are places; the others wait in the backlog. Returns false when the
 * process is short of something: to ask again at once would only burn the CPU.
 */
static bool accept_clients(struct update *u)
{
	struct update_client *c;

	while ((c = free_place(u)) != NULL) {
		int fd = accept4(u->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
			       errno != ENOMEM;
		if (!is_trusted(fd)) {
			close(fd);
			update_serve_count_cut(&u->serve, "neither our user nor root");
			continue;
		}
		*c = (struct update_client){0};
		channel_init(&c->channel, fd);
	}
	return true;
}

static short wanted_events(const struct update_client *c)
{
	size_t pending = channel_pending(&c->channel);
	short events = pending ? POLLOUT : 0;

	if (!c->is_ended && !c->has_more && pending <= PENDING_MAX)
		events |= POLLIN;
	return events;
}

/* A free place has fd -1, which poll() passes over. */
static void fill_pollfds(struct update *u, bool is_short, struct pollfd *pollfds)
{
	bool may_accept = !is_short && free_place(u);

	pollfds[POLL_STOP] = (struct pollfd){.fd = u->stop_fd, .events = POLLIN};
	pollfds[POLL_LISTEN] =
	    (struct pollfd){.fd = may_accept ? u->listen_fd : -1, .events = POLLIN};
	for (size_t i = 0; i < UPDATE_CLIENTS_MAX; i++) {
		pollfds[POLL_CLIENTS + i] = (struct pollfd){
		    .fd = u->clients[i].channel.fd, .events = wanted_events(&u->clients[i])};
	}
}

/* Give each client its turn. Returns whether one has more to be served at once. */
static bool serve_clients(struct update *u, const struct pollfd *pollfds)
{
	bool is_busy = false;

	for (size_t i = 0; i < UPDATE_CLIENTS_MAX; i++) {
		struct update_client *c = &u->clients[i];

		if (c->channel.fd < 0 || (!pollfds[i].revents && !c->has_more) ||
		    update_serve_holds(&u->serve, c))
			continue;
		c->has_more = serve_client(u, c, pollfds[i].revents);
		is_busy |= c->has_more;
		rcu_quiescent_state();
	}
	return is_busy;
}

/* Go on with a Commit that takes long. Returns whether there is one. */
static bool go_on(struct update *u)
{
	struct update_client *writer = u->serve.writer;
	int rc;

	if (!writer || !update_serve_holds(&u->serve, writer))
		return false;
	rc = update_serve_go_on(&u->serve);
	if (rc < 0)
		cut_client(u, writer, rc);
	return true;
}

static void *update_thread(void *argument)
{
	struct update *u = argument;
	struct pollfd pollfds[POLL_CLIENTS + UPDATE_CLIENTS_MAX];
	bool is_busy = false, is_short = false;

	rcu_register_thread();
	for (;;) {
		int timeout_ms = is_busy ? 0 : is_short ? SHORT_WAIT_MS : -1;

		fill_pollfds(u, is_short, pollfds);
		rcu_thread_offline();
		if (poll(pollfds, POLL_CLIENTS + UPDATE_CLIENTS_MAX, timeout_ms) < 0)
			memset(pollfds, 0, sizeof(pollfds));
		rcu_thread_online();
		if (pollfds[POLL_STOP].revents)
			break;
		is_busy = serve_clients(u, &pollfds[POLL_CLIENTS]);
		is_busy |= go_on(u);
		is_short = pollfds[POLL_LISTEN].revents && !accept_clients(u);
	}
	for (size_t i = 0; i < UPDATE_CLIENTS_MAX; i++)
		drop_client(u, &u->clients[i]);
	rcu_unregister_thread();
	return NULL;
}

/* Signals belong to main: the thread is made with all of them blocked. */
static int start_thread(struct update *u)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	rc = pthread_sigmask(SIG_SETMASK, &all, &old);
	if (rc != 0)
		return -rc;
	rc = pthread_create(&u->thread, NULL, update_thread, u);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		pthread_setname_np(u->thread, "update");
	return -rc;
}

struct update *update_start(const struct update_options *options)
{
	struct update *u = aligned_alloc(_Alignof(struct update), sizeof(*u));
	int rc;

	if (!u) {
		errno = ENOMEM;
		return NULL;
	}
	memset(u, 0, sizeof(*u));
	u->options = *options;
	for (size_t i = 0; i < UPDATE_CLIENTS_MAX; i++)
		channel_init(&u->clients[i].channel, -1);
	rc = update_serve_init(&u->serve, &u->options);
	if (rc < 0)
		goto fail;
	u->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (u->stop_fd < 0) {
		rc = -errno;
		goto fail_serve;
	}
	rc = u->listen_fd = channel_listen(options->path);
	if (rc < 0)
		goto fail_stop;
	rc = start_thread(u);
	if (rc < 0)
		goto fail_listen;
	return u;

fail_listen:
	close(u->listen_fd);
	unlink(options->path);
fail_stop:
	close(u->stop_fd);
fail_serve:
	update_serve_done(&u->serve);
fail:
	free(u);
	errno = -rc;
	return NULL;
}

void update_stop(struct update *u)
{
	bool was_online;

	if (!u)
		return;
	was_online = rcu_read_ongoing();
	(void)!eventfd_write(u->stop_fd, 1);
	/* The thread may be waiting for a grace period, and so for us. */
	if (was_online)
		rcu_thread_offline();
	pthread_join(u->thread, NULL);
	if (was_online)
		rcu_thread_online();
	unlink(u->options.path);
	close(u->listen_fd);
	close(u->stop_fd);
	update_serve_done(&u->serve);
	free(u);
}

const struct tables *update_tables(const struct update *u)
{
	return update_store_tables(&u->serve.store);
}
