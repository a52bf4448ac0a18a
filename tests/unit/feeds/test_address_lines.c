/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/address_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define ADDRESSES 4096

/* Memory that ends where the process may not read. */
struct edge {
	char *map, *end;
	size_t size;
};

static void edge_init(struct edge *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	e->size = 16 * page;
	e->map =
	    mmap(NULL, e->size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(e->map != MAP_FAILED);
	assert_int_equal(mprotect(e->map + e->size, page, PROT_NONE), 0);
	e->end = e->map + e->size;
}

static void edge_done(struct edge *e)
{
	munmap(e->map, e->size + (size_t)sysconf(_SC_PAGESIZE));
}

/* Read a text that lies before the edge with each kernel. */
static void each_kernel(const char *text, size_t size, const uint32_t *expected, size_t count,
                        size_t expected_used, const char *reason)
{
	uint32_t found[ADDRESSES];
	struct edge edge;

	edge_init(&edge);
	memcpy(edge.end - size, text, size);
	for (size_t i = 0; i < address_lines_kernel_count; i++) {
		const struct address_lines *kernel = address_lines_kernels[i];
		size_t used = SIZE_MAX, got;

		if (!kernel->is_supported())
			continue;
		got = kernel->scan(edge.end - size, size, found, ADDRESSES, &used);
		if (got != count || used != expected_used ||
		    memcmp(found, expected, count * sizeof(*found)))
			fail_msg("%s: %s: %zu lines, %zu bytes", kernel->name, reason, got, used);
	}
	edge_done(&edge);
}

static void address_lines_octets(void **state)
{
	char text[256 * 17];
	uint32_t expected[256];

	(void)state;
	for (unsigned place = 0; place < 4; place++) {
		for (unsigned shape = 0; shape < 8; shape++) {
			size_t size = 0;

			for (unsigned value = 0; value < 256; value++) {
				unsigned octets[4];

				for (unsigned i = 0; i < 4; i++)
					octets[i] = shape >> i % 3 & 1 ? 249 : i + shape;
				octets[place] = value;
				expected[value] =
				    octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
				size += (size_t)sprintf(text + size, "%u.%u.%u.%u%s", octets[0],
				                        octets[1], octets[2], octets[3],
				                        value % 3 ? "\n" : "\r\n");
			}
			each_kernel(text, size, expected, 256, size, "every octet in every place");
		}
	}
}

static void address_lines_other(void **state)
{
	static const struct {
		const char *line, *reason;
	} rows[] = {
	    {"1.2.3.256\n", "an octet too large"},
	    {"1.2.3.999\n", "and larger"},
	    {"1.2.3.04\n", "a leading zero"},
	    {"00.2.3.4\n", "two zeros"},
	    {"001.2.3.4\n", "two leading zeros"},
	    {"1.2.3\n", "three octets"},
	    {"1.2.3.4.5\n", "five octets"},
	    {"1.2.3.\n", "an octet is missing at the end"},
	    {".1.2.3\n", "at the start"},
	    {"1..2.3\n", "in the middle"},
	    {"1111.2.3.4\n", "four digits"},
	    {"1.2.3.4444\n", "four digits at the end"},
	    {" 1.2.3.4\n", "a blank in front"},
	    {"1.2.3.4 \n", "a blank behind"},
	    {"1.2.3.4#\n", "a comment"},
	    {"1.2.3.4/32\n", "a prefix"},
	    {"1.2.3.4\r\r\n", "two carriage returns"},
	    {"1.2.3.4\r", "no line end behind the carriage return"},
	    {"1.2.3.4", "no line end: not known whether it goes on"},
	    {"255.255.255.255", "nor of the longest"},
	    {"255.255.255.255\r", "nor of that with a carriage return"},
	    {"\n", "an empty line"},
	    {"1,2.3.4\n", "another separator"},
	    {"1.2.3.\xb4\n", "a byte above 127"},
	    {"::1\n", "IPv6"},
	    {"localhost\n", "a name"},
	    {"", "the end"},
	};
	static const uint32_t expected[] = {0x01020304, 0xfffefdfc};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t used = (size_t)sprintf(text, "1.2.3.4\n255.254.253.252\n");
		size_t size = used + (size_t)sprintf(text + used, "%s", rows[i].line);

		each_kernel(text, size, expected, 2, used, rows[i].reason);
		/* And with more behind it, where a whole register can be read. */
		size += (size_t)sprintf(text + size, "\n9.9.9.9\n9.9.9.9\n9.9.9.9\n");
		if (rows[i].line[0] && strchr(rows[i].line, '\n'))
			each_kernel(text, size, expected, 2, used, rows[i].reason);
	}
}

static void address_lines_best(void **state)
{
	(void)state;
	assert_true(address_lines_get()->is_supported());
	assert_string_equal(address_lines_kernels[address_lines_kernel_count - 1]->name,
	                    "portable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(address_lines_octets),
	    cmocka_unit_test(address_lines_other),
	    cmocka_unit_test(address_lines_best),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
