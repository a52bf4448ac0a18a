/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/http/http_rate.h"

#include <sodium.h>

#include <string.h>
#include <time.h>

#define HOST_BITS4 8
#define HOST_BITS6 72

bool http_rate_take(struct http_rate *r, const struct address_range *peer, unsigned per_minute)
{
	address6_t net = peer->is_ip6 ? peer->first >> HOST_BITS6 : peer->first >> HOST_BITS4;
	uint64_t hash = (uint64_t)(net ^ net >> 64);
	struct timespec now;

	if (peer->is_ip6 ? peer->first == 1 : (uint32_t)peer->first >> 24 == 127)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!r->seed)
		r->seed = randombytes_random() | 1;
	if (now.tv_sec / 60 != r->minute) {
		memset(r->counts, 0, sizeof(r->counts));
		r->minute = now.tv_sec / 60;
	}
	hash = (hash ^ r->seed) * 0x9e3779b97f4a7c15u;
	return ++r->counts[hash >> 54] <= per_minute;
}
