/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/table4_rows.h"

#include "bench/mix.h"
#include "bench/report.h"
#include "bench/table4_data.h"
#include "dataplane/table/table4.h"

#include <urcu-qsbr.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define VERDICTS 100
#define LISTS    10
#define SLICE    1024 /* paints in one table4_paint_burst() */
#define BESIDE   4000000u
#define TURNS    3 /* of the kinds of pages */

struct rows {
	struct table4 *table;
	const char *kind;
	uint32_t count;
};

static void row_name(char out_name[64], const struct rows *r, const char *what)
{
	snprintf(out_name, 64, "table4_%s_%u_%s", r->kind, r->count, what);
}

/* 100 verdicts of 10 lists. */
static struct verdicts *new_verdicts(void)
{
	struct verdicts *v = verdicts_new();

	if (!v)
		report_must_do(-12);
	for (uint32_t i = 1; i <= VERDICTS; i++) {
		report_must_do(verdicts_define_listing(v, i, 1 + i % LISTS, 0x7f000002, NULL, 0));
		report_must_do(verdicts_define(v, i, &i, 1));
	}
	return v;
}

static struct table4 *new_table(const struct verdicts *verdicts)
{
	struct table4 *t = table4_new();

	if (!t)
		report_must_do(-12);
	table4_use(t, verdicts);
	return t;
}

static int is_hit(void *table, uint32_t address)
{
	return table4_lookup(table, address) != VERDICT_NONE;
}

/* One verdict for nine of ten, as real lists have it; the others share the rest. */
static verdict_t verdict_of(uint32_t i)
{
	uint32_t random = mix32(i);

	return random % 10 ? 1 : 1 + random / 16 % VERDICTS;
}

static void fill(struct table4 *t, const uint32_t *addresses, uint32_t count)
{
	verdict_t verdicts[SLICE];

	for (uint32_t i = 0; i < count; i += SLICE) {
		uint32_t some = count - i < SLICE ? count - i : SLICE;

		for (uint32_t k = 0; k < some; k++)
			verdicts[k] = verdict_of(addresses[i + k]);
		report_must_do(table4_paint_burst(t, &addresses[i], &addresses[i], verdicts, some));
	}
}

static uint32_t lookup_slice(void *table, const uint32_t *questions, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i++)
		sum += table4_lookup(table, questions[i]);
	return sum;
}

static uint32_t burst_slice(void *table, const uint32_t *questions, uint32_t count)
{
	verdict_t verdicts[BENCH_BURST];
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i += BENCH_BURST) {
		table4_lookup_burst(table, &questions[i], BENCH_BURST, verdicts);
		sum += verdicts[0];
	}
	return sum;
}

static void lookups(const struct rows *r, const uint32_t *questions, unsigned hit_percent)
{
	char what[32], name[64];
	uint32_t sum;

	snprintf(what, sizeof(what), "lookup_hit%u", hit_percent);
	row_name(name, r, what);
	sum = bench_report_slices(name, lookup_slice, r->table, questions);
	snprintf(what, sizeof(what), "burst_hit%u", hit_percent);
	row_name(name, r, what);
	sum += bench_report_slices(name, burst_slice, r->table, questions);
	if (sum == 1) /* keeps the lookups */
		fprintf(stderr, "sum\n");
}

static void tell_memory(const struct rows *r, uint64_t resident_before)
{
	struct table4_stats stats;
	char name[64];

	table4_stats(r->table, &stats);
	row_name(name, r, "memory");
	report_value(name, (double)stats.memory_size / (double)stats.address_count, "B/address",
	             stats.address_count);
	row_name(name, r, "resident");
	report_value(name,
	             (double)(bench_resident() - resident_before) / (double)stats.address_count,
	             "B/address", stats.address_count);
}

/* The same on ordinary pages only, in turns: what is lost to misses of the TLB. */
static void page_rows(const struct rows *r, const struct verdicts *verdicts,
                      const uint32_t *addresses, const uint32_t *questions)
{
	struct table4 *ordinary = new_table(verdicts);
	char name[64];
	uint32_t sum = 0;

	table4_use_pages(ordinary, HUGEPAGES_NEVER);
	fill(ordinary, addresses, r->count);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		row_name(name, r, "burst_pages_huge");
		sum += bench_report_slices(name, burst_slice, r->table, questions);
		row_name(name, r, "burst_pages_ordinary");
		sum += bench_report_slices(name, burst_slice, ordinary, questions);
	}
	if (sum == 1) /* keeps the lookups */
		fprintf(stderr, "sum\n");
	table4_free(ordinary);
}

static void kind_rows(enum table4_kind kind, uint32_t count)
{
	static const unsigned hits[] = {0, 50, 100};
	struct verdicts *verdicts = new_verdicts();
	uint32_t *addresses = table4_data_addresses(kind, count);
	struct rows r = {new_table(verdicts), kind == TABLE4_RANDOM ? "random" : "clustered",
	                 count};
	uint64_t resident = bench_resident(), start = report_thread_ns();
	struct table4_stats stats;
	char name[64];

	fill(r.table, addresses, count);
	row_name(name, &r, "paint");
	report_ns(name, start, count);
	rcu_barrier();
	tell_memory(&r, resident);
	for (unsigned i = 0; i < sizeof(hits) / sizeof(*hits); i++) {
		uint32_t *questions =
		    table4_data_questions(kind, addresses, count, hits[i], is_hit, r.table);

		lookups(&r, questions, hits[i]);
		if (kind == TABLE4_RANDOM && hits[i] == 50) {
			table4_stats(r.table, &stats);
			row_name(name, &r, "floor");
			table4_floor(name, stats.memory_size, questions);
			page_rows(&r, verdicts, addresses, questions);
			if (count <= 10000000)
				table4_peers(addresses, count, questions);
		}
		munmap(questions, BENCH_QUESTIONS * sizeof(*questions));
	}
	munmap(addresses, count * sizeof(*addresses));
	table4_free(r.table);
	verdicts_free(verdicts);
}

void table4_rows(uint32_t count)
{
	kind_rows(TABLE4_RANDOM, count);
	kind_rows(TABLE4_CLUSTERED, count);
}

static void report_worst(const struct table4 *t, const char *what, uint64_t start)
{
	struct table4_stats stats;
	char name[64];

	snprintf(name, sizeof(name), "table4_worst_%s_time", what);
	report_value(name, (double)(report_thread_ns() - start) / 1e6, "ms", 1);
	table4_stats(t, &stats);
	snprintf(name, sizeof(name), "table4_worst_%s_memory", what);
	report_value(name, (double)stats.memory_size / 1e6, "MB", stats.address_count);
}

void table4_worst(void)
{
	struct table4 *t = new_table(NULL);
	uint64_t start = report_thread_ns();

	for (uint32_t i = 0; i < 10000000; i++)
		report_must_do(table4_paint(t, 0x0a000000 + i, 0x0a000000 + i, 1));
	report_worst(t, "consecutive_10M", start);
	table4_free(t);

	t = new_table(NULL);
	start = report_thread_ns();
	for (uint32_t i = 0; i < 1u << 24; i++)
		report_must_do(table4_paint(t, i * 256 + (i & 1) * 128,
		                            i * 256 + (i & 1) * 128 + 127, 1 + i % 3));
	report_worst(t, "16M_25s", start);
	start = report_thread_ns();
	report_must_do(table4_paint(t, 0, UINT32_MAX, 1));
	report_worst(t, "all_over_25s", start);
	table4_free(t);

	t = new_table(NULL);
	start = report_thread_ns();
	for (uint32_t i = 0; i < 2000000; i++) {
		uint32_t net = mix32(i) & 0xffffff00;

		report_must_do(table4_paint(t, net, net + 255, 1 + i % 3));
	}
	report_worst(t, "2M_24s", start);
	table4_free(t);

	t = new_table(NULL);
	for (uint32_t i = 0; i < 1000000; i++)
		report_must_do(
		    table4_paint(t, 0x0a000000 | mix32(i) >> 8, 0x0a000000 | mix32(i) >> 8, 1));
	start = report_thread_ns();
	report_must_do(table4_paint(t, 0x0a000000, 0x0affffff, 2));
	report_worst(t, "8_over_1M", start);
	start = report_thread_ns();
	report_must_do(table4_paint(t, 0x0a000000, 0x0affffff, 0));
	report_worst(t, "8_removed", start);
	start = report_thread_ns();
	report_must_do(table4_paint(t, 0, UINT32_MAX, 1));
	report_worst(t, "all", start);
	table4_free(t);
}

struct beside {
	struct table4 *table;
	const uint32_t *questions;
	atomic_bool stop;
	_Atomic uint64_t lookups, cpu_ns; /* reader: writes, at its end */
};

static void *read_on(void *context)
{
	struct beside *b = context;
	verdict_t verdicts[BENCH_BURST];
	uint64_t count = 0, start;

	rcu_register_thread();
	start = report_thread_ns();
	for (uint32_t i = 0; !atomic_load_explicit(&b->stop, memory_order_relaxed);
	     i = (i + BENCH_BURST) % BENCH_QUESTIONS) {
		table4_lookup_burst(b->table, &b->questions[i], BENCH_BURST, verdicts);
		rcu_quiescent_state();
		count += BENCH_BURST;
	}
	b->cpu_ns = report_thread_ns() - start;
	b->lookups = count;
	rcu_unregister_thread();
	return NULL;
}

/* Run a reader beside paints of some addresses with one verdict and another, or beside nothing. */
static double beside(struct beside *b, const uint32_t *addresses, uint32_t count, bool is_painting)
{
	verdict_t verdicts[2][SLICE];
	pthread_t reader;
	uint64_t start = report_thread_ns();

	for (uint32_t k = 0; k < SLICE; k++) {
		verdicts[0][k] = k % 2 ? 1 : 0; /* half come and go, half change */
		verdicts[1][k] = 2;
	}
	b->stop = false;
	if (pthread_create(&reader, NULL, read_on, b) != 0)
		report_must_do(-11);
	for (uint32_t i = 0; i < BESIDE; i += SLICE) {
		const uint32_t *slice = &addresses[i % (count - SLICE)];

		if (is_painting)
			report_must_do(table4_paint_burst(b->table, slice, slice,
			                                  verdicts[i / SLICE % 2], SLICE));
	}
	while (!is_painting && report_thread_ns() - start < 1000000000)
		;
	b->stop = true;
	pthread_join(reader, NULL);
	if (is_painting)
		report_ns("table4_beside_paint", start, BESIDE);
	return (double)b->cpu_ns / (double)b->lookups;
}

void table4_beside(uint32_t count)
{
	struct verdicts *verdicts = new_verdicts();
	uint32_t *addresses = table4_data_addresses(TABLE4_RANDOM, count);
	struct beside b = {.table = new_table(verdicts)};
	double alone, together;

	fill(b.table, addresses, count);
	b.questions = table4_data_questions(TABLE4_RANDOM, addresses, count, 50, is_hit, b.table);
	alone = beside(&b, addresses, count, false);
	together = beside(&b, addresses, count, true);
	report_value("table4_beside_lookup_alone", alone, "ns", count);
	report_value("table4_beside_lookup_painted", together, "ns", count);
	munmap(addresses, count * sizeof(*addresses));
	munmap((void *)(uintptr_t)b.questions, BENCH_QUESTIONS * sizeof(*b.questions));
	table4_free(b.table);
	verdicts_free(verdicts);
}
