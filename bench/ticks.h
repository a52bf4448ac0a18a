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

/* Once all loads before it have come. */
static inline uint64_t ticks_after(void)
{
	_mm_lfence();
	return __rdtsc();
}
#elif defined(__aarch64__)
static inline uint64_t ticks_now(void)
{
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}

/* Once all loads before it have come. */
static inline uint64_t ticks_after(void)
{
	__asm__ volatile("dsb ld; isb" ::: "memory");
	return ticks_now();
}
#else
#error "no clock of this processor is known"
#endif
