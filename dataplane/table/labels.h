/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Labels of a wire-form name, and a hash that grows label by label from the root, so that all
 * suffixes of a name are hashed in one pass. Keyed (SipHash-1-3), because those who send queries,
 * and those who get themselves listed, choose the names.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LABELS_MAX 127 /* labels of a 254-byte name */

struct labels {
	size_t count;
	uint8_t offsets[LABELS_MAX]; /* of each length byte, leftmost label first */
};

/*
 * Find the labels of a name without its root label; size 0 is the root itself.
 *
 * Errors: -EINVAL longer than 254 bytes, or a label that is empty, above 63 bytes or cut short
 */
int labels_split(const uint8_t *name, size_t size, struct labels *out_labels);

/* Whether no byte is an upper-case ASCII letter; length bytes never are. */
bool labels_is_lower(const uint8_t *name, size_t size);

/* Whether two names of one size are the same but for case. */
bool labels_are_equal(const uint8_t *a, const uint8_t *b, size_t size);

/*
 * Whether a name is a suffix or lies below it, comparing ASCII letters without their case.
 *
 * Both well-formed; both with, or both without the root label.
 * out_offset: where the suffix starts in name
 */
bool labels_ends_with(const uint8_t *name, size_t size, const uint8_t *suffix, size_t suffix_size,
                      size_t *out_offset);

struct labels_key {
	uint64_t words[2];
};

/* Draw a random key. Errors: negative errno of getrandom(). */
int labels_key_init(struct labels_key *out_key);

/*
 * Hash of a suffix from that of the suffix one label shorter; upper and lower case hash alike.
 *
 * above: hash of what is right of the label, 0 for the root
 * label: its length byte, then as many bytes
 */
uint64_t labels_hash(const struct labels_key *key, uint64_t above, const uint8_t *label);

/* Lower-case the ASCII letters among eight bytes. */
static inline uint64_t labels_fold(uint64_t word)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t low = word & each * 0x7f;
	uint64_t above_z = low + each * (0x7f - 'Z');
	uint64_t from_a = low + each * (0x80 - 'A');
	uint64_t is_upper = ~word & each * 0x80 & (from_a ^ above_z);

	return word | is_upper >> 2;
}

/* 16 bytes, anywhere. */
typedef uint8_t labels_block_t __attribute__((vector_size(16), aligned(1), may_alias));

/* The same of 16. */
static inline labels_block_t labels_fold_block(labels_block_t bytes)
{
	return bytes | ((labels_block_t)(bytes - 'A' <= 'Z' - 'A') & 0x20);
}

/* A block and the bits of it that count: of a letter all but the one of its case. */
struct labels_pattern {
	uint64_t words[2], masks[2];
};

/*
 * The pattern of a block that ends with some bytes; what is in front of them does not count.
 *
 * bytes: in lower case; at most sizeof(labels_block_t)
 */
void labels_pattern_make(const uint8_t *bytes, size_t size, struct labels_pattern *out_pattern);

static inline bool labels_pattern_matches(const struct labels_pattern *p, const uint8_t *block)
{
	uint64_t words[2];

	__builtin_memcpy(words, block, sizeof(words));
	return (((words[0] ^ p->words[0]) & p->masks[0]) |
	        ((words[1] ^ p->words[1]) & p->masks[1])) == 0;
}
