/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A writer for a data plane that somebody else measures meanwhile (tails.py):
 *   bench_feed SOCKET ENTRIES LISTED        LISTED: where some of the addresses are written to
 *   bench_feed busy
 * Does what the lines of its standard input say, one after another, and prints for each how long it
 * took and its own processor time, in seconds:
 *   load                   all ENTRIES as a full load
 *   updates RATE SECONDS   so many changes of single addresses a second, in batches of 1000
 *   busy SHARE SECONDS     nothing of use, for that share of each 10 ms
 */
#include "bench/mix.h"
#include "bench/report.h"
#include "bench/sender.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH      1000
#define SAMPLE_MAX 100000u /* addresses in LISTED */
#define PERIOD_NS  10000000u

struct feed {
	struct sender sender;
	uint32_t *addresses; /* ascending */
	uint32_t count;
	uint32_t changes; /* made so far */
};

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void make_addresses(struct feed *f, uint32_t count, const char *path)
{
	FILE *file = fopen(path, "we");

	f->count = count;
	f->addresses = malloc(count * sizeof(*f->addresses));
	report_must(f->addresses != NULL && file != NULL, "no memory, or no file");
	for (uint32_t i = 0; i < count; i++) {
		uint32_t address = f->addresses[i] = mix32(i);

		/* 127.0.0.1 is never listed, whatever a list says */
		if (i < SAMPLE_MAX && address >> 24 != 127)
			fprintf(file, "%u.%u.%u.%u\n", address >> 24, address >> 16 & 255,
			        address >> 8 & 255, address & 255);
	}
	report_must(fclose(file) == 0, "cannot write the sample");
	qsort(f->addresses, count, sizeof(*f->addresses), compare);
}

/* Addresses that are not among those loaded come and go. */
static void update(struct feed *f, double rate, double seconds)
{
	const uint32_t batches = (uint32_t)(rate * seconds / BATCH);
	static struct sender_paint paints[BATCH];

	for (uint32_t batch = 0; batch < batches; batch++) {
		for (uint32_t i = 0; i < BATCH; i++, f->changes++)
			paints[i] = (struct sender_paint){
			    mix32(f->count + f->changes / (2 * BATCH) * BATCH + i),
			    f->changes / BATCH % 2 == 0};
		sender_make(&f->sender, paints, BATCH);
	}
	sender_send_over(&f->sender, (uint64_t)(seconds * 1e9));
}

static void keep_busy(double share, double seconds)
{
	const uint64_t end_ns = report_wall_ns() + (uint64_t)(seconds * 1e9);

	while (report_wall_ns() < end_ns) {
		const uint64_t start_ns = report_thread_ns();

		while ((double)(report_thread_ns() - start_ns) < share * PERIOD_NS)
			;
		if (share < 1)
			report_sleep_us((unsigned)(PERIOD_NS / 1e3 * (1 - share)));
	}
}

/* Whether it was understood. */
static bool obey(struct feed *f, const char *line)
{
	double a, b;

	if (strcmp(line, "load\n") == 0 && f->count > 0)
		(void)sender_load(&f->sender, f->addresses, f->count);
	else if (sscanf(line, "updates %lf %lf", &a, &b) == 2 && f->count > 0)
		update(f, a, b);
	else if (sscanf(line, "busy %lf %lf", &a, &b) == 2 && a > 0)
		keep_busy(a, b);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	const bool is_busy = argc == 2 && strcmp(argv[1], "busy") == 0;
	static struct feed f;
	char line[128];

	report_must(is_busy || argc == 4, "usage: bench_feed SOCKET ENTRIES LISTED | busy");
	if (!is_busy) {
		make_addresses(&f, (uint32_t)strtoul(argv[2], NULL, 10), argv[3]);
		sender_open(&f.sender, argv[1]);
	}
	while (fgets(line, sizeof(line), stdin)) {
		const uint64_t wall_ns = report_wall_ns(), own_ns = report_process_ns();

		report_must(obey(&f, line), "expected load, updates RATE SECONDS or busy SHARE "
		                            "SECONDS");
		printf("%.6f %.6f\n", (double)(report_wall_ns() - wall_ns) / 1e9,
		       (double)(report_process_ns() - own_ns) / 1e9);
		fflush(stdout);
	}
	if (!is_busy)
		sender_close(&f.sender);
	free(f.addresses);
	return 0;
}
