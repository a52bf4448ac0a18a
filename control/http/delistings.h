/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which keys were delisted by self-service in the last 30 days, so that it stays within limits,
 * kept in a file over restarts: a line of JSON each, on disk before the key is delisted. A file
 * that cannot be read counts as a full month for everybody: nobody is delisted by accident.
 *
 * Threads: the main loop only.
 */
#include <stdint.h>

#define DELISTINGS_MONTH_S (INT64_C(30) * 24 * 3600)

struct delistings;

struct delistings_limits {
	uint32_t per_window, per_month; /* of one key */
	uint64_t window_s;
};

/* Older rows are taken out of the file. folder: of the state. Errors: NULL with errno */
struct delistings *delistings_open(const char *folder, int64_t now_s);
void delistings_close(struct delistings *d);

/* When a key may be delisted: 0 = now, else the moment, Unix seconds. */
int64_t delistings_when(const struct delistings *d, const struct delistings_limits *limits,
                        const char *key, int64_t now_s);

/* Note one. Errors: negative errno: it is not on disk, and must not be done */
int delistings_note(struct delistings *d, const char *key, const char *who, int64_t now_s);
