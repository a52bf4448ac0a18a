/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Which pages the large parts of a table are on: those of the kernel's pool of huge pages while it
 * has any, else ordinary ones that the kernel may join to huge pages (transparent huge pages). A
 * pool that runs dry is no error, and what came from it stays until it is unmapped.
 *
 * Threads: the update thread, but for hugepages_probe(): any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HUGEPAGES_SIZE ((size_t)2 << 20) /* bytes of a page */

enum hugepages_mode {
	HUGEPAGES_AUTO,
	HUGEPAGES_NEVER,   /* ordinary pages, whatever the system's policy */
	HUGEPAGES_REQUIRE, /* as auto; but who starts a process asks hugepages_probe() first */
};

struct hugepages {
	enum hugepages_mode mode;
	uint64_t pool_size;    /* bytes on pages of the pool */
	uint64_t advised_size; /* bytes that the kernel was asked to have on huge pages */
};

/*
 * Make reserved address space, without access and private, usable; it is all zeros then.
 *
 * at, size:      multiples of HUGEPAGES_SIZE
 * is_worth:      huge pages are wanted, if the mode allows
 * out_is_pooled: on pages of the pool, which MADV_DONTNEED does not give back
 * Errors:        -ENOMEM; it is as before
 */
int hugepages_open(struct hugepages *h, void *at, size_t size, bool is_worth, bool *out_is_pooled);

/* Whether the pool has a free page now. Errors: negative errno, -ENOSPC: it has none */
int hugepages_probe(void);
