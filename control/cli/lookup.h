/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Where listings come from: lists by hand, and the lines of feeds. */
#include "control/config.h"

#include <jansson.h>

/* Ask reputed. Errors: NULL, told on stderr */
json_t *lookup_sources(const struct config *config, const char *key);

/* A heading and a table; nothing when there are none. */
void lookup_print_sources(const json_t *sources);
