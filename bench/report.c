/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/report.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void report_value(const char *name, double value, const char *unit, uint64_t n)
{
	printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"n\":%" PRIu64 "}\n", name, value,
	       unit, n);
	fflush(stdout);
}

void report_histogram(const char *name, const struct histogram *h, double per, const char *unit)
{
	static const struct {
		const char *suffix;
		double share;
	} rows[] = {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
	char text[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "%s_%s", name, rows[i].suffix);
		report_value(text, (double)histogram_quantile(h, rows[i].share) / per, unit,
		             h->count);
	}
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double report_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

void report_must(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(1);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void report_must_do(int rc)
{
	report_must(rc >= 0, strerror(-rc));
}

uint64_t report_wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t report_thread_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t report_process_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void report_ns(const char *name, uint64_t start_ns, uint64_t n)
{
	report_value(name, (double)(report_thread_ns() - start_ns) / (double)n, "ns", n);
}

void report_sleep_us(unsigned us)
{
	usleep(us);
}

void report_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static uint64_t memory_line(const char *key)
{
	FILE *file = fopen("/proc/self/status", "r");
	uint64_t kilobytes = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)) == 0)
			kilobytes = strtoull(line + strlen(key), NULL, 10);
	}
	if (file)
		fclose(file);
	return kilobytes * 1024;
}

uint64_t report_memory(void)
{
	return memory_line("VmRSS:");
}

uint64_t report_peak(void)
{
	return memory_line("VmHWM:");
}

void report_reset_peak(void)
{
	FILE *file = fopen("/proc/self/clear_refs", "w");

	if (!file)
		return;
	fputs("5", file);
	fclose(file);
}
