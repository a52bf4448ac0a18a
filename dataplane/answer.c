/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/answer.h"

#include "dataplane/lookup.h"
#include "dataplane/parse.h"
#include "dataplane/plain.h"
#include "dataplane/reply.h"

/* Those of a burst that are not answered yet. answered: a bit for each that is */
static void answer_others(const struct tables *t, struct query *queries, unsigned count,
                          uint32_t answered)
{
	struct query_set others;

	others.count = 0;
	for (unsigned i = 0; i < count; i++)
		query_set_add(&others, &queries[i], !(answered >> i & 1));
	parse_burst(t, &others);
	lookup_burst(t, &others);
	reply_burst(t, &others);
}

void answer_burst(const struct tables *t, struct query *queries, unsigned count)
{
	const uint32_t all = (uint32_t)((UINT64_C(1) << count) - 1);
	struct plain plain;
	uint32_t answered = 0;

	if (t) {
		answered = plain_parse(t, reversed_get(), queries, count, &plain);
		plain_answer(t, &plain);
	}
	if (answered != all)
		answer_others(t, queries, count, answered);
}

void answer_burst_unaided(const struct tables *t, struct query *queries, unsigned count)
{
	answer_others(t, queries, count, 0);
}
