/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A client of the update socket, for tests: one call per message, with one thing in it. Calls that
 * cannot do what they say fail the running cmocka test.
 *
 * Threads: one thread per struct client.
 */
#include "dataplane/proto/channel.h"

#include <stdbool.h>
#include <stdint.h>

#define CLIENT_TIMEOUT_MS 20000
#define CLIENT_LIST       1 /* the list of every listing and zone; its name is "test" */

struct client {
	struct channel channel;
};

void client_open(struct client *c, const char *path);
void client_close(struct client *c);

/* Send a request, or wait for an answer; free it with client_free(). */
void client_send(struct client *c, const channel_request *request);
channel_response *client_receive(struct client *c);
channel_response *client_call(struct client *c, const channel_request *request);
void client_free(channel_response *response);

/* Send bytes as they are. Returns false when the peer closed before all was taken. */
bool client_send_raw(struct client *c, const void *bytes, size_t size);

/* Wait until the peer closes; answers on the way are thrown away. */
void client_expect_end(struct client *c);

/* Expect the next answer to be this one; text: part of it. */
void client_expect_error(struct client *c, const char *text);
void client_expect_committed(struct client *c, uint64_t generation);

void client_hello(struct client *c, bool is_writer);

void client_send_begin(struct client *c, uint64_t generation, bool is_full);
void client_send_commit(struct client *c, uint64_t generation);
/* Listing id of CLIENT_LIST, and a verdict of the same id that holds only it. */
void client_send_define(struct client *c, uint32_t id, uint32_t code, const char *text);
void client_send_forget(struct client *c, uint32_t id);
void client_send_paint4(struct client *c, uint32_t first, uint32_t last, uint32_t verdict);
/* ::last_low, with all other bits 0 */
void client_send_paint6(struct client *c, uint64_t first_high, uint64_t last_high,
                        uint32_t verdict);
/* name: wire form with root label */
void client_send_name(struct client *c, const char *name, size_t size, uint32_t verdict);
/* apex: wire form with root label; a string literal */
void client_send_zone(struct client *c, const char *apex, Reputed__Update__ZoneState state);
/* Every address gets one enum access_action. */
void client_send_access(struct client *c, uint32_t action);

/* Limits: count values of per_s, the rest as is usual. */
void client_send_rate_limit(struct client *c, const uint32_t *per_s, size_t count);

/* Ask; free the answer with client_free(). */
channel_response *client_lookup(struct client *c, const char *key);
channel_response *client_status(struct client *c);

/* A counter of Stats; fails the test when there is none of that name. */
uint64_t client_counter(struct client *c, const char *name);
