/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The blocks of a table6: counted while readers can see them, retired when they no longer shall. */
#include "dataplane/table/retire.h"

#include <stddef.h>
#include <stdint.h>

struct heap6 {
	struct retire retire;
	uint64_t size; /* bytes of the blocks in use, as malloc() rounds them */
};

/* Count a malloc() block that is about to be published. */
void heap6_count(struct heap6 *h, void *block);

/* Retire a block that was counted; room was reserved with retire_reserve(). NULL is ignored. */
void heap6_retire(struct heap6 *h, void *block);
