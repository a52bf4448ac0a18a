/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The writing connection to the data plane, in blocking use: a peer that takes and sends nothing
 * for PUSH_TIMEOUT_MS is lost. Any failure closes the connection and leaves a text for people.
 *
 * Threads: one thread per struct push.
 */
#include "dataplane/proto/channel.h"

#include <stdbool.h>
#include <stdint.h>

#define PUSH_TIMEOUT_MS 30000
#define PUSH_QUEUE_MAX  (1u << 18) /* bytes queued before sending waits for the peer */

struct push {
	struct channel channel;
	int timeout_ms;
	uint64_t generation; /* the data plane's when we connected */
	char error[256];     /* why the connection is closed */
};

/* Not connected. */
void push_init(struct push *p);

/* Connect and take the writer's role over. Errors: negative errno, and push.error. */
int push_open(struct push *p, const char *path);

/* Close; allowed when it is closed. why: for push.error. */
void push_close(struct push *p, const char *why);

bool push_is_open(const struct push *p);

/* Notice a peer that hung up; never waits. Errors: negative errno: it is closed now. */
int push_check(struct push *p);

/*
 * Send a message of a batch.
 *
 * Errors: -EPROTO the data plane answered with an Error; else negative errno; closed in both cases
 */
int push_send(struct push *p, const channel_request *request);

/* Send the Commit and wait for its answer. Errors: as push_send() */
int push_commit(struct push *p, uint64_t generation, uint64_t entries);
