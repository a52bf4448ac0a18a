/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * How much each network is answered: a token bucket per (client prefix, class of answer).
 *
 * A bucket is one 64-bit word, the time until which its tokens are spent (the "theoretical arrival
 * time" of GCRA) beside a tag of its key; seven share a 64-byte line, which a keyed hash chooses.
 * Memory is fixed: when a line is full, the newcomer takes over the bucket with the least debt,
 * debt and all, so that filling the table frees nobody. A class may be spent at its rate, after a
 * pause of a second or more in one burst of a second's worth.
 *
 * Threads: rates_new() to rates_exempt() before it is published; rates_take() from any number of
 * threads, lock-free, one compare-and-swap.
 */
#include "dataplane/table/table6.h"

#include <stdbool.h>
#include <stdint.h>

#define RATES_PER_S_MAX   100000
#define RATES_SLIP_MAX    10
#define RATES_BUCKETS_MAX (1u << 22)

enum rates_class { RATES_RESPONSES, RATES_NXDOMAINS, RATES_ERRORS, RATES_CLASS_COUNT };

enum rates_verdict {
	RATES_PASS,
	RATES_SLIP, /* over the limit: answer with TC alone, so that who is real comes over TCP */
	RATES_DROP, /* over the limit */
};

struct rates_options {
	uint32_t per_s[RATES_CLASS_COUNT]; /* 0 = as many as there are; <= RATES_PER_S_MAX */
	uint32_t slip;         /* every so many over the limit slip; 0 = none, <= RATES_SLIP_MAX */
	uint32_t ip4_length;   /* of a client's network; 1..32 */
	uint32_t ip6_length;   /* 1..128 */
	uint32_t bucket_lines; /* of 64 bytes; rounded up to a power of two */
};

struct rates;

/* Errors: NULL with errno: EINVAL, ENOMEM, or those of getrandom(). */
struct rates *rates_new(const struct rates_options *options);
void rates_free(struct rates *r);

/* Never limit these clients; IPv4 as ::ffff:a.b.c.d. Errors: -ENOMEM. */
int rates_exempt(struct rates *r, address6_t first, address6_t last);

/* Where a client's bucket may be. Prefetches it: ask for a burst, then take. */
struct rates_place {
	uint32_t line;
	uint16_t tag; /* 0 = not limited */
};
struct rates_place rates_find(const struct rates *r, address6_t client, enum rates_class class);

/*
 * Take one token.
 *
 * now_us: of a steady clock; one reading per burst will do. A clock that goes back gives everybody
 *         a new start
 */
enum rates_verdict rates_take(struct rates *r, struct rates_place place, enum rates_class class,
                              uint64_t now_us);
