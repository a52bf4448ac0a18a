/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Settings messages made into what the tables hold. Nothing is published here.
 *
 * Threads: one.
 */
#include "dataplane/table/settings.h"
#include "dataplane/update_check.h"

/*
 * Build settings.
 *
 * m:      NULL = nothing is set
 * secret: of the cookies when the message brings none
 * Errors: -EINVAL, -ENOMEM with the text, which never holds a secret
 */
int update_settings_build(const Reputed__Update__Settings *m,
                          const uint8_t secret[SETTINGS_SECRET_SIZE],
                          struct settings **out_settings, struct update_error *out_error);

/* Overwrite the secrets of a message that is no longer needed. */
void update_settings_wipe(Reputed__Update__Settings *m);
