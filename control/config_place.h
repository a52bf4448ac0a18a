/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Addresses, ranges and names of the configuration, as lists of what is never listed and of what
 * versions of feeds are tried with.
 */
#include "control/config.h"

/* Errors: -EINVAL, out_place is unchanged; its text is borrowed. */
int config_place_parse(const char *text, struct config_place *out_place);

/* Resolve all of a list, checked before. Errors: -EINVAL, -ENOMEM */
int config_place_resolve(char *const *texts, unsigned count, struct config_place **out_places);

/* guard.never_list, and guard.canaries with their defaults. Errors: -EINVAL, -ENOMEM */
int config_place_guard(struct config *config, bool has_canaries);

/* Free what config_place_guard() made. */
void config_place_undo(struct config *config);
