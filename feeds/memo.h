/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What was found out of a record of a database: few records belong to many networks.
 */
#include "feeds/intern.h"

struct memo_item {
	uint32_t record, value;
};
struct memo {
	struct intern index;
	struct memo_item *items;
	size_t count, capacity;
};

/* NULL when it is not known. */
const uint32_t *memo_get(const struct memo *memo, uint32_t record);

/* Of a record that is not known. Errors: -ENOMEM */
int memo_put(struct memo *memo, uint32_t record, uint32_t value);

void memo_done(struct memo *memo);
