/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The key labels of a zone ("4.3.2.1.KEY.zone"): who may ask, and how often each did.
 *
 * Immutable once published, but for the counters. Those are kept in stripes, one per serving thread
 * as long as there are no more than STRIPES (stripes.h): threads do not write each other's cache
 * lines, and pages of stripes that no thread uses are never touched.
 *
 * Threads: keys_add() before it is published; then any.
 */
#include <stddef.h>
#include <stdint.h>

#define KEYS_LABEL_MIN 8
#define KEYS_LABEL_MAX 63
#define KEYS_NAME_MAX  63
#define KEYS_MAX       10000000

struct keys;

/* No keys. Errors: NULL with errno. */
struct keys *keys_new(void);

/* NULL is allowed. */
void keys_free(struct keys *k);

/*
 * Add a key of letters, digits and hyphens, of any case.
 *
 * name:   what counters call it
 * Errors: -EINVAL, -EEXIST, -ENOMEM, -E2BIG above KEYS_MAX; unchanged
 */
int keys_add(struct keys *k, const uint8_t *label, size_t size, const char *name);

/* Make the counters: after the last keys_add(). Errors: -ENOMEM. */
int keys_seal(struct keys *k);

/*
 * Hash a label, and fetch where it is looked for. Then, when other work was done meanwhile, fetch
 * what it will be compared with.
 *
 * label: its length byte, then as many bytes
 */
uint64_t keys_hash(const struct keys *k, const uint8_t *label);
void keys_prefetch(const struct keys *k, uint64_t hash);

/*
 * The index of a label, or -1. One probe of a keyed hash; the label itself is compared in constant
 * time.
 *
 * hash: of keys_hash()
 */
int keys_find(const struct keys *k, const uint8_t *label, uint64_t hash);

/* Count a query. thread: index of the calling thread. */
void keys_count_query(struct keys *k, uint32_t index, unsigned thread);

/* Fetch what keys_count_query() writes: the counters of many clients are all over memory. */
void keys_prefetch_count(const struct keys *k, uint32_t index, unsigned thread);

size_t keys_size(const struct keys *k);
const char *keys_name(const struct keys *k, size_t index);
uint64_t keys_queries(const struct keys *k, size_t index);

/* Add the counts of the keys that an older set has in common with this one. */
void keys_carry(struct keys *k, const struct keys *older);
