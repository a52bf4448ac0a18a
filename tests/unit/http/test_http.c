/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes, limits, and clients that go, stay silent or say nonsense. */
#include "control/http/http.h"
#include "control/http/http_rate.h"
#include "tests/unit/http/exchange.h"

#include <event2/event.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
	struct exchange exchange;
	struct http *http;
	struct http_request *waiting;
};

static void on_echo(struct http_request *request, void *context)
{
	const char *query = http_query(request, "q"), *form = http_form(request, "f");
	const char *token = http_token(request);
	char text[512];
	size_t size;

	(void)context;
	http_body(request, &size);
	snprintf(text, sizeof(text), "%s|%s|%s|%s|%zu", http_tail(request), query ? query : "-",
	         form ? form : "-", token ? token : "-", size);
	http_reply(request, 200, "text/plain", text, strlen(text));
}

static void on_wait(struct http_request *request, void *context)
{
	((struct world *)context)->waiting = request;
}

static const struct http_route routes[] = {
    {"GET", "/echo/", 0, true, 0, on_echo},
    {"POST", "/echo/", 100, true, 0, on_echo},
    {"GET", "/closed", 0, false, 0, on_echo},
    {"GET", "/wait", 0, true, 0, on_wait},
    {0},
};

static const struct address_range elsewhere = {.first = 0x0a000000, .last = 0x0affffff};

static void begin(struct world *w, const struct http_settings *settings)
{
	int fd = exchange_listen(&w->exchange.port);

	w->waiting = NULL;
	w->exchange.base = event_base_new();
	w->http = http_new(w->exchange.base, fd, settings, routes, w);
	assert_non_null(w->http);
}

static void end(struct world *w)
{
	http_free(w->http);
	event_base_loop(w->exchange.base, EVLOOP_NONBLOCK);
	event_base_free(w->exchange.base);
}

static void test_routes(void **state)
{
	static const struct {
		const char *line, *headers, *body;
		int status;
		const char *answer, *reason;
	} rows[] = {
	    {"GET /echo/a%2fb?q=x+y%26 HTTP/1.1", "", NULL, 200, "a/b|x y&|-|-|0", "decoded"},
	    {"POST /echo/ HTTP/1.1", "", "f=1%3d2&g=3", 200, "|-|1=2|-|11", "a form"},
	    {"GET /echo/ HTTP/1.1", "Authorization: bearer  abc\r\n", NULL, 200, "|-|-|abc|0",
	     "a token"},
	    {"GET /echo/ HTTP/1.1", "Authorization: Basic eDphYmM=\r\n", NULL, 200, "|-|-|abc|0",
	     "as a password"},
	    {"GET /echo/ HTTP/1.1", "Authorization: Basic %%%\r\n", NULL, 200, "|-|-|-|0",
	     "no base64"},
	    {"GET /echo/%00 HTTP/1.1", "", NULL, 404, "nothing at this path", "a NUL"},
	    {"GET /ech HTTP/1.1", "", NULL, 404, "nothing at this path", "no route"},
	    {"GET //echo/x HTTP/1.1", "", NULL, 404, "nothing at this path", "another path"},
	    {"PUT /echo/ HTTP/1.1", "", "x", 405, "method: 'PUT' is not for this path",
	     "no method"},
	    {"POST /closed HTTP/1.1", "", "x", 405, "method: 'POST'", "another method"},
	    {"GET /closed HTTP/1.1", "", NULL, 200, "|-|-|-|0", "loopback may"},
	    {"GET /echo/?q=%zz&q HTTP/1.1", "", NULL, 200, "|", "a bad query is no query"},
	};
	struct world w;

	(void)state;
	begin(&w, &(struct http_settings){NULL, 0});
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = exchange_ask(&w.exchange, rows[i].line, rows[i].headers, rows[i].body);

		if (status != rows[i].status || !strstr(exchange_body(&w.exchange), rows[i].answer))
			fail_msg("%s: %s", rows[i].reason, w.exchange.answer);
		assert_non_null(strstr(w.exchange.answer, "X-Content-Type-Options: nosniff"));
	}
	exchange_ask(&w.exchange, "PUT /echo/ HTTP/1.1", "", NULL);
	assert_non_null(strstr(w.exchange.answer, "Allow: GET, POST"));
	end(&w);
}

static void test_access(void **state)
{
	struct world w;

	(void)state;
	begin(&w, &(struct http_settings){&elsewhere, 1});
	assert_int_equal(exchange_ask(&w.exchange, "GET /closed HTTP/1.1", "", NULL), 403);
	assert_int_equal(exchange_ask(&w.exchange, "GET /echo/ HTTP/1.1", "", NULL), 200);
	assert_int_equal(http_counts(w.http)[HTTP_NO_ACCESS], 1);
	http_configure(w.http, &(struct http_settings){NULL, 0});
	assert_int_equal(exchange_ask(&w.exchange, "GET /closed HTTP/1.1", "", NULL), 200);
	end(&w);
}

static void test_sizes(void **state)
{
	char *body = calloc(1, HTTP_BODY_MAX + 2);
	struct world w;
	int status;

	(void)state;
	begin(&w, &(struct http_settings){NULL, 0});
	memset(body, 'x', HTTP_BODY_MAX + 1);
	body[100] = '\0';
	assert_int_equal(exchange_ask(&w.exchange, "POST /echo/ HTTP/1.1", "", body), 200);
	body[100] = 'x';
	body[101] = '\0';
	assert_int_equal(exchange_ask(&w.exchange, "POST /echo/ HTTP/1.1", "", body), 413);
	assert_non_null(strstr(w.exchange.answer, "101 bytes, expected at most 100"));
	body[101] = 'x';
	status = exchange_ask(&w.exchange, "POST /echo/ HTTP/1.1", "", body);
	assert_true(status == 413 || status == 0); /* refused by the library before it is read */
	memcpy(body, "X: ", 3);
	memcpy(body + 2 * HTTP_HEADERS_MAX, "\r\n", 3);
	status = exchange_ask(&w.exchange, "GET /echo/ HTTP/1.1", body, NULL);
	assert_true(status == 400 || status == 413 || status == 0);
	assert_int_equal(exchange_ask(&w.exchange, "GET /echo/ HTTP/1.1", "", NULL), 200);
	end(&w);
	free(body);
}

static void test_nonsense(void **state)
{
	static const char *const rows[] = {
	    "\r\n\r\n",
	    "GET\r\n\r\n",
	    "GET / HTTP/9.9\r\n\r\n",
	    "\x16\x03\x01\x02",
	    "GET /echo/ HTTP/1.1\r\nContent-Length: -1\r\nConnection: close\r\n\r\n",
	    "POST /echo/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
	    "GET http://[::1 HTTP/1.1\r\nConnection: close\r\n\r\n",
	};
	struct world w;

	(void)state;
	begin(&w, &(struct http_settings){NULL, 0});
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = exchange_connect(&w.exchange);

		assert_true(write(fd, rows[i], strlen(rows[i])) > 0);
		for (int turn = 0; turn < 20; turn++)
			event_base_loop(w.exchange.base, EVLOOP_NONBLOCK);
		close(fd);
		assert_int_equal(exchange_ask(&w.exchange, "GET /echo/ HTTP/1.1", "", NULL), 200);
	}
	end(&w);
}

static void turn_until(struct world *w, struct http_request **waiting)
{
	time_t ends = time(NULL) + 20;

	while (!*waiting && time(NULL) < ends)
		event_base_loop(w->exchange.base, EVLOOP_NONBLOCK);
	assert_non_null(*waiting);
}

static int ask_and_wait(struct world *w)
{
	static const char request[] = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd = exchange_connect(&w->exchange);

	w->waiting = NULL;
	assert_int_equal(write(fd, request, sizeof(request) - 1), sizeof(request) - 1);
	turn_until(w, &w->waiting);
	return fd;
}

static void test_gone(void **state)
{
	struct world w;
	int fd;

	(void)state;
	begin(&w, &(struct http_settings){NULL, 0});
	fd = ask_and_wait(&w);
	close(fd);
	for (int turn = 0; turn < 20; turn++)
		event_base_loop(w.exchange.base, EVLOOP_NONBLOCK);
	http_reply_json(w.waiting, 200, json_pack("{s:b}", "ok", 1));
	for (int turn = 0; turn < 20; turn++)
		event_base_loop(w.exchange.base, EVLOOP_NONBLOCK);
	/* The server goes before the answer. */
	fd = ask_and_wait(&w);
	http_free(w.http);
	http_refuse(w.waiting, 503, "the daemon stops");
	close(fd);
	event_base_loop(w.exchange.base, EVLOOP_NONBLOCK);
	event_base_free(w.exchange.base);
}

/* Connections that are gone are noticed after a while. */
static int ask_until(struct world *w, int wanted)
{
	time_t ends = time(NULL) + 20;
	int status;

	do
		status = exchange_ask(&w->exchange, "GET /echo/ HTTP/1.1", "", NULL);
	while (status != wanted && time(NULL) < ends);
	return status;
}

static void test_many_connections(void **state)
{
	enum { COUNT = 2 * HTTP_CONNECTIONS_MAX + 20 };
	time_t ends = time(NULL) + 20;
	struct world w;
	int fds[COUNT];

	(void)state;
	begin(&w, &(struct http_settings){NULL, 0});
	for (int i = 0; i < COUNT; i++) {
		fds[i] = exchange_connect(&w.exchange);
		event_base_loop(w.exchange.base, EVLOOP_NONBLOCK);
	}
	while (http_counts(w.http)[HTTP_TOO_MANY_CONNECTIONS] < 20 && time(NULL) < ends)
		event_base_loop(w.exchange.base, EVLOOP_NONBLOCK);
	assert_int_equal(http_counts(w.http)[HTTP_TOO_MANY_CONNECTIONS], 20);
	for (int i = 0; i < 40; i++)
		close(fds[i]);
	assert_int_equal(ask_until(&w, 503), 503);
	for (int i = 40; i < COUNT; i++)
		close(fds[i]);
	assert_int_equal(ask_until(&w, 200), 200);
	end(&w);
}

static void test_rate(void **state)
{
	const struct address_range a = {.first = 0xc0000201, .last = 0xc0000201},
				   near = {.first = 0xc0000263, .last = 0xc0000263},
				   loopback = {.first = 0x7f000001, .last = 0x7f000001};
	struct http_rate rate = {0};
	unsigned passed = 0;

	(void)state;
	/* A minute may end in the middle: then there are twice as many at most. */
	for (int i = 0; i < 100; i++)
		passed += http_rate_take(&rate, i % 2 ? &a : &near, 10);
	assert_true(passed == 10 || passed == 20);
	for (int i = 0; i < 100; i++)
		assert_true(http_rate_take(&rate, &loopback, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_routes), cmocka_unit_test(test_access),
	    cmocka_unit_test(test_sizes),  cmocka_unit_test(test_nonsense),
	    cmocka_unit_test(test_gone),   cmocka_unit_test(test_many_connections),
	    cmocka_unit_test(test_rate),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
