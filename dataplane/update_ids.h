/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A set of verdict or listing ids (1 .. VERDICT_MAX): what is defined, so that a batch can be
 * checked before any of it is applied. One bit per possible id, in pages touched only when used.
 *
 * Threads: one.
 */
#include "dataplane/table/verdicts.h"

#include <stdbool.h>
#include <stdint.h>

struct update_ids {
	uint64_t *words; /* NULL = nothing was ever added */
};

static inline bool update_ids_has(const struct update_ids *ids, uint32_t id)
{
	return ids->words && id <= VERDICT_MAX && (ids->words[id / 64] >> (id % 64) & 1);
}

/* Errors: -ENOMEM; -EINVAL 0 or above VERDICT_MAX */
int update_ids_add(struct update_ids *ids, uint32_t id);

/* Not an error when it is not there. */
void update_ids_remove(struct update_ids *ids, uint32_t id);

/* Free; the set is empty then. */
void update_ids_done(struct update_ids *ids);
