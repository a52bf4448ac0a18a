/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/hugepages.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21u << 26) /* log2 of the size, from bit 26 on */
#endif

/*
 * Pages of the pool, as a file: so they are ours before anything is mapped. A mapping of the pool
 * that fails would have unmapped what was there, for any other thread's mmap() to take.
 * Returns a descriptor. Errors: negative errno
 */
static int take_from_pool(size_t size)
{
	int fd = memfd_create("reputed-table", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB), error;

	if (fd < 0)
		return -errno;
	if (fallocate(fd, 0, 0, (off_t)size) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static bool open_pooled(void *at, size_t size)
{
	int fd = take_from_pool(size);
	void *mapped;

	if (fd < 0)
		return false;
	mapped = mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
	return mapped != MAP_FAILED;
}

int hugepages_open(struct hugepages *h, void *at, size_t size, bool is_worth, bool *out_is_pooled)
{
	is_worth = is_worth && h->mode != HUGEPAGES_NEVER;
	*out_is_pooled = is_worth && open_pooled(at, size);
	if (*out_is_pooled) {
		h->pool_size += size;
		return 0;
	}
	if (mprotect(at, size, PROT_READ | PROT_WRITE) < 0)
		return -ENOMEM;
	/* hints: a kernel without transparent huge pages has ordinary ones */
	if (h->mode == HUGEPAGES_NEVER)
		(void)madvise(at, size, MADV_NOHUGEPAGE);
	if (!is_worth)
		return 0;
	(void)madvise(at, size, MADV_HUGEPAGE);
	h->advised_size += size;
	return 0;
}

int hugepages_probe(void)
{
	int fd = take_from_pool(HUGEPAGES_SIZE);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}
