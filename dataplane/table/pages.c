/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int pages_init(struct pages *p, size_t size)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	p->touched = calloc(size / page_size / 64 + 1, sizeof(*p->touched));
	if (!p->touched) {
		munmap(memory, size);
		return -ENOMEM;
	}
	p->memory = memory;
	p->size = size;
	p->page_size = page_size;
	p->page_shift = (unsigned)__builtin_ctzl(page_size);
	p->memory_size = 0;
	return 0;
}

void pages_done(struct pages *p)
{
	if (p->memory)
		munmap(p->memory, p->size);
	free(p->touched);
}

void pages_touch(struct pages *p, const void *where)
{
	size_t page = (size_t)((const char *)where - (const char *)p->memory) >> p->page_shift;

	if (p->touched[page / 64] >> (page % 64) & 1)
		return;
	p->touched[page / 64] |= UINT64_C(1) << (page % 64);
	p->memory_size += p->page_size;
}
