/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Checks of a configuration file that look at more than one value: what is given twice, lists that
 * zones name, keys that exclude each other.
 */
#include "control/config_lines.h"

/* Tell every mistake; values and types that are wrong by themselves are passed over. */
void config_names_check(const struct config_node *root, struct config_mistakes *m);
