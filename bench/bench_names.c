/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What names cost: bytes per name, nanoseconds per put, lookup, question what is below, and delete.
 *   bench_names [NAMES]        default 1000000
 * One JSON object a line: {"name":…,"value":…,"unit":…,"n":…}. The names are as in domain lists:
 * half have two labels, half three, of which half share a parent with many; one in eight has a
 * subtree, one in 64 is an exclusion. Beside names.h stand two others, in the same run: loading one
 * random cache line of as much memory, and liburcu's cds_lfht keyed by the wire name, looked up
 * once for each suffix. Times are CPU times of the calling thread.
 */
#include "bench/mix.h"
#include "bench/report.h"
#include "dataplane/table/names.h"

#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define LOOKUPS   2000000u
#define BURST     32
#define NAME_SIZE 64
#define AHEAD     8 /* names under way */

static void *must_have(void *memory)
{
	report_must_do(memory ? 0 : -ENOMEM);
	return memory;
}

/* Append a label of 6 to 17 letters that stand for a number. */
static size_t append(uint8_t *name, size_t size, uint32_t number)
{
	static const char letters[] = "etaoinsrhldcumfp";
	size_t length = 6 + mix32(number ^ 0x5bd1e995) % 12;

	name[size++] = (uint8_t)length;
	for (size_t i = 0; i < length; i++)
		name[size + i] = (uint8_t)letters[i < 8 ? number >> 4 * i & 15 : (i * 7) & 15];
	if (length < 8) { /* the rest of the number */
		name[size - 1] = 8;
		for (size_t i = length; i < 8; i++)
			name[size + i] = (uint8_t)letters[number >> 4 * i & 15];
		length = 8;
	}
	return size + length;
}

/* The name of a number, no two alike. */
static size_t name_of(uint32_t number, uint8_t name[NAME_SIZE])
{
	static const char *const tops[] = {"\3com", "\3net", "\4info", "\2de", "\3top", "\2ru"};
	const char *top = tops[mix32(number + 1) % 6 * (mix32(number + 2) % 2)]; /* most are com */
	size_t size = append(name, 0, mix32(number));

	if (number % 4 == 1) /* below one that is popular */
		size = append(name, size, mix32(number) % 5000);
	else if (number % 4 == 3)
		size = append(name, size, mix32(number ^ 0x80000000));
	memcpy(&name[size], top, 1u + (size_t)top[0]);
	return size + 1u + (size_t)top[0];
}

/* Names, ready made, so that making them is not what is measured. */
struct sample {
	uint8_t (*bytes)[NAME_SIZE];
	uint8_t *sizes;
};

static void sample_fill(struct sample *s, uint32_t names, unsigned percent)
{
	for (uint32_t i = 0; i < LOOKUPS; i++) {
		uint32_t pick = mix32(i + 77) % names;

		if (mix32(i) % 100 >= percent)
			pick += names; /* never put */
		s->sizes[i] = (uint8_t)name_of(pick, s->bytes[i]);
	}
}

static uint64_t sum; /* keeps the lookups */

static void bench_lookup(const struct names *n, const struct sample *s, unsigned percent)
{
	struct names_match matches[BURST];
	char name[64];
	uint64_t hits = 0, start = report_thread_ns();

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		names_lookup(n, s->bytes[i], s->sizes[i], &matches[0]);
		hits += matches[0].subject_offset == 0;
	}
	snprintf(name, sizeof(name), "names_lookup_%u", percent);
	report_ns(name, start, LOOKUPS);
	start = report_thread_ns();
	for (uint32_t i = 0; i < LOOKUPS; i += BURST) {
		struct names_query queries[BURST];

		for (uint32_t k = 0; k < BURST; k++)
			queries[k] = (struct names_query){s->bytes[i + k], s->sizes[i + k]};
		names_lookup_burst(n, queries, BURST, matches);
		for (uint32_t k = 0; k < BURST; k++)
			sum += matches[k].verdict;
	}
	snprintf(name, sizeof(name), "names_lookup_burst_%u", percent);
	report_ns(name, start, LOOKUPS);
	snprintf(name, sizeof(name), "names_hits_%u", percent);
	report_value(name, 100.0 * (double)hits / LOOKUPS, "%", LOOKUPS);
}

/* Whether something is below the parents of names that were put. */
static void bench_below(const struct names *n, const struct sample *s)
{
	const uint64_t lists[LISTSET_WORDS] = {2};
	struct names_match matches[BURST];
	uint64_t start = report_thread_ns();

	for (uint32_t i = 0; i < LOOKUPS; i += BURST) {
		struct names_query queries[BURST];

		for (uint32_t k = 0; k < BURST; k++) {
			size_t skip = 1u + s->bytes[i + k][0];

			queries[k] =
			    (struct names_query){&s->bytes[i + k][skip], s->sizes[i + k] - skip};
		}
		names_lookup_burst(n, queries, BURST, matches);
		for (uint32_t k = 0; k < BURST; k++)
			sum += names_any_below(n, &matches[k], lists);
	}
	report_ns("names_below_burst", start, LOOKUPS);
}

/* As the update thread does, so that grace periods end. */
static void be_quiet(uint32_t i)
{
	if (i % 256 == 255)
		rcu_quiescent_state();
}

/* A name some names ahead of the one that is worked on, as the update thread does it. */
struct ahead {
	uint8_t bytes[AHEAD][NAME_SIZE];
	size_t sizes[AHEAD];
};

static void look_ahead(struct ahead *a, const struct names *n, uint32_t i, uint32_t number)
{
	a->sizes[i % AHEAD] = name_of(number, a->bytes[i % AHEAD]);
	names_prefetch(n, a->bytes[i % AHEAD], a->sizes[i % AHEAD]);
}

static uint64_t resident_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss;
}

static uint64_t bench_put(struct names *n, uint32_t names)
{
	struct names_stats stats;
	uint8_t name[NAME_SIZE];
	struct ahead ahead;
	uint64_t start = report_thread_ns(), making, bytes = 0, slowest = 0, last,
		 before = resident_kb();

	for (uint32_t i = 0; i < names; i++)
		bytes += name_of(i, name);
	making = report_thread_ns() - start;
	last = start = report_thread_ns();
	for (uint32_t i = 0; i < AHEAD - 1; i++)
		look_ahead(&ahead, n, i, i);
	for (uint32_t i = 0; i < names; i++) {
		uint64_t now;

		look_ahead(&ahead, n, i + AHEAD - 1, i + AHEAD - 1);
		report_must_do(names_put(n, ahead.bytes[i % AHEAD], ahead.sizes[i % AHEAD],
		                         i % 64 ? 1 + i % 40 : 0, i % 8 ? 0 : 1 + i % 40));
		be_quiet(i);
		if (i % 32 < 31)
			continue;
		now = report_thread_ns();
		slowest = now - last > slowest ? now - last : slowest;
		last = now;
	}
	report_ns("names_put", start + making, names);
	report_value("names_put_slowest_32", (double)slowest / 1000, "us", names);
	names_stats(n, &stats);
	report_value("names_peak",
	             (double)(resident_kb() - before) * 1024 / (double)stats.memory_size,
	             "resident/memory", names);
	report_value("names_count", (double)stats.name_count, "names", names);
	report_value("names_own_bytes", (double)bytes / names, "B/name", names);
	report_value("names_memory", (double)stats.memory_size / (double)stats.name_count, "B/name",
	             names);
	report_value("names_memory_beyond_bytes",
	             (double)stats.memory_size / (double)stats.name_count - (double)bytes / names,
	             "B/name", names);
	return stats.memory_size;
}

/* Delete and put again, at random. */
static void bench_change(struct names *n, uint32_t names)
{
	uint8_t name[NAME_SIZE];
	struct ahead ahead;
	uint64_t start = report_thread_ns(), making;

	for (uint32_t i = 0; i < LOOKUPS; i++)
		sum += name_of(mix32(i) % names, name);
	making = report_thread_ns() - start;
	start = report_thread_ns();
	for (uint32_t i = 0; i < AHEAD - 1; i++)
		look_ahead(&ahead, n, i, mix32(i) % names);
	for (uint32_t i = 0; i < LOOKUPS; i++) {
		const uint8_t *bytes = ahead.bytes[i % AHEAD];
		size_t size = ahead.sizes[i % AHEAD];

		look_ahead(&ahead, n, i + AHEAD - 1, mix32(i + AHEAD - 1) % names);
		if (i % 2)
			report_must_do(names_delete(n, bytes, size));
		else
			report_must_do(names_put(n, bytes, size, 1 + i % 7, 0));
		be_quiet(i);
	}
	report_ns("names_change", start + making, LOOKUPS);
}

static void bench_delete(struct names *n, uint32_t names)
{
	struct names_stats stats;
	uint8_t name[NAME_SIZE];
	struct ahead ahead;
	uint64_t start, making;
	uint32_t count = names / 10 * 9;

	start = report_thread_ns();
	for (uint32_t i = 0; i < count; i++)
		sum += name_of(i, name);
	making = report_thread_ns() - start;
	start = report_thread_ns();
	for (uint32_t i = 0; i < AHEAD - 1; i++)
		look_ahead(&ahead, n, i, i);
	for (uint32_t i = 0; i < count; i++) {
		look_ahead(&ahead, n, i + AHEAD - 1, i + AHEAD - 1);
		report_must_do(names_delete(n, ahead.bytes[i % AHEAD], ahead.sizes[i % AHEAD]));
		be_quiet(i);
	}
	report_ns("names_delete", start + making, count);
	names_stats(n, &stats);
	report_value("names_memory_of_a_tenth", (double)stats.memory_size / 1048576, "MB",
	             stats.name_count);
}

/* Independent loads of random lines of as much memory: what a miss costs, alone and overlapped. */
static void bench_floor(uint64_t size)
{
	uint64_t count = size / 64, start, at = 1;
	uint64_t(*lines)[8] = must_have(aligned_alloc(64, count * 64));

	for (uint64_t i = 0; i < count; i++)
		lines[i][0] = i * UINT64_C(0x9e3779b97f4a7c15) >> 7;
	start = report_thread_ns();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		at = lines[(at + i) % count][0];
	report_ns("floor_dependent_line", start, LOOKUPS);
	start = report_thread_ns();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		sum += lines[mix32(i) % count][0];
	report_ns("floor_independent_line", start, LOOKUPS);
	sum += at;
	free(lines);
}

struct entry {
	struct cds_lfht_node node;
	uint32_t verdicts[2];
	uint8_t size, bytes[];
};

struct key {
	const uint8_t *bytes;
	size_t size;
};

static unsigned long hash_bytes(const uint8_t *bytes, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash ^ hash >> 32;
}

static int is_entry(struct cds_lfht_node *node, const void *key)
{
	const struct entry *e = caa_container_of(node, struct entry, node);
	const struct key *k = key;

	return e->size == k->size && memcmp(e->bytes, k->bytes, k->size) == 0;
}

static void lfht_lookup(struct cds_lfht *table, const struct sample *s, unsigned percent)
{
	uint64_t start = report_thread_ns();
	char name[64];

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		struct key key = {s->bytes[i], s->sizes[i]};

		while (key.size > 0) { /* from the longest suffix on */
			struct cds_lfht_iter iter;
			size_t skip = 1u + key.bytes[0];

			cds_lfht_lookup(table, hash_bytes(key.bytes, key.size), is_entry, &key,
			                &iter);
			if (cds_lfht_iter_get_node(&iter)) {
				sum++;
				break;
			}
			key.bytes += skip;
			key.size -= skip;
		}
	}
	snprintf(name, sizeof(name), "cds_lfht_lookup_%u", percent);
	report_ns(name, start, LOOKUPS);
}

static struct cds_lfht *lfht_fill(uint32_t names)
{
	unsigned long buckets = 1024;
	struct cds_lfht *table;
	struct mallinfo2 before = mallinfo2(), after;
	uint8_t name[NAME_SIZE];
	uint64_t start = report_thread_ns(), bytes = 0;

	while (buckets < names) /* of a fixed size: its best */
		buckets *= 2;
	table = must_have(cds_lfht_new(buckets, buckets, buckets, 0, NULL));
	for (uint32_t i = 0; i < names; i++) {
		size_t size = name_of(i, name);
		struct entry *e = must_have(malloc(sizeof(*e) + size));
		struct key key = {name, size};

		e->size = (uint8_t)size;
		memcpy(e->bytes, name, size);
		cds_lfht_add_unique(table, hash_bytes(name, size), is_entry, &key, &e->node);
		bytes += size;
		be_quiet(i);
	}
	report_ns("cds_lfht_put", start, names);
	after = mallinfo2();
	report_value(
	    "cds_lfht_memory_beyond_bytes",
	    (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd - bytes) /
		names,
	    "B/name", names);
	return table;
}

static void lfht_free(struct cds_lfht *table)
{
	struct cds_lfht_iter iter;
	struct entry *e;

	cds_lfht_for_each_entry(table, &iter, e, node)
	{
		cds_lfht_del(table, &e->node);
		free(e); /* nobody else is there */
	}
	rcu_thread_offline();
	cds_lfht_destroy(table, NULL);
	rcu_thread_online();
}

int main(int argc, char **argv)
{
	static const unsigned percents[] = {0, 50, 100};
	uint32_t names = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	struct names *n = must_have(names_new());
	struct sample s = {must_have(malloc(LOOKUPS * sizeof(*s.bytes))),
	                   must_have(malloc(LOOKUPS))};
	struct cds_lfht *table;
	uint64_t size;

	if (names == 0) {
		fprintf(stderr, "usage: %s [NAMES]\n", argv[0]);
		return 2;
	}
	rcu_register_thread();
	size = bench_put(n, names);
	bench_floor(size);
	table = lfht_fill(names);
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		sample_fill(&s, names, percents[i]);
		bench_lookup(n, &s, percents[i]);
		lfht_lookup(table, &s, percents[i]);
	}
	bench_below(n, &s);
	lfht_free(table);
	bench_change(n, names);
	bench_delete(n, names);
	names_free(n);
	free(s.bytes);
	free(s.sizes);
	rcu_unregister_thread();
	return sum == 1;
}
