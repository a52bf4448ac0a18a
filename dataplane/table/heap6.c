/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/heap6.h"

#include <malloc.h>

static uint64_t size_of(void *block)
{
	return malloc_usable_size(block) + sizeof(size_t);
}

void heap6_count(struct heap6 *h, void *block)
{
	if (block)
		h->size += size_of(block);
}

void heap6_retire(struct heap6 *h, void *block)
{
	if (!block)
		return;
	h->size -= size_of(block);
	retire_add(&h->retire, block);
}
