/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Files of keys: one key a line, then optionally a name for counters; '#' begins a comment. A file
 * that everybody may read holds no secrets, and is refused. No message tells a key.
 */
#include "control/config_lines.h"

/*
 * Read the files of all zones that have one, and make their paths absolute.
 *
 * Errors: -EINVAL: mistakes were told; -ENOMEM
 */
int config_keys_load(struct config *c, const char *folder, const struct config_node *zones,
                     struct config_mistakes *m);

/* NULL is allowed. */
void config_keys_free(struct config_keys *keys);
