/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Where in a feed a key comes from: watches the entries that a format adds to a builder and
 * remembers the one that decides.
 *
 * Threads: as the builder.
 */
#include "feeds/dataset.h"

struct trace {
	/* The key: an address or range, or a name. */
	bool is_name;
	struct address_range range;
	uint8_t wire[NAME_WIRE_MAX]; /* lower case, no root label */
	size_t wire_size;
	unsigned scope;     /* without DATASET_EXACT only entries for what is below count */
	struct trace *next; /* another one; NULL = none */

	/* The most specific entry that lists it so far; of several the first, or the last where
	 * that one wins. */
	bool is_found;
	uint64_t line;
	uint8_t level;
	struct address_range entry;        /* unless is_name */
	uint8_t entry_wire[NAME_WIRE_MAX]; /* when is_name */
	size_t entry_size;
	unsigned entry_scope;
};

/* Called by the builder for each entry. */
void trace_range(struct trace *t, const struct address_range *range,
                 const struct dataset_entry *entry);
void trace_name(struct trace *t, const uint8_t *wire, size_t size, unsigned scope,
                const struct dataset_entry *entry);
