/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The keys and types of the configuration file: one schema, from which libcyaml loads the values
 * and from which every mistake is found with its line.
 */
#include "control/config_lines.h"

#include <cyaml/cyaml.h>

/* Loads into a heap struct config. */
extern const cyaml_schema_value_t config_schema;

/*
 * Called for each scalar of a known key, before its type is checked. Returns NULL, or what is
 * expected instead.
 *
 * pattern: of its key, "lists[].feed.path"
 */
typedef const char *config_schema_scalar(const char *pattern, const char *text, void *context);

/* Tell all unknown and missing keys and wrong types, and what check says of the scalars. */
void config_schema_check(const struct config_node *root, config_schema_scalar *check, void *context,
                         struct config_mistakes *m);
