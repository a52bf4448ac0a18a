/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a benchmark prints, and the clocks it reads. One JSON object a line:
 * {"name":…,"value":…,"unit":…,"n":…}.
 *
 * Threads: any.
 */
#include "bench/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void report_value(const char *name, double value, const char *unit, uint64_t n);

/* The processor time of this thread since a start, for each of n, in ns. */
void report_ns(const char *name, uint64_t start_ns, uint64_t n);

/* name_p50, name_p99, name_p999 and name_max, each divided by `per`. */
void report_histogram(const char *name, const struct histogram *h, double per, const char *unit);

/* The median; sorts. */
double report_median(double *values, size_t count);

/* End the program with a message unless it is good. */
void report_must(bool is_good, const char *what);

/* The same for what cannot fail but for want of memory: unless rc >= 0. */
void report_must_do(int rc);

uint64_t report_wall_ns(void);
uint64_t report_thread_ns(void);  /* CPU time of this thread */
uint64_t report_process_ns(void); /* of all threads */
void report_sleep_us(unsigned us);

/* Run this thread, and those it makes, on one processor; nothing when there is no such. */
void report_pin(int cpu);

/* Memory of the process: now, and at most since report_reset_peak(); bytes. */
uint64_t report_memory(void);
uint64_t report_peak(void);
void report_reset_peak(void);
