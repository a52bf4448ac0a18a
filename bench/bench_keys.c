/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a key label costs a query, whole bursts of 32 through the answer core and the counters, by
 * the number of keys of the zone, and what adding keys costs. bench_keys [KEYS]          default
 * 100000 One JSON object a line. "no keys": the same questions to a zone without; "one client": all
 * queries have the same key; "all clients": each has another one, all over the table.
 */
#include "bench/mix.h"
#include "bench/report.h"
#include "bench/wire.h"
#include "dataplane/answer.h"
#include "dataplane/stats.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST   32u
#define ROUNDS  4000u /* bursts of a run */
#define RUNS    7
#define QUERIES 16384u /* different ones, asked in turn */
#define SIZE    96

struct stored {
	uint8_t bytes[SIZE];
	uint16_t size;
};

static struct keys *make_keys(uint32_t count)
{
	struct keys *keys = keys_new();
	char label[32];

	if (!keys)
		report_must_do(-ENOMEM);
	for (uint32_t i = 0; i < count; i++) {
		int size = snprintf(label, sizeof(label), "key-%08x-%u", mix32(i), i);

		report_must_do(keys_add(keys, (const uint8_t *)label, (size_t)size, "client"));
	}
	report_must_do(keys_seal(keys));
	return keys;
}

/* One zone with keys, 0 = it needs none; everybody may ask. */
static struct tables *make_tables(uint32_t key_count)
{
	struct tables *t = tables_new();
	struct zone zone = {.apex = {(const uint8_t *)"\2bl\7example", 12},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4,
	                    .ttl_s = 300,
	                    .needs_key = key_count > 0,
	                    .lists = {1u << 1}};
	uint32_t id = 1;

	if (!t)
		report_must_do(-ENOMEM);
	report_must_do(verdicts_define_listing(t->verdicts, 1, 1, 0x7f000002, "listed", 6));
	report_must_do(verdicts_define(t->verdicts, 1, &id, 1));
	report_must_do(table4_paint(t->addresses4, 0x01020304, 0x01020304, 1));
	report_must_do(access_rules_paint(t->access, 0, ~(address6_t)0, 1));
	report_must_do(zones_add(t->zones, &zone));
	if (key_count)
		report_must_do(zones_give_keys(t->zones, zone.apex.bytes, zone.apex.size,
		                               make_keys(key_count)));
	return t;
}

/* 4.3.2.1.KEY.bl.example; clients: how many keys are used. */
static void make_query(struct stored *s, uint32_t key_count, uint32_t client)
{
	char text[SIZE];
	size_t size;

	if (key_count)
		snprintf(text, sizeof(text), "4.3.2.1.key-%08x-%u.bl.example", mix32(client),
		         client);
	else
		snprintf(text, sizeof(text), "4.3.2.1.bl.example");
	*s = (struct stored){.bytes = {[5] = 1}};
	size = 12 + wire_name(text, &s->bytes[12]) + 1;
	s->bytes[size + 1] = s->bytes[size + 3] = 1;
	s->size = (uint16_t)(size + 4);
}

static void ask(const struct tables *t, struct stats_thread *counters, const struct stored *stored)
{
	static uint8_t messages[BURST][512];
	struct query queries[BURST];

	for (uint32_t i = 0; i < BURST; i++) {
		memcpy(messages[i], stored[i].bytes, SIZE);
		queries[i].message = messages[i];
		queries[i].size = stored[i].size;
		queries[i].capacity = sizeof(messages[i]);
		queries[i].is_tcp = false;
		queries[i].is_internal = false;
		queries[i].now_us = 0;
		queries[i].client = (address6_t)0xffff << 32 | 0x7f000001;
	}
	answer_burst(t, queries, BURST);
	stats_count_burst(counters, STATS_UDP, queries, BURST);
	rcu_quiescent_state();
	for (uint32_t i = 0; i < BURST; i++) {
		if (queries[i].rcode != 0 || queries[i].reply_size <= queries[i].size)
			report_must_do(-EPROTO); /* all are listed */
	}
}

static void bench(uint32_t key_count, uint32_t clients, const char *what)
{
	struct tables *t = make_tables(key_count);
	struct stats *stats = stats_new(1);
	struct stored *stored = calloc(QUERIES, sizeof(*stored));
	double times_ns[RUNS];
	char name[64];

	if (!stats || !stored)
		report_must_do(-ENOMEM);
	for (uint32_t i = 0; i < QUERIES; i++)
		make_query(&stored[i], key_count, clients ? mix32(i + 7) % clients : 0);
	for (int run = 0; run < RUNS; run++) {
		uint64_t start_ns = report_thread_ns();

		for (uint32_t i = 0; i < ROUNDS; i++)
			ask(t, stats_of_thread(stats, 0), &stored[i * BURST % QUERIES]);
		times_ns[run] = (double)(report_thread_ns() - start_ns);
	}
	snprintf(name, sizeof(name), "keys query %s", what);
	report_value(name, report_median(times_ns, RUNS) / (ROUNDS * BURST), "ns", key_count);
	free(stored);
	stats_free(stats);
	tables_free(t);
}

static void bench_add(uint32_t count)
{
	uint64_t start_ns = report_thread_ns();
	struct keys *keys = make_keys(count);

	report_ns("keys add", start_ns, count);
	keys_free(keys);
}

int main(int argc, char **argv)
{
	uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;

	rcu_register_thread();
	bench(0, 0, "no keys");
	bench(1, 1, "one client");
	bench(count, 1, "one client");
	bench(1000, 1000, "all clients");
	bench(count, count, "all clients");
	bench_add(count);
	rcu_unregister_thread();
	return 0;
}
