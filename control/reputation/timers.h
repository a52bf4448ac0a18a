/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Moments at which records are to be looked at, the earliest first. A record remembers its earliest
 * (record.queued_ms); others of it that are left behind are dropped when they come up.
 *
 * Threads: one.
 */
#include <stddef.h>
#include <stdint.h>

struct timer {
	int64_t due_ms;
	uint32_t number; /* of the record */
};

struct timers {
	struct timer *heap;
	size_t count, capacity;
};

void timers_done(struct timers *t);

/* Make room for so many more. Errors: -ENOMEM */
int timers_reserve(struct timers *t, size_t count);

void timers_push(struct timers *t, const struct timer *timer);

/* NULL when there is none. */
const struct timer *timers_first(const struct timers *t);
void timers_pop(struct timers *t);
