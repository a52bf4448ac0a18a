/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A YAML document as a tree that knows its lines. libcyaml loads the values; this tree is what
 * mistakes are found in, because libcyaml stops at the first one and forgets the lines.
 */
#include "control/config_mistake.h"

enum config_node_kind { CONFIG_SCALAR, CONFIG_SEQUENCE, CONFIG_MAPPING };

struct config_node {
	enum config_node_kind kind;
	bool is_plain;                /* scalar without quotes */
	unsigned line;                /* of its key, or of itself in a sequence; from 1 */
	unsigned count;               /* of children */
	unsigned capacity;            /* of children */
	char *key;                    /* NULL unless it is in a mapping */
	char *text;                   /* scalars; holds no NUL but its terminator */
	struct config_node *children; /* in the order of the file; keys are distinct */
};

/*
 * Read the one document of a file.
 *
 * Errors: NULL with errno; EINVAL: mistakes were told. Keys given twice are told, counted and left
 * out, and the tree is returned.
 */
struct config_node *config_lines_read(const void *bytes, size_t size, struct config_mistakes *m);

/* NULL is allowed. */
void config_lines_free(struct config_node *root);

/* The value of a key, or NULL; node may be NULL or no mapping. */
const struct config_node *config_lines_get(const struct config_node *node, const char *key);
