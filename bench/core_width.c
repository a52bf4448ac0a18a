/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much of a core a program gets: steps that need not wait for each other in the time of one
 * that has to wait for the one before. Where another program runs on the other hyper-thread of the
 * core, maybe another guest's that nothing here can see, that is about half as much as on a core of
 * one's own, while the clock and "steal" stay as ever.
 *
 * Prints core_width, in steps a cycle.
 */
#include "bench/report.h"

#define ROUNDS 8
#define STEPS  60000

/* One step, of one cycle, that the compiler can neither leave out nor join to the next. */
static inline uint64_t step(uint64_t x, uint64_t key)
{
	x ^= key;
	__asm__ volatile("" : "+r"(x));
	return x;
}

static uint64_t one_chain(uint64_t key)
{
	const uint64_t begun_ns = report_wall_ns();
	uint64_t a = 0;

	for (unsigned i = 0; i < STEPS / 6; i++)
		a = step(step(step(step(step(step(a, key), key), key), key), key), key);
	return report_wall_ns() - begun_ns;
}

static uint64_t six_chains(uint64_t key)
{
	const uint64_t begun_ns = report_wall_ns();
	uint64_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0;

	for (unsigned i = 0; i < STEPS; i++) {
		a = step(a, key);
		b = step(b, key);
		c = step(c, key);
		d = step(d, key);
		e = step(e, key);
		f = step(f, key);
	}
	return report_wall_ns() - begun_ns;
}

int main(void)
{
	uint64_t one_ns = 0, six_ns = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		one_ns += one_chain(i);
		six_ns += six_chains(i);
	}
	report_value("core_width", 6.0 * (double)one_ns / (double)six_ns, "steps/cycle", ROUNDS);
	return 0;
}
