/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The clock the answer core does not know: read once per burst, without a system call. */
#include <stdint.h>
#include <time.h>

/* UTC, seconds since 1970, in 32 bits as in a cookie (RFC 9018 section 4.3). */
static inline uint32_t clock_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (uint32_t)now.tv_sec;
}
