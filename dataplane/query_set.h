/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Some queries of a burst. What differs from query to query as chance has it, such as whether
 * something is listed, is sorted into sets without a branch, which would be mispredicted each other
 * time; what is done with a set has none left.
 */
#include "dataplane/query.h"

struct query_set {
	struct query *queries[QUERY_BURST_MAX];
	size_t count; /* < QUERY_BURST_MAX before an addition */
};

static inline void query_set_add(struct query_set *s, struct query *q, bool is_wanted)
{
	s->queries[s->count] = q;
	s->count += is_wanted;
}
