/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* A place in a log, kept in a file over restarts. */
#include "control/import/follow.h"

/* A file that is missing is the start; so is a damaged one, told by -EBADMSG. Errors: negative
 * errno
 */
int position_read(const char *path, struct follow_place *out_place);

/* Errors: negative errno; what was kept before stays */
int position_write(const char *path, const struct follow_place *place);
