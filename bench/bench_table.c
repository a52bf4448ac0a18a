/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tables cost: bytes per entry, nanoseconds per paint and per lookup.
 *   bench_table [ENTRIES]        default 1000000
 * One JSON object a line: {"name":…,"value":…,"unit":…,"n":…}. Every other lookup is of something
 * listed. Times are CPU times of the calling thread (freeing after grace periods is done by
 * another); still, nothing else should run on the machine.
 */
#include "dataplane/table/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOKUPS 4000000u
#define BURST   32
#define NET     ((address6_t)0x2000000000000000 << 64)

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void report(const char *name, double value, const char *unit, uint64_t n)
{
	printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"n\":%" PRIu64 "}\n", name, value,
	       unit, n);
	fflush(stdout);
}

static void report_ns(const char *name, uint64_t start_ns, uint64_t n)
{
	report(name, (double)(cpu_ns() - start_ns) / (double)n, "ns", n);
}

/* A bijective mix: the same key for the same number, and no key twice. */
static uint32_t mix(uint32_t key)
{
	key = (key ^ key >> 16) * 0x7feb352du;
	key = (key ^ key >> 15) * 0x846ca68bu;
	return key ^ key >> 16;
}

/* The key of a lookup: listed for even numbers. */
static uint32_t lookup_key(uint32_t i, uint32_t entries)
{
	return i & 1 ? mix(entries + i) : mix(mix(i) % entries);
}

/* Clustered: a quarter of a /24 is listed, address by address. */
static uint32_t address_of(uint32_t i, bool is_clustered)
{
	return is_clustered ? mix(i / 64) << 8 | (i * 37 & 0xff) : mix(i);
}

/* As lookup_key(). */
static uint32_t lookup_address(uint32_t i, uint32_t entries, bool is_clustered)
{
	return address_of(i & 1 ? entries + i : mix(i) % entries, is_clustered);
}

/* Stops with a message when something that cannot fail did, e.g. for want of memory. */
static void must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_table: %s\n", strerror(-rc));
		exit(1);
	}
}

static void bench_table4(struct table4 *t, const char *kind, uint32_t entries, bool is_clustered)
{
	uint32_t addresses[BURST], sum = 0;
	verdict_t verdicts[BURST];
	struct table4_stats stats;
	char name[64];
	uint64_t start;

	start = cpu_ns();
	for (uint32_t i = 0; i < entries; i++) {
		uint32_t address = address_of(i, is_clustered);

		must(table4_paint(t, address, address, 1 + i % 100));
	}
	snprintf(name, sizeof(name), "table4_%s_paint", kind);
	report_ns(name, start, entries);
	table4_stats(t, &stats);
	snprintf(name, sizeof(name), "table4_%s_memory", kind);
	report(name, (double)stats.memory_size / (double)stats.address_count, "B/address",
	       stats.address_count);
	start = cpu_ns();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		sum += table4_lookup(t, lookup_address(i, entries, is_clustered));
	snprintf(name, sizeof(name), "table4_%s_lookup", kind);
	report_ns(name, start, LOOKUPS);
	start = cpu_ns();
	for (uint32_t i = 0; i < LOOKUPS; i += BURST) {
		for (uint32_t k = 0; k < BURST; k++)
			addresses[k] = lookup_address(i + k, entries, is_clustered);
		table4_lookup_burst(t, addresses, BURST, verdicts);
		sum += verdicts[0];
	}
	snprintf(name, sizeof(name), "table4_%s_lookup_burst", kind);
	report_ns(name, start, LOOKUPS);
	if (sum == 1) /* keeps the lookups */
		fprintf(stderr, "sum\n");
}

static void bench_table6(struct table6 *t, uint32_t entries)
{
	struct table6_stats stats;
	uint32_t sum = 0;
	uint64_t start;

	start = cpu_ns();
	for (uint32_t i = 0; i < entries; i++) {
		address6_t first = NET + ((address6_t)mix(i) << 64);

		must(table6_paint(t, first, first + UINT64_MAX, 1 + i % 100));
	}
	report_ns("table6_paint", start, entries);
	table6_stats(t, &stats);
	report("table6_memory", (double)stats.memory_size / entries, "B/prefix", entries);
	start = cpu_ns();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		sum += table6_lookup(t, NET + ((address6_t)lookup_key(i, entries) << 64));
	report_ns("table6_lookup", start, LOOKUPS);
	if (sum == 1)
		fprintf(stderr, "sum\n");
}

static void bench_table6_ascending(struct table6 *t, uint32_t entries)
{
	struct table6_stats stats;
	uint64_t start = cpu_ns();

	for (uint32_t i = 0; i < entries; i++) {
		address6_t first = NET + ((address6_t)i << 66);

		must(table6_paint(t, first, first + UINT64_MAX, 1 + i % 100));
	}
	report_ns("table6_ascending_paint", start, entries);
	table6_stats(t, &stats);
	report("table6_ascending_memory", (double)stats.memory_size / entries, "B/prefix", entries);
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
	struct tables *t = fresh(NULL);

	if (entries == 0) {
		fprintf(stderr, "usage: %s [ENTRIES]\n", argv[0]);
		return 2;
	}
	bench_table4(t->addresses4, "random", entries, false);
	t = fresh(t);
	bench_table4(t->addresses4, "clustered", entries, true);
	t = fresh(t);
	bench_table6(t->addresses6, entries);
	t = fresh(t);
	bench_table6_ascending(t->addresses6, entries);
	tables_free(t);
	return 0;
}
