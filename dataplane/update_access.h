/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Access messages, of the server or of a zone, made into what the tables hold. Nothing is published
 * here.
 *
 * Threads: one.
 */
#include "dataplane/table/access_rules.h"
#include "dataplane/update_check.h"

/*
 * Build the access rules. has_nets: as access_rules_new()
 * Errors: -EINVAL, -ENOMEM with the text.
 */
int update_access_build(const Reputed__Update__Access *m, bool has_nets,
                        struct access_rules **out_access, struct update_error *out_error);
