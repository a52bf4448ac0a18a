/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/ledger_clock.h"

#include <time.h>

void ledger_clock_init(struct ledger_clock *c, int64_t last_ms)
{
	*c = (struct ledger_clock){.now_ms = last_ms};
}

int64_t ledger_clock_now(struct ledger_clock *c, int64_t wall_ms, int64_t monotonic_ms)
{
	int64_t passed_ms = c->monotonic_ms ? monotonic_ms - c->monotonic_ms : 0;

	if (passed_ms < 0)
		passed_ms = 0;
	if (wall_ms >= c->now_ms) {
		c->now_ms = wall_ms;
		c->monotonic_ms = monotonic_ms;
	} else if (!c->monotonic_ms) {
		c->monotonic_ms = monotonic_ms;
	} else if (passed_ms >= 8) {
		c->now_ms += passed_ms / 8 * 7;
		c->monotonic_ms += passed_ms / 8 * 8;
	}
	return c->now_ms;
}

static int64_t read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t ledger_clock_wall(void)
{
	return read_ms(CLOCK_REALTIME);
}

int64_t ledger_clock_monotonic(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

int64_t ledger_clock_read(struct ledger_clock *c)
{
	return ledger_clock_now(c, ledger_clock_wall(), ledger_clock_monotonic());
}
