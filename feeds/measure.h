/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * How much a finished version lists: what guards ask beside its number of entries. Pure.
 */
#include "feeds/dataset.h"

/*
 * What lists answer when they cannot tell, not for what is listed: "you are using a public
 * resolver", "you ask too often". As a listing it would be one of everything.
 */
#define MEASURE_ERROR_CODES 0x7ffffffcu /* 127.255.255.252 and above */

/* Fill in what dataset_facts says is this one's. Cost: O(ranges + names) */
void measure(const struct dataset *d, struct dataset_facts *facts);
