/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/rates.h"

#include <sodium.h>

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LINE_BUCKETS 7
#define TAG_SHIFT    48
#define TIME_MASK    ((UINT64_C(1) << TAG_SHIFT) - 1) /* microseconds: 8.9 years */
#define BURST_US     1000000
#define ATTEMPTS_MAX 16
#define MAPPED       ((address6_t)0xffff)

struct line {
	alignas(64) _Atomic uint64_t buckets[LINE_BUCKETS]; /* tag, time until which it is spent */
	_Atomic uint8_t over[8];                            /* limited since; for slip */
};

_Static_assert(sizeof(struct line) == 64, "a cache line");

struct rates {
	struct rates_options options;
	uint32_t cost_us[RATES_CLASS_COUNT]; /* of a token; 0 = not limited */
	uint32_t mask;                       /* of lines */
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct table6 *exempt;
	struct line *lines;
};

static bool is_valid(const struct rates_options *o)
{
	for (unsigned i = 0; i < RATES_CLASS_COUNT; i++) {
		if (o->per_s[i] > RATES_PER_S_MAX)
			return false;
	}
	return o->slip <= RATES_SLIP_MAX && o->ip4_length >= 1 && o->ip4_length <= 32 &&
	       o->ip6_length >= 1 && o->ip6_length <= 128 && o->bucket_lines >= 1 &&
	       o->bucket_lines <= RATES_BUCKETS_MAX;
}

struct rates *rates_new(const struct rates_options *options)
{
	struct rates *r = is_valid(options) ? calloc(1, sizeof(*r)) : NULL;
	size_t count = 1;
	int rc = is_valid(options) ? ENOMEM : EINVAL;

	if (!r)
		goto fail;
	while (count < options->bucket_lines)
		count *= 2;
	r->options = *options;
	r->mask = (uint32_t)(count - 1);
	for (unsigned i = 0; i < RATES_CLASS_COUNT; i++)
		r->cost_us[i] = options->per_s[i] ? BURST_US / options->per_s[i] : 0;
	if (getrandom(r->key, sizeof(r->key), 0) != sizeof(r->key)) {
		rc = EIO;
		goto fail_rates;
	}
	r->exempt = table6_new();
	if (!r->exempt)
		goto fail_rates;
	r->lines = aligned_alloc(64, count * sizeof(*r->lines));
	if (!r->lines)
		goto fail_exempt;
	memset(r->lines, 0, count * sizeof(*r->lines));
	return r;
fail_exempt:
	table6_free(r->exempt);
fail_rates:
	free(r);
fail:
	errno = rc;
	return NULL;
}

void rates_free(struct rates *r)
{
	if (!r)
		return;
	table6_free(r->exempt);
	free(r->lines);
	free(r);
}

int rates_exempt(struct rates *r, address6_t first, address6_t last)
{
	return table6_paint(r->exempt, first, last, 1);
}

static address6_t network_of(const struct rates *r, address6_t client)
{
	unsigned length =
	    client >> 32 == MAPPED ? 96 + r->options.ip4_length : r->options.ip6_length;

	return length < 128 ? client >> (128 - length) << (128 - length) : client;
}

struct rates_place rates_find(const struct rates *r, address6_t client, enum rates_class class)
{
	struct rates_place place = {0};
	struct {
		address6_t network;
		uint64_t class;
	} input = {.class = class};
	uint64_t hash;

	if (r->cost_us[class] == 0 || table6_lookup(r->exempt, client) != VERDICT_NONE)
		return place;
	input.network = network_of(r, client);
	crypto_shorthash((uint8_t *)&hash, (const uint8_t *)&input,
	                 sizeof(input.network) + sizeof(input.class), r->key);
	place.line = (uint32_t)hash & r->mask;
	place.tag = (uint16_t)(hash >> TAG_SHIFT | 1);
	__builtin_prefetch(&r->lines[place.line], 1);
	return place;
}

/* Microseconds until the bucket has all its tokens; what cannot be is long over. */
static uint64_t debt_of(uint64_t bucket, uint64_t now_us)
{
	uint64_t debt = (bucket - now_us) & TIME_MASK;

	return debt <= BURST_US ? debt : 0;
}

/* The bucket of a tag, or the one to take over. */
static unsigned choose(const struct line *line, uint16_t tag, uint64_t now_us)
{
	uint64_t least = UINT64_MAX;
	unsigned found = 0;

	for (unsigned i = 0; i < LINE_BUCKETS; i++) {
		uint64_t bucket = atomic_load_explicit(&line->buckets[i], memory_order_relaxed);
		uint64_t debt = debt_of(bucket, now_us);

		if (bucket >> TAG_SHIFT == tag)
			return i;
		if (debt < least) {
			least = debt;
			found = i;
		}
	}
	return found;
}

static enum rates_verdict refuse(struct rates *r, struct line *line, unsigned at)
{
	uint32_t slip = r->options.slip;
	uint8_t over;

	if (slip == 0)
		return RATES_DROP;
	over = atomic_fetch_add_explicit(&line->over[at], 1, memory_order_relaxed);
	return over % slip == slip - 1 ? RATES_SLIP : RATES_DROP;
}

enum rates_verdict rates_take(struct rates *r, struct rates_place place, enum rates_class class,
                              uint64_t now_us)
{
	struct line *line = &r->lines[place.line];

	if (place.tag == 0)
		return RATES_PASS;
	now_us &= TIME_MASK;
	/* Another thread that spends at the same time makes the swap fail: then once more. */
	for (unsigned attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		unsigned at = choose(line, place.tag, now_us);
		uint64_t bucket = atomic_load_explicit(&line->buckets[at], memory_order_relaxed);
		uint64_t debt = debt_of(bucket, now_us) + r->cost_us[class];
		uint64_t spent = (uint64_t)place.tag << TAG_SHIFT | ((now_us + debt) & TIME_MASK);

		if (debt > BURST_US)
			return refuse(r, line, at);
		if (atomic_compare_exchange_strong_explicit(&line->buckets[at], &bucket, spent,
		                                            memory_order_relaxed,
		                                            memory_order_relaxed))
			return RATES_PASS;
	}
	return RATES_PASS;
}
