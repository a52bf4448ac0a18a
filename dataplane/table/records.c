/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sorted by name, label by label from the right, so that names below another one follow it; then by
 * type and RDATA.
 */
#include "dataplane/table/records.h"

#include "dataplane/table/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_MX = 15, TYPE_TXT = 16, TYPE_AAAA = 28, TYPE_CAA = 257 };

struct records {
	size_t count;
	size_t depth_max;     /* labels of the deepest name */
	struct record *items; /* what they point to is behind them, in the same block */
};

/* Order of names: labels from the right; a name comes before those below it. */
static int compare_names(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	struct labels left, right;
	size_t i;

	labels_split(a, a_size, &left);
	labels_split(b, b_size, &right);
	for (i = 0; i < left.count && i < right.count; i++) {
		const uint8_t *x = a + left.offsets[left.count - 1 - i];
		const uint8_t *y = b + right.offsets[right.count - 1 - i];
		size_t size = 1u + (x[0] < y[0] ? x[0] : y[0]);
		int order = memcmp(x, y, size); /* the length byte first */

		if (order != 0)
			return order;
	}
	return (left.count > right.count) - (left.count < right.count);
}

static int compare_records(const void *left, const void *right)
{
	const struct record *a = left, *b = right;
	int order = compare_names(a->name, a->name_size, b->name, b->name_size);

	if (order != 0)
		return order;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->rdata_size != b->rdata_size)
		return a->rdata_size < b->rdata_size ? -1 : 1;
	return memcmp(a->rdata, b->rdata, a->rdata_size);
}

static bool is_wire_name(const uint8_t *name, size_t size)
{
	struct labels labels;

	return size > 0 && name[size - 1] == 0 && labels_split(name, size - 1, &labels) == 0;
}

static bool is_strings(const uint8_t *rdata, size_t size)
{
	size_t at = 0;

	while (at < size)
		at += 1u + rdata[at];
	return size > 0 && at == size;
}

static bool is_rdata(const struct record *r)
{
	switch (r->type) {
	case TYPE_A:
		return r->rdata_size == 4;
	case TYPE_AAAA:
		return r->rdata_size == 16;
	case TYPE_CNAME:
		return is_wire_name(r->rdata, r->rdata_size);
	case TYPE_MX:
		return r->rdata_size > 2 && is_wire_name(r->rdata + 2, r->rdata_size - 2u);
	case TYPE_TXT:
		return is_strings(r->rdata, r->rdata_size);
	case TYPE_CAA: /* RFC 8659 section 4.1 */
		return r->rdata_size > 2 && r->rdata[1] > 0 && r->rdata[1] <= r->rdata_size - 2;
	}
	return false;
}

static bool is_valid(const struct record *r)
{
	struct labels labels;

	return labels_split(r->name, r->name_size, &labels) == 0 &&
	       labels_is_lower(r->name, r->name_size) && r->rdata_size <= RECORDS_RDATA_MAX &&
	       is_rdata(r);
}

static bool is_same_name(const struct record *a, const struct record *b)
{
	return a->name_size == b->name_size && memcmp(a->name, b->name, a->name_size) == 0;
}

/* Sorted records without repetitions; false when a CNAME is beside another record. */
static bool unify(struct records *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct record *item = &r->items[i], *last = kept ? &r->items[kept - 1] : NULL;

		if (last && compare_records(last, item) == 0)
			continue;
		if (last && is_same_name(last, item) &&
		    (last->type == TYPE_CNAME || item->type == TYPE_CNAME))
			return false;
		r->items[kept++] = *item;
	}
	r->count = kept;
	return true;
}

static size_t depth_of(const struct records *r)
{
	size_t depth = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct labels labels;

		labels_split(r->items[i].name, r->items[i].name_size, &labels);
		depth = labels.count > depth ? labels.count : depth;
	}
	return depth;
}

/* Whether a name has more labels than another number of them. */
static bool is_deeper(const uint8_t *name, size_t size, size_t depth)
{
	size_t at = 0;

	for (; at < size && depth > 0; depth--)
		at += 1u + name[at];
	return at < size;
}

static int check(const struct record *records, size_t count, size_t *out_size)
{
	size_t size = sizeof(struct records) + count * sizeof(*records);

	if (count > RECORDS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		if (!is_valid(&records[i]))
			return -EINVAL;
		size += (size_t)records[i].name_size + records[i].rdata_size;
	}
	*out_size = size;
	return 0;
}

struct records *records_new(const struct record *records, size_t count)
{
	struct records *r = NULL;
	size_t size = 0;
	uint8_t *bytes;
	int rc = check(records, count, &size);

	if (rc == 0)
		r = malloc(size);
	if (!r) {
		errno = rc < 0 ? -rc : ENOMEM;
		return NULL;
	}
	r->count = count;
	r->items = (struct record *)(r + 1);
	bytes = (uint8_t *)&r->items[count];
	for (size_t i = 0; i < count; i++) {
		struct record *item = &r->items[i];

		*item = records[i];
		item->name = bytes;
		item->rdata = bytes + item->name_size;
		if (item->name_size)
			memcpy(bytes, records[i].name, item->name_size);
		memcpy(bytes + item->name_size, records[i].rdata, item->rdata_size);
		bytes += (size_t)item->name_size + item->rdata_size;
	}
	if (count > 1)
		qsort(r->items, count, sizeof(*r->items), compare_records);
	r->depth_max = depth_of(r);
	if (unify(r))
		return r;
	free(r);
	errno = EINVAL;
	return NULL;
}

void records_free(struct records *r)
{
	free(r);
}

static bool is_at_or_below(const struct record *r, const uint8_t *name, size_t size)
{
	size_t at = 0;

	while (at < r->name_size && r->name_size - at > size)
		at += 1u + r->name[at];
	return r->name_size - at == size && memcmp(r->name + at, name, size) == 0;
}

const struct record *records_find(const struct records *r, const uint8_t *name, size_t size,
                                  size_t *out_count, bool *out_exists)
{
	size_t low = 0, high = r->count, end;

	/* who asks for many labels must not have them compared at each step */
	if (is_deeper(name, size, r->depth_max))
		high = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct record *item = &r->items[middle];

		if (compare_names(item->name, item->name_size, name, size) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*out_exists = low < r->count && is_at_or_below(&r->items[low], name, size);
	for (end = low; end < r->count && r->items[end].name_size == size &&
	                memcmp(r->items[end].name, name, size) == 0;)
		end++;
	*out_count = end - low;
	return end > low ? &r->items[low] : NULL;
}
