/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The times that log lines begin with. A traditional syslog stamp has neither year nor zone: it is
 * taken for the last such moment that is not later than a day from now, in the local zone.
 *
 * Threads: pure but for the process's time zone.
 */
#include "control/import/scan.h"

struct stamp_clock {
	int64_t now_ms; /* Unix */
	bool is_utc;    /* stamps without a zone are in UTC, not in the local zone */
};

/*
 * Take a stamp off a line, and one space after it: "Jan  5 10:00:00", or "2026-01-05T10:00:00" or
 * "2026-01-05 10:00:00" with or without a fraction and a zone ("Z", "+01:00", " +0100").
 * Returns false, and the line stays, when there is none.
 */
bool stamp_take(struct span *line, const struct stamp_clock *clock, int64_t *out_ms);
