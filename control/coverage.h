/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Looks a key up in a dataset, as the data plane will answer it. Threads: any; pure.
 */
#include "control/manual_key.h"
#include "feeds/dataset.h"

struct coverage {
	uint32_t set;                                         /* for dataset_set() */
	char entry[2 * ADDRESS_TEXT_MAX + 4 * NAME_WIRE_MAX]; /* the range or name that covers it */
};

/* Whether all of the key is listed by one entry of the dataset. */
bool coverage_find(const struct dataset *d, const struct manual_key *key, struct coverage *out);
