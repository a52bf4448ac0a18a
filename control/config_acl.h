/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * access_file, of the server and of zones: an acl of rbldnsd in the place of the rules of access.
 */
#include "control/config_lines.h"

/*
 * Read the files of access_file, where one is given, into the rules. A client that no rule of a
 * file is about is allowed, as with rbldnsd.
 *
 * Errors: -EINVAL mistakes were told; -ENOMEM
 */
int config_acl_load(struct config *c, const struct config_node *root, struct config_mistakes *m);
