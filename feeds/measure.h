/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * How much a finished version lists: what guards ask beside its number of entries. Pure.
 */
#include "feeds/dataset.h"

/* Fill in coverage4, top_labels and top_name. Cost: O(ranges + names) */
void measure(const struct dataset *d, struct dataset_facts *facts);
