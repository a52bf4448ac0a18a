/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/answer.h"

#include "dataplane/lookup.h"
#include "dataplane/parse.h"
#include "dataplane/plain.h"
#include "dataplane/reply.h"

/* Answer queries of any kind. */
static void answer_in_stages(const struct tables *t, const struct query_set *queries)
{
	parse_burst(t, queries);
	lookup_burst(t, queries);
	reply_burst(t, queries);
}

void answer_burst(const struct tables *t, struct query *queries, unsigned count)
{
	struct query_set others;
	struct plain plain;
	unsigned plain_count;

	plain_count = t ? plain_parse(t, reversed_get(), queries, count, &plain) : 0;
	if (plain_count == 0) {
		answer_burst_unaided(t, queries, count);
		return;
	}
	plain_answer(t, &plain);
	if (plain_count == count)
		return;
	others.count = 0;
	for (unsigned i = 0; i < count; i++)
		query_set_add(&others, &queries[i], !queries[i].is_plain);
	answer_in_stages(t, &others);
}

void answer_burst_unaided(const struct tables *t, struct query *queries, unsigned count)
{
	struct query_set all;

	all.count = 0;
	for (unsigned i = 0; i < count; i++)
		query_set_add(&all, &queries[i], true);
	answer_in_stages(t, &all);
}
