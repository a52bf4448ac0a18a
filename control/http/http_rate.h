/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Requests of one client network (/24, /56) in a minute. Of fixed size: networks that fall on one
 * place share it, so a crowd is limited sooner, never later. Loopback (a proxy) is not limited.
 *
 * Threads: one.
 */
#include "feeds/address.h"

#define HTTP_RATE_PLACES 1024

struct http_rate {
	int64_t minute;
	uint32_t counts[HTTP_RATE_PLACES]; /* in that minute */
	uint32_t seed;                     /* which networks share; drawn at the first use */
};

/* Count a request. Returns whether it is one of the first per_minute. */
bool http_rate_take(struct http_rate *r, const struct address_range *peer, unsigned per_minute);
