/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The flags of reputed-dataplane that a configuration asks for.
 */
#include "control/config.h"

/*
 * Build an argument vector that ends with NULL: program, then flags. Free with
 * dataplane_args_free(). Errors: NULL with errno.
 */
char **dataplane_args(const char *program, const struct config_dataplane *dataplane);

/* NULL is allowed. */
void dataplane_args_free(char **arguments);
