/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP connections with a clock and an answer core of the test's own: a query's bytes 2 and 3 say
 * how long its answer is, 0 = dropped. Answers repeat the query's id, so that a mix-up shows.
 */
#include "dataplane/answer.h"
#include "dataplane/listener.h"
#include "dataplane/tcp.h"

#include <urcu-qsbr.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define QUERY_SIZE  12
#define CLIENTS_MAX 250
#define PER_CLIENT  300
#define TCP_IDLE_MS 10000

struct update;

static uint16_t told_idle_ds; /* of the last query */

void answer_burst(const struct tables *t, struct query *queries, unsigned count)
{
	assert_null(t);
	assert_in_range(count, 1, QUERY_BURST_MAX);
	for (unsigned i = 0; i < count; i++) {
		struct query *q = &queries[i];
		uint16_t size = (uint16_t)(q->message[2] << 8 | q->message[3]);
		assert_true(q->is_tcp && size <= q->capacity);
		told_idle_ds = q->tcp_idle_ds;
		assert_true(q->client >> 24 == ((address6_t)0xffff << 8 | 127));
		if (size > QUERY_SIZE)
			memset(q->message + QUERY_SIZE, q->message[1], size - QUERY_SIZE);
		q->reply_size = size;
		q->drop = size == 0 ? DROP_DNS_SHORT : DROP_NONE;
		q->rcode = 0;
	}
}

const struct tables *update_tables(const struct update *u)
{
	(void)u;
	return NULL;
}

struct server {
	struct tcp *tcp;
	struct stats *stats;
	struct stats_thread *counters;
	struct listener sockets;
	struct watch listener;
	int epoll_fd;
	uint64_t now_ms;
	struct sockaddr_in address;
};

static void server_open(struct server *s, unsigned connections_max)
{
	socklen_t size = sizeof(s->address);
	memset(s, 0, sizeof(*s));
	s->now_ms = 1000000;
	s->stats = stats_new(1);
	s->counters = stats_of_thread(s->stats, 0);
	s->epoll_fd = epoll_create1(0);
	struct options_listen where = {.address.ip4 = {.sin_family = AF_INET}};
	where.address.ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(listener_open(&where, NULL, &s->sockets), 0);
	s->listener = (struct watch){WATCH_TCP_LISTENER, s->sockets.tcp_fd};
	assert_int_equal(getsockname(s->listener.fd, (struct sockaddr *)&s->address, &size), 0);
	assert_int_equal(watch_set(s->epoll_fd, EPOLL_CTL_ADD, &s->listener, EPOLLIN), 0);
	struct tcp_options options = {.epoll_fd = s->epoll_fd,
	                              .connections_max = connections_max,
	                              .per_client_max = PER_CLIENT,
	                              .idle_ms = TCP_IDLE_MS,
	                              .stats = s->counters};
	s->tcp = tcp_new(&options);
	assert_non_null(s->tcp);
}

static void server_close(struct server *s)
{
	tcp_free(s->tcp);
	stats_free(s->stats);
	listener_close(&s->sockets);
	close(s->epoll_fd);
}

/* Handle events until there are none; loopback delivers before connect() and send() return. */
static void pump(struct server *s)
{
	struct epoll_event events[16];
	int count;
	while ((count = epoll_wait(s->epoll_fd, events, 16, 0)) > 0) {
		for (int i = 0; i < count; i++) {
			struct watch *w = events[i].data.ptr;
			if (w->kind == WATCH_TCP_CONNECTION)
				tcp_ready(s->tcp, w, events[i].events, s->now_ms);
		}
		for (int i = 0; i < count; i++) {
			struct watch *w = events[i].data.ptr;
			if (w->kind == WATCH_TCP_LISTENER)
				tcp_accept(s->tcp, w, s->now_ms);
		}
		rcu_quiescent_state();
	}
	tcp_expire(s->tcp, s->now_ms);
}

static int client_open(struct server *s)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&s->address, sizeof(s->address)), 0);
	pump(s);
	return fd;
}

static void client_ask(int fd, uint16_t id, uint16_t reply_size)
{
	uint8_t message[2 + QUERY_SIZE] = {0,
	                                   QUERY_SIZE,
	                                   (uint8_t)(id >> 8),
	                                   (uint8_t)id,
	                                   (uint8_t)(reply_size >> 8),
	                                   (uint8_t)reply_size};
	assert_int_equal(send(fd, message, sizeof(message), 0), sizeof(message));
}

/* What can be read now; -1 = the server closed. */
static ssize_t client_read(int fd, uint8_t *out_bytes, size_t size)
{
	ssize_t n = recv(fd, out_bytes, size, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return 0;
	return n > 0 ? n : -1;
}

static bool client_is_open(int fd)
{
	uint8_t byte;
	return client_read(fd, &byte, 1) >= 0;
}

/* Read exactly one answer of the id and size, letting the server work meanwhile. */
static void client_expect(struct server *s, int fd, uint16_t id, uint16_t reply_size)
{
	static uint8_t bytes[2 + 65535];
	size_t wanted = 2u + reply_size, have = 0;
	for (int idle = 0; have < wanted && idle < 100000; idle++) {
		ssize_t n = client_read(fd, bytes + have, wanted - have);
		if (n < 0)
			fail_msg("closed after %zu of %zu bytes", have, wanted);
		have += (size_t)n;
		pump(s);
	}
	assert_int_equal(have, wanted);
	assert_int_equal(bytes[0] << 8 | bytes[1], reply_size);
	assert_int_equal(bytes[2] << 8 | bytes[3], id);
	for (size_t i = 2 + QUERY_SIZE; i < wanted; i++) {
		if (bytes[i] != (uint8_t)id)
			fail_msg("byte %zu of answer %u is another's", i, id);
	}
}

static void test_order_of_large_answers(void **state)
{
	(void)state;
	static const uint16_t sizes[] = {12, 65535, 13, 40000, 12, 65535, 65535, 512};
	struct server s;
	server_open(&s, 4);
	int fd = client_open(&s);
	for (uint16_t id = 0; id < 400; id++)
		client_ask(fd, id, sizes[id % 8]);
	pump(&s);
	/* The answers are some 12 MB: more than the socket takes, so the server had to stop. */
	assert_true(atomic_load(&s.counters->replies[STATS_TCP]) < 400);
	for (uint16_t id = 0; id < 400; id++)
		client_expect(&s, fd, id, sizes[id % 8]);
	assert_int_equal(atomic_load(&s.counters->replies[STATS_TCP]), 400);
	assert_true(client_is_open(fd));
	close(fd);
	pump(&s);
	assert_int_equal(atomic_load(&s.counters->tcp_closed), 1);
	server_close(&s);
}

static void test_idle(void **state)
{
	(void)state;
	struct server s;
	server_open(&s, 4);
	assert_int_equal(tcp_timeout_ms(s.tcp, s.now_ms), -1);
	int asking = client_open(&s), silent = client_open(&s), dripping = client_open(&s);
	assert_int_equal(tcp_timeout_ms(s.tcp, s.now_ms), TCP_IDLE_MS);

	s.now_ms += TCP_IDLE_MS / 2;
	client_ask(asking, 7, 12);
	assert_int_equal(send(dripping, "\0\x0c....", 6, 0), 6);
	pump(&s);
	s.now_ms += TCP_IDLE_MS / 2 - 1;
	pump(&s);
	assert_true(client_is_open(silent)); /* one millisecond left */
	assert_int_equal(tcp_timeout_ms(s.tcp, s.now_ms), 1);

	s.now_ms += 1;
	pump(&s);
	assert_false(client_is_open(silent));
	assert_false(client_is_open(dripping)); /* a piece of a query is no activity */
	client_expect(&s, asking, 7, 12);
	assert_true(client_is_open(asking));
	assert_int_equal(tcp_timeout_ms(s.tcp, s.now_ms), TCP_IDLE_MS / 2);
	assert_int_equal(atomic_load(&s.counters->tcp_idle), 2);
	close(asking);
	close(silent);
	close(dripping);
	server_close(&s);
}

static void test_eviction(void **state)
{
	(void)state;
	struct server s;
	int fds[5];
	server_open(&s, 3);
	for (int i = 0; i < 3; i++) {
		fds[i] = client_open(&s);
		s.now_ms++;
	}
	client_ask(fds[0], 1, 12);
	client_expect(&s, fds[0], 1, 12); /* now idle for shorter than fds[1] and fds[2] */
	fds[3] = client_open(&s);
	fds[4] = client_open(&s);
	static const bool stays[5] = {true, false, false, true, true};
	for (int i = 0; i < 5; i++) {
		assert_int_equal(client_is_open(fds[i]), stays[i]);
		close(fds[i]);
	}
	assert_int_equal(atomic_load(&s.counters->tcp_evicted), 2);
	server_close(&s);
}

/* A query that gets no answer ends the connection, after the answers to those before it. */
static void test_drop(void **state)
{
	(void)state;
	struct server s;
	server_open(&s, 3);
	int fd = client_open(&s);
	client_ask(fd, 1, 12);
	client_ask(fd, 2, 600);
	client_ask(fd, 3, 0);
	pump(&s);
	client_expect(&s, fd, 1, 12);
	client_expect(&s, fd, 2, 600);
	assert_false(client_is_open(fd));
	assert_int_equal(atomic_load(&s.counters->drops[DROP_DNS_SHORT]), 1);
	close(fd);
	server_close(&s);
}

static int client_open_from(struct server *s, uint32_t source)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(source)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&s->address, sizeof(s->address)), 0);
	pump(s);
	return fd;
}

/* One address gets so many and no more; it costs others nothing, and what it closes is free. */
static void test_per_client(void **state)
{
	(void)state;
	struct server s;
	int fds[PER_CLIENT + 1];
	server_open(&s, 2 * PER_CLIENT);
	int other = client_open_from(&s, INADDR_LOOPBACK + 1);
	for (int i = 0; i <= PER_CLIENT; i++)
		fds[i] = client_open(&s);
	for (int i = 0; i <= PER_CLIENT; i++)
		assert_int_equal(client_is_open(fds[i]), i < PER_CLIENT);
	assert_int_equal(atomic_load(&s.counters->tcp_refused), 1);
	assert_int_equal(atomic_load(&s.counters->tcp_accepted), PER_CLIENT + 1);
	client_ask(other, 5, 12);
	client_expect(&s, other, 5, 12);
	close(fds[0]);
	pump(&s);
	fds[0] = client_open(&s);
	client_ask(fds[0], 6, 12);
	client_expect(&s, fds[0], 6, 12);
	for (int i = 0; i <= PER_CLIENT; i++)
		close(fds[i]);
	close(other);
	server_close(&s);
}

/* Who takes a little of its answers now and then is idle all the same. */
static void test_slow_reader(void **state)
{
	(void)state;
	struct server s;
	uint8_t bytes[4096];
	unsigned rounds = 0;
	server_open(&s, 4);
	int fd = client_open(&s);
	for (uint16_t id = 0; id < 400; id++)
		client_ask(fd, id, 65535);
	pump(&s);
	/* without a limit this would take half an hour */
	for (; atomic_load(&s.counters->tcp_idle) == 0 && rounds < 100; rounds++) {
		client_read(fd, bytes, sizeof(bytes));
		s.now_ms += TCP_IDLE_MS / 4;
		pump(&s);
	}
	assert_in_range(rounds, 4, 8);
	close(fd);
	server_close(&s);
}

/* Queries before the end of the client's side are answered, and then the server ends its own. */
static void test_half_close(void **state)
{
	(void)state;
	struct server s;
	server_open(&s, 4);
	int fd = client_open(&s);
	client_ask(fd, 1, 12);
	client_ask(fd, 2, 600);
	assert_int_equal(send(fd, "\0\x0c...", 5, 0), 5); /* and a query cut short */
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	pump(&s);
	client_expect(&s, fd, 1, 12);
	client_expect(&s, fd, 2, 600);
	assert_false(client_is_open(fd));
	assert_int_equal(atomic_load(&s.counters->tcp_closed), 1);
	close(fd);
	server_close(&s);
}

/* Who asks how long it may be idle is told to go when there is no room for others. */
static void test_keepalive(void **state)
{
	(void)state;
	struct server s;
	server_open(&s, 2);
	int fds[2] = {client_open(&s)};
	client_ask(fds[0], 1, 12);
	client_expect(&s, fds[0], 1, 12);
	assert_int_equal(told_idle_ds, TCP_IDLE_MS / 100);
	fds[1] = client_open(&s);
	client_ask(fds[0], 2, 12);
	client_expect(&s, fds[0], 2, 12);
	assert_int_equal(told_idle_ds, 0);
	close(fds[1]);
	pump(&s);
	client_ask(fds[0], 3, 12);
	client_expect(&s, fds[0], 3, 12);
	assert_int_equal(told_idle_ds, TCP_IDLE_MS / 100);
	close(fds[0]);
	server_close(&s);
}

/* Resets in any state leave nothing behind. */
static void test_resets(void **state)
{
	(void)state;
	struct server s;
	static const struct linger at_once = {1, 0};
	server_open(&s, 4);
	for (int i = 0; i < 1000; i++) {
		int fd = client_open(&s);
		if (i % 4 >= 1)
			assert_int_equal(send(fd, "\0\x0c....", i % 4 == 1 ? 6 : 2, 0),
			                 i % 4 == 1 ? 6 : 2);
		if (i % 4 == 3)
			client_ask(fd, 1, 65535);
		if (i % 2)
			pump(&s);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
	}
	pump(&s);
	assert_int_equal(atomic_load(&s.counters->tcp_closed),
	                 atomic_load(&s.counters->tcp_accepted));
	int fd = client_open(&s);
	client_ask(fd, 9, 12);
	client_expect(&s, fd, 9, 12);
	close(fd);
	server_close(&s);
}

/* Readers that never read cannot make the server keep more than its share. */
static void test_memory(void **state)
{
	(void)state;
	struct server s;
	int fds[CLIENTS_MAX], count = 0, open = 0;
	server_open(&s, CLIENTS_MAX);
	while (count < CLIENTS_MAX && atomic_load(&s.counters->tcp_evicted) == 0) {
		int fd = fds[count++] = client_open(&s);
		for (uint16_t id = 0; id < 2 * QUERY_BURST_MAX; id++)
			client_ask(fd, id, 65535);
		pump(&s);
	}
	assert_int_equal(atomic_load(&s.counters->tcp_evicted), 1);
	for (int i = 0; i < count; i++) {
		static uint8_t bytes[1 << 20];
		ssize_t n;
		while ((n = client_read(fds[i], bytes, sizeof(bytes))) > 0)
			;
		open += n == 0;
	}
	assert_int_equal(open, count - 1);
	/* None holds more than a burst of answers, so it took so many to fill the share. */
	assert_true(count >= (int)(TCP_MEMORY_MAX / (QUERY_BURST_MAX * 65537u)));
	for (int i = 0; i < count; i++)
		close(fds[i]);
	pump(&s);
	/* What they held is free again. */
	int fd = client_open(&s);
	client_ask(fd, 9, 65535);
	pump(&s);
	client_expect(&s, fd, 9, 65535);
	close(fd);
	server_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_of_large_answers),
	    cmocka_unit_test(test_idle),
	    cmocka_unit_test(test_eviction),
	    cmocka_unit_test(test_drop),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_per_client),
	    cmocka_unit_test(test_slow_reader),
	    cmocka_unit_test(test_half_close),
	    cmocka_unit_test(test_keepalive),
	    cmocka_unit_test(test_resets),
	};
	rcu_register_thread();
	int failed = cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
	rcu_unregister_thread();
	return failed;
}
