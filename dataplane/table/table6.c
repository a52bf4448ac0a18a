/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The directory finds the segment of an address, the segment its verdict. Paints of one key, or of
 * keys within one segment, change the segment; all others make what they touch anew from its pieces
 * and publish that at once.
 */
#include "dataplane/table/table6.h"

#include "dataplane/table/paint6.h"
#include "dataplane/table/remake6.h"
#include "dataplane/table/search6.h"
#include "dataplane/table/space6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ADDRESS6_MAX (~(address6_t)0)

static uint64_t inverse(uint64_t odd)
{
	uint64_t x = odd; /* right in 3 bits; each step doubles them */

	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

struct table6 *table6_new(void)
{
	struct table6 *t = calloc(1, sizeof(*t));
	struct segment6 *s = segment6_new(0, ADDRESS6_MAX, false, 0, 0);
	uint64_t secrets[2];
	int rc = ENOMEM;

	if (!t || !s)
		goto fail;
	if (getrandom(secrets, sizeof(secrets), 0) != sizeof(secrets)) {
		rc = EIO;
		goto fail;
	}
	t->mix.first = secrets[0] | 1;
	t->mix.second = secrets[1] | 1;
	t->mix.first_inverse = inverse(t->mix.first);
	t->mix.second_inverse = inverse(t->mix.second);
	if (directory6_init(&t->directory, &t->heap, s) == 0)
		return t;
fail:
	free(s);
	free(t);
	errno = rc;
	return NULL;
}

void table6_use(struct table6 *t, const struct verdicts *verdicts)
{
	t->verdicts = verdicts;
}

void table6_free(struct table6 *t)
{
	if (!t)
		return;
	directory6_done(&t->directory);
	retire_done(&t->heap.retire);
	free(t);
}

verdict_t table6_lookup(const struct table6 *t, address6_t address)
{
	const struct segment6 *s = directory6_find(&t->directory, address);
	const struct aim6 aim = segment6_aim(s, &t->mix, address);

	return segment6_hit(&aim, address);
}

void table6_prefetch(const struct table6 *t, address6_t address)
{
	(void)segment6_aim(directory6_find(&t->directory, address), &t->mix, address);
}

void table6_lookup_burst(const struct table6 *t, const address6_t *addresses, size_t count,
                         verdict_t *out_verdicts)
{
	const struct segment6 *segments[DIRECTORY6_BURST];
	struct aim6 aims[DIRECTORY6_BURST];

	for (size_t done = 0; done < count; done += DIRECTORY6_BURST) {
		const address6_t *some = &addresses[done];
		const size_t n = count - done < DIRECTORY6_BURST ? count - done : DIRECTORY6_BURST;

		directory6_find_burst(&t->directory, some, n, segments);
		for (size_t i = 0; i < n; i++)
			aims[i] = segment6_aim(segments[i], &t->mix, some[i]);
		for (size_t i = 0; i < n; i++)
			out_verdicts[done + i] = segment6_hit(&aims[i], some[i]);
	}
}

void table6_stats(const struct table6 *t, struct table6_stats *out_stats)
{
	struct place6 p = directory6_place(&t->directory, 0);

	memset(out_stats, 0, sizeof(*out_stats));
	out_stats->memory_size = sizeof(*t) + t->heap.size;
	do {
		const struct segment6 *s = place6_segment(&p);

		out_stats->segment_count++;
		out_stats->point_count += s->point_count;
		out_stats->boundary_count += segment6_weight(s) + s->point_count;
	} while (place6_next(&p));
}

bool table6_any(const struct table6 *t, address6_t first, address6_t last,
                const uint64_t lists[LISTSET_WORDS])
{
	return search6_any(t, first, last, lists);
}

int table6_paint(struct table6 *t, address6_t first, address6_t last, verdict_t verdict)
{
	struct place6 p = directory6_place(&t->directory, first);

	if (first > last || verdict > VERDICT_MAX)
		return -EINVAL;
	if (last <= place6_segment(&p)->last) {
		int rc = paint6_within(t, &p, first, last, verdict);

		if (rc != -ENOSPC)
			return rc;
	}
	return remake6_paint(t, &(struct paints6){&first, &last, &verdict, 1});
}
