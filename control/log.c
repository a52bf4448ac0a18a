/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void log_write(const char *prefix, const char *text, const char *suffix)
{
	char line[2048];
	int size = snprintf(line, sizeof(line) - 1, "reputed: %s%s%s", prefix, text, suffix);

	if (size < 0)
		return;
	if ((size_t)size > sizeof(line) - 2)
		size = sizeof(line) - 2;
	for (int i = 0; i < size; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	line[size] = '\n';
	/* Nobody to tell when standard error is gone. */
	if (write(STDERR_FILENO, line, (size_t)size + 1) < 0)
		return;
}

void log_info(const char *format, ...)
{
	char text[1900];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_write("", text, "");
}

void log_error(const char *format, ...)
{
	char text[1900];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_write("error: ", text, "");
}

bool log_limit_pass(struct log_limit *limit, int64_t now_ms, uint64_t *out_suppressed)
{
	if (limit->last_ms != 0 && now_ms - limit->last_ms < LOG_LIMIT_MS) {
		limit->suppressed++;
		return false;
	}
	*out_suppressed = limit->suppressed;
	limit->suppressed = 0;
	limit->last_ms = now_ms ? now_ms : 1;
	return true;
}

void log_limited(struct log_limit *limit, const char *format, ...)
{
	char text[1900], suffix[48] = "";
	struct timespec now;
	uint64_t suppressed;
	va_list arguments;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!log_limit_pass(limit, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, &suppressed))
		return;
	if (suppressed != 0)
		snprintf(suffix, sizeof(suffix), " (and %" PRIu64 " times before)", suppressed);
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_write("error: ", text, suffix);
}
