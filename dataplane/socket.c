/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/socket.h"

#include "dataplane/listener.h"
#include "dataplane/tcp.h"
#include "dataplane/udp.h"
#include "dataplane/watch.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 64

struct served {
	struct listener listener;
	int error; /* negative errno = not bound, which its address may_fail to be */
	struct watch udp, tcp;
};

struct socket_thread {
	pthread_t id;
	bool is_running;
	int epoll_fd;
	struct watch stop; /* an eventfd */
	struct stats_thread *stats;
	struct udp *udp;
	struct tcp *tcp;
	unsigned served_count;
	struct served served[OPTIONS_LISTENS_MAX + OPTIONS_PUNTED_MAX];
};

struct socket_server {
	unsigned thread_count;
	struct socket_thread threads[];
};

static uint64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Handle one round of events; true when the thread is to stop. */
static bool handle(struct socket_thread *t, const struct epoll_event *events, int count)
{
	uint64_t now_ms = clock_ms();
	bool is_stopped = false;
	for (int i = 0; i < count; i++) {
		struct watch *w = events[i].data.ptr;
		switch (w->kind) {
		case WATCH_STOP:
			is_stopped = true;
			break;
		case WATCH_UDP: {
			size_t offset = offsetof(struct served, udp);
			const struct served *s = (const struct served *)((char *)w - offset);
			udp_serve(t->udp, w->fd, s->listener.is_wildcard);
			break;
		}
		case WATCH_TCP_CONNECTION:
			tcp_ready(t->tcp, w, events[i].events, now_ms);
			break;
		case WATCH_TCP_LISTENER:
			break; /* below: after all events of connections, see tcp_accept() */
		}
	}
	for (int i = 0; i < count; i++) {
		struct watch *w = events[i].data.ptr;
		if (w->kind == WATCH_TCP_LISTENER)
			tcp_accept(t->tcp, w, now_ms);
	}
	tcp_expire(t->tcp, now_ms);
	return is_stopped;
}

static void *run(void *argument)
{
	struct socket_thread *t = argument;
	struct epoll_event events[EVENTS_MAX];
	bool is_stopped = false;

	rcu_register_thread();
	while (!is_stopped) {
		int timeout_ms = tcp_timeout_ms(t->tcp, clock_ms());
		rcu_thread_offline();
		int count = epoll_wait(t->epoll_fd, events, EVENTS_MAX, timeout_ms);
		rcu_thread_online();
		is_stopped = handle(t, events, count < 0 ? 0 : count);
	}
	rcu_unregister_thread();
	return NULL;
}

static void close_thread(struct socket_thread *t)
{
	for (unsigned i = 0; i < t->served_count; i++)
		listener_close(&t->served[i].listener);
	if (t->stop.fd >= 0)
		close(t->stop.fd);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
}

static int watch_all(struct socket_thread *t)
{
	int error = watch_set(t->epoll_fd, EPOLL_CTL_ADD, &t->stop, EPOLLIN);
	for (unsigned i = 0; error == 0 && i < t->served_count; i++) {
		struct served *s = &t->served[i];
		if (s->error != 0)
			continue;
		s->udp = (struct watch){WATCH_UDP, s->listener.udp_fd};
		s->tcp = (struct watch){WATCH_TCP_LISTENER, s->listener.tcp_fd};
		error = watch_set(t->epoll_fd, EPOLL_CTL_ADD, &s->udp, EPOLLIN);
		if (error == 0)
			error = watch_set(t->epoll_fd, EPOLL_CTL_ADD, &s->tcp, EPOLLIN);
	}
	return error == 0 ? 0 : -errno;
}

/* Bind all addresses of one thread. first: the thread that bound them before, or NULL. */
static int open_thread(struct socket_thread *t, const struct options *options,
                       const struct socket_thread *first, char *out_error)
{
	t->stop = (struct watch){WATCH_STOP, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (t->stop.fd < 0 || t->epoll_fd < 0) {
		int error = -errno;
		snprintf(out_error, OPTIONS_ERROR_MAX, "--listen: %s", strerror(-error));
		return error;
	}
	for (unsigned i = 0; i < options->served_count; i++) {
		const struct options_listen *where = &options->listens[i];
		const struct listener *same = first != NULL ? &first->served[i].listener : NULL;
		struct served *s = &t->served[i];
		int error = first != NULL ? first->served[i].error : 0;
		if (error == 0)
			error = listener_open(where, same, &s->listener);
		if (error != 0 && where->may_fail) {
			s->listener = (struct listener){.udp_fd = -1, .tcp_fd = -1};
			listener_text(&where->address.any, s->listener.text);
			s->error = error;
			error = 0;
		}
		if (error != 0) {
			char text[LISTENER_TEXT_MAX];
			listener_text(&where->address.any, text);
			snprintf(out_error, OPTIONS_ERROR_MAX, "%s '%s': %s",
			         where->is_punted ? "--punt: listening on" : "--listen", text,
			         strerror(-error));
			return error;
		}
		t->served_count++;
	}
	int error = watch_all(t);
	if (error != 0)
		snprintf(out_error, OPTIONS_ERROR_MAX, "--listen: %s", strerror(-error));
	return error;
}

int socket_open(const struct options *options, struct stats *stats,
                struct socket_server **out_server, char *out_error)
{
	/* No thread without an address to serve. */
	unsigned count = options->served_count > 0 ? options->socket_threads : 0;
	struct socket_server *s = calloc(1, sizeof(*s) + count * sizeof(s->threads[0]));
	if (s == NULL) {
		snprintf(out_error, OPTIONS_ERROR_MAX, "--listen: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (unsigned i = 0; i < count; i++) {
		struct socket_thread *t = &s->threads[i];
		s->thread_count++;
		t->stats = stats_of_thread(stats, i);
		int error = open_thread(t, options, i > 0 ? &s->threads[0] : NULL, out_error);
		if (error != 0) {
			socket_close(s);
			return error;
		}
	}
	*out_server = s;
	return 0;
}

const char *socket_text(const struct socket_server *s, unsigned index)
{
	return s->threads[0].served[index].listener.text;
}

int socket_error(const struct socket_server *s, unsigned index)
{
	return s->threads[0].served[index].error;
}

static int start_thread(struct socket_thread *t, const struct update *update,
                        const struct options *settings, unsigned thread_count)
{
	unsigned connections_max = settings->tcp_connections / thread_count;
	struct tcp_options options = {
	    .epoll_fd = t->epoll_fd,
	    .connections_max = connections_max > 0 ? connections_max : 1,
	    .per_client_max = settings->tcp_per_client,
	    .idle_ms = settings->tcp_idle_s * 1000,
	    .update = update,
	    .stats = t->stats,
	};
	t->udp = udp_new(update, t->stats);
	t->tcp = tcp_new(&options);
	if (t->udp == NULL || t->tcp == NULL)
		return -ENOMEM;
	int error = pthread_create(&t->id, NULL, run, t);
	if (error != 0)
		return -error;
	t->is_running = true;
	return 0;
}

int socket_start(struct socket_server *s, const struct update *update,
                 const struct options *options)
{
	for (unsigned i = 0; i < s->thread_count; i++) {
		int error = start_thread(&s->threads[i], update, options, s->thread_count);
		if (error != 0) {
			socket_stop(s);
			return error;
		}
	}
	return 0;
}

void socket_stop(struct socket_server *s)
{
	for (unsigned i = 0; i < s->thread_count; i++) {
		if (s->threads[i].is_running)
			(void)eventfd_write(s->threads[i].stop.fd, 1);
	}
	for (unsigned i = 0; i < s->thread_count; i++) {
		struct socket_thread *t = &s->threads[i];
		if (t->is_running)
			pthread_join(t->id, NULL);
		t->is_running = false;
		tcp_free(t->tcp);
		udp_free(t->udp);
		t->tcp = NULL;
		t->udp = NULL;
	}
}

void socket_close(struct socket_server *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < s->thread_count; i++)
		close_thread(&s->threads[i]);
	free(s);
}
