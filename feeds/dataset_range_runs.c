/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges in runs. Each is the length of its prefix, or ODD_RANGE, the number of its how, and how
 * far its first address is from that of the one before, in prefixes of its length; an odd one goes
 * on with how far its last address is from its first.
 */
#include "feeds/dataset_private.h"
#include "feeds/dataset_runs.h"

#include <errno.h>
#include <stdlib.h>

/* Entries collected before they are sorted: about as much as a second-level cache holds. */
#define CHUNK4      (1u << 16)
#define CHUNK6      (1u << 14)
#define ODD_RANGE   0xff
#define WRITTEN_MAX (1 + 3 * DATASET_NUMBER_MAX)

static inline size_t chunk_max(const struct dataset_range_runs *r)
{
	if (r->chunk_max)
		return r->chunk_max;
	return r->is_ip6 ? CHUNK6 : CHUNK4;
}

/* The length of a range that is a prefix; else ODD_RANGE. */
static inline unsigned length4_of(uint32_t first, uint32_t last)
{
	uint32_t size = last - first;

	if ((size & (size + 1)) || (first & size))
		return ODD_RANGE;
	return size ? (unsigned)__builtin_clz(size) : 32;
}

static inline unsigned length6_of(address6_t first, address6_t last)
{
	address6_t size = last - first;
	uint64_t high = (uint64_t)(size >> 64), low = (uint64_t)size;

	if ((size & (size + 1)) || (first & size))
		return ODD_RANGE;
	if (high)
		return (unsigned)__builtin_clzll(high);
	return low ? 64 + (unsigned)__builtin_clzll(low) : 128;
}

static inline uint8_t *write32(uint8_t *out, uint32_t number)
{
	for (; number >= 0x80; number >>= 7)
		*out++ = (uint8_t)number | 0x80;
	*out++ = (uint8_t)number;
	return out;
}

static void write4(struct dataset_range_runs *r, const struct dataset_range_entry4 *entry)
{
	unsigned length = length4_of(entry->first, entry->last);
	unsigned shift = length == ODD_RANGE ? 0 : 32 - length;
	uint32_t before = (uint32_t)r->last_first;
	uint8_t *out = r->runs.bytes + r->runs.size;

	*out++ = (uint8_t)length;
	out = write32(out, entry->how);
	if (length > 0)
		out = write32(out, (entry->first >> shift) - (before >> shift));
	if (length == ODD_RANGE)
		out = write32(out, entry->last - entry->first);
	r->last_first = entry->first;
	r->runs.size = (size_t)(out - r->runs.bytes);
}

static void write6(struct dataset_range_runs *r, const struct dataset_range_entry6 *entry)
{
	unsigned length = length6_of(entry->first, entry->last);
	unsigned shift = length == ODD_RANGE ? 0 : 128 - length;
	uint8_t *out = r->runs.bytes + r->runs.size;

	*out++ = (uint8_t)length;
	out = write32(out, entry->how);
	if (length > 0)
		out = dataset_number_write(out, (entry->first >> shift) - (r->last_first >> shift));
	if (length == ODD_RANGE)
		out = dataset_number_write(out, entry->last - entry->first);
	r->last_first = entry->first;
	r->runs.size = (size_t)(out - r->runs.bytes);
}

/* Errors: -ENOMEM */
static int chunk_write(struct dataset_range_runs *r)
{
	address6_t first;

	if (r->is_ip6)
		dataset_place6(r->chunk6, r->chunk_count);
	else
		dataset_place4(r->chunk4, r->chunk_count);
	first = r->is_ip6 ? r->chunk6[0].first : r->chunk4[0].first;
	if (dataset_runs_reserve(&r->runs, r->chunk_count * WRITTEN_MAX) < 0)
		return -ENOMEM;
	/* A feed that is sorted is one run. */
	if (!r->runs.count || first < r->last_first) {
		if (dataset_runs_begin(&r->runs) < 0)
			return -ENOMEM;
		r->last_first = 0;
	}
	for (size_t i = 0; r->is_ip6 && i < r->chunk_count; i++)
		write6(r, &r->chunk6[i]);
	for (size_t i = 0; !r->is_ip6 && i < r->chunk_count; i++)
		write4(r, &r->chunk4[i]);
	r->chunk_count = 0;
	return 0;
}

int dataset_range_runs_add(struct dataset_range_runs *r, address6_t first, address6_t last,
                           uint32_t how)
{
	size_t size = r->is_ip6 ? sizeof(*r->chunk6) : sizeof(*r->chunk4);
	uint32_t order;

	if (r->chunk_count == chunk_max(r) && chunk_write(r) < 0)
		return -ENOMEM;
	if (dataset_grow((void **)&r->chunk4, &r->chunk_capacity, r->chunk_count + 1, size) < 0)
		return -ENOMEM;
	order = (uint32_t)r->chunk_count;
	if (r->is_ip6)
		r->chunk6[order] = (struct dataset_range_entry6){first, last, how, order};
	else
		r->chunk4[order] =
		    (struct dataset_range_entry4){(uint32_t)first, (uint32_t)last, how, order};
	r->chunk_count++;
	return 0;
}

int dataset_range_runs_end(struct dataset_range_runs *r)
{
	if (r->chunk_count && chunk_write(r) < 0)
		return -ENOMEM;
	free(r->chunk4);
	r->chunk4 = NULL;
	r->chunk_capacity = 0;
	return 0;
}

void dataset_range_runs_done(struct dataset_range_runs *r)
{
	free(r->chunk4);
	dataset_runs_done(&r->runs);
	*r = (struct dataset_range_runs){.is_ip6 = r->is_ip6};
}

static inline const uint8_t *read4(struct dataset_range_cursor *c, const uint8_t *at)
{
	uint32_t first = (uint32_t)c->first, length = *at++, distance, shift;

	at = dataset_number_read(at, &c->how);
	if (length == 0) {
		c->first = 0;
		c->last = UINT32_MAX;
		return at;
	}
	at = dataset_number_read(at, &distance);
	if (length == ODD_RANGE) {
		first += distance;
		at = dataset_number_read(at, &distance);
		c->last = first + distance;
	} else {
		shift = 32 - length;
		first = ((first >> shift) + distance) << shift;
		c->last = first | (((uint32_t)1 << shift) - 1);
	}
	c->first = first;
	return at;
}

static inline const uint8_t *read6(struct dataset_range_cursor *c, const uint8_t *at)
{
	unsigned length = *at++, shift;
	address6_t distance;

	at = dataset_number_read(at, &c->how);
	if (length == 0) {
		c->first = 0;
		c->last = ~(address6_t)0;
		return at;
	}
	at = dataset_number_read_long(at, &distance);
	if (length == ODD_RANGE) {
		c->first += distance;
		at = dataset_number_read_long(at, &distance);
		c->last = c->first + distance;
	} else {
		shift = 128 - length;
		c->first = ((c->first >> shift) + distance) << shift;
		c->last = c->first | (((address6_t)1 << shift) - 1);
	}
	return at;
}

/* Read the next entry of a run. Returns false at its end. */
static inline bool cursor_next(struct dataset_range_cursor *c, bool is_ip6)
{
	if (c->run.at == c->run.end)
		return false;
	c->run.at = is_ip6 ? read6(c, c->run.at) : read4(c, c->run.at);
	if (c->run.at >= c->run.due)
		dataset_run_release(&c->run);
	return true;
}

/* By first, then in the order of the runs. */
static bool is_before(const void *context, uint32_t a, uint32_t b)
{
	const struct dataset_range_reader *reader = context;
	address6_t left = reader->cursors[a].first, right = reader->cursors[b].first;

	return left != right ? left < right : a < b;
}

static void sift_down(struct dataset_range_reader *reader, size_t at)
{
	dataset_runs_sift(reader->heap, reader->count, at, is_before, reader);
}

int dataset_range_reader_init(struct dataset_range_reader *reader,
                              const struct dataset_range_runs *r)
{
	*reader = (struct dataset_range_reader){.is_ip6 = r->is_ip6};
	reader->cursors = malloc((r->runs.count + 1) * sizeof(*reader->cursors));
	reader->heap = malloc((r->runs.count + 1) * sizeof(*reader->heap));
	if (!reader->cursors || !reader->heap)
		return -ENOMEM;
	for (size_t i = 0; i < r->runs.count; i++) {
		reader->cursors[i] =
		    (struct dataset_range_cursor){.run = dataset_runs_cursor(&r->runs, i)};
		if (cursor_next(&reader->cursors[i], r->is_ip6))
			reader->heap[reader->count++] = (uint32_t)i;
	}
	for (size_t i = reader->count / 2; i-- > 0;)
		sift_down(reader, i);
	return 0;
}

void dataset_range_reader_done(struct dataset_range_reader *reader)
{
	free(reader->cursors);
	free(reader->heap);
	*reader = (struct dataset_range_reader){0};
}

void dataset_range_reader_next(struct dataset_range_reader *reader)
{
	if (!cursor_next(&reader->cursors[reader->heap[0]], reader->is_ip6))
		reader->heap[0] = reader->heap[--reader->count];
	if (reader->count > 1)
		sift_down(reader, 0);
}
