/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of the kernel's clocks each function reads: cookies want UTC, limits one that nobody sets.
 */
#include "dataplane/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_sources(void **state)
{
	static const struct {
		uint64_t (*read)(void);
		clockid_t id;
	} rows[] = {{clock_now_us, CLOCK_REALTIME_COARSE},
	            {clock_steady_us, CLOCK_MONOTONIC_COARSE}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t before = clock_us(rows[i].id);
		uint64_t read = rows[i].read();

		assert_in_range(read, before, clock_us(rows[i].id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sources)};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
