/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What becomes of an acl of rbldnsd, of a zone or of the server: a file for access_file, or, when
 * it cannot be read whole, nobody but private networks, as nobody is to be let in by mistake.
 */
#include "control/cli/migrate_plan.h"

/* Errors: -ENOMEM */
int migrate_acl_take(struct migrate_acl *acl, const struct rbldnsd_spec *spec,
                     struct migrate_notes *notes);
