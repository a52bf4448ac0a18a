/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The rest of a DPDK port for the kernel: each punted port has a TAP interface with the port's MAC
 * and addresses. Workers leave frames in rings, one per queue; one thread writes them to the TAPs,
 * and what the kernel sends there into a ring per port, from which the worker of queue 0 sends it.
 * So TCP, BGP and ssh work on the port, and a flood of them costs a worker no more than a copy of
 * the frames that the limit lets through.
 *
 * Threads: punt_new() to punt_free() from main; punt_give(), punt_next() and punt_taken() as said
 * there. They take no lock, allocate nothing and make no system call.
 */
#include "dataplane/drop.h"
#include "dataplane/options.h"
#include "dataplane/punt_ring.h"
#include "dataplane/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PUNT_MTU_MAX 2022 /* with Ethernet header and two tags, one PUNT_FRAME_SIZE */

struct punt;
struct punt_port;

struct punt_options {
	const char *name; /* of the interface */
	uint8_t mac[6];
	uint16_t mtu;         /* of the port; what is above PUNT_MTU_MAX is not used */
	bool has_partial;     /* senders may leave checksums unfinished: see partial.h */
	unsigned queue_count; /* of the port; the limit is shared out evenly */
	unsigned rate;        /* frames per second to the kernel, > 0 */
	unsigned address_count;
	const struct options_address *addresses;
};

/* stats: the punt thread's. Errors: NULL with errno. */
struct punt *punt_new(struct stats_thread *stats);

/*
 * Make a port's interface; before punt_start(). What is given waits in the ring until then.
 *
 * out_port:  freed with p
 * out_error: OPTIONS_ERROR_MAX bytes: what failed and why, without naming the port
 * Errors:    negative errno
 */
int punt_open(struct punt *p, const struct punt_options *options, struct punt_port **out_port,
              char *out_error);

/* Start the thread. Errors: negative errno. */
int punt_start(struct punt *p);

/* Stop the thread if it runs; the interfaces go away. NULL is allowed. */
void punt_free(struct punt *p);

/* Let the kernel's interface have a carrier as the port has a link. Threads: any one */
void punt_set_link(struct punt_port *p, bool has_link);

/*
 * Copy a frame for the kernel. The first is taken, and up to PUNT_RING_COUNT at once.
 *
 * is_neighbor: ARP or neighbour discovery, which has a limit of its own: a flood of other frames
 *              must not keep the kernel from finding whom it talks to
 * Returns: DROP_NONE = taken; PUNT_LIMIT, PUNT_FULL, JUMBO = not
 * Threads: one worker per queue
 */
enum drop punt_give(struct punt_port *p, unsigned queue, bool is_neighbor, const uint8_t *bytes,
                    size_t size);

/*
 * The oldest frame that the kernel wants sent, until punt_taken(). NULL = none.
 *
 * Threads: one worker per port
 */
const struct punt_frame *punt_next(struct punt_port *p);
void punt_taken(struct punt_port *p);
