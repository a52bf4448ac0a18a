/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/observed.h"

#include "dataplane/table/stripes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct observed {
	uint64_t lists[LISTSET_WORDS]; /* bitmap of list ids */
	size_t count;
	char (*names)[OBSERVED_NAME_MAX + 1];
	struct stripes hits; /* by rank of the list id; any thread adds */
};

bool observed_has(const struct observed *o, uint32_t list)
{
	return o && list <= LIST_ID_MAX && o->lists[list / 64] >> (list % 64) & 1;
}

/* How many observed lists have a lower id. */
static size_t rank(const struct observed *o, uint32_t list)
{
	size_t below = 0;

	for (uint32_t word = 0; word < list / 64; word++)
		below += (size_t)__builtin_popcountll(o->lists[word]);
	return below + (size_t)__builtin_popcountll(o->lists[list / 64] &
	                                            (((uint64_t)1 << (list % 64)) - 1));
}

static int take_lists(struct observed *o, const uint32_t *lists, char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (lists[i] > LIST_ID_MAX || observed_has(o, lists[i]) ||
		    strlen(names[i]) > OBSERVED_NAME_MAX)
			return -EINVAL;
		o->lists[lists[i] / 64] |= (uint64_t)1 << (lists[i] % 64);
	}
	for (size_t i = 0; i < count; i++)
		strcpy(o->names[rank(o, lists[i])], names[i]);
	return 0;
}

struct observed *observed_new(const uint32_t *lists, char *const *names, size_t count)
{
	struct observed *o;
	int rc = -ENOMEM;

	if (count == 0 || count > LIST_ID_MAX + 1) {
		errno = EINVAL;
		return NULL;
	}
	o = calloc(1, sizeof(*o));
	if (!o)
		goto fail;
	o->count = count;
	o->names = calloc(count, sizeof(*o->names));
	if (!o->names || stripes_init(&o->hits, count) < 0)
		goto fail;
	rc = take_lists(o, lists, names, count);
	if (rc == 0)
		return o;
fail:
	observed_free(o);
	errno = -rc;
	return NULL;
}

void observed_free(struct observed *o)
{
	if (!o)
		return;
	free(o->names);
	stripes_done(&o->hits);
	free(o);
}

bool observed_any(const struct observed *o, const struct verdict *verdict)
{
	for (uint32_t i = 0; i < verdict->count; i++) {
		if (observed_has(o, verdict->listings[i]->list))
			return true;
	}
	return false;
}

void observed_count(struct observed *o, const struct verdict *verdict, unsigned thread)
{
	uint64_t left[LISTSET_WORDS]; /* not counted yet: a list may have several listings */

	memcpy(left, o->lists, sizeof(left));
	for (uint32_t i = 0; i < verdict->count; i++) {
		uint32_t list = verdict->listings[i]->list;
		uint64_t bit = (uint64_t)1 << (list % 64);

		if (!(left[list / 64] & bit))
			continue;
		left[list / 64] &= ~bit;
		stripes_add(&o->hits, rank(o, list), thread, 1);
	}
}

size_t observed_size(const struct observed *o)
{
	return o->count;
}

const char *observed_name(const struct observed *o, size_t index)
{
	return o->names[index];
}

uint64_t observed_hits(const struct observed *o, size_t index)
{
	return stripes_sum(&o->hits, index);
}

void observed_carry(struct observed *o, const struct observed *older)
{
	for (size_t i = 0; i < o->count; i++) {
		for (size_t j = 0; j < older->count; j++) {
			if (strcmp(o->names[i], older->names[j]) == 0)
				stripes_add(&o->hits, i, 0, observed_hits(older, j));
		}
	}
}
