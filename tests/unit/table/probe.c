/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/table/probe.h"

#include <stdio.h>
#include <string.h>

uint32_t probe4(uint32_t i)
{
	return 0x0a000000 + i * 7;
}

address6_t probe6(uint32_t i)
{
	return ((address6_t)0x20010db800000000 << 64) + i;
}

address6_t probe_net6(uint32_t i)
{
	return ((address6_t)0x20010db900000000 << 64) + ((address6_t)i * 3 << 64);
}

size_t probe_name(uint32_t i, uint8_t out_name[32])
{
	return (size_t)snprintf((char *)out_name, 32, "\4%04u\1%c\7example", (unsigned)i,
	                        (char)('a' + i % 8));
}

void probe_look(const struct tables *t, struct probe_view *out_view)
{
	struct table4_stats stats4;
	struct table6_stats stats6;
	struct names_stats stats;
	uint8_t name[32];

	memset(out_view, 0, sizeof(*out_view));
	for (uint32_t i = 0; i < PROBE_COUNT; i++) {
		out_view->addresses4[i] = table4_lookup(t->addresses4, probe4(i));
		out_view->addresses6[i] = table6_lookup(t->addresses6, probe6(i));
		out_view->nets6[i] = table6_lookup(t->addresses6, probe_net6(i));
	}
	for (uint32_t i = 0; i < PROBE_NAMES; i++) {
		struct names_match match;

		names_lookup(t->names, name, probe_name(i, name), &match);
		out_view->names[i].verdict = match.verdict;
		out_view->names[i].subject_offset = match.subject_offset;
		out_view->names[i].subtree = match.subtree;
	}
	for (verdict_t i = 0; i < 4; i++)
		out_view->is_defined[i] = verdicts_is_defined(t->verdicts, i);
	out_view->zone_count = zones_count(t->zones);
	table4_stats(t->addresses4, &stats4);
	table6_stats(t->addresses6, &stats6);
	names_stats(t->names, &stats);
	out_view->sizes[0] = stats4.memory_size;
	out_view->sizes[1] = stats4.address_count;
	out_view->sizes[2] = stats6.memory_size;
	out_view->sizes[3] = stats6.boundary_count;
	out_view->sizes[4] = stats.memory_size;
	out_view->sizes[5] = stats.name_count;
}
