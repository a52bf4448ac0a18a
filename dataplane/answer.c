/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/answer.h"

#include "dataplane/lookup.h"
#include "dataplane/parse.h"
#include "dataplane/reply.h"

void answer_burst(const struct tables *t, struct query *queries, unsigned count)
{
	parse_burst(t, queries, count);
	lookup_burst(t, queries, count);
	reply_burst(t, queries, count);
}

void answer_burst_unaided(const struct tables *t, struct query *queries, unsigned count)
{
	parse_burst_unaided(t, queries, count);
	lookup_burst(t, queries, count);
	reply_burst(t, queries, count);
}
