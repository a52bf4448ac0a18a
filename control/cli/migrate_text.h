/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The configuration of a plan as text, tried as "check" would try it.
 */
#include "control/cli/migrate_plan.h"

/* The command line that it is made of, for its head. */
struct migrate_words {
	unsigned count;
	char *const *items;
};

struct migrate_complaint {
	char text[400]; /* the first mistake; empty: the text passes "check" */
};

/*
 * complaint: zeroed
 * Errors: NULL: no memory
 */
char *migrate_text(const struct migrate_plan *plan, const struct migrate_words *words,
                   size_t *out_size, struct migrate_complaint *complaint);
