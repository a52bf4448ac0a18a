/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Mistakes in who may ask and how much: what concerns more than one value at a time. */
#include "control/config_lines.h"

void config_limits_check(const struct config_node *root, struct config_mistakes *m);
