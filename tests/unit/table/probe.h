/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What can be seen of tables: addresses and names that are looked up, before and after a change. */
#include "dataplane/table/tables.h"

#define PROBE_COUNT 2000
#define PROBE_NAMES 60

/* Everything that can be seen of the tables, in a few numbers. Two of them compare as memory. */
struct probe_view {
	verdict_t addresses4[PROBE_COUNT], addresses6[PROBE_COUNT], nets6[PROBE_COUNT];
	struct names_match names[PROBE_NAMES];
	bool is_defined[4];
	size_t zone_count;
	uint64_t sizes[6];
};

uint32_t probe4(uint32_t i);
address6_t probe6(uint32_t i);
address6_t probe_net6(uint32_t i); /* the start of every third /64 */

/* Returns its size in bytes. */
size_t probe_name(uint32_t i, uint8_t out_name[32]);

void probe_look(const struct tables *t, struct probe_view *out_view);
