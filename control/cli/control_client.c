/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct line {
	char *text;
	size_t size, capacity;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline_ms - now_ms();
		int count = poll(&p, 1, left > 0 ? (int)left : 0);

		if (count > 0)
			return 0;
		if (count == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static int send_all(int fd, const char *text, size_t size, int64_t deadline_ms)
{
	while (size) {
		ssize_t sent = send(fd, text, size, MSG_NOSIGNAL);
		int rc = 0;

		if (sent > 0) {
			text += sent;
			size -= (size_t)sent;
		} else if (errno == EAGAIN) {
			rc = wait_for(fd, POLLOUT, deadline_ms);
		} else if (errno != EINTR) {
			rc = -errno;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int line_reserve(struct line *l)
{
	char *grown;

	if (l->size < l->capacity)
		return 0;
	if (l->capacity >= CONTROL_CLIENT_ANSWER_MAX)
		return -EMSGSIZE;
	l->capacity = l->capacity ? 2 * l->capacity : 16384;
	grown = realloc(l->text, l->capacity);
	if (!grown)
		return -ENOMEM;
	l->text = grown;
	return 0;
}

/* Read up to and without the line end. */
static int receive_line(int fd, struct line *l, int64_t deadline_ms)
{
	for (;;) {
		int rc = line_reserve(l);
		ssize_t got;
		char *end;

		if (rc == 0)
			rc = wait_for(fd, POLLIN, deadline_ms);
		if (rc < 0)
			return rc;
		got = recv(fd, l->text + l->size, l->capacity - l->size, 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ECONNRESET;
		end = memchr(l->text + l->size, '\n', (size_t)got);
		l->size += (size_t)got;
		if (end) {
			l->size = (size_t)(end - l->text);
			return 0;
		}
	}
}

int control_client_parse(const char *line, size_t size, json_t **out_answer,
                         char out_error[CONTROL_CLIENT_ERROR_MAX])
{
	json_error_t error;
	json_t *answer = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
	const json_t *ok = json_object_get(answer, "ok");

	if (!json_is_boolean(ok)) {
		json_decref(answer);
		snprintf(out_error, CONTROL_CLIENT_ERROR_MAX,
		         "reputed sent something that is not an answer");
		return -EBADMSG;
	}
	if (json_is_false(ok)) {
		const char *text = json_string_value(json_object_get(answer, "error"));

		snprintf(out_error, CONTROL_CLIENT_ERROR_MAX, "%s", text ? text : "refused");
		json_decref(answer);
		return -EPROTO;
	}
	*out_answer = answer;
	return 0;
}

static int exchange(const char *path, const char *text, int timeout_ms, struct line *out_line)
{
	int64_t deadline_ms = now_ms() + timeout_ms;
	int fd = connect_to(path);
	int rc;

	if (fd < 0)
		return fd;
	rc = send_all(fd, text, strlen(text), deadline_ms);
	if (rc == 0)
		rc = send_all(fd, "\n", 1, deadline_ms);
	if (rc == 0)
		rc = receive_line(fd, out_line, deadline_ms);
	close(fd);
	return rc;
}

int control_client_call(const char *path, json_t *request, int timeout_ms, json_t **out_answer,
                        char out_error[CONTROL_CLIENT_ERROR_MAX])
{
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	struct line line = {0};
	int rc;

	json_decref(request);
	rc = text ? exchange(path, text, timeout_ms, &line) : -ENOMEM;
	if (rc == 0)
		rc = control_client_parse(line.text, line.size, out_answer, out_error);
	else if (rc == -ENOENT || rc == -ECONNREFUSED)
		snprintf(out_error, CONTROL_CLIENT_ERROR_MAX,
		         "reputed is not running: nobody answers at '%s'", path);
	else if (rc == -EACCES)
		snprintf(out_error, CONTROL_CLIENT_ERROR_MAX,
		         "no permission to use '%s'; run as the user of reputed", path);
	else
		snprintf(out_error, CONTROL_CLIENT_ERROR_MAX, "cannot ask reputed at '%s': %s",
		         path, strerror(-rc));
	free(line.text);
	free(text);
	return rc;
}
