/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The options of a feed: keys that its format knows (feeds/format.h), so they are in no schema.
 */
#include "control/config_lines.h"

/* Tell every mistake of feed.options, and options that the format needs and are not given. */
void config_options_check(const struct config_node *feed, const struct config_path *path,
                          struct config_mistakes *m);

/* Make feed->options of a feed without mistakes. folder: of relative paths. Errors: -ENOMEM */
int config_options_resolve(struct config_feed *feed, const struct config_node *node,
                           const char *folder);
