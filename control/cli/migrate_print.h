/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A migration plan as a configuration in YAML, with its notes as comments.
 */
#include "control/cli/migrate_plan.h"

#include <stdio.h>

/* What the options of the command line become; notes go to the plan. Errors: -ENOMEM */
int migrate_print_options(struct migrate_plan *plan);

/* command: the words it was, for the first comment. */
void migrate_print(const struct migrate_plan *plan, unsigned word_count, char *const *words,
                   FILE *out);
