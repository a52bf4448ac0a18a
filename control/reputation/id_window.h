/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The ids of the last events, as hashes, so that an event that is sent again is known: a ring of a
 * bounded number of them and an index of it. Memory grows with what is in it.
 *
 * Threads: one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_WINDOW_MAX (1u << 21) /* ids; 48 MiB when full */

struct id_window {
	uint64_t *ring;       /* in the order they came; no 0 */
	uint64_t *index;      /* the same, by value: open addressing; 0 = empty */
	size_t max, capacity; /* of the ring; the index has twice as many; capacity: power of two */
	size_t first, count;
};

/* max: a power of two. */
void id_window_init(struct id_window *w, size_t max);
void id_window_done(struct id_window *w);

bool id_window_has(const struct id_window *w, uint64_t id);

/* Add one that is not in it; above max the oldest one goes. Errors: -ENOMEM, nothing changed */
int id_window_add(struct id_window *w, uint64_t id);

/* Forget the newest ones. */
void id_window_undo(struct id_window *w, size_t count);
