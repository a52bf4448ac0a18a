/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every kernel of reversed.h against qname_octets() and qname_nibbles(). The first byte of the
 * input says whether the rest is names, or chooses from the bytes that matter; a name is 64 bytes.
 */
#include "dataplane/qname.h"
#include "dataplane/reversed.h"
#include "tests/fuzz/core/check.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of the first four labels if they are short enough; 0 = they are not. */
static size_t size_of_four(const uint8_t *name)
{
	size_t at = 0;

	for (unsigned i = 0; i < 4; i++) {
		at += name[at] + 1u;
		if (at > REVERSED4_SIZE_MAX)
			return 0;
	}
	return at;
}

static void check_four(const struct reversed *kernel, const uint8_t *const *names, size_t count)
{
	uint32_t addresses[NAMES_MAX];
	uint8_t sizes[NAMES_MAX];

	kernel->scan4(names, count, addresses, sizes);
	for (size_t i = 0; i < count; i++) {
		struct qname_range4 range;
		size_t size = size_of_four(names[i]);

		if (size == 0 || qname_octets(names[i], size, &range) != 4) {
			CHECK(sizes[i] == 0);
			continue;
		}
		CHECK(sizes[i] == size);
		CHECK(addresses[i] == range.first);
	}
}

static void check_six(const struct reversed *kernel, const uint8_t *const *names, size_t count)
{
	address6_t addresses[NAMES_MAX];
	bool found[NAMES_MAX];

	kernel->scan6(names, count, addresses, found);
	for (size_t i = 0; i < count; i++) {
		struct qname_range6 range;
		bool is_name = true;

		for (size_t at = 0; at < REVERSED6_SIZE; at += 2)
			is_name = is_name && names[i][at] == 1;
		is_name = is_name && qname_nibbles(names[i], REVERSED6_SIZE, &range) == 32;
		CHECK(found[i] == is_name);
		CHECK(!is_name || addresses[i] == range.first);
	}
}

/* Bytes that matter: lengths, digits, and what is beside them. */
static uint8_t choose(uint8_t byte)
{
	static const uint8_t bytes[] = "\1\1\1\1\1\1\2\2\2\3\3\3\3\4\0\x30\x7f\xff/:0011223456789"
				       "25525abcdefABCDEFgG@`";

	return bytes[byte % (sizeof(bytes) - 1)];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count;
	const uint8_t *names[NAMES_MAX];
	uint8_t *copies;

	if (size < 1 + REVERSED6_SIZE)
		return 0;
	count = (size - 1) / REVERSED6_SIZE;
	if (count > NAMES_MAX)
		count = NAMES_MAX;
	copies =
	    malloc(count * REVERSED6_SIZE); /* of that size, so that no byte more can be read */
	CHECK(copies);
	for (size_t i = 0; i < count * REVERSED6_SIZE; i++)
		copies[i] = data[0] & 1 ? choose(data[1 + i]) : data[1 + i];
	for (size_t i = 0; i < count; i++)
		names[i] = copies + i * REVERSED6_SIZE;
	for (size_t k = 0; k < reversed_kernel_count; k++) {
		if (!reversed_kernels[k]->is_supported())
			continue;
		check_four(reversed_kernels[k], names, count);
		check_six(reversed_kernels[k], names, count);
	}
	free(copies);
	return 0;
}
