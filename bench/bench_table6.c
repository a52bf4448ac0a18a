/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What table6 costs: nanoseconds of a paint and of a lookup, bytes of an entry.
 *   bench_table6 [ENTRIES]        /64s, default 5000000; a fifth as many /128s, and 1/25 prefixes
 * One JSON object a line: {"name":…,"value":…,"unit":…,"n":…}. "floor" is a prefetch and a load of
 * a random line of memory as large as the table, "cds_lfht" is liburcu's hash keyed on 128 bits:
 * both in the same run. Times are CPU times of the calling thread; the median of RUNS where it is a
 * lookup. Nothing else should run on the machine.
 */
#include "bench/mix.h"
#include "bench/report.h"
#include "dataplane/table/table6.h"

#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOKUPS (1u << 20)
#define BURST   32
#define RUNS    5

static void report(const char *name, double value, const char *unit, uint64_t n)
{
	printf("{\"name\":\"table6 %s\",\"value\":%.2f,\"unit\":\"%s\",\"n\":%" PRIu64 "}\n", name,
	       value, unit, n);
	fflush(stdout);
}

/* Random global unicast: the lower 61 bits of a mix may meet, which is as rare as it is harmless.
 */
static address6_t net_of(uint64_t i)
{
	return (address6_t)(mix64(i) >> 3 | UINT64_C(1) << 61) << 64;
}

static address6_t host_of(uint64_t i)
{
	return net_of(i + (UINT64_C(1) << 40)) | mix64(i);
}

/* A prefix of /19../63: ever more of the longer ones. */
static void prefix_of(uint64_t i, address6_t *out_first, address6_t *out_last)
{
	static const uint8_t lengths[] = {19, 24, 28, 29, 32, 32, 32, 36, 40, 44, 48,
	                                  48, 48, 48, 48, 52, 56, 56, 56, 60, 62, 63};
	unsigned length =
	    i < 1000 ? 32 + (unsigned)(i % 32) : lengths[4 + mix64(i + 7) % (sizeof(lengths) - 4)];

	if (i < 8)
		length = lengths[i % 4];
	*out_last = ~(address6_t)0 >> length;
	*out_first = net_of(i + (UINT64_C(1) << 41)) & ~*out_last;
	*out_last |= *out_first;
}

static uint64_t resident_size(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

struct keys {
	address6_t *all;
	uint64_t entries;
};

/* Keys that are listed for so many of a hundred, others random. */
static void make_keys(struct keys *k, unsigned percent)
{
	for (uint64_t i = 0; i < LOOKUPS; i++) {
		uint64_t random = mix64(i + (UINT64_C(3) << 50));

		k->all[i] = net_of(random % 100 < percent ? random / 100 % k->entries
		                                          : random + (UINT64_C(1) << 45));
		k->all[i] |= mix64(i);
	}
}

static void bench_lookup(const struct table6 *t, const struct keys *k, const char *what)
{
	double single[RUNS], burst[RUNS];
	verdict_t verdicts[BURST];
	uint32_t sum = 0;
	char name[80];

	for (int run = 0; run < RUNS; run++) {
		uint64_t start = report_thread_ns();

		for (uint64_t i = 0; i < LOOKUPS; i++) /* each one waits for the one before */
			sum += table6_lookup(t, k->all[i] + (sum & 1) / 2);
		single[run] = (double)(report_thread_ns() - start) / LOOKUPS;
		start = report_thread_ns();
		for (uint64_t i = 0; i < LOOKUPS; i += BURST) {
			table6_lookup_burst(t, &k->all[i], BURST, verdicts);
			sum += verdicts[0];
		}
		burst[run] = (double)(report_thread_ns() - start) / LOOKUPS;
	}
	snprintf(name, sizeof(name), "lookup %s", what);
	report(name, report_median(single, RUNS), "ns", LOOKUPS);
	snprintf(name, sizeof(name), "lookup burst %s", what);
	report(name, report_median(burst, RUNS), "ns", LOOKUPS);
	if (sum == 1)
		fprintf(stderr, "sum\n");
}

static void bench_lookups(const struct table6 *t, struct keys *k, const char *kind)
{
	char name[64];

	for (unsigned percent = 0; percent <= 100; percent += 50) {
		make_keys(k, percent);
		snprintf(name, sizeof(name), "%s %u%% hit", kind, percent);
		bench_lookup(t, k, name);
	}
}

static void bench_floor(uint64_t size)
{
	const uint64_t lines = size / 64;
	uint64_t *memory = aligned_alloc(64, lines * 64), sum = 0;
	double ns[RUNS];

	if (!memory)
		report_must_do(-12);
	memset(memory, 1, lines * 64);
	for (int run = 0; run < RUNS; run++) {
		uint64_t start = report_thread_ns();

		for (uint64_t i = 0; i < LOOKUPS; i += BURST) {
			uint64_t at[BURST];

			for (uint64_t j = 0; j < BURST; j++) {
				at[j] =
				    (uint64_t)((unsigned __int128)mix64(i + j) * lines >> 64) * 8;
				__builtin_prefetch(&memory[at[j]]);
			}
			for (uint64_t j = 0; j < BURST; j++)
				sum += memory[at[j]];
		}
		ns[run] = (double)(report_thread_ns() - start) / LOOKUPS;
	}
	report("floor, a random line in bursts", report_median(ns, RUNS), "ns", LOOKUPS);
	if (sum == 1)
		fprintf(stderr, "sum\n");
	free(memory);
}

struct node {
	struct cds_lfht_node node;
	address6_t key;
	verdict_t verdict;
};

static int match(struct cds_lfht_node *node, const void *key)
{
	return caa_container_of(node, struct node, node)->key == *(const address6_t *)key;
}

static void bench_lfht(const struct keys *k)
{
	struct cds_lfht *h = cds_lfht_new(1 << 20, 1 << 16, 0, CDS_LFHT_AUTO_RESIZE, NULL);
	struct node *nodes = calloc(k->entries, sizeof(*nodes));
	uint64_t start = report_thread_ns();
	double ns[RUNS];
	uint32_t sum = 0;

	if (!h || !nodes)
		report_must_do(-12);
	for (uint64_t i = 0; i < k->entries; i++) {
		nodes[i].key = net_of(i);
		nodes[i].verdict = 1;
		cds_lfht_add(h, mix64((uint64_t)(nodes[i].key >> 64)), &nodes[i].node);
	}
	report("cds_lfht add", (double)(report_thread_ns() - start) / (double)k->entries, "ns",
	       k->entries);
	for (int run = 0; run < RUNS; run++) {
		start = report_thread_ns();
		for (uint64_t i = 0; i < LOOKUPS; i++) {
			address6_t key = k->all[i] >> 64 << 64;
			struct cds_lfht_iter iter;

			cds_lfht_lookup(h, mix64((uint64_t)(key >> 64)), match, &key, &iter);
			sum += cds_lfht_iter_get_node(&iter) != NULL;
		}
		ns[run] = (double)(report_thread_ns() - start) / LOOKUPS;
	}
	report("cds_lfht lookup 50% hit", report_median(ns, RUNS), "ns", LOOKUPS);
	if (sum == 1)
		fprintf(stderr, "sum\n");
}

static void paint_net(struct table6 *t, address6_t net, verdict_t verdict)
{
	report_must_do(table6_paint(t, net, net | UINT64_MAX, verdict));
}

static void tell_memory(const struct table6 *t, const char *what, uint64_t before, uint64_t n)
{
	struct table6_stats stats;
	char name[64];

	rcu_barrier();
	table6_stats(t, &stats);
	snprintf(name, sizeof(name), "memory %s", what);
	report(name, (double)stats.memory_size / (double)n, "B/entry", n);
	if (before == 0) /* what was freed before is used again: only the first can be told */
		return;
	snprintf(name, sizeof(name), "resident %s", what);
	report(name, (double)(resident_size() - before) / (double)n, "B/entry", n);
}

/* Fill in random order, look up, change half of it, take all out again. */
static void bench_nets(struct keys *k)
{
	const uint64_t n = k->entries, before = resident_size();
	struct table6 *t = table6_new();
	struct table6_stats stats;
	uint64_t start = report_thread_ns();

	for (uint64_t i = 0; i < n; i++)
		paint_net(t, net_of(i), (verdict_t)(1 + i % 100));
	report("fill /64 random", (double)(report_thread_ns() - start) / (double)n, "ns", n);
	tell_memory(t, "/64 random", before, n);
	table6_stats(t, &stats);
	bench_floor(stats.memory_size);
	bench_lookups(t, k, "/64");
	start = report_thread_ns();
	for (uint64_t i = 0; i < n / 2; i++)
		paint_net(t, net_of(2 * i), (verdict_t)(1 + i % 90));
	report("change /64 random", (double)(report_thread_ns() - start) / (double)(n / 2), "ns",
	       n / 2);
	start = report_thread_ns();
	for (uint64_t i = 0; i < n; i++)
		paint_net(t, net_of(mix64(i) % n), 0); /* two thirds are there */
	report("delete /64 random", (double)(report_thread_ns() - start) / (double)n, "ns", n);
	for (uint64_t i = 0; i < n; i++)
		paint_net(t, net_of(i), 0);
	table6_stats(t, &stats);
	report("memory emptied", (double)stats.memory_size, "B", n);
	table6_free(t);
}

static void bench_ascending(uint64_t n)
{
	struct table6 *t = table6_new();
	uint64_t start = report_thread_ns();

	for (uint64_t i = 0; i < n; i++)
		paint_net(t, ((address6_t)1 << 125) + ((address6_t)i << 68),
		          (verdict_t)(1 + i % 100));
	report("fill /64 ascending", (double)(report_thread_ns() - start) / (double)n, "ns", n);
	tell_memory(t, "/64 ascending", 0, n);
	table6_free(t);
}

static void bench_hosts(uint64_t n)
{
	struct table6 *t = table6_new();
	uint64_t start = report_thread_ns();

	for (uint64_t i = 0; i < n; i++)
		report_must_do(table6_paint(t, host_of(i), host_of(i), (verdict_t)(1 + i % 100)));
	report("fill /128 random", (double)(report_thread_ns() - start) / (double)n, "ns", n);
	tell_memory(t, "/128 random", 0, n);
	table6_free(t);
}

/* All kinds, each in random order, the prefixes first as last. */
static void bench_mixed(struct keys *k)
{
	const uint64_t n = k->entries, hosts = n / 5, prefixes = n / 25;
	struct table6 *t = table6_new();
	address6_t first, last;
	uint64_t start = report_thread_ns(), part;

	for (uint64_t i = 0; i < prefixes / 2; i++) {
		prefix_of(i, &first, &last);
		report_must_do(table6_paint(t, first, last, (verdict_t)(1 + i % 100)));
	}
	for (uint64_t i = 0; i < n; i++) {
		paint_net(t, net_of(i), (verdict_t)(1 + i % 100));
		if (i % 5 == 0)
			report_must_do(table6_paint(t, host_of(i / 5), host_of(i / 5),
			                            (verdict_t)(1 + i % 100)));
	}
	part = report_thread_ns();
	for (uint64_t i = prefixes / 2; i < prefixes; i++) {
		prefix_of(i, &first, &last);
		report_must_do(table6_paint(t, first, last, (verdict_t)(1 + i % 100)));
	}
	report("fill prefixes over the others",
	       (double)(report_thread_ns() - part) / (double)(prefixes / 2), "ns", prefixes / 2);
	report("fill mixed", (double)(report_thread_ns() - start) / (double)(n + hosts + prefixes),
	       "ns", n + hosts + prefixes);
	tell_memory(t, "mixed", 0, n + hosts + prefixes);
	bench_lookups(t, k, "mixed");
	start = report_thread_ns();
	for (uint64_t i = 0; i < n; i++) {
		paint_net(t, net_of(i), 0);
		if (i % 5 == 0)
			report_must_do(table6_paint(t, host_of(i / 5), host_of(i / 5), 0));
	}
	report("delete mixed", (double)(report_thread_ns() - start) / (double)(n + hosts), "ns",
	       n + hosts);
	table6_free(t);
}

int main(int argc, char **argv)
{
	struct keys k = {malloc(LOOKUPS * sizeof(*k.all)),
	                 argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000};

	if (k.entries < 100 || !k.all) {
		fprintf(stderr, "usage: %s [ENTRIES]\n", argv[0]);
		return 2;
	}
	rcu_register_thread();
	rcu_thread_offline();
	bench_nets(&k);
	rcu_barrier();
	bench_ascending(k.entries);
	bench_hosts(k.entries / 5);
	bench_mixed(&k);
	make_keys(&k, 50);
	rcu_thread_online();
	bench_lfht(&k);
	rcu_unregister_thread();
	free(k.all);
	return 0;
}
