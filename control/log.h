/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The daemon's log: one line on standard error per call, lower case, names in 'quotes'. Control
 * characters in what others sent are replaced, so that a line stays a line.
 *
 * Threads: any; a line is one write().
 */
#include <stdbool.h>
#include <stdint.h>

void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One per cause, kept by whoever logs it; zeroed at start. */
struct log_limit {
	int64_t last_ms; /* monotonic; 0 = never */
	uint64_t suppressed;
};

#define LOG_LIMIT_MS 10000 /* at most one line per cause in this time */

/* Whether a line may be written now; out_suppressed: how many were not since the last one. */
bool log_limit_pass(struct log_limit *limit, int64_t now_ms, uint64_t *out_suppressed);

/* As log_error(), at most once per LOG_LIMIT_MS; tells how many were left out. */
void log_limited(struct log_limit *limit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
