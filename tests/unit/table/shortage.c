/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Address space that tables reserve is kept for the next table: an emulator remembers each page of
 * it, used or not, and would be killed for want of memory after some dozen tables.
 */
#include "tests/unit/table/shortage.h"

#include "tests/unit/table/probe.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size);
int __real_mprotect(void *at, size_t size, int protection);
int __wrap_mprotect(void *at, size_t size, int protection);

#define RESERVED_MIN ((size_t)1 << 30)  /* bytes; nothing else is as large */
#define WRITTEN_MAX  ((size_t)64 << 20) /* from the start of what is reserved; tables are small */

static unsigned fail_at; /* see shortage_fail_at() */
static bool has_failed;

static bool is_to_fail(void)
{
	if (fail_at == 0 || --fail_at > 0)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_to_fail() ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return is_to_fail() ? NULL : __real_aligned_alloc(alignment, size);
}

static struct {
	void *at;
	size_t size;
} spare[8];

void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (is_to_fail())
		return MAP_FAILED;
	for (unsigned i = 0; protection == PROT_NONE && i < sizeof(spare) / sizeof(*spare); i++) {
		if (spare[i].size != size)
			continue;
		spare[i].size = 0;
		return spare[i].at;
	}
	return __real_mmap64(at, size, protection, flags, fd, offset);
}

int __wrap_munmap(void *at, size_t size)
{
	for (unsigned i = 0; size >= RESERVED_MIN && i < sizeof(spare) / sizeof(*spare); i++) {
		if (spare[i].size > 0)
			continue;
		assert_int_equal(madvise(at, WRITTEN_MAX, MADV_DONTNEED), 0);
		spare[i].at = at;
		spare[i].size = size;
		return 0;
	}
	return __real_munmap(at, size);
}

/* Reserved address space becomes memory by it. */
int __wrap_mprotect(void *at, size_t size, int protection)
{
	if (is_to_fail())
		return -1;
	return __real_mprotect(at, size, protection);
}

void shortage_fail_at(unsigned number)
{
	if (number > 0)
		has_failed = false;
	fail_at = number;
}

bool shortage_has_failed(void)
{
	return has_failed;
}

static void check_row(const struct shortage_row *row)
{
	unsigned fails = 0, failures = 0;
	int rc;

	do {
		struct tables *t = tables_new();
		static struct probe_view before, after;

		assert_non_null(t);
		table4_use(t->addresses4, NULL); /* verdicts need not be defined */
		table6_use(t->addresses6, NULL);
		names_use(t->names, NULL);
		if (row->prepare)
			row->prepare(t);
		probe_look(t, &before);
		shortage_fail_at(++fails);
		rc = row->operate(t);
		shortage_fail_at(0);
		probe_look(t, &after);
		/* making a table smaller may be left for later, and is no failure then */
		assert_int_equal(rc, rc < 0 ? -ENOMEM : 0);
		assert_true(has_failed || rc == 0);
		assert_int_equal(memcmp(&before, &after, sizeof(before)) == 0, rc < 0);
		failures += rc < 0;
		if (rc < 0) {
			assert_int_equal(row->operate(t), 0);
			probe_look(t, &after);
			assert_memory_not_equal(&before, &after, sizeof(before));
		}
		tables_free(t);
		rcu_barrier();
	} while (has_failed);
	assert_in_range(failures, row->fails_min, 100);
}

void shortage_check(const struct shortage_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_message("# %s\n", rows[i].reason);
		check_row(&rows[i]);
	}
}
