/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What a configuration file must hold beyond keys and types: values that mean something, names that
 * exist, things given once. Works on the tree of the file, so that all mistakes are found at once.
 */
#include "control/config_lines.h"

/* Tell every mistake. folder: absolute, what relative paths are relative to. */
void config_check(const struct config_node *root, const char *folder, struct config_mistakes *m);

/* folder + path unless the path is absolute. Errors: NULL with errno. */
char *config_check_absolute(const char *folder, const char *path);
