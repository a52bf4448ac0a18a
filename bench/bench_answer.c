/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an answer costs: ticks of the time stamp counter per query, through the whole answer core,
 * in bursts of 32 over a filled table.
 *   bench_answer [ENTRIES]       default 1000000
 * One JSON object a line, as bench_table. Every other query is of a listed address; each has an
 * OPT; the kinds take turns round by round, and the median of the rounds is told.
 */
#include "bench/ticks.h"
#include "dataplane/access.h"
#include "dataplane/answer.h"

#include <urcu-qsbr.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS      15
#define BURSTS      4096 /* of a round */
#define MESSAGE_MAX 1232
#define NOW_S       1559731985
#define LOOPBACK    (((address6_t)0xffff << 32) | 0x7f000001)

struct message {
	uint8_t bytes[128];
	uint16_t size;
};

#ifndef BENCH_NO_COOKIES
enum kind { PLAIN, COOKIE_NEW, COOKIE_GOOD, KIND_COUNT };
static const char *const names[KIND_COUNT] = {"answer_edns", "answer_edns_cookie_new",
                                              "answer_edns_cookie_good"};
#else /* for a comparison with the core before it knew cookies */
enum kind { PLAIN, KIND_COUNT };
static const char *const names[KIND_COUNT] = {"answer_edns"};
#endif

struct bench {
	struct tables *tables;
	struct query queries[QUERY_BURST_MAX];
	uint8_t messages[QUERY_BURST_MAX][MESSAGE_MAX];
	struct message *asked[KIND_COUNT]; /* BURSTS * QUERY_BURST_MAX each */
};

static void must(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "bench_answer: %s\n", what);
	exit(1);
}

/* A bijective mix, as in bench_table. */
static uint32_t mix(uint32_t key)
{
	key = (key ^ key >> 16) * 0x7feb352du;
	key = (key ^ key >> 15) * 0x846ca68bu;
	return key ^ key >> 16;
}

static void fill(struct tables *t, uint32_t entries)
{
	struct zone zone = {.apex = {(const uint8_t *)"\2bl\7example", 12},
	                    .state = ZONE_SERVING,
	                    .content = ZONE_HAS_IP4,
	                    .ttl_s = 300,
	                    .negative_ttl_s = 60,
	                    .lists = {2}};
	uint32_t listing = 1;

	must(verdicts_define_listing(t->verdicts, 1, 1, 0x7f000002, "$ is listed", 11) == 0,
	     "listing");
	must(verdicts_define(t->verdicts, 1, &listing, 1) == 0, "verdict");
	must(zones_add(t->zones, &zone) == 0, "zone");
	must(table6_paint(t->access->clients, 0, ~(address6_t)0, ACCESS_ALLOW + 1u) == 0, "access");
	for (uint32_t i = 0; i < entries; i++)
		must(table4_paint(t->addresses4, mix(i), mix(i), 1) == 0, "paint");
#ifndef BENCH_NO_COOKIES
	t->settings = settings_new();
	must(t->settings, "settings");
	t->settings->secret_count = 1;
#endif
}

static void compose(struct message *m, uint32_t address, const uint8_t *cookie, uint8_t cookie_size)
{
	uint8_t *at = m->bytes;
	uint8_t opt[] = {0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0};

	memset(m, 0, sizeof(*m));
	at[2] = 1;
	at[5] = at[11] = 1; /* a question, an additional record */
	at += 12;
	for (unsigned i = 0; i < 4; i++) {
		*at = (uint8_t)sprintf((char *)at + 1, "%u", address >> 8 * i & 0xff);
		at += 1 + *at;
	}
	memcpy(at, "\2bl\7example\0\0\1\0\1", 16);
	at += 16;
	opt[10] = cookie_size ? cookie_size + 4 : 0;
	memcpy(at, opt, sizeof(opt));
	at += sizeof(opt);
	if (cookie_size) {
		at[1] = 10;
		at[3] = cookie_size;
		memcpy(at + 4, cookie, cookie_size);
		at += 4 + cookie_size;
	}
	m->size = (uint16_t)(at - m->bytes);
}

static void compose_all(struct bench *b, uint32_t entries)
{
	uint8_t cookie[24] = {1, 2, 3, 4, 5, 6, 7, 8};

#ifndef BENCH_NO_COOKIES
	cookie_check(b->tables->settings, LOOPBACK, NOW_S, cookie, 8, cookie);
#endif
	for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
		b->asked[kind] = malloc(BURSTS * QUERY_BURST_MAX * sizeof(struct message));
		must(b->asked[kind], "memory");
		for (uint32_t i = 0; i < BURSTS * QUERY_BURST_MAX; i++) {
			uint32_t address = i & 1 ? mix(entries + i) : mix(mix(i) % entries);

			compose(&b->asked[kind][i], address, cookie, (uint8_t[]){0, 8, 24}[kind]);
		}
	}
}

/* Ticks per query of one round; making the queries is not counted. */
static double run(struct bench *b, unsigned kind, unsigned *hits)
{
	uint64_t ticks = 0;

	for (unsigned burst = 0; burst < BURSTS; burst++) {
		uint64_t start;

		for (unsigned i = 0; i < QUERY_BURST_MAX; i++) {
			const struct message *m = &b->asked[kind][burst * QUERY_BURST_MAX + i];
			struct query *q = &b->queries[i];

			memcpy(b->messages[i], m->bytes, m->size);
			q->message = b->messages[i];
			q->size = m->size;
			q->capacity = MESSAGE_MAX;
			q->is_tcp = false;
			q->client = LOOPBACK;
#ifndef BENCH_NO_COOKIES
			q->now_us = NOW_S * UINT64_C(1000000);
#endif
		}
		start = ticks_now();
		answer_burst(b->tables, b->queries, QUERY_BURST_MAX);
		ticks += ticks_now() - start;
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++)
			*hits += b->queries[i].rcode == 0;
		urcu_qsbr_quiescent_state();
	}
	return (double)ticks / (BURSTS * QUERY_BURST_MAX);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	uint32_t entries = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	static struct bench b;
	double ticks[KIND_COUNT][ROUNDS];
	unsigned hits = 0;

	must(entries > 0, "usage: bench_answer [ENTRIES]");
	urcu_qsbr_register_thread();
	b.tables = tables_new();
	must(b.tables, "memory");
	fill(b.tables, entries);
	compose_all(&b, entries);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned kind = 0; kind < KIND_COUNT; kind++)
			ticks[kind][round] = run(&b, kind, &hits);
	}
	must(hits >= ROUNDS * KIND_COUNT * BURSTS * QUERY_BURST_MAX / 2, "too few hits");
	for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
		qsort(ticks[kind], ROUNDS, sizeof(ticks[kind][0]), compare);
		printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"ticks/query\",\"n\":%d,"
		       "\"entries\":%" PRIu32 "}\n",
		       names[kind], ticks[kind][ROUNDS / 2], ROUNDS * BURSTS * QUERY_BURST_MAX,
		       entries);
		free(b.asked[kind]);
	}
	tables_free(b.tables);
	urcu_qsbr_unregister_thread();
	return 0;
}
