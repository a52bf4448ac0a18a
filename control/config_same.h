/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What two configurations have in common, so that only the rest needs to be published again.
 */
#include "control/config.h"

/* Whether what is listed, and in which order, depends on the same settings. */
bool config_same_lists(const struct config *a, const struct config *b);

/* Whether the zones, which are taken to have the same names, have the same keys. */
bool config_same_keys(const struct config *a, const struct config *b);

bool config_same_limits(const struct config *a, const struct config *b);
