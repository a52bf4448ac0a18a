/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The keys of manual lists: an address, prefix, range or name, with '!' in front for an exclusion.
 * "example.com" means the name and all below it, "*.example.com" only what is below. The more
 * specific key decides; of two equal ones the exclusion.
 */
#include "feeds/address.h"
#include "feeds/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a canonical key: "!*." and a name whose bytes are all escaped would not be one. */
#define MANUAL_KEY_MAX 300

struct manual_key {
	char text[MANUAL_KEY_MAX]; /* canonical: equal keys are equal texts */
	bool is_exclusion, is_name;
	bool has_host_bits;         /* "192.0.2.1/24" was taken as 192.0.2.0/24 */
	uint8_t level;              /* for struct dataset_entry */
	struct address_range range; /* when !is_name */
	uint8_t wire[NAME_WIRE_MAX];
	uint8_t wire_size;
	uint8_t scope; /* enum dataset_scope bits */
};

/* Errors: -EINVAL; out_error says what was found and what was expected. */
int manual_key_parse(const char *text, struct manual_key *out_key, char *out_error,
                     size_t error_size);

/* Add it to a dataset. value: from dataset_value(). Errors: -ENOMEM */
int manual_key_add(const struct manual_key *key, uint32_t value, struct dataset_builder *b);

/* Whether what other names or spans (an address or a name below) is covered by key. */
bool manual_key_covers(const struct manual_key *key, const struct manual_key *other);
