/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/push.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

void push_init(struct push *p)
{
	*p = (struct push){.timeout_ms = PUSH_TIMEOUT_MS};
	channel_init(&p->channel, -1);
	snprintf(p->error, sizeof(p->error), "not connected to the data plane yet");
}

bool push_is_open(const struct push *p)
{
	return p->channel.fd >= 0;
}

void push_close(struct push *p, const char *why)
{
	channel_done(&p->channel);
	channel_init(&p->channel, -1);
	snprintf(p->error, sizeof(p->error), "%s", why);
}

/* Close because of an errno; returns it. */
static int lose(struct push *p, const char *what, int error)
{
	char why[sizeof(p->error)];

	snprintf(why, sizeof(why), "%s: %s", what, strerror(-error));
	push_close(p, why);
	return error;
}

/* An answer that nobody waits for, or the wrong one. */
static int refuse(struct push *p, const channel_response *response)
{
	char why[sizeof(p->error)];

	if (response->kind_case == REPUTED__UPDATE__RESPONSE__KIND_ERROR)
		snprintf(why, sizeof(why), "the data plane refused the batch: %.180s",
		         response->error->text);
	else
		snprintf(why, sizeof(why), "the data plane sent an unexpected answer (%d)",
		         (int)response->kind_case);
	push_close(p, why);
	return -EPROTO;
}

/* Read what has come and take one answer of it. Returns as channel_next_response(). */
static int receive(struct push *p, channel_response **out_response)
{
	for (;;) {
		int rc = channel_next_response(&p->channel, out_response);

		if (rc != 0)
			return rc;
		rc = channel_fill(&p->channel);
		if (rc <= 0)
			return rc;
	}
}

/* Wait until the peer takes or sends something. */
static int wait_for_peer(struct push *p)
{
	struct pollfd pollfd = {.fd = p->channel.fd, .events = POLLIN};
	int rc;

	if (channel_pending(&p->channel))
		pollfd.events |= POLLOUT;
	do {
		rc = poll(&pollfd, 1, p->timeout_ms);
	} while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return -ETIMEDOUT;
	return rc < 0 ? -errno : 0;
}

/*
 * Send until at most `left_max` bytes are queued and, if wanted, an answer is there. An Error may
 * come at any time, also from a peer that no longer takes what we send.
 */
static int exchange(struct push *p, size_t left_max, channel_response **out_response)
{
	for (;;) {
		channel_response *response = NULL;
		int flushed = channel_flush(&p->channel);
		int rc = receive(p, &response);

		if (rc > 0 && out_response) {
			*out_response = response;
			return 0;
		}
		if (rc > 0) {
			rc = refuse(p, response);
			reputed__update__response__free_unpacked(response, NULL);
			return rc;
		}
		if (rc < 0 || flushed < 0)
			return lose(p, "lost the data plane", rc < 0 ? rc : flushed);
		if (!out_response && channel_pending(&p->channel) <= left_max)
			return 0;
		rc = wait_for_peer(p);
		if (rc < 0)
			return lose(p, "lost the data plane", rc);
	}
}

/* Send a request and wait for an answer of one kind; free it with ..__free_unpacked(). */
static int ask(struct push *p, const channel_request *request,
               Reputed__Update__Response__KindCase kind, channel_response **out_response)
{
	channel_response *response = NULL;
	int rc = channel_queue_request(&p->channel, request);

	if (rc < 0)
		return lose(p, "cannot send to the data plane", rc);
	rc = exchange(p, 0, &response);
	if (rc < 0)
		return rc;
	if (response->kind_case != kind) {
		rc = refuse(p, response);
		reputed__update__response__free_unpacked(response, NULL);
		return rc;
	}
	*out_response = response;
	return 0;
}

static int greet(struct push *p)
{
	Reputed__Update__Hello hello = REPUTED__UPDATE__HELLO__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	channel_response *response;
	char why[sizeof(p->error)];
	uint32_t version;
	int rc;

	hello.version = UPDATE_VERSION;
	hello.is_writer = true;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_HELLO;
	request.hello = &hello;
	rc = ask(p, &request, REPUTED__UPDATE__RESPONSE__KIND_WELCOME, &response);
	if (rc < 0)
		return rc;
	version = response->welcome->version;
	p->generation = response->welcome->generation;
	reputed__update__response__free_unpacked(response, NULL);
	if (version == UPDATE_VERSION)
		return 0;
	snprintf(why, sizeof(why), "the data plane speaks version %u of the protocol, not %u",
	         version, UPDATE_VERSION);
	push_close(p, why);
	return -EPROTO;
}

int push_open(struct push *p, const char *path)
{
	int rc;

	push_close(p, "");
	rc = channel_connect(&p->channel, path);
	if (rc < 0) {
		channel_init(&p->channel, -1);
		snprintf(p->error, sizeof(p->error), "cannot reach the data plane at '%.150s': %s",
		         path, strerror(-rc));
		return rc;
	}
	return greet(p);
}

int push_check(struct push *p)
{
	if (!push_is_open(p))
		return -ENOTCONN;
	return exchange(p, SIZE_MAX, NULL);
}

int push_send(struct push *p, const channel_request *request)
{
	int rc;

	if (!push_is_open(p))
		return -ENOTCONN;
	rc = channel_queue_request(&p->channel, request);
	if (rc < 0)
		return lose(p, "cannot send to the data plane", rc);
	return exchange(p, PUSH_QUEUE_MAX, NULL);
}

int push_commit(struct push *p, uint64_t generation, uint64_t entries)
{
	Reputed__Update__Commit commit = REPUTED__UPDATE__COMMIT__INIT;
	channel_request request = REPUTED__UPDATE__REQUEST__INIT;
	channel_response *response;
	uint64_t committed;
	int rc;

	if (!push_is_open(p))
		return -ENOTCONN;
	commit.generation = generation;
	commit.entries = entries;
	request.kind_case = REPUTED__UPDATE__REQUEST__KIND_COMMIT;
	request.commit = &commit;
	rc = ask(p, &request, REPUTED__UPDATE__RESPONSE__KIND_COMMITTED, &response);
	if (rc < 0)
		return rc;
	committed = response->committed->generation;
	reputed__update__response__free_unpacked(response, NULL);
	if (committed == generation)
		return 0;
	push_close(p, "the data plane committed another batch than the one that was sent");
	return -EPROTO;
}
