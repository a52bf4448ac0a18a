/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Entries between a builder and its dataset: some are collected, sorted, and written one after the
 * other into a run, each as what differs from the one before; in the end all runs are read at once
 * in order. So a feed waits in less memory than its dataset takes, what was read of it is given
 * back meanwhile, and sorting stays in the caches. Equal entries keep the order of adding.
 *
 * Threads: a struct belongs to one thread.
 */
#include "feeds/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs, written. */
struct dataset_runs {
	uint8_t *bytes;
	size_t size, capacity;
	size_t *starts; /* of the runs in bytes */
	size_t count, start_capacity;
};

/* A new run, or more of the last one. Errors: -ENOMEM */
int dataset_runs_begin(struct dataset_runs *runs);
/* Room for so many more bytes. Errors: -ENOMEM */
int dataset_runs_reserve(struct dataset_runs *runs, size_t size);
void dataset_runs_done(struct dataset_runs *runs);

/* A place in a run that is read. */
struct dataset_run_cursor {
	const uint8_t *at, *end;
	const uint8_t *due; /* there, what was read is given back: so much behind what was before */
};
#define DATASET_RUN_RELEASE 8192 /* bytes; of small runs not much may stay */

struct dataset_run_cursor dataset_runs_cursor(const struct dataset_runs *runs, size_t run);

/* Give back what was read: when c->at is beyond c->due. */
void dataset_run_release(struct dataset_run_cursor *c);

/* Numbers of 7 bits a byte, the low ones first; the last byte has no high bit. */
#define DATASET_NUMBER_MAX 19 /* bytes */
uint8_t *dataset_number_write(uint8_t *out, address6_t number);
const uint8_t *dataset_number_read_long(const uint8_t *in, address6_t *out_number);
/* Of 32 bits. */
static inline const uint8_t *dataset_number_read(const uint8_t *in, uint32_t *out_number)
{
	uint32_t number = *in & 0x7f;

	for (unsigned shift = 7; *in++ >= 0x80; shift += 7)
		number |= (uint32_t)(*in & 0x7f) << shift;
	*out_number = number;
	return in;
}

/* --- ranges --- */

/* order: of adding, in the chunk */
struct dataset_range_entry4 {
	uint32_t first, last, how, order;
};
struct dataset_range_entry6 {
	address6_t first, last;
	uint32_t how, order;
};

struct dataset_range_runs {
	union {
		struct dataset_range_entry4 *chunk4; /* collected */
		struct dataset_range_entry6 *chunk6;
	};
	size_t chunk_count, chunk_capacity;
	size_t chunk_max;      /* 0: as many as a cache holds; tests want fewer */
	address6_t last_first; /* of what was written last */
	struct dataset_runs runs;
	bool is_ip6;
};

/* Errors: -ENOMEM */
int dataset_range_runs_add(struct dataset_range_runs *r, address6_t first, address6_t last,
                           uint32_t how);

/* Nothing is added any more. Errors: -ENOMEM */
int dataset_range_runs_end(struct dataset_range_runs *r);
void dataset_range_runs_done(struct dataset_range_runs *r);

/* Sort by first, then order; dataset_place.c. */
void dataset_place4(struct dataset_range_entry4 *entries, size_t count);
void dataset_place6(struct dataset_range_entry6 *entries, size_t count);

struct dataset_range_cursor {
	struct dataset_run_cursor run;
	address6_t first, last;
	uint32_t how;
};

/* All runs in order; they are used up. */
struct dataset_range_reader {
	struct dataset_range_cursor *cursors; /* a heap by first, then place in it */
	uint32_t *heap;                       /* numbers of cursors */
	size_t count;
	bool is_ip6;
};

/* Errors: -ENOMEM; dataset_range_reader_done() is allowed */
int dataset_range_reader_init(struct dataset_range_reader *reader,
                              const struct dataset_range_runs *r);
void dataset_range_reader_done(struct dataset_range_reader *reader);

/* The entry that is next, NULL at the end; and go on behind it. */
static inline const struct dataset_range_cursor *
dataset_range_reader_get(const struct dataset_range_reader *reader)
{
	return reader->count ? &reader->cursors[reader->heap[0]] : NULL;
}
void dataset_range_reader_next(struct dataset_range_reader *reader);

/* --- names --- */

struct dataset_name_entry {
	uint64_t offset; /* of its sort key; grows with the order of adding */
	uint32_t how;
	uint16_t size; /* of its sort key */
	uint8_t scope;
};

/*
 * A name as a sort key: bytes compare as name_compare() does, and a name above is a prefix. Labels
 * from the right, each ended by 0; the octets 0 and 1 are written as 1 and the octet + 1.
 */
#define DATASET_NAME_KEY_MAX (2 * NAME_WIRE_MAX)
size_t dataset_name_key(const uint8_t *wire, size_t size, uint8_t out_key[DATASET_NAME_KEY_MAX]);
size_t dataset_name_wire(const uint8_t *key, size_t size, uint8_t out_wire[NAME_WIRE_MAX]);

struct dataset_name_runs {
	struct dataset_name_entry *chunk; /* collected */
	uint8_t *keys;
	size_t chunk_count, chunk_capacity, keys_size, keys_capacity;
	size_t chunk_max;                   /* 0: as many as a cache holds; tests want fewer */
	uint8_t last[DATASET_NAME_KEY_MAX]; /* the key that was written last */
	size_t last_size;
	struct dataset_runs runs;
};

/* A wire name. Errors: -ENOMEM */
int dataset_name_runs_add(struct dataset_name_runs *r, const uint8_t *wire, size_t size,
                          unsigned scope, uint32_t how);

/* Nothing is added any more. Errors: -ENOMEM */
int dataset_name_runs_end(struct dataset_name_runs *r);
void dataset_name_runs_done(struct dataset_name_runs *r);

/* Sort by key; equal ones keep their order; dataset_sort.c. */
void dataset_sort_names(struct dataset_name_entry *names, size_t count, const uint8_t *keys);

struct dataset_name_cursor {
	struct dataset_run_cursor run;
	uint32_t how;
	uint16_t size;
	uint8_t scope;
	uint8_t key[DATASET_NAME_KEY_MAX];
};

struct dataset_name_reader {
	struct dataset_name_cursor *cursors; /* as of a range reader */
	uint32_t *heap;
	size_t count;
};

int dataset_name_reader_init(struct dataset_name_reader *reader, const struct dataset_name_runs *r);
void dataset_name_reader_done(struct dataset_name_reader *reader);

static inline const struct dataset_name_cursor *
dataset_name_reader_get(const struct dataset_name_reader *reader)
{
	return reader->count ? &reader->cursors[reader->heap[0]] : NULL;
}
void dataset_name_reader_next(struct dataset_name_reader *reader);

/*
 * Put the run at a place of a heap of runs where it belongs below; the first of all is on top.
 *
 * is_before: whether one run's entry comes before another's; what it is given is the reader's
 */
static inline void dataset_runs_sift(uint32_t *heap, size_t count, size_t at,
                                     bool (*is_before)(const void *reader, uint32_t a, uint32_t b),
                                     const void *reader)
{
	uint32_t moved = heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < count && is_before(reader, heap[child + 1], heap[child]))
			child++;
		if (child >= count || is_before(reader, moved, heap[child]))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}
