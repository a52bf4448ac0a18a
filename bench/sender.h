/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A writer of the update socket that costs little: batches are made into bytes first, and sent as
 * they are. Errors end the program.
 *
 * Threads: one.
 */
#include "dataplane/proto/channel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SENDER_PAINTS_MAX 65536 /* of a message, as control sends them */

struct sender {
	struct channel channel;
	uint64_t generation; /* of the last batch that was made */
	uint8_t *bytes;      /* made and not sent */
	size_t size, capacity;
	uint64_t batches; /* in bytes */
};

struct sender_paint {
	uint32_t address, verdict;
};

/* Connect and become the writer. */
void sender_open(struct sender *s, const char *path);
void sender_close(struct sender *s);

/* Make a delta of single addresses. */
void sender_make(struct sender *s, const struct sender_paint *paints, size_t count);

/* The parts of a full load that is too long to be made before: begin, paint, finish.
 * It defines verdicts 1 and 2 and a zone, and lets everybody ask. */
void sender_begin_full(struct sender *s, uint64_t expected_ip4);
void sender_paint(struct sender *s, const struct sender_paint *paints, size_t count);
void sender_finish(struct sender *s, uint64_t entries);

/*
 * A full load of addresses, made as it is sent, and committed. They have verdict 1 + generation
 * % 2. Returns seconds.
 *
 * addresses: ascending, as control sends them
 */
double sender_load(struct sender *s, const uint32_t *addresses, uint32_t count);

/* Send what was made without waiting for answers. */
void sender_flush(struct sender *s);

/*
 * Send what was made, evenly over some time, and wait for the answers. What cannot be sent in time
 * is sent as soon as it can: who is too slow takes longer.
 */
void sender_send_over(struct sender *s, uint64_t ns);

/* Send what was made, and wait for the answers to all its batches. */
void sender_send(struct sender *s);
