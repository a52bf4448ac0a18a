/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Checked messages written into tables: into a full load's own ones as they come, into the
 * published ones at the Commit of a delta.
 *
 * Threads: the update thread only, which is registered with liburcu-qsbr and online.
 */
#include "dataplane/proto/channel.h"
#include "dataplane/table/tables.h"

/*
 * Errors: negative errno, and a part may have been applied. After the checks of update_check.h only
 *         -ENOMEM is left, and for definitions -EBUSY of an id that was forgotten just now.
 */
int update_apply_define(struct tables *t, const Reputed__Update__Define *m);
int update_apply_paint4(struct tables *t, const Reputed__Update__Paint4 *m);
int update_apply_paint6(struct tables *t, const Reputed__Update__Paint6 *m);
int update_apply_names(struct tables *t, const Reputed__Update__PutNames *m);
