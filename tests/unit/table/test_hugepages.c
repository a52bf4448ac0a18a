/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * On which pages tables are. The kernel's pool of huge pages is played by ordinary files in memory,
 * wrapped at link time, because most machines have none: all is tested but the size of the pages.
 */
#include "dataplane/table/names.h"
#include "dataplane/table/table4.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define ADDRESSES (2u << 20)
#define LARGE     0xfff000u /* verdicts that take wide slots: more memory */
#define NAMES     (1u << 19)

int __real_memfd_create(const char *name, unsigned flags);
int __wrap_memfd_create(const char *name, unsigned flags);
int __real_fallocate64(int fd, int mode, off_t offset, off_t size);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t size);

static bool has_pool;
static size_t pool_free; /* bytes */

int __wrap_memfd_create(const char *name, unsigned flags)
{
	assert_true(flags & MFD_HUGETLB);
	if (has_pool)
		return __real_memfd_create(name, MFD_CLOEXEC);
	errno = ENOSYS;
	return -1;
}

int __wrap_fallocate64(int fd, int mode, off_t offset, off_t size)
{
	if ((size_t)size > pool_free) {
		errno = ENOSPC;
		return -1;
	}
	pool_free -= (size_t)size;
	return __real_fallocate64(fd, mode, offset, size);
}

static void test_open(void **state)
{
	static const struct {
		const char *reason;
		enum hugepages_mode mode;
		bool has_pool;
		size_t pool_free;
		bool is_worth;
		size_t pool_size, advised_size;
	} rows[] = {
	    {"no pool", HUGEPAGES_AUTO, false, 0, true, 0, HUGEPAGES_SIZE},
	    {"an empty pool", HUGEPAGES_AUTO, true, 0, true, 0, HUGEPAGES_SIZE},
	    {"a pool", HUGEPAGES_AUTO, true, HUGEPAGES_SIZE, true, HUGEPAGES_SIZE, 0},
	    {"required", HUGEPAGES_REQUIRE, true, HUGEPAGES_SIZE, true, HUGEPAGES_SIZE, 0},
	    {"required, but none is left", HUGEPAGES_REQUIRE, true, 0, true, 0, HUGEPAGES_SIZE},
	    {"never", HUGEPAGES_NEVER, true, HUGEPAGES_SIZE, true, 0, 0},
	    {"not worth it", HUGEPAGES_AUTO, true, HUGEPAGES_SIZE, false, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hugepages h = {.mode = rows[i].mode};
		char *reserved = mmap(NULL, 3 * HUGEPAGES_SIZE, PROT_NONE,
		                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		char *at = reserved + HUGEPAGES_SIZE - (uintptr_t)reserved % HUGEPAGES_SIZE;
		bool is_pooled = false;

		print_message("# %s\n", rows[i].reason);
		has_pool = rows[i].has_pool;
		pool_free = rows[i].pool_free;
		assert_true(reserved != MAP_FAILED);
		assert_int_equal(
		    hugepages_open(&h, at, HUGEPAGES_SIZE, rows[i].is_worth, &is_pooled), 0);
		assert_int_equal(is_pooled, rows[i].pool_size > 0);
		assert_int_equal(h.pool_size, rows[i].pool_size);
		assert_int_equal(h.advised_size, rows[i].advised_size);
		for (size_t byte = 0; byte < HUGEPAGES_SIZE; byte += 4096)
			assert_int_equal(at[byte], 0);
		memset(at, 1, HUGEPAGES_SIZE);
		munmap(reserved, 3 * HUGEPAGES_SIZE);
	}
}

static void test_probe(void **state)
{
	(void)state;
	has_pool = false;
	assert_int_equal(hugepages_probe(), -ENOSYS);
	has_pool = true;
	pool_free = 0;
	assert_int_equal(hugepages_probe(), -ENOSPC);
	pool_free = HUGEPAGES_SIZE;
	assert_int_equal(hugepages_probe(), 0);
}

static uint32_t address_of(uint32_t i)
{
	return i * 0x9e3779b1u;
}

/* Grow over the end of the pool, shrink to little, and grow again. */
static void test_table4(void **state)
{
	struct table4 *t = table4_new();
	struct table4_stats stats;

	(void)state;
	assert_non_null(t);
	has_pool = true;
	pool_free = 4 * HUGEPAGES_SIZE; /* the table takes four at a time */
	table4_use_pages(t, HUGEPAGES_AUTO);
	for (unsigned round = 0; round < 3; round++) {
		verdict_t verdict = round == 1 ? VERDICT_NONE : LARGE + round;

		for (uint32_t i = 0; i < ADDRESSES; i++)
			if (verdict || i % 64)
				assert_int_equal(
				    table4_paint(t, address_of(i), address_of(i), verdict), 0);
		rcu_barrier(); /* what was retired comes back */
		for (uint32_t i = 0; i < ADDRESSES; i += 8)
			assert_int_equal(table4_lookup(t, address_of(i)), verdict  ? verdict
			                                                  : i % 64 ? VERDICT_NONE
			                                                           : LARGE);
		table4_stats(t, &stats);
		assert_int_equal(stats.huge.pool_size, 4 * HUGEPAGES_SIZE);
		assert_true(stats.huge.advised_size > 0);
	}
	table4_free(t);
}

static size_t name_of(uint32_t i, uint8_t wire[16])
{
	wire[0] = 8;
	for (unsigned k = 0; k < 8; k++)
		wire[1 + k] = (uint8_t)('a' + (i >> 4 * k & 15));
	wire[9] = 0;
	return 9;
}

static void test_names(void **state)
{
	struct names *n = names_new();
	struct names_stats stats;
	uint8_t wire[16];

	(void)state;
	assert_non_null(n);
	has_pool = true;
	pool_free = HUGEPAGES_SIZE; /* names take one at a time */
	names_use_pages(n, HUGEPAGES_AUTO);
	for (uint32_t i = 0; i < NAMES; i++)
		assert_int_equal(names_put(n, wire, name_of(i, wire), 1 + i % 7, 0), 0);
	names_stats(n, &stats);
	assert_int_equal(stats.huge.pool_size, HUGEPAGES_SIZE);
	for (uint32_t i = 0; i < NAMES; i++) {
		struct names_match match;

		names_lookup(n, wire, name_of(i, wire), &match);
		assert_int_equal(match.verdict, 1 + i % 7);
	}
	for (uint32_t i = 0; i < NAMES; i++)
		assert_int_equal(names_delete(n, wire, name_of(i, wire)), 0);
	names_free(n);
	rcu_barrier();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_table4),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
