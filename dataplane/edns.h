/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * EDNS (RFC 6891): the OPT records of a query and their options. Understood are NSID (RFC 5001),
 * COOKIE (RFC 7873) and, over TCP, edns-tcp-keepalive (RFC 7828); padding (RFC 7830), client subnet
 * (RFC 7871) and all others are ignored.
 */
#include "dataplane/cursor.h"
#include "dataplane/query.h"

/* What was found in the OPT records so far. */
struct edns {
	unsigned opt_count;
	uint8_t version;
	bool is_malformed;
	const uint8_t *cookie; /* data of the first COOKIE option, NULL = none */
	uint16_t cookie_size;
};

/*
 * Take an OPT record: its UDP size, flags and options.
 *
 * rdata: the cursor at its options, which end where the cursor does
 * class, ttl: the record's, with what OPT keeps there (RFC 6891 section 6.1.3)
 */
void edns_take(struct edns *e, struct query *q, struct cursor rdata, uint16_t class, uint32_t ttl);

/* Judge the cookie that was found, if we do cookies: q->cookie_state, q->cookie. */
void edns_take_cookie(const struct edns *e, struct query *q);
