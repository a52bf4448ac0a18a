/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/dataset_runs.h"

#include "feeds/dataset_private.h"

#include <errno.h>
#include <stdlib.h>

int dataset_runs_begin(struct dataset_runs *runs)
{
	if (dataset_grow((void **)&runs->starts, &runs->start_capacity, runs->count + 1,
	                 sizeof(*runs->starts)) < 0)
		return -ENOMEM;
	runs->starts[runs->count++] = runs->size;
	return 0;
}

int dataset_runs_reserve(struct dataset_runs *runs, size_t size)
{
	return dataset_grow((void **)&runs->bytes, &runs->capacity, runs->size + size, 1);
}

void dataset_runs_done(struct dataset_runs *runs)
{
	free(runs->bytes);
	free(runs->starts);
	*runs = (struct dataset_runs){0};
}

struct dataset_run_cursor dataset_runs_cursor(const struct dataset_runs *runs, size_t run)
{
	const uint8_t *at = runs->bytes + runs->starts[run];
	size_t end = run + 1 < runs->count ? runs->starts[run + 1] : runs->size;

	return (struct dataset_run_cursor){
	    .at = at, .end = runs->bytes + end, .due = at + DATASET_RUN_RELEASE};
}

void dataset_run_release(struct dataset_run_cursor *c)
{
	c->due = (const uint8_t *)dataset_release(c->due - DATASET_RUN_RELEASE, c->at) +
	         DATASET_RUN_RELEASE;
}

uint8_t *dataset_number_write(uint8_t *out, address6_t number)
{
	for (; number >= 0x80; number >>= 7)
		*out++ = (uint8_t)number | 0x80;
	*out++ = (uint8_t)number;
	return out;
}

const uint8_t *dataset_number_read_long(const uint8_t *in, address6_t *out_number)
{
	uint64_t low = 0;
	unsigned shift = 0;
	address6_t number;

	for (; *in >= 0x80 && shift < 56; shift += 7)
		low |= (uint64_t)(*in++ & 0x7f) << shift;
	number = low;
	for (; *in >= 0x80; shift += 7)
		number |= (address6_t)(*in++ & 0x7f) << shift;
	*out_number = number | (address6_t)*in++ << shift;
	return in;
}
