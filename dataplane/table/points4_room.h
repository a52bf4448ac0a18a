/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * New addresses of points4 in the plain case, which most of a load are: nothing of the home bucket
 * went past it, so that all of the /24 is in one line; the address is not there, its /24 has fewer
 * than some points, and the group need not grow. points4_put() knows all cases.
 *
 * Threads: the update thread only.
 */
#include "dataplane/table/points4_slot.h"

/* Where a new address goes. */
struct points4_room {
	uint32_t entry; /* of its group */
	unsigned word;  /* of the probe's line */
};

/* Whether the address is in the probe's line, or too many of its /24 are. */
static inline bool points4_room_is_taken(const struct points4_probe *probe, uint32_t address,
                                         unsigned net_points)
{
	const struct points4_group *g = probe->group;
	uint32_t key, mask = points4_mask(probe, 0, &key);
	uint32_t words =
	    points4_match(probe->line, mask, key) & (points4_is_wide(g) ? 0x5555 : 0xffff);

	for (; words; words &= words - 1) {
		uint64_t slot = points4_slot_own(g, probe->line, (unsigned)__builtin_ctz(words));

		if (points4_verdict(g, slot) == 0)
			continue;
		if ((uint8_t)slot == (uint8_t)address || --net_points == 0)
			return true;
	}
	return false;
}

/*
 * Look for room for an address.
 *
 * probe:      points4_start() of the address, since which no group was replaced (p->builds)
 * net_points: that a /24 has at most
 * out_room:   good for points4_room_fill() as long as nothing else changes
 * Returns:    false when it is not that simple
 */
static inline bool points4_room_find(const struct points4 *p, const struct points4_probe *probe,
                                     uint32_t address, verdict_t verdict, unsigned net_points,
                                     struct points4_room *out_room)
{
	const struct points4_group *g = probe->group;
	int word;

	if (g == &points4_none || !points4_build_fits(g, verdict))
		return false;
	word = points4_slot_empty(g, probe->line);
	if (word < 0 || points4_spills(g, probe->line) ||
	    points4_room_is_taken(probe, address, net_points))
		return false;
	out_room->entry = points4_slot_entry(p, address >> 8);
	out_room->word = (unsigned)word;
	return points4_slot_has_room(p, g, out_room->entry);
}

/* Put the address there. Needs nothing of the arena. */
static inline void points4_room_fill(struct points4 *p, const struct points4_probe *probe,
                                     const struct points4_room *room, verdict_t verdict)
{
	points4_slot_note(p, room->entry, verdict);
	/* nothing went past the bucket: there is no spill bit to keep */
	points4_slot_store(probe->group, probe->line, room->word,
	                   points4_slot_make(probe, verdict));
	p->counts[room->entry]++;
}
