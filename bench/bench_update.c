/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Updates of single IPv4 addresses through the update socket, beside a reader at full speed.
 *   bench_update [ENTRIES [ROUNDS]]     default 10000000 5
 *
 * The reader has a processor of its own (0); the update thread and a sender of prepared bytes share
 * the other (1). For each size of a batch, rounds with and without updates take turns: half of the
 * updates add an address, half remove one. The updates come as fast as they are taken, or, where a
 * name has "offered", at a rate; then two controls take their turns too: the other processor takes
 * the same time in registers only, and with as many stores to random lines of memory of its own.
 * The figures are medians of the rounds. CPU times are told beside wall times, because they do not
 * count what else runs on the machine.
 */
#include "bench/busy.h"
#include "bench/mix.h"
#include "bench/reader.h"
#include "bench/report.h"
#include "bench/sender.h"

#include <urcu-qsbr.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS_MAX  256
#define REPEATS     16 /* of an offered row in a round: short, so that noise falls on all alike */
#define LATENCIES   20000
#define ENTRY_SIZE  6 /* bytes of the table for each, about */
#define READER_CPU  0
#define UPDATER_CPU 1

struct bench {
	uint32_t entries;
	unsigned rounds;
	char path[64];
	struct update *update;
	struct sender sender;
	struct reader *reader;
	struct busy busy;
	struct sender_paint *paints;
	uint32_t turn; /* updates so far */
};

static void bench_load(struct bench *b)
{
	uint32_t *entries = reader_entries(b->entries);
	uint64_t before = report_memory(), once, cpu_ns;
	double seconds = sender_load(&b->sender, entries, b->entries);

	report_value("update_full_load_first", seconds, "s", b->entries);
	once = report_memory() - before;
	report_value("update_full_load_memory", (double)once / b->entries, "bytes/entry",
	             b->entries);
	report_reset_peak();
	cpu_ns = report_process_ns();
	seconds = sender_load(&b->sender, entries, b->entries);
	report_value("update_full_load_again", seconds, "s", b->entries);
	report_value("update_full_load_again_cpu", (double)(report_process_ns() - cpu_ns) / 1e9,
	             "s", b->entries);
	report_value("update_full_load_again_peak", (double)(report_peak() - before) / (double)once,
	             "x of one table", b->entries);
}

/*
 * An address goes and another one comes, from one end of the entries to the other and then back, so
 * the table stays as large as it is and half of the reader's addresses are listed.
 */
static void make_updates(struct bench *b, uint32_t count, uint32_t batch)
{
	for (uint32_t i = 0; i < count; i++, b->turn++) {
		uint32_t slot = b->turn / 2 % b->entries;
		bool is_add = b->turn % 2, is_back = b->turn / 2 / b->entries % 2;

		b->paints[i].address = mix32(slot + (is_add != is_back ? b->entries : 0));
		b->paints[i].verdict = is_add ? 1 + slot % 2 : 0;
	}
	for (uint32_t at = 0; at < count; at += batch)
		sender_make(&b->sender, b->paints + at, count - at < batch ? count - at : batch);
}

/* One kind of updates. */
struct row {
	uint32_t batch, count;
	double offered; /* million updates a second; 0 = all that are taken */
};

struct figures {
	double rate[ROUNDS_MAX], cost_ns[ROUNDS_MAX], ratio[ROUNDS_MAX], ratio_wall[ROUNDS_MAX];
	double p50[ROUNDS_MAX], p999[ROUNDS_MAX], tail[ROUNDS_MAX];
	/* of the reader beside the controls, and beside updates to it beside a control */
	double spin[ROUNDS_MAX], store[ROUNDS_MAX], to_spin[ROUNDS_MAX], to_store[ROUNDS_MAX];
};

static double speed(const struct reader_result *r, bool is_wall)
{
	return (double)r->lookups / (double)(is_wall ? r->wall_ns : r->cpu_ns);
}

static void send_updates(struct bench *b, const struct row *row)
{
	if (row->offered > 0)
		sender_send_over(&b->sender, (uint64_t)(row->count * 1e3 / row->offered));
	else
		sender_send(&b->sender);
}

/* The reader's speed beside the processor time that updates took. */
static double run_control(struct bench *b, uint64_t wall_ns, uint64_t cpu_ns, uint64_t stores)
{
	struct reader_result *r = malloc(sizeof(*r));
	double result;

	report_must(r != NULL, "no memory");
	reader_resume(b->reader);
	busy_run(&b->busy, wall_ns, cpu_ns, stores);
	reader_pause(b->reader, r);
	result = speed(r, false);
	free(r);
	return result;
}

static void run_round(struct bench *b, const struct row *row, struct figures *f, unsigned round)
{
	const uint32_t count = row->count;
	struct reader_result *busy = malloc(sizeof(*busy)), *idle = malloc(sizeof(*idle));
	uint64_t start_ns, wall_ns, cpu_ns;

	report_must(busy && idle, "no memory");
	make_updates(b, count, row->batch);
	reader_resume(b->reader);
	start_ns = report_wall_ns();
	cpu_ns = report_process_ns();
	send_updates(b, row);
	wall_ns = report_wall_ns() - start_ns;
	cpu_ns = report_process_ns() - cpu_ns;
	reader_pause(b->reader, busy);
	cpu_ns -= busy->cpu_ns;
	reader_resume(b->reader);
	report_sleep_us((unsigned)(wall_ns / 1000));
	reader_pause(b->reader, idle);
	report_must(busy->wrong == 0 && idle->wrong == 0, "wrong answers");
	f->rate[round] = (double)count / (double)wall_ns * 1e3;
	f->cost_ns[round] = (double)cpu_ns / (double)count;
	f->ratio[round] = speed(busy, false) / speed(idle, false);
	f->ratio_wall[round] = speed(busy, true) / speed(idle, true);
	f->p50[round] = (double)histogram_quantile(&busy->bursts, 0.5) /
	                (double)histogram_quantile(&idle->bursts, 0.5);
	f->p999[round] = (double)histogram_quantile(&busy->bursts, 0.999);
	f->tail[round] = f->p999[round] / (double)histogram_quantile(&idle->bursts, 0.999);
	if (row->offered > 0) {
		f->spin[round] = run_control(b, wall_ns, cpu_ns, 0) / speed(idle, false);
		f->store[round] = run_control(b, wall_ns, cpu_ns, count) / speed(idle, false);
		f->to_spin[round] = f->ratio[round] / f->spin[round];
		f->to_store[round] = f->ratio[round] / f->store[round];
	}
	free(busy);
	free(idle);
}

static void bench_batches(struct bench *b, const struct row *row)
{
	const unsigned rounds = row->offered > 0 ? b->rounds * REPEATS : b->rounds;
	struct figures *f = calloc(1, sizeof(*f));
	const struct {
		const char *name, *unit;
		double *values;
		bool is_offered; /* only of rows that are */
	} rows[] = {
	    {"rate", "M/s", f->rate, false},
	    {"cpu", "ns/update", f->cost_ns, false},
	    {"reader_throughput", "x of idle", f->ratio, false},
	    {"reader_throughput_wall", "x of idle", f->ratio_wall, false},
	    {"reader_burst_p50", "x of idle", f->p50, false},
	    {"reader_burst_p999", "ticks", f->p999, false},
	    {"reader_burst_p999_ratio", "x of idle", f->tail, false},
	    {"control_spin", "x of idle", f->spin, true},
	    {"control_store", "x of idle", f->store, true},
	    {"reader_throughput_to_spin", "x of control", f->to_spin, true},
	    {"reader_throughput_to_store", "x of control", f->to_store, true},
	};
	char name[80], offered[32] = "";

	if (row->offered > 0)
		snprintf(offered, sizeof(offered), "_offered_%.0fM", row->offered);
	for (unsigned round = 0; round < rounds; round++)
		run_round(b, row, f, round);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].is_offered && row->offered <= 0)
			continue;
		snprintf(name, sizeof(name), "update_batch_%u%s_%s", row->batch, offered,
		         rows[i].name);
		report_value(name, report_median(rows[i].values, rounds), rows[i].unit,
		             (uint64_t)row->count * rounds);
	}
	free(f);
}

static verdict_t look(const struct bench *b, uint32_t address)
{
	verdict_t verdict;

	rcu_thread_online();
	verdict = table4_lookup(update_tables(b->update)->addresses4, address);
	rcu_thread_offline();
	return verdict;
}

/* From a batch of one address sent until it is answered as visible, the machine otherwise idle. */
static void bench_latency(struct bench *b)
{
	struct histogram *h = calloc(1, sizeof(*h));

	report_must(h != NULL, "no memory");
	for (uint32_t i = 0; i < LATENCIES; i++) {
		struct sender_paint paint = {mix32(2 * b->entries + i), 1};
		uint64_t start_ns;

		sender_make(&b->sender, &paint, 1);
		start_ns = report_wall_ns();
		sender_send(&b->sender);
		report_must(look(b, paint.address) == 1, "committed and not visible");
		histogram_add(h, report_wall_ns() - start_ns);
	}
	report_histogram("update_to_visible", h, 1e3, "us");
	free(h);
}

static void say(const char *text)
{
	fprintf(stderr, "bench_update: %s\n", text);
}

static uint32_t argument(int argc, char **argv, int at, uint32_t preset)
{
	return argc > at ? (uint32_t)strtoul(argv[at], NULL, 10) : preset;
}

int main(int argc, char **argv)
{
	static const struct row rows[] = {
	    {1, 400000, 0},      {10, 1000000, 0}, {100, 2000000, 0}, {1000, 2000000, 0},
	    {10000, 2000000, 0}, {100, 100000, 1}, {100, 100000, 2},
	};
	struct bench b = {.entries = argument(argc, argv, 1, 10000000),
	                  .rounds = argument(argc, argv, 2, 5)};
	struct update_options options = {.path = b.path, .log = say};

	report_must(b.entries > 0 && b.rounds > 0 && b.rounds <= ROUNDS_MAX / REPEATS,
	            "usage: bench_update [ENTRIES [ROUNDS]]");
	b.paints = malloc(2000000 * sizeof(*b.paints));
	report_must(b.paints != NULL, "no memory");
	snprintf(b.path, sizeof(b.path), "/tmp/bench-update-%d.sock", (int)getpid());
	rcu_register_thread();
	rcu_thread_offline();
	report_pin(UPDATER_CPU);
	b.update = update_start(&options);
	report_must(b.update != NULL, "cannot start the update thread");
	sender_open(&b.sender, b.path);
	bench_load(&b);
	bench_latency(&b);
	busy_init(&b.busy, (size_t)b.entries * ENTRY_SIZE);
	b.reader = reader_start(b.update, b.entries, false, READER_CPU);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		bench_batches(&b, &rows[i]);
	reader_stop(b.reader);
	sender_close(&b.sender);
	update_stop(b.update);
	rcu_unregister_thread();
	busy_done(&b.busy);
	free(b.paints);
	return 0;
}
