/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Addresses no blocklist may list: private, shared, loopback, link-local, multicast and reserved
 * space (RFC 6890, the IANA special-purpose registries). Documentation ranges may be listed.
 * 127.0.0.1 and ::ffff:7f00:1 are never listed, whatever the options say: RFC 5782 section 5 makes
 * them the test for a list that lists everything.
 */
#include "feeds/address.h"

struct bogons {
	const struct address_range *rows; /* sorted, disjoint */
	size_t count;
};

/* The ranges to remove. */
struct bogons bogons_get(bool is_ip6, bool is_dropping);

/* The first row that ends at or after an address; count when there is none. */
size_t bogons_find(const struct bogons *bogons, address6_t address);

/*
 * The first piece of a range that may be listed. Returns false when nothing is left.
 * To go on: call again with range->first behind the piece.
 */
bool bogons_cut(const struct bogons *bogons, const struct address_range *range,
                struct address_range *out_piece);
