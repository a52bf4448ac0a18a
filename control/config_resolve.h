/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * From the values of a checked file to what the daemons use: defaults, absolute paths, numbers.
 */
#include "control/config_lines.h"

/*
 * Fill in what the file does not say and resolve texts.
 *
 * c:      loaded by libcyaml from the file that root is the tree of
 * folder: absolute; what relative paths are relative to
 * Errors: -ENOMEM; -EINVAL: the file was not checked. What was set stays for config_free().
 */
int config_resolve(struct config *c, const struct config_node *root, const char *folder);

/* Free what config_resolve() adds beside the values of the file. */
void config_resolve_undo(struct config *c);
