/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is known to be listed: addresses and ranges of a file, a line each ('#' begins a comment).
 *
 * Threads: immutable once read.
 */
#include "feeds/address.h"

#include <stdbool.h>
#include <stddef.h>

struct known {
	size_t count4, count6;
	struct address_range *ranges4, *ranges6; /* sorted by their first address */
};

/* Errors: negative errno; out_error (error_size bytes) names file and line */
int known_read(const char *path, struct known *out_known, char *out_error, size_t error_size);
void known_done(struct known *known);

/* Whether an address lies in one of some sorted ranges. */
bool known_has(const struct address_range *ranges, size_t count, address6_t address);
