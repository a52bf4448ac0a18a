/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The feeds that an operator switched off at run time, with who did it and why: kept in
 * state_dir/disabled.json, so that a restart does not switch them on again.
 *
 * Threads: the main loop only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWITCH_TEXT_MAX 256 /* bytes of a name, a reason, an author */

struct switches;

struct switch_off {
	char name[SWITCH_TEXT_MAX], reason[SWITCH_TEXT_MAX], author[SWITCH_TEXT_MAX];
	int64_t since_s; /* Unix time */
};

/*
 * Read what was kept; a damaged file is moved aside, told, and nothing is off.
 * Errors: NULL with errno
 */
struct switches *switches_open(const char *state_dir);
void switches_close(struct switches *s);

/* NULL when it is on; borrowed until the next change. */
const struct switch_off *switches_find(const struct switches *s, const char *name);

/*
 * Switch off or on. Errors: -ENOMEM: nothing changed; other negative errno: it is switched, but
 * that could not be saved
 */
int switches_set(struct switches *s, const struct switch_off *off);
int switches_clear(struct switches *s, const char *name);
