/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/qname.h"

#include "dataplane/table/labels.h"

#include <string.h>

/* The octet of a label of 1..3 digits, or -1. */
static int octet_of(const uint8_t *label)
{
	unsigned length = label[0], value = 0;

	if (length > 3 || (length > 1 && label[1] == '0'))
		return -1;
	for (unsigned i = 1; i <= length; i++) {
		if (label[i] < '0' || label[i] > '9')
			return -1;
		value = value * 10 + (label[i] - '0');
	}
	return length > 0 && value <= 255 ? (int)value : -1;
}

static int nibble_of(const uint8_t *label)
{
	uint8_t digit;

	if (label[0] != 1)
		return -1;
	digit = qname_lower(label[1]);
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

unsigned qname_octets(const uint8_t *name, size_t size, struct qname_range4 *out_range)
{
	uint32_t address = 0, span;
	unsigned count = 0;

	for (size_t at = 0; at < size; at += 1u + name[at]) {
		int octet = count < 4 ? octet_of(&name[at]) : -1;

		if (octet < 0)
			return 0;
		address |= (uint32_t)octet << (8 * count++);
	}
	if (count == 0)
		return 0;
	span = (uint32_t)((UINT64_C(1) << (8 * (4 - count))) - 1);
	out_range->first = count < 4 ? address << (8 * (4 - count)) : address;
	out_range->last = out_range->first | span;
	return count;
}

unsigned qname_nibbles(const uint8_t *name, size_t size, struct qname_range6 *out_range)
{
	address6_t address = 0;
	unsigned count = 0, free_bits;

	for (size_t at = 0; at < size; at += 1u + name[at]) {
		int nibble = count < 32 ? nibble_of(&name[at]) : -1;

		if (nibble < 0)
			return 0;
		address |= (address6_t)nibble << (4 * count++);
	}
	if (count == 0)
		return 0;
	free_bits = 128 - 4 * count;
	out_range->first = address << free_bits;
	out_range->last = out_range->first | (((address6_t)1 << free_bits) - 1);
	return count;
}

void qname_fold(uint8_t *out_name, const uint8_t *name, size_t size)
{
	size_t i = 0;

	for (; i + sizeof(labels_block_t) <= size; i += sizeof(labels_block_t))
		*(labels_block_t *)&out_name[i] =
		    labels_fold_block(*(const labels_block_t *)&name[i]);
	for (; i + 8 <= size; i += 8) {
		uint64_t word;

		memcpy(&word, &name[i], 8);
		word = labels_fold(word);
		memcpy(&out_name[i], &word, 8);
	}
	for (; i < size; i++)
		out_name[i] = qname_lower(name[i]);
}
