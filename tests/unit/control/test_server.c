/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/request.h"
#include "control/server.h"
#include "dataplane/proto/channel.h"
#include "tests/unit/control/folder.h"

#include <event2/event.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_S 20

struct bench {
	struct folder f;
	struct event_base *base;
	struct server *server;
	struct server_request *parked; /* answered later */
	unsigned handled;
};

static void handle(struct server_request *client, const char *line, size_t size, void *context)
{
	struct bench *b = context;
	struct request r;
	char error[200];

	b->handled++;
	if (request_parse(line, size, &r, error, sizeof(error)) < 0) {
		server_refuse(client, "%s", error);
		return;
	}
	if (r.command == REQUEST_LIST_SHOW)
		b->parked = client;
	else
		server_reply(client, json_pack("{s:b, s:s?}", "ok", 1, "key", r.key));
	request_done(&r);
}

static void bench_init(struct bench *b)
{
	int fd;

	memset(b, 0, sizeof(*b));
	signal(SIGPIPE, SIG_IGN);
	folder_init(&b->f);
	b->base = event_base_new();
	assert_non_null(b->base);
	fd = channel_listen(folder_at(&b->f, "socket"));
	assert_true(fd >= 0);
	b->server = server_new(b->base, fd, handle, b);
	assert_non_null(b->server);
}

static void bench_done(struct bench *b)
{
	server_free(b->server);
	event_base_free(b->base);
	folder_done(&b->f);
}

static int client_open(struct bench *b)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", b->f.path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static time_t deadline(void)
{
	return time(NULL) + DEADLINE_S;
}

/* Send all, letting the server run. Returns what was sent before it hung up. */
static size_t client_send(struct bench *b, int fd, const char *bytes, size_t size)
{
	time_t end = deadline();
	size_t sent = 0;

	while (sent < size && time(NULL) < end) {
		ssize_t n = send(fd, bytes + sent, size - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (errno != EAGAIN)
			break;
		event_base_loop(b->base, EVLOOP_NONBLOCK);
	}
	return sent;
}

/* Read until a whole line or the end is there; "" = closed. */
static void client_line(struct bench *b, int fd, char *out, size_t size)
{
	time_t end = deadline();
	size_t got = 0;

	while (got + 1 < size && time(NULL) < end) {
		ssize_t n = recv(fd, out + got, 1, 0);

		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		if (n > 0 && out[got++] == '\n')
			break;
		if (n < 0)
			event_base_loop(b->base, EVLOOP_NONBLOCK);
	}
	out[got] = '\0';
}

static const struct line_row {
	const char *why, *line, *answer; /* part of it */
} line_rows[] = {
    {"a good one", "{\"command\": \"status\"}", "{\"ok\":true"},
    {"with a carriage return", "{\"command\": \"status\"}\r", "{\"ok\":true"},
    {"not JSON", "status", "\"error\":\"bad JSON"},
    {"an empty line", "", "\"error\":\"bad JSON"},
    {"cut", "{\"command\": \"sta", "\"error\":\"bad JSON"},
    {"two objects", "{\"command\": \"status\"} {}", "\"error\":\"bad JSON"},
    {"not UTF-8", "{\"command\": \"\xff\"}", "\"error\":\"bad JSON"},
    {"a key twice", "{\"command\": \"status\", \"command\": \"status\"}", "\"error\":\"bad JSON"},
    {"an array", "[]", "expected a JSON object"},
    {"no command", "{}", "command: expected a string"},
    {"a command that is a number", "{\"command\": 1}", "command: expected a string"},
    {"an unknown command", "{\"command\": \"reboot\"}", "unknown command 'reboot'"},
    {"an unknown field", "{\"command\": \"status\", \"x\": 1}", "x: unknown field"},
    {"a field of another command", "{\"command\": \"status\", \"key\": \"a\"}",
     "key: unknown field"},
    {"no list", "{\"command\": \"list-add\", \"key\": \"a\"}", "list: missing"},
    {"no key", "{\"command\": \"list-add\", \"list\": \"a\"}", "key: missing"},
    {"no feed", "{\"command\": \"feeds-accept\"}", "feed: missing"},
    {"a null feed where one is needed", "{\"command\": \"feeds-accept\", \"feed\": null}",
     "feed: missing"},
    {"a null feed where all are meant", "{\"command\": \"feeds-refresh\", \"feed\": null}",
     "\"ok\":true"},
    {"a key that is a list", "{\"command\": \"sources\", \"key\": []}", "key: expected a string"},
    {"a text where seconds are wanted",
     "{\"command\": \"list-add\", \"list\": \"a\", \"key\": \"b\", \"ttl_s\": \"1h\"}",
     "ttl_s: expected"},
    {"no time at all", "{\"command\": \"list-add\", \"list\": \"a\", \"key\": \"b\", \"ttl_s\": 0}",
     "ttl_s: expected"},
    {"more than for ever",
     "{\"command\": \"list-add\", \"list\": \"a\", \"key\": \"b\", \"ttl_s\": 9223372036854775807}",
     "ttl_s: expected"},
    {"a code outside 127/8",
     "{\"command\": \"list-add\", \"list\": \"a\", \"key\": \"b\", \"code\": \"10.0.0.1\"}",
     "code: '10.0.0.1' is not"},
    {"the code that is never one",
     "{\"command\": \"list-add\", \"list\": \"a\", \"key\": \"b\", \"code\": \"127.0.0.1\"}",
     "code: '127.0.0.1' is not"},
    {"a code that is no address",
     "{\"command\": \"list-add\", \"list\": \"a\", \"key\": \"b\", \"code\": \"127.0.0\"}",
     "code: bad address"},
    {"null for what may be left out",
     "{\"command\": \"list-add\", \"list\": \"a\", \"key\": \"b\", \"code\": null, \"text\": null}",
     "\"key\":\"b\""},
};

static void test_lines(void **state)
{
	struct bench b;
	char answer[4096];
	int fd;

	(void)state;
	bench_init(&b);
	fd = client_open(&b); /* one client for all: no mistake costs the connection */
	for (size_t i = 0; i < sizeof(line_rows) / sizeof(line_rows[0]); i++) {
		print_message("# %s\n", line_rows[i].why);
		client_send(&b, fd, line_rows[i].line, strlen(line_rows[i].line));
		client_send(&b, fd, "\n", 1);
		client_line(&b, fd, answer, sizeof(answer));
		assert_non_null(strstr(answer, line_rows[i].answer));
		assert_int_equal(answer[strlen(answer) - 1], '\n');
	}
	close(fd);
	bench_done(&b);
}

static void test_pipelined(void **state)
{
	struct bench b;
	char answer[4096];
	int fd;

	(void)state;
	bench_init(&b);
	fd = client_open(&b);
	for (unsigned i = 0; i < 500; i++) {
		char line[100];
		int size =
		    snprintf(line, sizeof(line), "{\"command\":\"sources\",\"key\":\"%u\"}\n", i);

		client_send(&b, fd, line, (size_t)size);
	}
	for (unsigned i = 0; i < 500; i++) {
		char expected[40];

		snprintf(expected, sizeof(expected), "{\"ok\":true,\"key\":\"%u\"}\n", i);
		client_line(&b, fd, answer, sizeof(answer));
		assert_string_equal(answer, expected);
	}
	close(fd);
	bench_done(&b);
}

static void test_too_long(void **state)
{
	static char line[2 * SERVER_LINE_MAX];
	struct bench b;
	char answer[4096];
	int fd;

	(void)state;
	memset(line, ' ', sizeof(line));
	bench_init(&b);
	fd = client_open(&b);
	client_send(&b, fd, line, sizeof(line));
	client_line(&b, fd, answer, sizeof(answer));
	assert_string_equal(answer, "{\"ok\":false,\"error\":\"line too long\"}\n");
	client_line(&b, fd, answer, sizeof(answer));
	assert_string_equal(answer, "");
	assert_int_equal(b.handled, 0);
	close(fd);
	bench_done(&b);
}

static void test_many_clients(void **state)
{
	int fds[SERVER_CLIENTS_MAX + 1];
	struct bench b;
	char answer[4096];

	(void)state;
	bench_init(&b);
	for (size_t i = 0; i <= SERVER_CLIENTS_MAX; i++) {
		fds[i] = client_open(&b);
		event_base_loop(b.base, EVLOOP_NONBLOCK);
	}
	client_line(&b, fds[SERVER_CLIENTS_MAX], answer, sizeof(answer));
	assert_string_equal(answer, "{\"ok\":false,\"error\":\"too many clients\"}\n");
	/* the others are served, and when one goes there is room again */
	for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++) {
		client_send(&b, fds[i], "{\"command\":\"status\"}\n", 21);
		client_line(&b, fds[i], answer, sizeof(answer));
		assert_non_null(strstr(answer, "true"));
	}
	for (size_t i = 0; i <= SERVER_CLIENTS_MAX; i++) {
		close(fds[i]);
		event_base_loop(b.base, EVLOOP_NONBLOCK);
	}
	fds[0] = client_open(&b);
	client_send(&b, fds[0], "{\"command\":\"status\"}\n", 21);
	client_line(&b, fds[0], answer, sizeof(answer));
	assert_non_null(strstr(answer, "true"));
	close(fds[0]);
	bench_done(&b);
}

static void run_until_handled(struct bench *b, unsigned count)
{
	time_t end = deadline();

	while (b->handled < count && time(NULL) < end)
		event_base_loop(b->base, EVLOOP_NONBLOCK);
	assert_int_equal(b->handled, count);
}

/* An answer that comes late; others are served meanwhile; and one to a client that is gone. */
static void test_late_answers(void **state)
{
	static const char park[] =
	    "{\"command\":\"list-show\",\"list\":\"a\"}\n{\"command\":\"status\"}\n";
	struct bench b;
	char answer[4096];
	unsigned handled;
	int slow, quick;

	(void)state;
	bench_init(&b);
	slow = client_open(&b);
	quick = client_open(&b);
	client_send(&b, slow, park, sizeof(park) - 1);
	run_until_handled(&b, 1);
	client_send(&b, quick, "{\"command\":\"status\"}\n", 21);
	client_line(&b, quick, answer, sizeof(answer));
	assert_non_null(strstr(answer, "true"));
	assert_int_equal(b.handled, 2); /* the slow client's second line waits for its turn */
	server_reply(b.parked, json_pack("{s:s}", "late", "one"));
	client_line(&b, slow, answer, sizeof(answer));
	assert_string_equal(answer, "{\"late\":\"one\"}\n");
	client_line(&b, slow, answer, sizeof(answer));
	assert_non_null(strstr(answer, "true"));
	client_send(&b, slow, park, sizeof(park) - 1);
	run_until_handled(&b, 4);
	close(slow);
	event_base_loop(b.base, EVLOOP_NONBLOCK);
	server_reply(b.parked, json_pack("{s:s}", "late", "two"));
	event_base_loop(b.base, EVLOOP_NONBLOCK);
	client_send(&b, quick, "{\"command\":\"status\"}\n", 21);
	client_line(&b, quick, answer, sizeof(answer));
	assert_non_null(strstr(answer, "true"));
	/* and one that is answered after the server is gone */
	handled = b.handled;
	client_send(&b, quick, park, sizeof(park) - 1);
	run_until_handled(&b, handled + 1);
	server_free(b.server);
	b.server = NULL;
	server_reply(b.parked, json_pack("{s:s}", "late", "three"));
	close(quick);
	bench_done(&b);
}

/* A client that shuts down its side after asking still gets its answer. */
static void test_half_closed(void **state)
{
	struct bench b;
	char answer[4096];
	int fd;

	(void)state;
	bench_init(&b);
	fd = client_open(&b);
	client_send(&b, fd, "{\"command\":\"status\"}\n", 21);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	client_line(&b, fd, answer, sizeof(answer));
	assert_non_null(strstr(answer, "true"));
	client_line(&b, fd, answer, sizeof(answer));
	assert_string_equal(answer, "");
	close(fd);
	bench_done(&b);
}

static void test_mode(void **state)
{
	struct bench b;
	struct stat st;

	(void)state;
	bench_init(&b);
	assert_int_equal(stat(folder_at(&b.f, "socket"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	bench_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),        cmocka_unit_test(test_pipelined),
	    cmocka_unit_test(test_too_long),     cmocka_unit_test(test_many_clients),
	    cmocka_unit_test(test_late_answers), cmocka_unit_test(test_half_closed),
	    cmocka_unit_test(test_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
