/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/stripes.h"

#include <errno.h>
#include <stdlib.h>

#define LINE 8 /* counters in a cache line */

int stripes_init(struct stripes *s, size_t count)
{
	s->size = (count + LINE) / LINE * LINE;
	s->counts = calloc(STRIPES * s->size, sizeof(*s->counts));
	return s->counts ? 0 : -ENOMEM;
}

void stripes_done(struct stripes *s)
{
	free(s->counts);
	s->counts = NULL;
}

uint64_t stripes_sum(const struct stripes *s, size_t index)
{
	uint64_t sum = 0;

	for (unsigned thread = 0; thread < STRIPES; thread++)
		sum += atomic_load_explicit(stripes_at(s, index, thread), memory_order_relaxed);
	return sum;
}
