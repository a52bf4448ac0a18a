/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/zone_message.h"

#include <errno.h>
#include <stdlib.h>

#define MAPPED ((address6_t)0xffff << 32) /* ::ffff:0:0/96 */

static void put_exempt(Reputed__Update__RateLimit *m, size_t at, const struct address_range *range)
{
	address6_t base = range->is_ip6 ? 0 : MAPPED;
	address6_t first = base + range->first, last = base + range->last;

	m->first_high[at] = (uint64_t)(first >> 64);
	m->first_low[at] = (uint64_t)first;
	m->last_high[at] = (uint64_t)(last >> 64);
	m->last_low[at] = (uint64_t)last;
}

Reputed__Update__RateLimit *zone_message_rate_limit(const struct config_rate_limit *limit)
{
	Reputed__Update__RateLimit *m = malloc(sizeof(*m));
	size_t count = limit->exempt_count;

	if (!m)
		return NULL;
	reputed__update__rate_limit__init(m);
	m->per_s = calloc(3, sizeof(*m->per_s));
	m->first_high = calloc(count + 1, sizeof(*m->first_high));
	m->first_low = calloc(count + 1, sizeof(*m->first_low));
	m->last_high = calloc(count + 1, sizeof(*m->last_high));
	m->last_low = calloc(count + 1, sizeof(*m->last_low));
	if (!m->per_s || !m->first_high || !m->first_low || !m->last_high || !m->last_low) {
		reputed__update__rate_limit__free_unpacked(m, NULL);
		errno = ENOMEM;
		return NULL;
	}
	m->n_per_s = 3; /* by enum rates_class */
	m->per_s[0] = limit->responses_per_s;
	m->per_s[1] = limit->nxdomains_per_s;
	m->per_s[2] = limit->errors_per_s;
	m->slip = limit->slip;
	m->ip4_length = limit->ipv4_length;
	m->ip6_length = limit->ipv6_length;
	m->bucket_lines = limit->buckets;
	m->n_first_high = m->n_first_low = m->n_last_high = m->n_last_low = count;
	for (size_t i = 0; i < count; i++)
		put_exempt(m, i, &limit->exempt_ranges[i]);
	return m;
}
