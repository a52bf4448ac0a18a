/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the IPv4 rows of bench_table and their peers have in common: addresses and questions.
 */
#include <stddef.h>
#include <stdint.h>

#define BENCH_BURST     32
#define BENCH_QUESTIONS 4000000u

/*
 * Time of something for each question, in slices of some of them: the lower quartile, because on a
 * shared machine the slow ones measure the neighbours. Returns a sum of what the slices return.
 */
typedef uint32_t bench_slice(void *context, const uint32_t *questions, uint32_t count);
uint32_t bench_report_slices(const char *name, bench_slice *slice, void *context,
                             const uint32_t *questions);

/* Errors: the program ends with a message */
void *bench_allocate(size_t size);

/* Bytes of memory that this process has. */
uint64_t bench_resident(void);

enum table4_kind { TABLE4_RANDOM, TABLE4_CLUSTERED };

/* Addresses; the clustered ones have some twice. */
uint32_t *table4_data_addresses(enum table4_kind kind, uint32_t count);

/* BENCH_QUESTIONS questions of which some percent are for an address of a set, at random, and the
 * others are at random among those for which is_hit() is 0. */
uint32_t *table4_data_questions(enum table4_kind kind, const uint32_t *addresses, uint32_t count,
                                unsigned hit_percent,
                                int (*is_hit)(void *context, uint32_t address), void *context);

/* What others need for the same: table4_peers.c. addresses and questions as above. */
void table4_peers(const uint32_t *addresses, uint32_t count, const uint32_t *questions);

/* Loads of random cache lines of some memory, prefetched in bursts: the floor. */
void table4_floor(const char *name, size_t size, const uint32_t *questions);
