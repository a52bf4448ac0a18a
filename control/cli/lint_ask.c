/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/lint_ask.h"

#include "control/cli/lint_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LATE_MAX 64 /* replies of other ids that are looked past */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd poller = {.fd = fd, .events = events};
	int rc;

	do {
		int64_t left_ms = deadline_ms - now_ms();

		rc = poll(&poller, 1, left_ms > 0 ? (int)left_ms : 0);
	} while (rc < 0 && errno == EINTR);
	return rc > 0 ? 0 : rc == 0 ? -ETIMEDOUT : -errno;
}

void lint_ask_init(struct lint_path *p, const struct sockaddr *address, socklen_t size, bool is_tcp,
                   unsigned timeout_ms)
{
	char host[INET6_ADDRSTRLEN + 16] = "?", port[8] = "?";

	memset(p, 0, sizeof(*p));
	memcpy(&p->address, address, size);
	p->address_size = size;
	p->is_tcp = is_tcp;
	p->timeout_ms = timeout_ms;
	p->fd = -1;
	getnameinfo(address, size, host, sizeof(host), port, sizeof(port),
	            NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(p->text, sizeof(p->text),
	         address->sa_family == AF_INET6 ? "%s [%s]:%s" : "%s %s:%s", is_tcp ? "tcp" : "udp",
	         host, port);
}

void lint_ask_close(struct lint_path *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

int lint_ask_open(struct lint_path *p)
{
	int kind = p->is_tcp ? SOCK_STREAM : SOCK_DGRAM, one = 1, rc = 0;
	socklen_t size = sizeof(rc);

	lint_ask_close(p);
	p->fd = socket(p->address.ss_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return -errno;
	if (p->is_tcp)
		setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(p->fd, (const struct sockaddr *)&p->address, p->address_size) == 0)
		return 0;
	rc = errno;
	if (rc == EINPROGRESS) {
		rc = -wait_for(p->fd, POLLOUT, now_ms() + p->timeout_ms);
		if (rc == 0 && getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &rc, &size) < 0)
			rc = errno;
	}
	if (rc)
		lint_ask_close(p);
	return -rc;
}

int lint_ask_send(struct lint_path *p, const uint8_t *bytes, size_t size)
{
	int64_t deadline_ms = now_ms() + p->timeout_ms;

	while (size > 0) {
		ssize_t sent = send(p->fd, bytes, size, MSG_NOSIGNAL);
		int rc = 0;

		if (sent >= 0) {
			bytes += sent;
			size -= (size_t)sent;
		} else if (errno == EAGAIN) {
			rc = wait_for(p->fd, POLLOUT, deadline_ms);
		} else if (errno != EINTR) {
			rc = -errno;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Exactly so many bytes of a stream; or one datagram of at most so many. */
static int receive(struct lint_path *p, uint8_t *bytes, size_t size, int64_t deadline_ms,
                   size_t *out_size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t got = recv(p->fd, bytes + at, size - at, 0);

		if (got < 0 && errno == EAGAIN) {
			int rc = wait_for(p->fd, POLLIN, deadline_ms);

			if (rc < 0)
				return rc;
		} else if (got < 0 && errno != EINTR) {
			return -errno;
		} else if (got == 0 && p->is_tcp) {
			return -ECONNRESET;
		} else if (got >= 0) {
			at += (size_t)got;
			if (!p->is_tcp)
				break;
		}
	}
	*out_size = at;
	return 0;
}

static int receive_until(struct lint_path *p, int64_t deadline_ms, uint8_t *out_bytes,
                         size_t *out_size)
{
	uint8_t prefix[2];
	size_t size = LINT_MESSAGE_MAX;
	int rc = 0;

	if (p->is_tcp) {
		rc = receive(p, prefix, sizeof(prefix), deadline_ms, &size);
		size = (size_t)prefix[0] << 8 | prefix[1];
	}
	return rc < 0 ? rc : receive(p, out_bytes, size, deadline_ms, out_size);
}

int lint_ask_receive(struct lint_path *p, uint8_t *out_bytes, size_t *out_size)
{
	return receive_until(p, now_ms() + p->timeout_ms, out_bytes, out_size);
}

/* Send one message and wait for the reply with its id. */
static int try_once(struct lint_path *p, const uint8_t *query, size_t size, uint8_t *out_bytes,
                    size_t *out_size)
{
	uint8_t framed[2 + LINT_QUERY_MAX] = {(uint8_t)(size >> 8), (uint8_t)size};
	int64_t deadline_ms;
	int rc = p->fd < 0 ? lint_ask_open(p) : 0;

	if (rc < 0)
		return rc;
	memcpy(&framed[2], query, size);
	rc = p->is_tcp ? lint_ask_send(p, framed, size + 2) : lint_ask_send(p, query, size);
	deadline_ms = now_ms() + p->timeout_ms;
	for (unsigned i = 0; rc == 0 && i < LATE_MAX; i++) {
		rc = receive_until(p, deadline_ms, out_bytes, out_size);
		if (rc == 0 && *out_size >= 2 && memcmp(out_bytes, query, 2) == 0)
			return 0;
	}
	return rc < 0 ? rc : -ETIMEDOUT;
}

int lint_ask_exchange(struct lint_path *p, const uint8_t *query, size_t size, uint8_t *out_bytes,
                      size_t *out_size)
{
	int rc = -ETIMEDOUT;

	for (unsigned i = 0; i < LINT_ASK_TRIES; i++) {
		bool is_used = p->fd >= 0;

		rc = try_once(p, query, size, out_bytes, out_size);
		if (rc == 0)
			return 0;
		lint_ask_close(p);
		/* A connection that was idle may have been closed; a new one says the truth. */
		if (p->is_tcp && !is_used)
			return rc;
	}
	return rc;
}
