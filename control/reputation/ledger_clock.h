/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The time that the ledger lives in: the wall clock, but it never goes backwards. When the wall
 * clock was set back, it goes on an eighth slower until it is caught up with, so that evidence
 * still decays and listings still end.
 *
 * Threads: one.
 */
#include <stdint.h>

struct ledger_clock {
	int64_t now_ms;       /* Unix, the last that was given */
	int64_t monotonic_ms; /* when that was; 0 = never */
};

/* From a moment that was recorded before; 0 = none. */
void ledger_clock_init(struct ledger_clock *c, int64_t last_ms);

/* wall_ms: Unix; monotonic_ms: with the time spent asleep. */
int64_t ledger_clock_now(struct ledger_clock *c, int64_t wall_ms, int64_t monotonic_ms);

/* The same by the clocks of this machine. */
int64_t ledger_clock_read(struct ledger_clock *c);

/* The wall clock, Unix, ms; and CLOCK_BOOTTIME, ms. */
int64_t ledger_clock_wall(void);
int64_t ledger_clock_monotonic(void);
