/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The clocks the answer core does not know: read once per burst, without a system call, in steps of
 * a few milliseconds.
 */
#include <stdint.h>
#include <time.h>

static inline uint64_t clock_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* UTC, microseconds since 1970: what is signed with a time, and may be set at any moment. */
static inline uint64_t clock_now_us(void)
{
	return clock_us(CLOCK_REALTIME_COARSE);
}

/* Microseconds since the machine started; never goes back: what is counted over time. */
static inline uint64_t clock_steady_us(void)
{
	return clock_us(CLOCK_MONOTONIC_COARSE);
}
