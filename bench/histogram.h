/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Times counted in buckets of about 1.6 %, for quantiles of very many: a few kilobytes, and an add
 * costs a few instructions.
 *
 * Threads: one.
 */
#include <stdint.h>

#define HISTOGRAM_STEPS 64 /* buckets of an octave */

struct histogram {
	uint64_t count, largest;
	uint32_t buckets[64 * HISTOGRAM_STEPS];
};

static inline unsigned histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < 2 * HISTOGRAM_STEPS)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - 6;
	return (shift << 6) + (unsigned)(value >> shift);
}

static inline void histogram_add(struct histogram *h, uint64_t value)
{
	h->buckets[histogram_bucket(value)]++;
	h->count++;
	if (value > h->largest)
		h->largest = value;
}

void histogram_merge(struct histogram *h, const struct histogram *more);

/* The value that a share of the values does not exceed; 0 when there is none. */
uint64_t histogram_quantile(const struct histogram *h, double share);
