/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Full loads through the update socket while a reader looks up at full speed: what a burst of 32
 * takes then and otherwise, and whether every answer is right.
 *   bench_swap [ENTRIES [ROUNDS]]       without: 1000000 and 10000000, 5
 *
 * Processors as in bench_update. Rounds with and without a load take turns. A load gives every
 * address the other one of two verdicts, so a reader that mixed two loads would be caught.
 */
#include "bench/reader.h"
#include "bench/report.h"
#include "bench/sender.h"

#include <urcu-qsbr.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS_MAX  64
#define READER_CPU  0
#define UPDATER_CPU 1

struct bench {
	char path[64];
	uint32_t entries;
	uint32_t *addresses;
	unsigned rounds;
	struct update *update;
	struct sender sender;
	struct reader *reader;
	struct reader_result result;
	struct histogram steady, reload;
	uint64_t wrong, lookups;
	double seconds[ROUNDS_MAX], throughput[ROUNDS_MAX];
	double ratios[3][ROUNDS_MAX]; /* of the quantiles below */
};

static const double shares[3] = {0.5, 0.99, 0.999};

static double speed(const struct reader_result *r)
{
	return (double)r->lookups / (double)r->cpu_ns;
}

static void run_round(struct bench *b, unsigned round)
{
	static struct reader_result steady;

	reader_resume(b->reader);
	b->seconds[round] = sender_load(&b->sender, b->addresses, b->entries);
	reader_pause(b->reader, &b->result);
	reader_resume(b->reader);
	report_sleep_us((unsigned)(b->seconds[round] * 1e6));
	reader_pause(b->reader, &steady);
	for (unsigned i = 0; i < 3; i++)
		b->ratios[i][round] = (double)histogram_quantile(&b->result.bursts, shares[i]) /
		                      (double)histogram_quantile(&steady.bursts, shares[i]);
	b->throughput[round] = speed(&b->result) / speed(&steady);
	b->wrong += steady.wrong + b->result.wrong;
	b->lookups += steady.lookups + b->result.lookups;
	histogram_merge(&b->reload, &b->result.bursts);
	histogram_merge(&b->steady, &steady.bursts);
}

static void tell(struct bench *b)
{
	static const char *const names[3] = {"p50", "p99", "p999"};
	char name[80];

	snprintf(name, sizeof(name), "swap_%u_load", b->entries);
	report_value(name, report_median(b->seconds, b->rounds), "s", b->rounds);
	snprintf(name, sizeof(name), "swap_%u_steady_burst", b->entries);
	report_histogram(name, &b->steady, 1, "ticks");
	snprintf(name, sizeof(name), "swap_%u_reload_burst", b->entries);
	report_histogram(name, &b->reload, 1, "ticks");
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "swap_%u_burst_ratio_%s", b->entries, names[i]);
		report_value(name, report_median(b->ratios[i], b->rounds), "x of steady",
		             b->rounds);
	}
	snprintf(name, sizeof(name), "swap_%u_throughput", b->entries);
	report_value(name, report_median(b->throughput, b->rounds), "x of steady", b->rounds);
	snprintf(name, sizeof(name), "swap_%u_wrong", b->entries);
	report_value(name, (double)b->wrong, "answers", b->lookups);
}

static void run(uint32_t entries, unsigned rounds)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct update_options options;

	report_must(b != NULL, "no memory");
	b->entries = entries;
	b->rounds = rounds;
	b->addresses = reader_entries(entries);
	snprintf(b->path, sizeof(b->path), "/tmp/bench-swap-%d.sock", (int)getpid());
	options = (struct update_options){.path = b->path};
	b->update = update_start(&options);
	report_must(b->update != NULL, "cannot start the update thread");
	sender_open(&b->sender, b->path);
	sender_load(&b->sender, b->addresses, entries);
	b->reader = reader_start(b->update, entries, true, READER_CPU);
	for (unsigned round = 0; round < rounds; round++)
		run_round(b, round);
	tell(b);
	report_must(b->wrong == 0, "wrong answers");
	reader_stop(b->reader);
	sender_close(&b->sender);
	update_stop(b->update);
	free(b->addresses);
	free(b);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 5;

	report_must(rounds > 0 && rounds <= ROUNDS_MAX, "usage: bench_swap [ENTRIES [ROUNDS]]");
	rcu_register_thread();
	rcu_thread_offline();
	report_pin(UPDATER_CPU);
	if (argc > 1) {
		run((uint32_t)strtoul(argv[1], NULL, 10), rounds);
	} else {
		run(1000000, rounds);
		run(10000000, rounds);
	}
	rcu_unregister_thread();
	return 0;
}
