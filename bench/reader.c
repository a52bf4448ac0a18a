/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/reader.h"

#include "bench/mix.h"
#include "bench/report.h"
#include "bench/ticks.h"

#include <urcu-qsbr.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BURST     32
#define KEY_COUNT (1u << 22) /* more than any cache has lines for */

enum state { PAUSED, READING, STOPPED };

struct reader {
	pthread_t thread;
	const struct update *update;
	bool is_checked;
	int cpu;
	_Atomic enum state wanted;
	_Atomic bool is_reading;
	struct reader_result result; /* reader's while it is reading */
	uint32_t *keys;
	uint8_t *is_listed;
};

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

uint32_t *reader_entries(uint32_t count)
{
	uint32_t *entries = malloc(count * sizeof(*entries));

	report_must(entries != NULL, "no memory");
	for (uint32_t i = 0; i < count; i++)
		entries[i] = mix32(i);
	qsort(entries, count, sizeof(*entries), compare);
	return entries;
}

static void make_keys(struct reader *r, uint32_t entries)
{
	r->keys = malloc(KEY_COUNT * sizeof(*r->keys));
	r->is_listed = malloc(KEY_COUNT);
	report_must(r->keys && r->is_listed, "no memory");
	for (uint32_t i = 0; i < KEY_COUNT; i++) {
		uint32_t number = mix32(i ^ 0x5bd1e995u);

		r->is_listed[i] = number >> 31;
		r->keys[i] = mix32(number % entries + (r->is_listed[i] ? 0 : entries));
	}
}

static uint64_t count_wrong(const struct reader *r, const struct tables *t, uint32_t at,
                            const verdict_t *verdicts)
{
	uint32_t listed = 1 + atomic_load_explicit(&t->generation, memory_order_relaxed) % 2;
	uint64_t wrong = 0;

	for (uint32_t i = 0; i < BURST; i++) {
		if (r->is_checked)
			wrong += verdicts[i] != (r->is_listed[at + i] ? listed : 0);
		else
			wrong += verdicts[i] > 2;
	}
	return wrong;
}

static void read_all(struct reader *r)
{
	struct reader_result *result = &r->result;
	uint64_t wall_ns = report_wall_ns(), cpu_ns = report_thread_ns();
	verdict_t verdicts[BURST];

	memset(result, 0, sizeof(*result));
	for (uint32_t at = 0; atomic_load_explicit(&r->wanted, memory_order_relaxed) == READING;
	     at = (at + BURST) % KEY_COUNT) {
		uint64_t start = ticks_now();
		const struct tables *t = update_tables(r->update);

		table4_lookup_burst(t->addresses4, r->keys + at, BURST, verdicts);
		result->wrong += count_wrong(r, t, at, verdicts);
		rcu_quiescent_state();
		histogram_add(&result->bursts, ticks_now() - start);
	}
	result->wall_ns = report_wall_ns() - wall_ns;
	result->cpu_ns = report_thread_ns() - cpu_ns;
	result->lookups = result->bursts.count * BURST;
}

static void *reader_main(void *argument)
{
	struct reader *r = argument;
	enum state wanted;

	report_pin(r->cpu);
	rcu_register_thread();
	rcu_thread_offline();
	while ((wanted = atomic_load(&r->wanted)) != STOPPED) {
		if (wanted == PAUSED) {
			report_sleep_us(100);
			continue;
		}
		rcu_thread_online();
		atomic_store(&r->is_reading, true);
		read_all(r);
		rcu_thread_offline();
		atomic_store(&r->is_reading, false);
	}
	rcu_unregister_thread();
	return NULL;
}

struct reader *reader_start(const struct update *update, uint32_t entries, bool is_checked, int cpu)
{
	struct reader *r = calloc(1, sizeof(*r));

	report_must(r != NULL, "no memory");
	r->update = update;
	r->is_checked = is_checked;
	r->cpu = cpu;
	make_keys(r, entries);
	report_must(pthread_create(&r->thread, NULL, reader_main, r) == 0, "no thread");
	return r;
}

void reader_stop(struct reader *r)
{
	atomic_store(&r->wanted, STOPPED);
	pthread_join(r->thread, NULL);
	free(r->keys);
	free(r->is_listed);
	free(r);
}

void reader_resume(struct reader *r)
{
	atomic_store(&r->wanted, READING);
	while (!atomic_load(&r->is_reading))
		report_sleep_us(100);
}

void reader_pause(struct reader *r, struct reader_result *out_result)
{
	atomic_store(&r->wanted, PAUSED);
	while (atomic_load(&r->is_reading))
		report_sleep_us(100);
	*out_result = r->result;
}
