/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The small fixed data set that golden cases and fuzz targets of the answer core run against. Its
 * contents are told in dataset.c, in the order in which a case may want to look them up.
 */
#include "dataplane/table/tables.h"

/* All tables filled; ends the program when that fails, which is a bug of the test. */
struct tables *dataset_new(void);

/* The smallest set of zones that has an apex of 254 bytes, in a fresh struct tables. */
struct tables *dataset_new_long_apex(void);

/* As dataset_new(), but cookies are required, and nothing is told of the server. */
struct tables *dataset_new_strict(void);

void dataset_free(struct tables *t);
