/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/past.h"

/* What a listing is, in place of a hash: list, end and grounds, a byte each. */
#define LIST_MASK  0xffu
#define END_AT     8
#define END_MASK   0xffu
#define GROUNDS_AT 16

void past_begin(struct ledger *l, struct record *r, enum dials_list list,
                enum ledger_grounds grounds)
{
	const struct record_item pair[2] = {
	    {(uint32_t)list | (uint32_t)grounds << GROUNDS_AT, (uint32_t)(l->now_ms / 1000)}};

	record_listing(&l->book.blocks, r, pair);
}

void past_end(struct ledger *l, const struct record *r, enum dials_list list, enum ledger_end end)
{
	struct record_parts parts;

	record_parts(&l->book.blocks, r, &parts);
	for (unsigned i = r->sets[RECORD_LISTINGS]; i > 0; i -= 2) {
		struct record_item *pair = &parts.sets[RECORD_LISTINGS][i - 2];

		if ((pair[0].hash & LIST_MASK) != (uint32_t)list || pair[1].last_s)
			continue;
		pair[0].hash |= (uint32_t)end << END_AT;
		pair[1].last_s = (uint32_t)(l->now_ms / 1000);
		return;
	}
}

bool past_read(const struct record_item pair[2], struct ledger_listing *out_listing)
{
	uint32_t what = pair[0].hash;

	*out_listing = (struct ledger_listing){
	    .list = (enum dials_list)(what & LIST_MASK),
	    .end = (enum ledger_end)(what >> END_AT & END_MASK),
	    .grounds = (enum ledger_grounds)(what >> GROUNDS_AT),
	    .since_ms = INT64_C(1000) * pair[0].last_s,
	    .ended_ms = INT64_C(1000) * pair[1].last_s,
	};
	return (what & LIST_MASK) < DIALS_LIST_COUNT &&
	       (what >> END_AT & END_MASK) < LEDGER_END_COUNT &&
	       what >> GROUNDS_AT < LEDGER_GROUNDS_COUNT && pair[1].hash == 0;
}
