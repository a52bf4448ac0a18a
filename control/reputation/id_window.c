/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/id_window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 1024

void id_window_init(struct id_window *w, size_t max)
{
	*w = (struct id_window){.max = max};
}

void id_window_done(struct id_window *w)
{
	free(w->ring);
	free(w->index);
	id_window_init(w, w->max);
}

/* Ids are hashes under a secret key: their low bits are as good as any. */
static size_t find(const uint64_t *index, size_t mask, uint64_t id)
{
	size_t at = id & mask;

	while (index[at] && index[at] != id)
		at = (at + 1) & mask;
	return at;
}

static size_t mask_of(const struct id_window *w)
{
	return 2 * w->capacity - 1;
}

/* Take one out and close the gap, so that no mark is left behind. */
static void take_out(struct id_window *w, uint64_t id)
{
	size_t mask = mask_of(w), gap = find(w->index, mask, id), at = gap;

	if (!w->index[gap])
		return;
	for (;;) {
		size_t home;

		at = (at + 1) & mask;
		if (!w->index[at])
			break;
		home = w->index[at] & mask;
		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		w->index[gap] = w->index[at];
		gap = at;
	}
	w->index[gap] = 0;
}

static int grow(struct id_window *w)
{
	size_t capacity = w->capacity ? 2 * w->capacity : CAPACITY_MIN;
	uint64_t *ring, *index;

	if (capacity > w->max)
		capacity = w->max;
	ring = calloc(capacity, sizeof(*ring));
	index = calloc(2 * capacity, sizeof(*index));
	if (!ring || !index) {
		free(ring);
		free(index);
		return -ENOMEM;
	}
	for (size_t i = 0; i < w->count; i++) {
		ring[i] = w->ring[(w->first + i) & (w->capacity - 1)];
		index[find(index, 2 * capacity - 1, ring[i])] = ring[i];
	}
	free(w->ring);
	free(w->index);
	w->ring = ring;
	w->index = index;
	w->capacity = capacity;
	w->first = 0;
	return 0;
}

static uint64_t nonzero(uint64_t id)
{
	return id ? id : 1;
}

bool id_window_has(const struct id_window *w, uint64_t id)
{
	return w->count && w->index[find(w->index, mask_of(w), nonzero(id))];
}

int id_window_add(struct id_window *w, uint64_t id)
{
	id = nonzero(id);
	if (w->count == w->capacity && w->capacity < w->max) {
		int rc = grow(w);

		if (rc < 0)
			return rc;
	}
	if (w->count == w->capacity) {
		take_out(w, w->ring[w->first]);
		w->first = (w->first + 1) & (w->capacity - 1);
		w->count--;
	}
	w->ring[(w->first + w->count) & (w->capacity - 1)] = id;
	w->index[find(w->index, mask_of(w), id)] = id;
	w->count++;
	return 0;
}

void id_window_undo(struct id_window *w, size_t count)
{
	for (; count && w->count; count--) {
		w->count--;
		take_out(w, w->ring[(w->first + w->count) & (w->capacity - 1)]);
	}
}
