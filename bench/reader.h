/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A thread that looks addresses up at full speed, in bursts of 32 as a worker does, and measures
 * each burst. It runs while it is told to.
 *
 * The addresses are mix32() of numbers (mix.h), half of them listed. Threads: all calls from one.
 */
#include "bench/histogram.h"
#include "dataplane/update.h"

#include <stdbool.h>
#include <stdint.h>

/* mix32(0 .. count - 1), ascending; to be freed. Errors: the program ends */
uint32_t *reader_entries(uint32_t count);

struct reader;

struct reader_result {
	uint64_t lookups;
	uint64_t cpu_ns, wall_ns;
	uint64_t wrong;          /* answers that no table may give */
	struct histogram bursts; /* ticks of the time stamp counter */
};

/*
 * Start the thread, pinned to a processor and not reading yet.
 *
 * entries:    mix32(0 .. entries - 1) are listed
 * is_checked: an entry has verdict 1 + generation % 2 of its tables, all else none; otherwise any
 *             verdict up to 2 is right
 * Errors:     the program ends
 */
struct reader *reader_start(const struct update *update, uint32_t entries, bool is_checked,
                            int cpu);
void reader_stop(struct reader *r);

/* Read from now on; reader_pause() waits until the thread has stopped reading. */
void reader_resume(struct reader *r);
void reader_pause(struct reader *r, struct reader_result *out_result);
