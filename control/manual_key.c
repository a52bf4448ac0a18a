/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/manual_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Bits of the smallest power of two that holds the range: a /24 has level 24, as has any span of
 * 129 to 256 addresses, so that a smaller one inside it decides. */
static uint8_t manual_key_level(const struct address_range *range)
{
	unsigned bits = range->is_ip6 ? 128 : 32;
	address6_t span = range->last - range->first;

	while (bits > 0 && span > 0) {
		bits--;
		span >>= 1;
	}
	return (uint8_t)bits;
}

/* A longer name decides before a shorter one; below a name, "*.name" before "name". At most 127
 * labels (RFC 1035 section 3.1), so it fits. */
static uint8_t manual_key_depth(const uint8_t *wire, size_t size, bool is_below)
{
	unsigned labels = 0;

	for (size_t at = 0; at < size; at += 1u + wire[at])
		labels++;
	return (uint8_t)(2 * labels + (is_below ? 1 : 0));
}

/* What mail servers ask for: letters, digits, hyphens, underscores. Nothing else needs escaping in
 * the canonical form, or looks like another kind of key. */
static bool manual_key_is_plain(const uint8_t *wire, size_t size)
{
	for (size_t at = 0; at < size; at += 1u + wire[at]) {
		for (size_t i = 1; i <= wire[at]; i++) {
			uint8_t c = wire[at + i];

			if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
			    c != '_')
				return false;
		}
	}
	return true;
}

/* No top level domain is a number (RFC 3696 section 2): an address that went wrong. */
static bool manual_key_is_numeric(const uint8_t *wire, size_t size)
{
	size_t last = 0, digits = 0;

	for (size_t at = 0; at < size; at += 1u + wire[at])
		last = at;
	for (size_t i = 1; i <= wire[last]; i++) {
		digits += wire[last + i] != '-';
		if (wire[last + i] != '-' && (wire[last + i] < '0' || wire[last + i] > '9'))
			return false;
	}
	return digits > 0;
}

static int manual_key_range(const char *text, size_t size, struct manual_key *key)
{
	char canonical[2 * ADDRESS_TEXT_MAX];
	size_t length;
	int rc = address_parse(text, size, &key->range);

	if (rc < 0)
		return rc;
	length = address_format(&key->range, canonical);
	key->has_host_bits = key->range.has_host_bits;
	key->level = manual_key_level(&key->range);
	snprintf(key->text, sizeof(key->text), "%s%.*s", key->is_exclusion ? "!" : "", (int)length,
	         canonical);
	return 0;
}

static int manual_key_name(const char *text, size_t size, struct manual_key *key)
{
	char canonical[4 * NAME_WIRE_MAX + 2];
	bool is_below = size > 2 && text[0] == '*' && text[1] == '.';
	size_t length;
	int wire_size;

	if (is_below) {
		text += 2;
		size -= 2;
	}
	wire_size = name_parse(text, size, key->wire);
	if (wire_size <= 0 || !manual_key_is_plain(key->wire, (size_t)wire_size) ||
	    manual_key_is_numeric(key->wire, (size_t)wire_size))
		return -EINVAL;
	length = name_format(key->wire, (size_t)wire_size, canonical);
	key->is_name = true;
	key->wire_size = (uint8_t)wire_size;
	key->scope = is_below ? DATASET_SUBTREE : DATASET_EXACT | DATASET_SUBTREE;
	key->level = manual_key_depth(key->wire, (size_t)wire_size, is_below);
	if ((size_t)snprintf(key->text, sizeof(key->text), "%s%s%.*s", key->is_exclusion ? "!" : "",
	                     is_below ? "*." : "", (int)length, canonical) >= sizeof(key->text))
		return -EINVAL;
	return 0;
}

int manual_key_parse(const char *text, struct manual_key *out_key, char *out_error,
                     size_t error_size)
{
	struct manual_key key = {0};
	const char *at = text + strspn(text, " \t");
	size_t size = strlen(at);
	int rc;

	while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t'))
		size--;
	if (size > 0 && *at == '!') {
		key.is_exclusion = true;
		at++;
		size--;
	}
	if (size == 0) {
		snprintf(out_error, error_size,
		         "key is empty, expected an address, prefix, range or name");
		return -EINVAL;
	}
	rc = manual_key_range(at, size, &key);
	if (rc < 0)
		rc = manual_key_name(at, size, &key);
	if (rc < 0) {
		snprintf(out_error, error_size,
		         "bad key '%.80s', expected an address, prefix, range or name", at);
		return -EINVAL;
	}
	*out_key = key;
	return 0;
}

int manual_key_add(const struct manual_key *key, uint32_t value, struct dataset_builder *b)
{
	const struct dataset_entry entry = {
	    .value = value,
	    .level = key->level,
	    .is_exclusion = key->is_exclusion,
	};

	if (key->is_name)
		return dataset_add_name(b, key->wire, key->wire_size, key->scope, &entry);
	return dataset_add_range(b, &key->range, &entry);
}

/* Whether the wire name ends in the other one, at a label; out_is_equal: they are the same. */
static bool manual_key_is_below(const struct manual_key *name, const struct manual_key *above,
                                bool *out_is_equal)
{
	size_t skip = 0;

	if (name->wire_size < above->wire_size)
		return false;
	while (name->wire_size - skip > above->wire_size)
		skip += 1u + name->wire[skip];
	if (name->wire_size - skip != above->wire_size ||
	    memcmp(name->wire + skip, above->wire, above->wire_size) != 0)
		return false;
	*out_is_equal = skip == 0;
	return true;
}

bool manual_key_covers(const struct manual_key *key, const struct manual_key *other)
{
	bool is_equal;

	if (key->is_name != other->is_name)
		return false;
	if (!key->is_name)
		return key->range.is_ip6 == other->range.is_ip6 &&
		       key->range.first <= other->range.first &&
		       key->range.last >= other->range.last;
	if (!manual_key_is_below(other, key, &is_equal))
		return false;
	return !is_equal || (key->scope & DATASET_EXACT) || !(other->scope & DATASET_EXACT);
}
