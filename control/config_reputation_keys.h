/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* How the section `reputation:` is read: its keys, what is checked and what is resolved. */
#include "control/config_lines.h"
#include "control/config_reputation.h"

#include <cyaml/cyaml.h>

/* Of struct config_reputation. */
extern const cyaml_schema_field_t config_reputation_fields[];

/* What a scalar needs beyond its type, as config_schema_scalar; pattern: below "reputation.". */
const char *config_reputation_expected(const char *pattern, const char *text);

/* Tell the mistakes of the section that are not of a scalar alone, and those of its dials. */
void config_reputation_check(const struct config_node *root, struct config_mistakes *m);

/* Errors: -EINVAL a value that the checks should not have let pass; -ENOMEM */
int config_reputation_resolve(struct config_reputation *r, const struct config_node *node,
                              const char *folder);

/* Free what was resolved and forget the tokens; NULL is allowed. */
void config_reputation_undo(struct config_reputation *r);

/* Read the files of tokens. Errors: negative errno of the last mistake; all were told */
int config_reputation_read_tokens(struct config_reputation *r, struct config_mistakes *m);
