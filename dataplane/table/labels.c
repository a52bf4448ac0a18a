/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/labels.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define NAME_SIZE_MAX  254
#define LABEL_SIZE_MAX 63

int labels_split(const uint8_t *name, size_t size, struct labels *out_labels)
{
	size_t count = 0;

	if (size > NAME_SIZE_MAX)
		return -EINVAL;
	for (size_t at = 0; at < size; at += 1u + name[at]) {
		if (name[at] == 0 || name[at] > LABEL_SIZE_MAX || name[at] >= size - at)
			return -EINVAL;
		out_labels->offsets[count++] = (uint8_t)at;
	}
	out_labels->count = count;
	return 0;
}

bool labels_is_lower(const uint8_t *name, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (name[i] >= 'A' && name[i] <= 'Z')
			return false;
	}
	return true;
}

/* A word of at most 8 bytes; the letters of others are not looked at. */
static uint64_t load_short(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word = word << 8 | bytes[i];
	return word;
}

bool labels_are_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint64_t differ = 0, left, right;

	if (size < 8)
		return labels_fold(load_short(a, size)) == labels_fold(load_short(b, size));
	for (size_t i = 0; i + 8 < size; i += 8) {
		memcpy(&left, a + i, 8);
		memcpy(&right, b + i, 8);
		differ |= labels_fold(left) ^ labels_fold(right);
	}
	/* the last eight, of which some may have been compared */
	memcpy(&left, a + size - 8, 8);
	memcpy(&right, b + size - 8, 8);
	return (differ | (labels_fold(left) ^ labels_fold(right))) == 0;
}

void labels_pattern_make(const uint8_t *bytes, size_t size, struct labels_pattern *out_pattern)
{
	uint8_t block[sizeof(labels_block_t)] = {0}, masks[sizeof(labels_block_t)] = {0};
	const size_t front = sizeof(block) - size;

	for (size_t i = 0; i < size; i++) {
		const bool is_letter = bytes[i] >= 'a' && bytes[i] <= 'z';

		block[front + i] = bytes[i];
		masks[front + i] = is_letter ? 0xff - ('a' - 'A') : 0xff;
	}
	memcpy(out_pattern->words, block, sizeof(block));
	memcpy(out_pattern->masks, masks, sizeof(masks));
}

bool labels_ends_with(const uint8_t *name, size_t size, const uint8_t *suffix, size_t suffix_size,
                      size_t *out_offset)
{
	size_t at = 0;

	while (at < size && size - at > suffix_size)
		at += 1u + name[at];
	if (at > size || size - at != suffix_size)
		return false;
	/* Length bytes are below 64, so lower-casing them changes nothing. */
	if (!labels_are_equal(&name[at], suffix, suffix_size))
		return false;
	*out_offset = at;
	return true;
}

int labels_key_init(struct labels_key *out_key)
{
	struct labels_key key;
	ssize_t size;

	do {
		size = getrandom(&key, sizeof(key), 0);
	} while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;
	*out_key = key; /* up to 256 bytes are never cut short: getrandom(2) */
	return 0;
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static void sip_absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

uint64_t labels_hash(const struct labels_key *key, uint64_t above, const uint8_t *label)
{
	uint64_t v[4] = {
	    key->words[0] ^ UINT64_C(0x736f6d6570736575),
	    key->words[1] ^ UINT64_C(0x646f72616e646f6d),
	    key->words[0] ^ UINT64_C(0x6c7967656e657261),
	    key->words[1] ^ UINT64_C(0x7465646279746573),
	};
	size_t size = 1u + label[0];
	size_t at;

	sip_absorb(v, above);
	for (at = 0; at + 8 <= size; at += 8) {
		uint64_t word;

		memcpy(&word, label + at, 8);
		sip_absorb(v, labels_fold(word));
	}
	if (at < size) { /* zero padding is unambiguous: the length byte came first */
		uint64_t word = 0;

		memcpy(&word, label + at, size - at);
		sip_absorb(v, labels_fold(word));
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
