/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A request of the update socket with all its parts, which are many and live as long: they are in
 * a few pieces of memory and freed together, not one by one.
 *
 * Threads: any, one at a time for a request.
 */
#include "update.pb-c.h"

#include <stddef.h>
#include <stdint.h>

typedef struct Reputed__Update__Request channel_request;

/*
 * Make a request of its bytes.
 *
 * Errors: NULL: damaged, or no memory
 */
channel_request *request_unpack(const uint8_t *data, size_t size);

/* For what request_unpack() made, and nothing else. NULL is allowed. */
void request_free(channel_request *request);

/* Bytes it was made of. */
size_t request_size(const channel_request *request);
