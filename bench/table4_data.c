/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/table4_data.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BUSY_GROUPS 45000u /* /16s that are announced at all */
#define RUN         16     /* addresses of a /24 that come together */

uint64_t bench_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void bench_report(const char *name, double value, const char *unit, uint64_t n)
{
	printf("{\"name\":\"%s\",\"value\":%.2f,\"unit\":\"%s\",\"n\":%" PRIu64 "}\n", name, value,
	       unit, n);
	fflush(stdout);
}

void bench_report_ns(const char *name, uint64_t start_ns, uint64_t n)
{
	bench_report(name, (double)(bench_cpu_ns() - start_ns) / (double)n, "ns", n);
}

void bench_must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "bench_table: %s\n", strerror(-rc));
		exit(1);
	}
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

uint32_t table4_data_mix(uint32_t key)
{
	key = (key ^ key >> 16) * 0x7feb352du;
	key = (key ^ key >> 15) * 0x846ca68bu;
	return key ^ key >> 16;
}

/* Like a list of abused addresses: few /16s have many, and within a /24 they come in runs. */
static uint32_t clustered(uint32_t i)
{
	uint32_t run = i / RUN, random = table4_data_mix(run ^ 0x5bd1e995u);
	double share = (double)table4_data_mix(run) / UINT32_MAX;
	uint32_t rank = (uint32_t)(BUSY_GROUPS * pow(share, 2.5)); /* Zipf with exponent 0.6 */
	uint32_t group = table4_data_mix(rank) >> 16, step = 1 + random % 3;

	return group << 16 | (random >> 16 & 0xff) << 8 | (((random >> 8) + i % RUN * step) & 0xff);
}

static uint32_t address_of(enum table4_kind kind, uint32_t i)
{
	return kind == TABLE4_RANDOM ? table4_data_mix(i) : clustered(i);
}

uint32_t *table4_data_addresses(enum table4_kind kind, uint32_t count)
{
	uint32_t *addresses = bench_allocate(count * sizeof(*addresses));

	for (uint32_t i = 0; i < count; i++)
		addresses[i] = address_of(kind, i);
	/* runs do not come one after the other in time */
	for (uint32_t i = count - 1; kind == TABLE4_CLUSTERED && i > 0; i--) {
		uint32_t other = (uint32_t)((uint64_t)table4_data_mix(i) * (i + 1) >> 32);
		uint32_t address = addresses[i];

		addresses[i] = addresses[other];
		addresses[other] = address;
	}
	return addresses;
}

uint32_t *table4_data_questions(enum table4_kind kind, const uint32_t *addresses, uint32_t count,
                                unsigned hit_percent, int (*is_hit)(void *context, uint32_t address),
                                void *context)
{
	uint32_t *questions = bench_allocate(BENCH_QUESTIONS * sizeof(*questions));
	uint32_t next = 1u << 31;

	for (uint32_t i = 0; i < BENCH_QUESTIONS; i++) {
		uint32_t random = table4_data_mix(i + 0x3243f6a8u);

		if (random % 100 < hit_percent) {
			questions[i] = addresses[(uint64_t)table4_data_mix(random) * count >> 32];
			continue;
		}
		do
			questions[i] = address_of(kind, table4_data_mix(next++) | 1u << 31);
		while (is_hit(context, questions[i]));
	}
	return questions;
}

void table4_floor(const char *name, size_t size)
{
	uint32_t lines = (uint32_t)(size / 64), sum = 0;
	volatile uint32_t *memory = bench_allocate((size_t)lines * 64);
	uint64_t start;

	for (size_t i = 0; i < (size_t)lines * 16; i += 16)
		memory[i] = (uint32_t)i;
	start = bench_cpu_ns();
	for (uint32_t i = 0; i < BENCH_QUESTIONS; i += BENCH_BURST) {
		volatile uint32_t *at[BENCH_BURST];

		for (uint32_t k = 0; k < BENCH_BURST; k++) {
			at[k] = memory +
			        ((uint64_t)table4_data_mix(i + k) * lines >> 32) * 16;
			__builtin_prefetch((const void *)at[k]);
		}
		for (uint32_t k = 0; k < BENCH_BURST; k++)
			sum += *at[k];
	}
	bench_report_ns(name, start, BENCH_QUESTIONS);
	if (sum == 1) /* keeps the loads */
		fprintf(stderr, "sum\n");
	munmap((void *)(uintptr_t)memory, (size_t)lines * 64);
}
