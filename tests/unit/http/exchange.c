/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/http/exchange.h"

#include <event2/event.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_S 20

int exchange_listen(int *out_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 512), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*out_port = ntohs(address.sin_port);
	return fd;
}

int exchange_connect(const struct exchange *x)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_port = htons((uint16_t)x->port),
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int exchange_send(struct exchange *x, const char *request, size_t size)
{
	int fd = exchange_connect(x), status = 0;
	time_t ends = time(NULL) + DEADLINE_S;
	size_t got = 0;

	for (;;) {
		ssize_t n = size ? send(fd, request, size, MSG_NOSIGNAL) : 0;

		if (n > 0) {
			request += n;
			size -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN) {
			size = 0; /* the server has had enough */
		}
		event_base_loop(x->base, EVLOOP_NONBLOCK);
		n = recv(fd, x->answer + got, sizeof(x->answer) - 1 - got, 0);
		if (n > 0)
			got += (size_t)n;
		else if (n == 0 || errno != EAGAIN)
			break;
		assert_true(time(NULL) <= ends);
	}
	x->answer[got] = '\0';
	close(fd);
	event_base_loop(x->base, EVLOOP_NONBLOCK);
	return sscanf(x->answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

int exchange_ask(struct exchange *x, const char *line, const char *headers, const char *body)
{
	char *request, length[64] = "";
	int size, status;

	if (body)
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(body));
	size = asprintf(&request, "%s\r\nHost: x\r\nConnection: close\r\n%s%s\r\n%s", line, headers,
	                length, body ? body : "");
	assert_true(size > 0);
	status = exchange_send(x, request, (size_t)size);
	free(request);
	return status;
}

const char *exchange_body(const struct exchange *x)
{
	const char *end = strstr(x->answer, "\r\n\r\n");

	return end ? end + 4 : "";
}
