/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The commands of reputectl; each returns the exit status.
 */
#include "control/cli/arguments.h"

enum exit_status {
	EXIT_OK = 0,
	EXIT_NO = 1,         /* did not work; mistakes in the configuration; lookup: not listed */
	EXIT_USAGE = 2,      /* mistakes in the command line */
	EXIT_UNKNOWN = 2,    /* lookup: cannot tell whether it is listed; lint: cannot ask */
	EXIT_UNANSWERED = 3, /* saved, but the data plane does not answer accordingly yet */
	EXIT_PARTLY = 3,     /* migrate, dump: printed, but something has no place in it */
};

/* All of them; ends with a row without a name. */
extern const struct command commands[];

int check_run(const struct arguments *a);
int up_run(const struct arguments *a);
int status_run(const struct arguments *a);
int lookup_run(const struct arguments *a);
int list_add_run(const struct arguments *a);
int list_del_run(const struct arguments *a);
int list_show_run(const struct arguments *a);
int feeds_run(const struct arguments *a);
int feeds_refresh_run(const struct arguments *a);
int feeds_accept_run(const struct arguments *a);
int feeds_rollback_run(const struct arguments *a);
int feeds_disable_run(const struct arguments *a);
int feeds_enable_run(const struct arguments *a);
int feeds_diff_run(const struct arguments *a);
int feeds_push_run(const struct arguments *a);
int explain_run(const struct arguments *a);
int delist_run(const struct arguments *a);
int report_run(const struct arguments *a);
int simulate_run(const struct arguments *a);
int stats_run(const struct arguments *a);
int lint_run(const struct arguments *a);
int migrate_rbldnsd_run(const struct arguments *a);
int dump_run(const struct arguments *a);
