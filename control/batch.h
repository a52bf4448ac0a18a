/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * One batch on its way to the data plane: collects what is painted into messages of bounded size,
 * and defines ids before they are used. After any error the batch is dead: the connection is
 * closed or to be closed, and the catalog to be thrown away, because it remembers ids as defined
 * that are not.
 *
 * Threads: one thread per struct batch.
 */
#include "control/catalog.h"
#include "control/merge_names.h"
#include "control/push.h"

struct batch;

/*
 * Begin a batch. push and catalog are borrowed.
 *
 * expected_ip4: about how many IPv4 ranges will be painted by a full one; a hint, 0 = unknown
 *
 * Errors: NULL with errno: ENOMEM, or those of push_send()
 */
struct batch *batch_new(struct push *push, struct catalog *catalog, uint64_t generation,
                        bool is_full, uint64_t expected_ip4);
void batch_free(struct batch *b);

/* All of these: errors -ENOMEM and those of push_send(). */
int batch_paint4(struct batch *b, uint32_t first, uint32_t last, uint32_t verdict);
int batch_paint6(struct batch *b, address6_t first, address6_t last, uint32_t verdict);
int batch_put_name(struct batch *b, const struct merge_name *name);
int batch_delete_name(struct batch *b, const uint8_t *wire, size_t size);
int batch_zones(struct batch *b, const Reputed__Update__Zones *zones);
int batch_access(struct batch *b, Reputed__Update__Access *access);
int batch_settings(struct batch *b, Reputed__Update__Settings *settings);
int batch_keys(struct batch *b, Reputed__Update__Keys *keys);
int batch_rate_limit(struct batch *b, Reputed__Update__RateLimit *rate_limit);

/*
 * Send the rest, forget the ids that nothing uses any more, commit and wait for the answer.
 *
 * entries: informative
 */
int batch_commit(struct batch *b, uint64_t entries);
