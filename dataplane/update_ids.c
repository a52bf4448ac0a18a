/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_ids.h"

#include <errno.h>
#include <stdlib.h>

#define WORD_COUNT ((VERDICT_MAX + 1) / 64)

int update_ids_add(struct update_ids *ids, uint32_t id)
{
	if (id == 0 || id > VERDICT_MAX)
		return -EINVAL;
	if (!ids->words)
		ids->words = calloc(WORD_COUNT, sizeof(*ids->words));
	if (!ids->words)
		return -ENOMEM;
	ids->words[id / 64] |= UINT64_C(1) << (id % 64);
	return 0;
}

void update_ids_remove(struct update_ids *ids, uint32_t id)
{
	if (ids->words && id <= VERDICT_MAX)
		ids->words[id / 64] &= ~(UINT64_C(1) << (id % 64));
}

void update_ids_done(struct update_ids *ids)
{
	free(ids->words);
	ids->words = NULL;
}
