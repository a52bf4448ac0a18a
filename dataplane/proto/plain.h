/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Begin, Paint4 and Commit, of which deltas consist, without the library when they are as the
 * library packs them: known fields, in order, each once. A delta of one address then takes a tenth
 * of the instructions to decode, and arrays of verdicts are read in one go.
 *
 * Threads: any.
 */
#include "update.pb-c.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Make a request of its bytes.
 *
 * allocator: the request itself comes first, as the library does it
 * Returns:   NULL: not plain, or no memory; what was allocated is the caller's
 */
Reputed__Update__Request *plain_unpack(ProtobufCAllocator *allocator, const uint8_t *data,
                                       size_t size);
