/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The clock the answer core does not know: read once per burst, without a system call. */
#include <stdint.h>
#include <time.h>

/* UTC, microseconds since 1970, in steps of a few milliseconds. */
static inline uint64_t clock_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
