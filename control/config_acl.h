/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * access_file: an acl of rbldnsd in the place of the rules of access.
 */
#include "control/config_lines.h"

/*
 * Read the file of access_file, if one is given, into config->access. A client that no rule of it
 * is about is allowed, as with rbldnsd.
 *
 * Errors: -EINVAL mistakes were told; -ENOMEM
 */
int config_acl_load(struct config *c, const struct config_node *root, struct config_mistakes *m);
