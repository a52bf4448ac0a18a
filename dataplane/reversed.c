/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/reversed.h"

#include "dataplane/qname.h"
#include "dataplane/reversed_kernels.h"

static bool is_always(void)
{
	return true;
}

/* Bytes of the four labels, of one to three bytes each; 0 when they are of another length. */
static uint8_t size4(const uint8_t *name)
{
	unsigned at = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (name[at] < 1 || name[at] > 3)
			return 0;
		at += 1u + name[at];
	}
	return (uint8_t)at;
}

static void scan4(const uint8_t *const *names, size_t count, uint32_t *out_addresses,
                  uint8_t *out_sizes)
{
	for (size_t i = 0; i < count; i++) {
		struct qname_range4 range = {0, 0};

		out_sizes[i] = size4(names[i]);
		if (qname_octets(names[i], out_sizes[i], &range) != 4)
			out_sizes[i] = 0;
		out_addresses[i] = range.first;
	}
}

static void scan6(const uint8_t *const *names, size_t count, address6_t *out_addresses,
                  bool *out_found)
{
	for (size_t i = 0; i < count; i++) {
		struct qname_range6 range = {0, 0};
		bool is_good = true;

		for (unsigned at = 0; at < REVERSED6_SIZE; at += 2)
			is_good = is_good && names[i][at] == 1;
		out_found[i] = is_good && qname_nibbles(names[i], REVERSED6_SIZE, &range) == 32;
		out_addresses[i] = range.first;
	}
}

static const struct reversed portable = {"portable", is_always, scan4, scan6};

const struct reversed *const reversed_kernels[] = {
#ifdef REVERSED_HAS_X86
    &reversed_avx512,
    &reversed_avx2,
    &reversed_sse,
#endif
    &portable,
};
const size_t reversed_kernel_count = sizeof(reversed_kernels) / sizeof(reversed_kernels[0]);

const struct reversed *reversed_get(void)
{
	size_t i = 0;

	while (!reversed_kernels[i]->is_supported())
		i++;
	return reversed_kernels[i];
}
