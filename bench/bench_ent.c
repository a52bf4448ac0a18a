/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What questions for empty non-terminals cost, whole queries through the answer core.
 *   bench_ent [ENTRIES]        default 1000000
 * One JSON object a line: {"name":…,"value":…,"unit":"ns","n":…}. Two lists: one has all entries,
 * the other has one; the zone shows the other, so that a search meets what it must not take.
 * "miss": nothing of the zone is below; "full": a full-length query, to compare with.
 */
#include "bench/mix.h"
#include "bench/report.h"
#include "bench/wire.h"
#include "dataplane/answer.h"

#include <urcu-qsbr.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20000u
#define NET    ((address6_t)0x2000000000000000 << 64)

static void fill(struct tables *t, uint32_t entries)
{
	for (uint32_t i = 0; i < entries; i++) {
		address6_t net = NET | (address6_t)((uint64_t)mix32(i) << 28) << 64;
		uint8_t name[64];
		char text[64];

		report_must_do(table4_paint(t->addresses4, mix32(i), mix32(i), 1 + i % 50));
		report_must_do(table6_paint(t->addresses6, net, net | UINT64_MAX, 1 + i % 50));
		snprintf(text, sizeof(text), "a%" PRIx32 ".b%" PRIu32 ".com", mix32(i), i % 5000);
		report_must_do(names_put(t->names, name, wire_name(text, name), 1 + i % 50, 0));
	}
}

static struct tables *make_tables(uint32_t entries)
{
	static const uint8_t lists[] = {1, 2};
	struct tables *t = tables_new();

	if (!t)
		report_must_do(-12);
	for (uint32_t i = 1; i <= 51; i++) {
		char text[16];
		uint32_t list = i <= 50 ? lists[0] : lists[1];

		snprintf(text, sizeof(text), "listing %" PRIu32, i);
		report_must_do(
		    verdicts_define_listing(t->verdicts, i, list, 0x7f000002, text, strlen(text)));
		report_must_do(verdicts_define(t->verdicts, i, &i, 1));
	}
	fill(t, entries);
	report_must_do(table4_paint(t->addresses4, 0x01020304, 0x01020304, 51));
	report_must_do(table6_paint(t->addresses6, (address6_t)1 << 124, (address6_t)1 << 124, 51));
	report_must_do(names_put(t->names, (const uint8_t *)"\1x\3org", 6, 51, 51));
	report_must_do(access_rules_paint(t->access, 0, ~(address6_t)0, 1));
	return t;
}

static void add_zone(struct tables *t)
{
	struct zone zone = {.apex = {(const uint8_t *)"\2bl\7example", 12},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4 | ZONE_HAS_IP6 | ZONE_HAS_NAMES,
	                    .ttl_s = 300,
	                    .lists = {1u << 2}};

	report_must_do(zones_add(t->zones, &zone));
}

static void bench(const struct tables *t, const char *what, const char *name)
{
	uint8_t query[512] = {[5] = 1}, message[512];
	size_t size = 12 + wire_name(name, &query[12]);
	uint64_t best = UINT64_MAX;
	char text[64];
	struct query q;

	size += wire_name("bl.example", &query[size]) + 1;
	query[size + 1] = 1;
	query[size + 3] = 1;
	size += 4;
	for (int run = 0; run < 5; run++) {
		uint64_t start = report_thread_ns();

		for (uint32_t i = 0; i < ROUNDS; i++) {
			memcpy(message, query, size);
			q.message = message;
			q.size = (uint16_t)size;
			q.capacity = sizeof(message);
			q.is_tcp = false;
			q.client = (address6_t)0xffff << 32 | 0x7f000001;
			answer_burst(t, &q, 1);
			rcu_quiescent_state();
		}
		start = report_thread_ns() - start;
		best = start < best ? start : best;
	}
	snprintf(text, sizeof(text), "ent %s", what);
	report_value(text, (double)best / ROUNDS, "ns", ROUNDS);
}

int main(int argc, char **argv)
{
	uint32_t entries = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	struct tables *t;

	rcu_register_thread();
	t = make_tables(entries);
	add_zone(t);
	bench(t, "full ip4 miss", "9.8.7.6");
	bench(t, "full ip6 miss",
	      "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.9.8.7.2");
	bench(t, "full name miss", "www.example.net");
	bench(t, "/8 miss", "77");
	bench(t, "/8 hit", "1");
	bench(t, "/16 miss", "66.77");
	bench(t, "/24 miss", "55.66.77");
	bench(t, "ip6 /4 miss", "f");
	bench(t, "ip6 /3.. of all miss", "2");
	bench(t, "ip6 /32 miss", "0.0.0.0.0.0.0.2");
	bench(t, "name miss below com", "com");
	bench(t, "name hit below org", "org");
	tables_free(t);
	rcu_unregister_thread();
	return 0;
}
