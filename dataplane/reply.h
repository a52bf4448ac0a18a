/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Third stage of an answer: the reply written over the query, whose header and question stay where
 * they are. Never writes past q->capacity.
 */
#include "dataplane/query_set.h"

/*
 * Write the reply of each looked-up query that was not dropped, and set reply_size.
 *
 * t: as given to parse_burst()
 */
void reply_burst(const struct tables *t, const struct query_set *queries);

/* The same of one that was not dropped. generation: of the tables */
void reply_one(struct query *q, uint64_t generation);

/* Bytes that an answer may have. */
static inline size_t reply_limit(const struct query *q)
{
	size_t limit = q->udp_size < QUERY_UDP_SIZE ? q->udp_size : QUERY_UDP_SIZE;

	return q->is_tcp || q->capacity < limit ? q->capacity : limit;
}

/* Cut an answer down to its question and OPT, with TC set: the client may ask again over TCP. */
void reply_truncate(struct query *q);
