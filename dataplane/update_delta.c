/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_delta.h"

#include "dataplane/clock.h"
#include "dataplane/update.h"

#include <errno.h>
#include <stdlib.h>

#define TURN_US 20000 /* of applying, before others are served */

/* What an unpacked Listing or Verdict costs beside its bytes. */
#define PART_SIZE 128

static size_t cost(const channel_request *request)
{
	size_t parts = 1;

	if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_DEFINE)
		parts += request->define->n_listings + request->define->n_verdicts;
	return request_size(request) + parts * PART_SIZE;
}

int update_delta_add(struct update_delta *d, channel_request *request,
                     struct update_error *out_error)
{
	size_t size = cost(request);

	if (size > UPDATE_DELTA_SIZE_MAX - d->size)
		return update_error_set(out_error, -EFBIG,
		                        "delta above %u MiB, send a full load instead",
		                        UPDATE_DELTA_SIZE_MAX >> 20);
	if (d->count == d->capacity) {
		size_t capacity = d->capacity ? 2 * d->capacity : 16;
		channel_request **grown = reallocarray(d->requests, capacity, sizeof(*d->requests));

		if (!grown)
			return update_error_set(out_error, -ENOMEM, "delta: no memory");
		d->requests = grown;
		d->capacity = capacity;
	}
	d->requests[d->count++] = request;
	d->size += size;
	return 0;
}

/* There are two rounds: definitions, then what uses them. */
static bool is_of_round(const struct update_delta *d, const channel_request *request)
{
	return (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_DEFINE) == !d->is_defined;
}

/* Go on to the next message that is to be applied. Returns NULL when there is none. */
static const channel_request *next_request(struct update_delta *d)
{
	for (;;) {
		if (d->applied_count == d->count) {
			if (d->is_defined)
				return NULL;
			d->is_defined = true;
			d->applied_count = 0;
			continue;
		}
		if (is_of_round(d, d->requests[d->applied_count]))
			return d->requests[d->applied_count];
		d->applied_count++;
	}
}

int update_delta_apply(struct update_delta *d, struct tables *t)
{
	const channel_request *request;
	uint64_t ends_us = 0;

	for (bool is_first = true; (request = next_request(d)) != NULL; is_first = false) {
		/* a delta of one step needs no clock */
		uint64_t now_us = is_first ? 0 : clock_steady_us();
		int rc;

		if (ends_us > 0 && now_us >= ends_us)
			return 1;
		if (!is_first && ends_us == 0)
			ends_us = now_us + TURN_US;
		rc = update_apply_some(t, request, &d->cursor);
		if (rc < 0)
			return rc;
		if (rc > 0)
			continue;
		d->applied_count++;
		d->cursor = (struct update_cursor){0};
	}
	return 0;
}

void update_delta_drop(struct update_delta *d, struct update_defined *defined)
{
	for (size_t i = 0; i < d->count; i++) {
		channel_request *request = d->requests[i];

		if (defined && request->kind_case == REPUTED__UPDATE__REQUEST__KIND_DEFINE)
			update_check_undo(defined, request->define);
		request_free(request);
	}
	free(d->requests);
	*d = (struct update_delta){0};
}
