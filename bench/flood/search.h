/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The highest rate that is served with no more than a share of loss: up by doubling, then by
 * halving what is left (RFC 2544 section 26.1), each rate tried anew.
 *
 * Threads: one.
 */
#include <stdbool.h>

struct search {
	double first, highest; /* queries/s to begin with, and never to exceed */
	double width;          /* stop when the bounds are this close, as a share of the lower */
};

/* Try a rate. Returns whether it was served; negative: stop, and return that. */
typedef int search_try(double rate, void *context);

/* Errors: what try returned; *out_rate is the highest that was served, 0 when none was */
int search_run(const struct search *search, search_try *try, void *context, double *out_rate);
