/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/table4_data.h"

#include "bench/mix.h"
#include "bench/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUSY_GROUPS 45000u /* /16s that are announced at all */
#define SLICE       4096u
#define RUN         16 /* addresses of a /24 that come together */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint32_t bench_report_slices(const char *name, bench_slice *slice, void *context,
                             const uint32_t *questions)
{
	static uint64_t times[BENCH_QUESTIONS / SLICE];
	uint32_t sum = 0;

	for (uint32_t i = 0; i < BENCH_QUESTIONS / SLICE; i++) {
		uint64_t start = report_thread_ns();

		sum += slice(context, &questions[i * SLICE], SLICE);
		times[i] = report_thread_ns() - start;
	}
	qsort(times, BENCH_QUESTIONS / SLICE, sizeof(*times), compare);
	report_value(name, (double)times[BENCH_QUESTIONS / SLICE / 4] / SLICE, "ns",
	             BENCH_QUESTIONS);
	return sum;
}

void *bench_allocate(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("bench_table");
		exit(1);
	}
	madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

uint64_t bench_resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	uint64_t pages = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%*u %" SCNu64, &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Like a list of abused addresses: few /16s have many, and within a /24 they come in runs. */
static uint32_t clustered(uint32_t i)
{
	uint32_t run = i / RUN, random = mix32(run ^ 0x5bd1e995u);
	double share = (double)mix32(run) / UINT32_MAX;
	uint32_t rank = (uint32_t)(BUSY_GROUPS * pow(share, 2.5)); /* Zipf with exponent 0.6 */
	uint32_t group = mix32(rank) >> 16, step = 1 + random % 3;

	return group << 16 | (random >> 16 & 0xff) << 8 | (((random >> 8) + i % RUN * step) & 0xff);
}

static uint32_t address_of(enum table4_kind kind, uint32_t i)
{
	return kind == TABLE4_RANDOM ? mix32(i) : clustered(i);
}

uint32_t *table4_data_addresses(enum table4_kind kind, uint32_t count)
{
	uint32_t *addresses = bench_allocate(count * sizeof(*addresses));

	for (uint32_t i = 0; i < count; i++)
		addresses[i] = address_of(kind, i);
	/* runs do not come one after the other in time */
	for (uint32_t i = count - 1; kind == TABLE4_CLUSTERED && i > 0; i--) {
		uint32_t other = (uint32_t)((uint64_t)mix32(i) * (i + 1) >> 32);
		uint32_t address = addresses[i];

		addresses[i] = addresses[other];
		addresses[other] = address;
	}
	return addresses;
}

uint32_t *table4_data_questions(enum table4_kind kind, const uint32_t *addresses, uint32_t count,
                                unsigned hit_percent,
                                int (*is_hit)(void *context, uint32_t address), void *context)
{
	uint32_t *questions = bench_allocate(BENCH_QUESTIONS * sizeof(*questions));
	uint32_t next = 1u << 31;

	for (uint32_t i = 0; i < BENCH_QUESTIONS; i++) {
		uint32_t random = mix32(i + 0x3243f6a8u);

		if (random % 100 < hit_percent) {
			questions[i] = addresses[(uint64_t)mix32(random) * count >> 32];
			continue;
		}
		do
			questions[i] = address_of(kind, mix32(next++) | 1u << 31);
		while (is_hit(context, questions[i]));
	}
	return questions;
}

struct memory {
	volatile uint32_t *words;
	uint32_t lines;
};

static uint32_t load_slice(void *context, const uint32_t *questions, uint32_t count)
{
	const struct memory *m = context;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i += BENCH_BURST) {
		volatile uint32_t *at[BENCH_BURST];

		for (uint32_t k = 0; k < BENCH_BURST; k++) {
			at[k] =
			    m->words + ((uint64_t)mix32(questions[i + k]) * m->lines >> 32) * 16;
			__builtin_prefetch((const void *)at[k]);
		}
		for (uint32_t k = 0; k < BENCH_BURST; k++)
			sum += *at[k];
	}
	return sum;
}

void table4_floor(const char *name, size_t size, const uint32_t *questions)
{
	struct memory m = {bench_allocate(size / 64 * 64), (uint32_t)(size / 64)};

	for (size_t i = 0; i < (size_t)m.lines * 16; i += 16)
		m.words[i] = (uint32_t)i;
	bench_report_slices(name, load_slice, &m, questions);
	munmap((void *)(uintptr_t)m.words, size / 64 * 64);
}
