/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The plain query, which nearly all are: for an address of one of our zones, without anything
 * special but a cookie. It is known by its size and a few words, without a walk along its labels,
 * and mostly answered by a few words, too. What comes of it is what parse.c, lookup.c and reply.c
 * would have made of it, byte for byte; a fuzz target compares them.
 */
#include "dataplane/query.h"
#include "dataplane/reversed.h"

#define PLAIN_END_MAX (DNS_HEADER_SIZE + DNS_NAME_MAX + 4) /* the largest question_end */

/* The plain queries of a burst. */
struct plain {
	unsigned count4, count6;
	struct query *queries4[QUERY_BURST_MAX], *queries6[QUERY_BURST_MAX];
	uint32_t addresses4[QUERY_BURST_MAX];
	address6_t addresses6[QUERY_BURST_MAX];
};

/*
 * Parse those queries that are plain, of at most QUERY_BURST_MAX.
 *
 * t: not NULL
 * Returns: how many were parsed: those that are is_plain, unless there are none; parse.c is to have
 *          the others
 */
unsigned plain_parse(const struct tables *t, const struct reversed *kernel, struct query *queries,
                     unsigned count, struct plain *out_plain);

/* Answer them. t: as given to plain_parse() */
void plain_answer(const struct tables *t, const struct plain *plain);
