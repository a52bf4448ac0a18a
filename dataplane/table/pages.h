/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A large piece of zeros of which a page costs memory from its first write on, and which knows how
 * much that is. For arrays over the address space that are mostly not written.
 *
 * Threads: the update thread; what is in the memory has its own rules.
 */
#include <stddef.h>
#include <stdint.h>

struct pages {
	void *memory;         /* constant */
	size_t size;          /* constant */
	size_t page_size;     /* constant */
	unsigned page_shift;  /* constant: log2 of it */
	uint64_t memory_size; /* bytes that were written, in whole pages */
	uint64_t *touched;    /* bitmap */
};

/* Errors: -ENOMEM; nothing to undo. */
int pages_init(struct pages *p, size_t size);

/* All zeros is allowed. */
void pages_done(struct pages *p);

/* Say that something in the memory is about to be written; nothing longer than a page. */
void pages_touch(struct pages *p, const void *where);
