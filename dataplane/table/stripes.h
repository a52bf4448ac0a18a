/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Counters that many serving threads add to: a set of them ("stripe") for each thread, in cache
 * lines of its own, as long as there are no more than STRIPES threads; the reader sums.
 *
 * Threads: any; but stripes_init() and stripes_done() are alone.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define STRIPES 16

struct stripes {
	size_t size; /* counters from one stripe to the next */
	_Atomic uint64_t *counts;
};

/* All 0. Errors: -ENOMEM */
int stripes_init(struct stripes *s, size_t count);

/* Allowed on a zeroed one. */
void stripes_done(struct stripes *s);

static inline _Atomic uint64_t *stripes_at(const struct stripes *s, size_t index, unsigned thread)
{
	return &s->counts[thread % STRIPES * s->size + index];
}

static inline void stripes_add(struct stripes *s, size_t index, unsigned thread, uint64_t count)
{
	atomic_fetch_add_explicit(stripes_at(s, index, thread), count, memory_order_relaxed);
}

uint64_t stripes_sum(const struct stripes *s, size_t index);
