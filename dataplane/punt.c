/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/punt.h"

#include "dataplane/partial.h"
#include "dataplane/tap.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BURST         64      /* frames of one direction before the other has its turn */
#define REST_FIRST_NS 20000   /* after a round without work; doubles up to the longest */
#define REST_LAST_NS  1000000 /* what a punted frame waits at most */
#define SECOND_NS     1000000000u

/* A token bucket. */
struct limit {
	uint64_t credit_ns; /* of time in which a frame may be punted each cost_ns */
	uint64_t last_ns;
};

/* From a worker's queue to the kernel. */
struct lane {
	struct punt_ring ring;          /* worker: writes; punt thread: reads */
	struct limit neighbors, others; /* worker */
};

struct punt_port {
	int fd;
	bool has_partial;
	uint64_t cost_ns; /* of a frame */
	struct punt_port *next;
	struct punt_ring *sent; /* punt thread: writes; worker of queue 0: reads */
	unsigned lane_count;
	struct lane *lanes;
};

struct punt {
	struct stats_thread *stats;
	struct punt_port *ports;
	struct pollfd polls[OPTIONS_PORTS_MAX]; /* punt thread */
	pthread_t thread;
	bool is_running;
	atomic_bool stop; /* main: writes; punt thread: reads */
};

struct punt *punt_new(struct stats_thread *stats)
{
	struct punt *p = calloc(1, sizeof(*p));
	if (p != NULL)
		p->stats = stats;
	return p;
}

static void *zeroed(size_t size)
{
	void *memory = aligned_alloc(64, size);
	if (memory != NULL)
		memset(memory, 0, size);
	return memory;
}

static void close_port(struct punt_port *port)
{
	if (port == NULL)
		return;
	if (port->fd >= 0)
		close(port->fd);
	free(port->sent);
	free(port->lanes);
	free(port);
}

static struct punt_port *make_port(const struct punt_options *options)
{
	struct punt_port *port = calloc(1, sizeof(*port));
	if (port == NULL)
		return NULL;
	port->fd = -1;
	port->has_partial = options->has_partial;
	port->lane_count = options->queue_count;
	port->cost_ns = (uint64_t)SECOND_NS * options->queue_count / options->rate;
	port->sent = zeroed(sizeof(*port->sent));
	port->lanes = zeroed(port->lane_count * sizeof(*port->lanes));
	if (port->sent != NULL && port->lanes != NULL)
		return port;
	close_port(port);
	return NULL;
}

int punt_open(struct punt *p, const struct punt_options *options, struct punt_port **out_port,
              char *out_error)
{
	struct tap_options tap = {
	    .name = options->name,
	    .mtu = options->mtu < PUNT_MTU_MAX ? options->mtu : PUNT_MTU_MAX,
	    .address_count = options->address_count,
	    .addresses = options->addresses,
	};
	memcpy(tap.mac, options->mac, sizeof(tap.mac));
	char reason[TAP_ERROR_MAX];
	struct punt_port *port = make_port(options);
	if (port == NULL) {
		snprintf(out_error, OPTIONS_ERROR_MAX, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	int error = tap_open(&tap, &port->fd, reason);
	if (error != 0) {
		snprintf(out_error, OPTIONS_ERROR_MAX, "interface '%s': %s", options->name, reason);
		close_port(port);
		return error;
	}
	port->next = p->ports;
	p->ports = port;
	*out_port = port;
	return 0;
}

/* To the kernel; frames handled. */
static unsigned write_frames(struct punt *p, struct punt_port *port, struct lane *lane)
{
	unsigned count = 0;
	struct punt_frame *f;
	for (; count < BURST && (f = punt_ring_next(&lane->ring)) != NULL; count++) {
		if (port->has_partial)
			partial_finish(f->bytes, f->size);
		if (write(port->fd, f->bytes, f->size) < 0)
			stats_add(&p->stats->punt_refused, 1);
		punt_ring_release(&lane->ring);
	}
	return count;
}

/* From the kernel; what finds no place waits in the interface's own queue. Frames handled. */
static unsigned read_frames(struct punt_port *port)
{
	unsigned count = 0;
	struct punt_frame *f;
	for (; count < BURST && (f = punt_ring_space(port->sent)) != NULL; count++) {
		ssize_t size = read(port->fd, f->bytes, sizeof(f->bytes));
		if (size <= 0)
			break;
		f->size = (uint16_t)size;
		punt_ring_write(port->sent);
	}
	return count;
}

static unsigned work(struct punt *p)
{
	unsigned count = 0;
	for (struct punt_port *port = p->ports; port != NULL; port = port->next) {
		for (unsigned i = 0; i < port->lane_count; i++)
			count += write_frames(p, port, &port->lanes[i]);
		count += read_frames(port);
	}
	return count;
}

/* Sleep until the kernel sends something, at most so long: workers wake nobody. */
static void rest(struct punt *p, long rest_ns)
{
	const struct timespec timeout = {.tv_nsec = rest_ns};
	nfds_t count = 0;
	for (struct punt_port *port = p->ports; port != NULL; port = port->next) {
		/* Behind a full ring readable means nothing. */
		if (punt_ring_space(port->sent) != NULL)
			p->polls[count++] = (struct pollfd){.fd = port->fd, .events = POLLIN};
	}
	(void)ppoll(p->polls, count, &timeout, NULL);
}

static void *run(void *argument)
{
	struct punt *p = argument;
	long rest_ns = REST_FIRST_NS;
	while (!atomic_load_explicit(&p->stop, memory_order_relaxed)) {
		if (work(p) > 0) {
			rest_ns = REST_FIRST_NS;
			continue;
		}
		rest(p, rest_ns);
		rest_ns = 2 * rest_ns < REST_LAST_NS ? 2 * rest_ns : REST_LAST_NS;
	}
	return NULL;
}

int punt_start(struct punt *p)
{
	int error = pthread_create(&p->thread, NULL, run, p);
	p->is_running = error == 0;
	return -error;
}

void punt_free(struct punt *p)
{
	if (p == NULL)
		return;
	atomic_store(&p->stop, true);
	if (p->is_running)
		pthread_join(p->thread, NULL);
	while (p->ports != NULL) {
		struct punt_port *port = p->ports;
		p->ports = port->next;
		close_port(port);
	}
	free(p);
}

void punt_set_link(struct punt_port *p, bool has_link)
{
	tap_set_carrier(p->fd, has_link);
}

/* Whether the limit lets one more frame through. */
static bool may_punt(struct limit *l, uint64_t cost_ns)
{
	struct timespec now;
	/* Coarse: read from memory, never a system call. */
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	uint64_t now_ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
	uint64_t most_ns = cost_ns * PUNT_RING_COUNT;
	uint64_t passed_ns = now_ns - l->last_ns;
	l->last_ns = now_ns;
	l->credit_ns += passed_ns < most_ns ? passed_ns : most_ns;
	if (l->credit_ns > most_ns)
		l->credit_ns = most_ns;
	if (l->credit_ns < cost_ns)
		return false;
	l->credit_ns -= cost_ns;
	return true;
}

enum drop punt_give(struct punt_port *p, unsigned queue, bool is_neighbor, const uint8_t *bytes,
                    size_t size)
{
	struct lane *lane = &p->lanes[queue];
	if (size > PUNT_FRAME_SIZE)
		return DROP_JUMBO;
	if (!may_punt(is_neighbor ? &lane->neighbors : &lane->others, p->cost_ns))
		return DROP_PUNT_LIMIT;
	struct punt_frame *f = punt_ring_space(&lane->ring);
	if (f == NULL)
		return DROP_PUNT_FULL;
	f->size = (uint16_t)size;
	memcpy(f->bytes, bytes, size);
	punt_ring_write(&lane->ring);
	return DROP_NONE;
}

const struct punt_frame *punt_next(struct punt_port *p)
{
	return punt_ring_next(p->sent);
}

void punt_taken(struct punt_port *p)
{
	punt_ring_release(p->sent);
}
