/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/timers.h"

#include <errno.h>
#include <stdlib.h>

void timers_done(struct timers *t)
{
	free(t->heap);
}

int timers_reserve(struct timers *t, size_t count)
{
	size_t capacity = t->capacity ? t->capacity : 64;
	struct timer *heap;

	if (t->count + count <= t->capacity)
		return 0;
	while (capacity < t->count + count)
		capacity *= 2;
	heap = realloc(t->heap, capacity * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	t->heap = heap;
	t->capacity = capacity;
	return 0;
}

void timers_push(struct timers *t, const struct timer *timer)
{
	size_t at = t->count++;

	while (at > 0 && t->heap[(at - 1) / 2].due_ms > timer->due_ms) {
		t->heap[at] = t->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	t->heap[at] = *timer;
}

const struct timer *timers_first(const struct timers *t)
{
	return t->count ? t->heap : NULL;
}

void timers_pop(struct timers *t)
{
	struct timer last = t->heap[--t->count];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < t->count) {
		if (child + 1 < t->count && t->heap[child + 1].due_ms < t->heap[child].due_ms)
			child++;
		if (t->heap[child].due_ms >= last.due_ms)
			break;
		t->heap[at] = t->heap[child];
		at = child;
	}
	t->heap[at] = last;
}
