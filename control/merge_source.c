/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes into a merge: the sets of a list as verdicts, and what is never listed. */
#include "control/merge.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK4 ((address6_t)0x7f000001)               /* 127.0.0.1 */
#define LOOPBACK6 ((address6_t)0xffff << 32 | LOOPBACK4) /* ::ffff:127.0.0.1 */
#define SET_FEW   8 /* values of a set that need no memory from the heap */

int merge_source_init(struct merge_source *source, const struct dataset *dataset, uint32_t list,
                      uint32_t code, const char *text)
{
	uint32_t *verdicts = NULL;

	if (dataset) {
		verdicts = calloc(dataset_set_count(dataset) + 1, sizeof(*verdicts));
		if (!verdicts)
			return -ENOMEM;
	}
	*source = (struct merge_source){
	    .dataset = dataset, .list = list, .code = code, .text = text, .verdicts = verdicts};
	return 0;
}

void merge_source_done(struct merge_source *source)
{
	free(source->verdicts);
	*source = (struct merge_source){0};
}

/* At most CATALOG_TEXT_MAX bytes of a template, not ending within a "$$". */
static size_t text_size(const char *text, size_t size)
{
	size_t i = 0;

	while (i < size) {
		size_t step = text[i] == '$' && i + 1 < size && text[i + 1] == '$' ? 2 : 1;

		if (i + step > CATALOG_TEXT_MAX)
			break;
		i += step;
	}
	return i;
}

static struct catalog_listing listing_of(const struct merge_source *source,
                                         const struct dataset_value *value)
{
	struct catalog_listing listing = {.list = source->list,
	                                  .code = value->code ? value->code : source->code};

	switch ((enum dataset_text)value->text_kind) {
	case DATASET_TEXT_LIST:
		if (source->text) {
			listing.text = source->text;
			listing.text_size = (uint8_t)text_size(source->text, strlen(source->text));
		}
		break;
	case DATASET_TEXT_NONE:
		break;
	case DATASET_TEXT_OWN:
		listing.text = value->text;
		listing.text_size = (uint8_t)text_size(value->text, value->text_size);
		break;
	}
	return listing;
}

static int compare_listings(const void *a, const void *b)
{
	const struct catalog_listing *x = a, *y = b;
	size_t shorter = x->text_size < y->text_size ? x->text_size : y->text_size;
	int order = (x->code > y->code) - (x->code < y->code);

	if (!order && shorter)
		order = memcmp(x->text, y->text, shorter);
	if (!order)
		order = (x->text_size > y->text_size) - (x->text_size < y->text_size);
	return order;
}

/*
 * The order is that of the content, not of the ids or of the feed: so the verdict stays the same
 * when a feed is read again.
 */
static int catalog_set(struct catalog *catalog, struct catalog_listing *listings, size_t count,
                       uint32_t *out_verdict)
{
	uint32_t ids[DATASET_SET_MAX];
	size_t id_count = 0;

	assert(count <= DATASET_SET_MAX);
	qsort(listings, count, sizeof(*listings), compare_listings);
	for (size_t i = 0; i < count; i++) {
		int rc;

		if (i && !compare_listings(&listings[i - 1], &listings[i]))
			continue;
		rc = catalog_listing(catalog, &listings[i], &ids[id_count++]);
		if (rc < 0)
			return rc;
	}
	return catalog_verdict(catalog, ids, id_count, out_verdict);
}

int merge_set(struct catalog *catalog, struct merge_source *source, uint32_t set,
              uint32_t *out_verdict)
{
	const struct dataset_value *const *values;
	struct catalog_listing few[SET_FEW], *listings = few;
	size_t count;
	int rc;

	if (source->verdicts[set]) {
		*out_verdict = source->verdicts[set];
		return 0;
	}
	count = dataset_set(source->dataset, set, &values);
	if (count > SET_FEW) {
		listings = calloc(count, sizeof(*listings));
		if (!listings)
			return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		listings[i] = listing_of(source, values[i]);
	rc = catalog_set(catalog, listings, count, &source->verdicts[set]);
	if (!rc)
		*out_verdict = source->verdicts[set];
	if (listings != few)
		free(listings);
	return rc;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct dataset_range6 *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Sort ranges and join those that overlap; returns how many are left. */
static size_t join(struct dataset_range6 *ranges, size_t count)
{
	size_t kept = 0;

	qsort(ranges, count, sizeof(*ranges), compare_ranges);
	for (size_t i = 0; i < count; i++) {
		if (kept && ranges[i].first <= ranges[kept - 1].last) {
			if (ranges[i].last > ranges[kept - 1].last)
				ranges[kept - 1].last = ranges[i].last;
		} else {
			ranges[kept++] = ranges[i];
		}
	}
	return kept;
}

int merge_never_init(struct merge_never *never, const struct address_range *ranges, size_t count)
{
	struct merge_never n = {.ranges4 = calloc(count + 1, sizeof(*n.ranges4)),
	                        .ranges6 = calloc(count + 1, sizeof(*n.ranges6))};

	if (!n.ranges4 || !n.ranges6) {
		merge_never_done(&n);
		return -ENOMEM;
	}
	n.ranges4[n.count4++] = (struct dataset_range6){.first = LOOPBACK4, .last = LOOPBACK4};
	n.ranges6[n.count6++] = (struct dataset_range6){.first = LOOPBACK6, .last = LOOPBACK6};
	for (size_t i = 0; i < count; i++) {
		struct dataset_range6 range = {.first = ranges[i].first, .last = ranges[i].last};

		if (ranges[i].is_ip6)
			n.ranges6[n.count6++] = range;
		else
			n.ranges4[n.count4++] = range;
	}
	n.count4 = join(n.ranges4, n.count4);
	n.count6 = join(n.ranges6, n.count6);
	*never = n;
	return 0;
}

void merge_never_done(struct merge_never *never)
{
	free(never->ranges4);
	free(never->ranges6);
	*never = (struct merge_never){0};
}
