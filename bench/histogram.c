/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/histogram.h"

#include <stddef.h>

#define BUCKET_COUNT (sizeof(((struct histogram *)0)->buckets) / sizeof(uint32_t))

/* The largest value of a bucket. */
static uint64_t bucket_end(size_t bucket)
{
	unsigned shift;

	if (bucket < 2 * HISTOGRAM_STEPS)
		return bucket;
	shift = (unsigned)(bucket >> 6) - 1;
	return (((uint64_t)(bucket - ((size_t)shift << 6)) + 1) << shift) - 1;
}

void histogram_merge(struct histogram *h, const struct histogram *more)
{
	for (size_t i = 0; i < BUCKET_COUNT; i++)
		h->buckets[i] += more->buckets[i];
	h->count += more->count;
	if (more->largest > h->largest)
		h->largest = more->largest;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)h->count), seen = 0;

	for (size_t i = 0; i < BUCKET_COUNT; i++) {
		seen += h->buckets[i];
		if (seen > wanted)
			return bucket_end(i) < h->largest ? bucket_end(i) : h->largest;
	}
	return h->largest;
}
