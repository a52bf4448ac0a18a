/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The queries that wait for an answer. Each has a source port and an id that no other one has, the
 * port changing with every query, so that a server spreads them over its queues.
 *
 * Threads: book_open() from one thread; book_close() from any.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct book_slot {
	uint64_t sent;  /* ticks, when it was to be sent */
	uint32_t query; /* which of the mix */
	atomic_uint is_waiting;
};

struct book {
	uint16_t first_port;
	unsigned port_bits;
	uint64_t next;           /* how many were opened */
	uint64_t overrun;        /* of these, closed by a later one of the same slot */
	struct book_slot *slots; /* 1 << (port_bits + 16) */
};

/* ports: a power of two, at most 1024. Errors: -EINVAL, -ENOMEM */
int book_init(struct book *b, uint16_t first_port, unsigned ports);
void book_done(struct book *b);

/* Note a query about to be sent. */
void book_open(struct book *b, uint64_t sent, uint32_t query, uint16_t *out_port, uint16_t *out_id);

/* Whether a query with this port and id waits; it does so no more. */
bool book_close(struct book *b, uint16_t port, uint16_t id, uint64_t *out_sent,
                uint32_t *out_query);
