/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* What a configuration keeps in files of their own, which not everybody who reads it may read. */
#include "control/config.h"

/*
 * Read the secrets a configuration names into it; before other threads see it. Without any there
 * are none.
 *
 * Errors: negative errno; the mistake was told, and the secrets are unchanged
 */
int config_secrets_read(struct config *config, config_complain *complain, void *context);
