/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tables cost: bytes per entry, nanoseconds per paint and per lookup.
 *   bench_table [ENTRIES [ip4|short]]  default 1000000; IPv4 also has 10 M, 100000000 takes 2 GB
 * "ip4": no IPv6; "short": no IPv4 tables of 10 M and no worst cases.
 * One JSON object a line: {"name":…,"value":…,"unit":…,"n":…}. Every other lookup is of something
 * listed, but for IPv4, where the row says so; "peer" is what one might have used instead, "floor"
 * a prefetched load of a random cache line, each in a burst of 32. Times are CPU times of the
 * calling thread (freeing after grace periods is done by another); still, nothing else should run
 * on the machine.
 */
#include "bench/mix.h"
#include "bench/report.h"
#include "bench/table4_rows.h"
#include "dataplane/table/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKUPS 4000000u
#define BURST   32
#define NET     ((address6_t)0x2000000000000000 << 64)

/* The key of a lookup: listed for even numbers. */
static uint32_t lookup_key(uint32_t i, uint32_t entries)
{
	return i & 1 ? mix32(entries + i) : mix32(mix32(i) % entries);
}

static void bench_table6(struct table6 *t, uint32_t entries)
{
	struct table6_stats stats;
	uint32_t sum = 0;
	uint64_t start;

	start = report_thread_ns();
	for (uint32_t i = 0; i < entries; i++) {
		address6_t first = NET + ((address6_t)mix32(i) << 64);

		report_must_do(table6_paint(t, first, first + UINT64_MAX, 1 + i % 100));
	}
	report_ns("table6_paint", start, entries);
	table6_stats(t, &stats);
	report_value("table6_memory", (double)stats.memory_size / entries, "B/prefix", entries);
	start = report_thread_ns();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		sum += table6_lookup(t, NET + ((address6_t)lookup_key(i, entries) << 64));
	report_ns("table6_lookup", start, LOOKUPS);
	if (sum == 1)
		fprintf(stderr, "sum\n");
}

static void bench_table6_ascending(struct table6 *t, uint32_t entries)
{
	struct table6_stats stats;
	uint64_t start = report_thread_ns();

	for (uint32_t i = 0; i < entries; i++) {
		address6_t first = NET + ((address6_t)i << 66);

		report_must_do(table6_paint(t, first, first + UINT64_MAX, 1 + i % 100));
	}
	report_ns("table6_ascending_paint", start, entries);
	table6_stats(t, &stats);
	report_value("table6_ascending_memory", (double)stats.memory_size / entries, "B/prefix",
	             entries);
}

static struct tables *fresh(struct tables *old)
{
	struct tables *t;

	tables_free(old);
	t = tables_new();
	if (!t) {
		perror("bench_table");
		exit(1);
	}
	return t;
}

int main(int argc, char **argv)
{
	uint32_t entries = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	bool is_ip4_only = argc > 2 && strcmp(argv[2], "ip4") == 0;
	bool is_short = argc > 2 && strcmp(argv[2], "short") == 0;
	struct tables *t;

	if (entries == 0 || (argc > 2 && !is_ip4_only && !is_short)) {
		fprintf(stderr, "usage: %s [ENTRIES [ip4|short]]\n", argv[0]);
		return 2;
	}
	table4_rows(entries);
	if (entries < 10000000 && !is_short)
		table4_rows(10000000);
	table4_beside(is_short ? entries : 10000000);
	if (!is_short)
		table4_worst();
	if (is_ip4_only)
		return 0;
	t = fresh(NULL);
	bench_table6(t->addresses6, entries);
	t = fresh(t);
	bench_table6_ascending(t->addresses6, entries);
	tables_free(t);
	return 0;
}
