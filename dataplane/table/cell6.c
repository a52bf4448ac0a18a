/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/cell6.h"

#include <errno.h>

void cell6_draft(struct cell6 c, struct runs6_draft *out_draft)
{
	out_draft->count = 0;
	switch (cell6_kind(c)) {
	case CELL6_VERDICT:
		runs6_push(out_draft, 0, cell6_verdict(c));
		break;
	case CELL6_SINGLE:
		runs6_push(out_draft, 0, cell6_elsewhere(c));
		runs6_push(out_draft, c.word, cell6_verdict(c));
		if (c.word < UINT64_MAX)
			runs6_push(out_draft, c.word + 1, cell6_elsewhere(c));
		break;
	case CELL6_BLOCK:
		runs6_draft(out_draft, cell6_block(c));
		break;
	}
}

/* Whether all but one address have one verdict. */
static bool is_single(const struct runs6_draft *d, uint32_t *out_at)
{
	if (d->count == 3 && d->values[0] == d->values[2] && d->starts[2] - d->starts[1] == 1)
		*out_at = 1;
	else if (d->count == 2 && d->starts[1] == 1)
		*out_at = 0;
	else if (d->count == 2 && d->starts[1] == UINT64_MAX)
		*out_at = 1;
	else
		return false;
	return true;
}

int cell6_new(const struct runs6_draft *d, struct cell6 *out_cell)
{
	struct runs6 *block;
	uint32_t at;

	if (d->count == 1) {
		*out_cell = cell6_of_verdict(d->values[0]);
		return 0;
	}
	if (is_single(d, &at)) {
		out_cell->word = d->starts[at];
		out_cell->detail =
		    (uint64_t)d->values[!at] << 32 | (uint64_t)d->values[at] << 8 | CELL6_SINGLE;
		return 0;
	}
	block = runs6_new(d);
	if (!block)
		return -ENOMEM;
	out_cell->word = (uintptr_t)block;
	out_cell->detail = CELL6_BLOCK;
	return 0;
}
