/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a key label costs a query, whole bursts of 32 through the answer core and the counters, by
 * the number of keys of the zone, and what adding keys costs. bench_keys [KEYS]          default
 * 100000 One JSON object a line. "no keys": the same questions to a zone without; "one client": all
 * queries have the same key; "all clients": each has another one, all over the table.
 */
#include "dataplane/answer.h"
#include "dataplane/stats.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BURST   32u
#define ROUNDS  4000u /* bursts of a run */
#define RUNS    7
#define QUERIES 16384u /* different ones, asked in turn */
#define SIZE    96

struct stored {
	uint8_t bytes[SIZE];
	uint16_t size;
};

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(int rc)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench_keys: %s\n", strerror(-rc));
	exit(1);
}

static size_t wire(const char *text, uint8_t *out_name)
{
	size_t size = 0;

	while (*text) {
		size_t label = strcspn(text, ".");

		out_name[size++] = (uint8_t)label;
		memcpy(&out_name[size], text, label);
		size += label;
		text += label + (text[label] == '.');
	}
	return size;
}

static uint32_t mix(uint32_t key)
{
	key = (key ^ key >> 16) * 0x7feb352du;
	key = (key ^ key >> 15) * 0x846ca68bu;
	return key ^ key >> 16;
}

static struct keys *make_keys(uint32_t count)
{
	struct keys *keys = keys_new();
	char label[32];

	if (!keys)
		must(-ENOMEM);
	for (uint32_t i = 0; i < count; i++) {
		int size = snprintf(label, sizeof(label), "key-%08x-%u", mix(i), i);

		must(keys_add(keys, (const uint8_t *)label, (size_t)size, "client"));
	}
	must(keys_seal(keys));
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
		must(-ENOMEM);
	must(verdicts_define_listing(t->verdicts, 1, 1, 0x7f000002, "listed", 6));
	must(verdicts_define(t->verdicts, 1, &id, 1));
	must(table4_paint(t->addresses4, 0x01020304, 0x01020304, 1));
	must(access_rules_paint(t->access, 0, ~(address6_t)0, 1));
	must(zones_add(t->zones, &zone));
	if (key_count)
		must(zones_give_keys(t->zones, zone.apex.bytes, zone.apex.size,
		                     make_keys(key_count)));
	return t;
}

/* 4.3.2.1.KEY.bl.example; clients: how many keys are used. */
static void make_query(struct stored *s, uint32_t key_count, uint32_t client)
{
	char text[SIZE];
	size_t size;

	if (key_count)
		snprintf(text, sizeof(text), "4.3.2.1.key-%08x-%u.bl.example", mix(client), client);
	else
		snprintf(text, sizeof(text), "4.3.2.1.bl.example");
	*s = (struct stored){.bytes = {[5] = 1}};
	size = 12 + wire(text, &s->bytes[12]) + 1;
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
			must(-EPROTO); /* all are listed */
	}
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void bench(uint32_t key_count, uint32_t clients, const char *what)
{
	struct tables *t = make_tables(key_count);
	struct stats *stats = stats_new(1);
	struct stored *stored = calloc(QUERIES, sizeof(*stored));
	double seconds[RUNS];

	if (!stats || !stored)
		must(-ENOMEM);
	for (uint32_t i = 0; i < QUERIES; i++)
		make_query(&stored[i], key_count, clients ? mix(i + 7) % clients : 0);
	for (int run = 0; run < RUNS; run++) {
		double start = cpu_s();

		for (uint32_t i = 0; i < ROUNDS; i++)
			ask(t, stats_of_thread(stats, 0), &stored[i * BURST % QUERIES]);
		seconds[run] = cpu_s() - start;
	}
	qsort(seconds, RUNS, sizeof(*seconds), compare);
	printf("{\"name\":\"keys query %s\",\"value\":%.1f,\"unit\":\"ns\",\"n\":%u}\n", what,
	       seconds[RUNS / 2] * 1e9 / (ROUNDS * BURST), key_count);
	free(stored);
	stats_free(stats);
	tables_free(t);
}

static void bench_add(uint32_t count)
{
	double start = cpu_s();
	struct keys *keys = make_keys(count);

	printf("{\"name\":\"keys add\",\"value\":%.1f,\"unit\":\"ns\",\"n\":%u}\n",
	       (cpu_s() - start) * 1e9 / count, count);
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
