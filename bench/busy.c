/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/busy.h"

#include "bench/mix.h"
#include "bench/report.h"

#include <stdlib.h>
#include <string.h>

#define LINE     64  /* bytes */
#define SLICE_US 200 /* as sender_send_over() has it */
#define STEPS    500 /* of computing between two looks at the clock */
#define AHEAD    16  /* lines that are prefetched, as the table does */

void busy_init(struct busy *b, size_t size)
{
	b->count = size / LINE;
	b->turn = 0;
	b->lines = aligned_alloc(LINE, b->count * LINE);
	report_must(b->lines != NULL && b->count > 0, "no memory");
	memset(b->lines, 1, b->count * LINE);
}

void busy_done(struct busy *b)
{
	free(b->lines);
}

static uint64_t *line_of(const struct busy *b, uint32_t turn)
{
	return &b->lines[((uint64_t)mix32(turn) * b->count >> 32) * (LINE / sizeof(*b->lines))];
}

static void store_some(struct busy *b, uint64_t count)
{
	for (; count > 0; count--, b->turn++) {
		__builtin_prefetch(line_of(b, b->turn + AHEAD), 1);
		++*line_of(b, b->turn);
	}
}

static void compute(void)
{
	uint32_t key = 1;

	for (unsigned i = 0; i < STEPS; i++) {
		key = mix32(key);
		__asm__ volatile("" : "+r"(key)); /* not to be left out */
	}
}

void busy_run(struct busy *b, uint64_t wall_ns, uint64_t cpu_ns, uint64_t stores)
{
	const uint64_t start_ns = report_wall_ns(), start_cpu_ns = report_thread_ns();
	uint64_t stored = 0;
	double share = 0;

	while (share < 1) {
		share = (double)(report_wall_ns() - start_ns) / (double)wall_ns;
		share = share < 1 ? share : 1;
		store_some(b, (uint64_t)((double)stores * share) - stored);
		stored = (uint64_t)((double)stores * share);
		while ((double)(report_thread_ns() - start_cpu_ns) < (double)cpu_ns * share)
			compute();
		report_sleep_us(SLICE_US);
	}
}
