/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The processor's own clock, whatever its frequency: good for ratios within one run only. */
#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>

static inline uint64_t ticks_now(void)
{
	return __rdtsc();
}
#elif defined(__aarch64__)
static inline uint64_t ticks_now(void)
{
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}
#else
#error "no clock of this processor is known"
#endif
