/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Places where something may have changed, and a batch of what did there: for changes of a few
 * addresses and names of several lists at once, whose cost is that of the places.
 *
 * Threads: as load.h.
 */
#include "feeds/address.h"

#include <stdbool.h>
#include <stddef.h>

struct batch;
struct merge_view;

struct load_name {
	const uint8_t *wire; /* borrowed */
	uint8_t size;
	bool has_below; /* also the names below it */
};

struct load_places {
	struct address_range *ranges;
	size_t range_count, range_capacity;
	struct load_name *names;
	size_t name_count, name_capacity;
};

/* Add a place. Errors: -ENOMEM */
int load_places_range(struct load_places *places, const struct address_range *range);
int load_places_name(struct load_places *places, const struct load_name *name);

/* Sort the places, join those that overlap, and leave out names that are within another. */
void load_places_sort(struct load_places *places);

void load_places_done(struct load_places *places);

/*
 * Put what differs at the places between two views into a batch, and nothing else.
 *
 * places: sorted
 * Errors: those of catalog.h and batch.h
 * Cost:   O(what lists say there)
 */
int load_places_delta(struct batch *b, const struct merge_view *old_view,
                      const struct merge_view *new_view, const struct load_places *places);
