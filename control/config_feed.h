/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Mistakes in a feed that concern more than one of its keys: where it comes from, what proves it.
 */
#include "control/config_lines.h"

void config_feed_check(const struct config_node *feed, const struct config_path *path,
                       struct config_mistakes *m);
