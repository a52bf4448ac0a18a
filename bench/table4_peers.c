/* SPDX-License-Identifier: BSD-3-Clause */
/* The same addresses and questions for what one might have used instead of table4. */
#include "bench/mix.h"
#include "bench/report.h"
#include "bench/table4_data.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIB_GROUPS 60000u /* /24s that may be split: 1 KB each */

static void name_row(char out_name[64], const char *peer, uint32_t count, const char *what)
{
	snprintf(out_name, 64, "peer_%s_%u_%s", peer, count, what);
}

static void report_rate(const char *peer, uint32_t count, const char *what, uint64_t start,
                        uint64_t n)
{
	char name[64];

	name_row(name, peer, count, what);
	report_ns(name, start, n);
}

static void report_slices(const char *peer, uint32_t count, const char *what, bench_slice *slice,
                          void *context, const uint32_t *questions)
{
	char name[64];

	name_row(name, peer, count, what);
	if (bench_report_slices(name, slice, context, questions) == 1) /* keeps the lookups */
		fprintf(stderr, "sum\n");
}

static uint32_t hash_slice(void *hash, const uint32_t *questions, uint32_t count)
{
	uint64_t hits, sum = 0;

	for (uint32_t i = 0; i < count; i += BENCH_BURST) {
		const void *keys[BENCH_BURST];
		void *data[BENCH_BURST];

		for (uint32_t k = 0; k < BENCH_BURST; k++)
			keys[k] = &questions[i + k];
		rte_hash_lookup_bulk_data(hash, keys, BENCH_BURST, &hits, data);
		sum += hits;
	}
	return (uint32_t)sum;
}

static void bench_rte_hash(const uint32_t *addresses, uint32_t count, const uint32_t *questions)
{
	struct rte_hash_parameters parameters = {.name = "peer",
	                                         .entries = count + count / 8,
	                                         .key_len = sizeof(uint32_t),
	                                         .hash_func = rte_hash_crc};
	struct rte_hash *hash = rte_hash_create(&parameters);
	uint64_t start = report_thread_ns();

	if (!hash) {
		fprintf(stderr, "bench_table: no rte_hash: %s\n", rte_strerror(rte_errno));
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		rte_hash_add_key_data(hash, &addresses[i], (void *)(uintptr_t)1);
	report_rate("rte_hash", count, "add", start, count);
	report_slices("rte_hash", count, "lookup_bulk", hash_slice, hash, questions);
	rte_hash_free(hash);
}

static uint32_t fib_slice(void *fib, const uint32_t *questions, uint32_t count)
{
	uint64_t hops[BENCH_BURST];
	uint32_t keys[BENCH_BURST];
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i += BENCH_BURST) {
		memcpy(keys, &questions[i], sizeof(keys));
		rte_fib_lookup_bulk(fib, keys, hops, BENCH_BURST);
		sum += hops[0];
	}
	return (uint32_t)sum;
}

static void bench_rte_fib(const uint32_t *addresses, uint32_t count, const uint32_t *questions)
{
	struct rte_fib_conf conf = {
	    .type = RTE_FIB_DIR24_8,
	    .max_routes = FIB_GROUPS * 2,
	    .dir24_8 = {.nh_sz = RTE_FIB_DIR24_8_4B, .num_tbl8 = FIB_GROUPS}};
	struct rte_fib *fib = rte_fib_create("peer", 0, &conf);
	uint64_t start = report_thread_ns();
	uint32_t added = 0;

	if (!fib) {
		fprintf(stderr, "bench_table: no rte_fib: %s\n", rte_strerror(rte_errno));
		return;
	}
	while (added < count && rte_fib_add(fib, addresses[added], 32, 1) == 0)
		added++;
	report_rate("rte_fib", count, "add", start, added); /* n: as many as it takes */
	report_slices("rte_fib", count, "lookup_bulk", fib_slice, fib, questions);
	rte_fib_free(fib);
}

struct node {
	struct cds_lfht_node node;
	uint32_t address, verdict;
};

static int is_same(struct cds_lfht_node *node, const void *key)
{
	return caa_container_of(node, struct node, node)->address == *(const uint32_t *)key;
}

static uint32_t lfht_slice(void *table, const uint32_t *questions, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct cds_lfht_iter iter;

		cds_lfht_lookup(table, mix32(questions[i] ^ 0x9e3779b9u), is_same, &questions[i],
		                &iter);
		sum += cds_lfht_iter_get_node(&iter) != NULL;
	}
	return sum;
}

static void bench_lfht(const uint32_t *addresses, uint32_t count, const uint32_t *questions)
{
	unsigned long size = 1;
	struct cds_lfht *table;
	struct node *nodes;
	uint64_t start;

	while (size < count)
		size *= 2;
	table = cds_lfht_new(size, size, size, 0, NULL);
	nodes = bench_allocate(count * sizeof(*nodes));
	if (!table)
		report_must_do(-12);
	start = report_thread_ns();
	for (uint32_t i = 0; i < count; i++) {
		nodes[i].address = addresses[i];
		nodes[i].verdict = 1;
		cds_lfht_add(table, mix32(addresses[i] ^ 0x9e3779b9u), &nodes[i].node);
		if (i % 1024 == 0)
			rcu_quiescent_state();
	}
	report_rate("cds_lfht", count, "add", start, count);
	report_slices("cds_lfht", count, "lookup", lfht_slice, table, questions);
	for (uint32_t i = 0; i < count; i++)
		cds_lfht_del(table, &nodes[i].node);
	cds_lfht_destroy(table, NULL);
	munmap(nodes, count * sizeof(*nodes));
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

struct sorted {
	uint32_t *addresses;
	uint32_t count;
};

static uint32_t sorted_slice(void *context, const uint32_t *questions, uint32_t count)
{
	const struct sorted *s = context;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t *at = s->addresses;

		for (size_t n = s->count; n > 1;) {
			size_t half = n / 2;

			at += at[half] <= questions[i] ? half : 0;
			n -= half;
		}
		sum += *at == questions[i];
	}
	return sum;
}

static void bench_sorted(const uint32_t *addresses, uint32_t count, const uint32_t *questions)
{
	struct sorted s = {bench_allocate(count * sizeof(*addresses)), count};

	memcpy(s.addresses, addresses, count * sizeof(*addresses));
	qsort(s.addresses, count, sizeof(*addresses), compare);
	report_slices("sorted_array", count, "lookup", sorted_slice, &s, questions);
	munmap(s.addresses, count * sizeof(*addresses));
}

void table4_peers(const uint32_t *addresses, uint32_t count, const uint32_t *questions)
{
	static char *arguments[] = {"bench_table",    "--no-huge", "--no-pci", "--no-shconf",
	                            "--no-telemetry", "-m",        "2048",     "--log-level=4",
	                            "--lcores=0",     NULL};
	static int is_up;

	bench_sorted(addresses, count, questions);
	bench_lfht(addresses, count, questions);
	if (is_up == 0)
		is_up = rte_eal_init(9, arguments);
	if (is_up < 0) {
		fprintf(stderr, "bench_table: no DPDK: %s\n", rte_strerror(rte_errno));
		return;
	}
	is_up = 1;
	bench_rte_hash(addresses, count, questions);
	bench_rte_fib(addresses, count, questions);
}
