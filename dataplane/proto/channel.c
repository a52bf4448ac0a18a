/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/proto/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HEADER_SIZE   4u
#define FRAME_MAX     (HEADER_SIZE + CHANNEL_MESSAGE_MAX)
#define CAPACITY_MIN  (64u << 10)
#define KEPT_CAPACITY (256u << 10) /* larger buffers are given back when they run empty */
#define BACKLOG       128

static uint32_t get_length(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_length(uint8_t *p, uint32_t length)
{
	p[0] = (uint8_t)(length >> 24);
	p[1] = (uint8_t)(length >> 16);
	p[2] = (uint8_t)(length >> 8);
	p[3] = (uint8_t)length;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int unix_address(const char *path, struct sockaddr_un *out_address)
{
	size_t size = strlen(path);

	if (size == 0)
		return -EINVAL;
	if (size >= sizeof(out_address->sun_path))
		return -ENAMETOOLONG;
	memset(out_address, 0, sizeof(*out_address));
	out_address->sun_family = AF_UNIX;
	memcpy(out_address->sun_path, path, size);
	return 0;
}

static int unix_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* 0 and the stale socket is gone; -EADDRINUSE when it is alive. */
static int remove_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, rc;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	fd = unix_socket();
	if (fd < 0)
		return fd;
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	close(fd);
	if (rc == 0 || rc == -EAGAIN)
		return -EADDRINUSE;
	if (rc == -ENOENT)
		return 0;
	if (rc != -ECONNREFUSED)
		return rc;
	return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int channel_listen(const char *path)
{
	struct sockaddr_un address;
	int fd, rc = unix_address(path, &address);

	if (rc < 0)
		return rc;
	fd = unix_socket();
	if (fd < 0)
		return fd;
	/* Linux makes the file with the mode of the unbound socket: there is no moment in which
	 * others could connect, and the umask of the process stays alone. */
	if (fchmod(fd, 0600) < 0)
		goto fail;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno != EADDRINUSE)
			goto fail;
		rc = remove_stale(&address);
		if (rc < 0) {
			errno = -rc;
			goto fail;
		}
		if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
			goto fail;
	}
	if (listen(fd, BACKLOG) < 0)
		goto fail_unlink;
	return fd;

fail_unlink:
	rc = errno;
	unlink(path);
	errno = rc;
fail:
	rc = -errno;
	close(fd);
	return rc;
}

void channel_init(struct channel *c, int fd)
{
	*c = (struct channel){.fd = fd};
}

int channel_connect(struct channel *c, const char *path)
{
	struct sockaddr_un address;
	int fd, rc;

	channel_init(c, -1);
	rc = unix_address(path, &address);
	if (rc < 0)
		return rc;
	fd = unix_socket();
	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	channel_init(c, fd);
	return 0;
}

void channel_done(struct channel *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->in);
	free(c->out);
	channel_init(c, -1);
}

/* Room for more bytes behind *size, moving what is left to the front when that makes the room. */
static int reserve(uint8_t **buffer, size_t *start, size_t *size, size_t *capacity, size_t more)
{
	size_t left = *size - *start;
	size_t grown = *capacity ? *capacity : CAPACITY_MIN;
	uint8_t *moved;

	if (*capacity - *size >= more)
		return 0;
	if (*start > 0) {
		memmove(*buffer, *buffer + *start, left);
		*start = 0;
		*size = left;
		if (*capacity - *size >= more)
			return 0;
	}
	while (grown - left < more)
		grown *= 2;
	moved = realloc(*buffer, grown);
	if (!moved)
		return -ENOMEM;
	*buffer = moved;
	*capacity = grown;
	return 0;
}

/* An emptied buffer starts over, and a large one goes back: clients are many and mostly idle. */
static void rewind_empty(uint8_t **buffer, size_t *start, size_t *size, size_t *capacity)
{
	if (*start < *size)
		return;
	*start = *size = 0;
	if (*capacity > KEPT_CAPACITY) {
		free(*buffer);
		*buffer = NULL;
		*capacity = 0;
	}
}

int channel_queue(struct channel *c, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	int rc;

	if (size > CHANNEL_MESSAGE_MAX)
		return -EMSGSIZE;
	rc = reserve(&c->out, &c->out_start, &c->out_size, &c->out_capacity, HEADER_SIZE + size);
	if (rc < 0)
		return rc;
	put_length(c->out + c->out_size, (uint32_t)size);
	protobuf_c_message_pack(message, c->out + c->out_size + HEADER_SIZE);
	c->out_size += HEADER_SIZE + size;
	return 0;
}

int channel_queue_request(struct channel *c, const channel_request *request)
{
	return channel_queue(c, &request->base);
}

int channel_queue_response(struct channel *c, const channel_response *response)
{
	return channel_queue(c, &response->base);
}

int channel_flush(struct channel *c)
{
	while (c->out_start < c->out_size) {
		ssize_t sent = send(c->fd, c->out + c->out_start, channel_pending(c), MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		c->out_start += (size_t)sent;
	}
	rewind_empty(&c->out, &c->out_start, &c->out_size, &c->out_capacity);
	return 0;
}

int channel_fill(struct channel *c)
{
	size_t left = c->in_size - c->in_start;
	ssize_t got;
	int rc;

	if (left >= FRAME_MAX)
		return -EMSGSIZE;
	/* By halves of what is there: a peer pays in bytes for the memory it makes us take. */
	rc = reserve(&c->in, &c->in_start, &c->in_size, &c->in_capacity,
	             left / 2 > CAPACITY_MIN / 2 ? left / 2 : CAPACITY_MIN / 2);
	if (rc < 0)
		return rc;
	do {
		got = recv(c->fd, c->in + c->in_size, c->in_capacity - c->in_size, 0);
	} while (got < 0 && errno == EINTR);
	if (got == 0 || (got < 0 && errno == ECONNRESET)) /* reset: it left unread what we sent */
		return -EPIPE;
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	c->in_size += (size_t)got;
	return (int)got;
}

/* The next whole message: its size. Returns 0 when more bytes are needed. Errors: as channel_next()
 */
static int next_size(const struct channel *c, size_t size_max, uint32_t *out_size)
{
	size_t left = c->in_size - c->in_start;

	if (left < HEADER_SIZE)
		return 0;
	*out_size = get_length(c->in + c->in_start);
	if (*out_size > size_max)
		return -EMSGSIZE;
	if (*out_size == 0)
		return -EBADMSG;
	return left - HEADER_SIZE >= *out_size;
}

static const uint8_t *next_bytes(const struct channel *c)
{
	return c->in + c->in_start + HEADER_SIZE;
}

static void consume(struct channel *c, uint32_t size)
{
	c->in_start += HEADER_SIZE + size;
	rewind_empty(&c->in, &c->in_start, &c->in_size, &c->in_capacity);
}

int channel_next(struct channel *c, const ProtobufCMessageDescriptor *descriptor, size_t size_max,
                 ProtobufCMessage **out_message)
{
	ProtobufCMessage *message;
	uint32_t size;
	int rc = next_size(c, size_max, &size);

	if (rc <= 0)
		return rc;
	message = protobuf_c_message_unpack(descriptor, NULL, size, next_bytes(c));
	if (!message)
		return -EBADMSG;
	consume(c, size);
	*out_message = message;
	return 1;
}

int channel_next_request(struct channel *c, channel_request **out_request)
{
	channel_request *request;
	uint32_t size;
	int rc = next_size(c, CHANNEL_MESSAGE_MAX, &size);

	if (rc <= 0)
		return rc;
	request = request_unpack(next_bytes(c), size);
	if (!request)
		return -EBADMSG;
	consume(c, size);
	*out_request = request;
	return 1;
}

int channel_next_response(struct channel *c, channel_response **out_response)
{
	ProtobufCMessage *message = NULL;
	int rc =
	    channel_next(c, &reputed__update__response__descriptor, CHANNEL_MESSAGE_MAX, &message);

	if (rc > 0)
		*out_response = (channel_response *)message;
	return rc;
}

/* Wait for events until the deadline (-1 = none). */
static int wait_for(const struct channel *c, short events, int64_t deadline_ms)
{
	struct pollfd pollfd = {.fd = c->fd, .events = events};

	for (;;) {
		int64_t left_ms = deadline_ms < 0 ? -1 : deadline_ms - now_ms();
		int rc;

		if (deadline_ms >= 0 && left_ms <= 0)
			return -ETIMEDOUT;
		rc = poll(&pollfd, 1, (int)left_ms);
		if (rc > 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return -errno;
	}
}

int channel_drain(struct channel *c, int timeout_ms)
{
	int64_t deadline_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;

	for (;;) {
		int rc = channel_flush(c);

		if (rc < 0 || channel_pending(c) == 0)
			return rc;
		rc = wait_for(c, POLLOUT, deadline_ms);
		if (rc < 0)
			return rc;
	}
}

int channel_call(struct channel *c, const channel_request *request, int timeout_ms,
                 channel_response **out_response)
{
	int64_t deadline_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	int rc = channel_queue_request(c, request);

	if (rc < 0)
		return rc;
	for (;;) {
		/* An answer may be there although the peer no longer takes what we send. */
		int flushed = channel_flush(c);

		do {
			rc = channel_next_response(c, out_response);
			if (rc != 0)
				return rc < 0 ? rc : 0;
			rc = channel_fill(c);
		} while (rc > 0);
		if (rc < 0)
			return rc;
		if (flushed < 0)
			return flushed;
		rc = wait_for(c, channel_pending(c) ? POLLIN | POLLOUT : POLLIN, deadline_ms);
		if (rc < 0)
			return rc;
	}
}
