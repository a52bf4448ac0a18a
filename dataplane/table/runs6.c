/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/runs6.h"

#include <stdlib.h>
#include <string.h>

void runs6_push(struct runs6_draft *d, uint64_t start, uint32_t value)
{
	if (d->count > 0 && d->starts[d->count - 1] == start)
		d->count--;
	if (d->count > 0 && d->values[d->count - 1] == value)
		return;
	d->starts[d->count] = start;
	d->values[d->count++] = value;
}

void runs6_draft(struct runs6_draft *d, const struct runs6 *of)
{
	d->count = of->count;
	memcpy(d->starts, of->starts, of->count * sizeof(d->starts[0]));
	memcpy(d->values, runs6_values(of), of->count * sizeof(d->values[0]));
}

void runs6_overlay(struct runs6_draft *d, const struct runs6_draft *old, uint64_t first,
                   uint64_t last, uint32_t value)
{
	uint32_t i = 0;

	d->count = 0;
	for (; i < old->count && old->starts[i] < first; i++)
		runs6_push(d, old->starts[i], old->values[i]);
	runs6_push(d, first, value);
	while (i < old->count && old->starts[i] <= last)
		i++;
	if (last < UINT64_MAX) /* replaced by the next one if that starts there */
		runs6_push(d, last + 1, old->values[i - 1]);
	for (; i < old->count; i++)
		runs6_push(d, old->starts[i], old->values[i]);
}

struct runs6 *runs6_new(const struct runs6_draft *d)
{
	struct runs6 *r =
	    malloc(sizeof(*r) + d->count * (sizeof(d->starts[0]) + sizeof(d->values[0])));

	if (!r)
		return NULL;
	r->count = d->count;
	memcpy(r->starts, d->starts, d->count * sizeof(d->starts[0]));
	memcpy(&r->starts[d->count], d->values, d->count * sizeof(d->values[0]));
	return r;
}
