/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an answer costs: ticks of the time stamp counter per query, through the whole answer core,
 * in bursts of 32 over a filled table. Making the queries is not counted; their messages are in a
 * cache near the core, as those that a device just wrote.
 *   bench_answer [ENTRIES [KIND...]]       default 1000000, all kinds
 *   bench_answer --list ENTRIES            the addresses, as text
 * One JSON object a line, as bench_table. Every other query is of something listed, and none comes
 * twice. The kinds take turns round by round, and so does the floor: a random line of as much
 * memory as the table takes, loaded 32 at a time with prefetch. Of the bursts the median is told,
 * and the first decile, which is nearer to what it costs when nobody else uses the machine.
 */
#include "bench/mix.h"
#include "bench/questions.h"
#include "bench/report.h"
#include "bench/ticks.h"
#include "dataplane/answer.h"

#include <urcu-qsbr.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ROUNDS      64
#define BURSTS      1024 /* of a round */
#define QUERIES     (BURSTS * QUERY_BURST_MAX)
#define SAMPLES     (ROUNDS * BURSTS)
#define MESSAGE_MAX 1232
#define LINE        64
#define FLOOR       QUESTIONS_KIND_COUNT /* takes its turn as another kind */
#define TURNS       (QUESTIONS_KIND_COUNT + 1)

struct bench {
	struct tables *tables;
	struct query queries[QUERY_BURST_MAX];
	uint8_t messages[QUERY_BURST_MAX][MESSAGE_MAX];
	uint32_t entries;
	bool is_wanted[QUESTIONS_KIND_COUNT];
	uint32_t number; /* of the next question: they do not come again */
	uint64_t seed;   /* of the floor's next line */
	char *memory;    /* of the floor */
	size_t memory_size;
	uint32_t ticks[TURNS][SAMPLES]; /* of a burst */
};

static void run(struct bench *b, unsigned kind, uint32_t *out_ticks)
{
	for (unsigned at = 0; at < QUERIES; at += QUERY_BURST_MAX) {
		uint64_t start;

		for (unsigned i = 0; i < QUERY_BURST_MAX; i++) {
			struct question question;

			questions_make(b->tables, kind, b->entries, b->number + at + i, &question);
			questions_ask(&question, b->messages[i], MESSAGE_MAX, &b->queries[i]);
		}
		start = ticks_now();
		answer_burst(b->tables, b->queries, QUERY_BURST_MAX);
		*out_ticks++ = (uint32_t)(ticks_after() - start);
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++)
			questions_must(b->messages[i][7] == (at + i + 1) % 2, "a wrong answer");
		urcu_qsbr_quiescent_state();
	}
}

/* The same rhythm: time passes between the bursts, in which their addresses are made. */
static void run_floor(struct bench *b, uint32_t *out_ticks)
{
	const uint64_t lines = b->memory_size / LINE;
	unsigned sum = 0;

	for (unsigned at = 0; at < QUERIES; at += QUERY_BURST_MAX) {
		const char *places[QUERY_BURST_MAX];
		uint64_t start;

		for (unsigned i = 0; i < QUERY_BURST_MAX; i++) {
			b->seed = b->seed * UINT64_C(6364136223846793005) + 1;
			places[i] = b->memory + ((b->seed >> 32) * lines >> 32) * LINE;
		}
		start = ticks_now();
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++)
			__builtin_prefetch(places[i]);
		for (unsigned i = 0; i < QUERY_BURST_MAX; i++)
			sum += (unsigned)*(const volatile char *)places[i];
		*out_ticks++ = (uint32_t)(ticks_after() - start);
	}
	questions_must(sum > 0, "the floor's memory is empty");
}

static void make_floor(struct bench *b)
{
	struct table4_stats stats;

	table4_stats(b->tables->addresses4, &stats);
	b->memory_size = (stats.memory_size | (2u << 20)) & ~(size_t)(LINE - 1);
	b->memory =
	    mmap(NULL, b->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	questions_must(b->memory != MAP_FAILED, "memory");
	madvise(b->memory, b->memory_size, MADV_HUGEPAGE); /* as the arena of the table */
	memset(b->memory, 1, b->memory_size);
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void report(struct bench *b, unsigned turn)
{
	const char *name = turn == FLOOR ? "floor" : questions_names[turn];
	uint32_t *ticks = b->ticks[turn];

	qsort(ticks, SAMPLES, sizeof(*ticks), compare);
	for (unsigned is_decile = 0; is_decile < 2; is_decile++)
		printf("{\"name\":\"answer_%s_%" PRIu32
		       "%s\",\"value\":%.1f,\"unit\":\"ticks/query\",\"n\":%d}\n",
		       name, b->entries, is_decile ? "_p10" : "",
		       (double)ticks[is_decile ? SAMPLES / 10 : SAMPLES / 2] / QUERY_BURST_MAX,
		       SAMPLES);
}

/* Whether a kind was named, or none. */
static bool is_wanted(int argc, char **argv, unsigned kind)
{
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], questions_names[kind]) == 0)
			return true;
	}
	return argc <= 2;
}

static int list(uint32_t entries)
{
	for (uint32_t i = 0; i < entries; i++) {
		uint32_t address = mix32(i);

		printf("%u.%u.%u.%u\n", address >> 24, address >> 16 & 255, address >> 8 & 255,
		       address & 255);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct bench b;
	uint64_t start_ns, start;

	if (argc == 3 && strcmp(argv[1], "--list") == 0)
		return list((uint32_t)strtoul(argv[2], NULL, 10));
	b.entries = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	questions_must(b.entries > 0, "usage: bench_answer [ENTRIES [KIND...]]");
	urcu_qsbr_register_thread();
	start_ns = report_wall_ns();
	start = ticks_now();
	b.tables = questions_tables(b.entries);
	make_floor(&b);
	for (unsigned kind = 0; kind < QUESTIONS_KIND_COUNT; kind++)
		b.is_wanted[kind] = is_wanted(argc, argv, kind);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned kind = 0; kind < QUESTIONS_KIND_COUNT; kind++) {
			if (b.is_wanted[kind])
				run(&b, kind, &b.ticks[kind][round * BURSTS]);
		}
		run_floor(&b, &b.ticks[FLOOR][round * BURSTS]);
		b.number += QUERIES;
	}
	for (unsigned turn = 0; turn < TURNS; turn++) {
		if (turn == FLOOR || b.is_wanted[turn])
			report(&b, turn);
	}
	report_value("answer_ticks_rate",
	             (double)(ticks_now() - start) * 1e9 / (double)(report_wall_ns() - start_ns),
	             "1/s", 1);
	munmap(b.memory, b.memory_size);
	tables_free(b.tables);
	urcu_qsbr_unregister_thread();
	return 0;
}
