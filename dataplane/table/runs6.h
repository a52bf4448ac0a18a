/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Sorted runs of 64-bit numbers with a value each: immutable, one malloc() block. */
#include <stddef.h>
#include <stdint.h>

struct runs6 {
	uint32_t count;    /* >= 1 */
	uint64_t starts[]; /* ascending, the first is 0; values behind */
};

static inline const uint32_t *runs6_values(const struct runs6 *r)
{
	return (const uint32_t *)&r->starts[r->count];
}

/* The run that holds a number, by bisection without a branch to mispredict. */
static inline size_t runs6_find(const struct runs6 *r, uint64_t number)
{
	size_t at = 0;

	for (size_t n = r->count; n > 1;) {
		size_t half = n / 2;

		at += r->starts[at + half] <= number ? half : 0;
		n -= half;
	}
	return at;
}

static inline uint32_t runs6_get(const struct runs6 *r, uint64_t number)
{
	return runs6_values(r)[runs6_find(r, number)];
}

/* Runs under construction; neighbours of the same value become one. */
#ifndef RUNS6_MAX
#define RUNS6_MAX 128 /* what a table keeps together */
#endif

struct runs6_draft {
	uint32_t count;
	uint64_t starts[RUNS6_MAX + 2];
	uint32_t values[RUNS6_MAX + 2];
};

/* Add a run behind the others; one of the same start is replaced. There is room. */
void runs6_push(struct runs6_draft *d, uint64_t start, uint32_t value);

/* A draft of the same runs. */
void runs6_draft(struct runs6_draft *d, const struct runs6 *of);

/* A draft in which [first, last] has a value, and all else is as in another one. */
void runs6_overlay(struct runs6_draft *d, const struct runs6_draft *old, uint64_t first,
                   uint64_t last, uint32_t value);

/* Errors: NULL */
struct runs6 *runs6_new(const struct runs6_draft *d);
