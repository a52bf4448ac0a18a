/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/bogons.h"

#define ROW4(first_, last_)                                                                        \
	{                                                                                          \
		.first = (first_), .last = (last_)                                                 \
	}
#define MAPPED_LOCAL (((address6_t)0xffff << 32) | 0x7f000001)
#define ROW6(first_, last_)                                                                        \
	{                                                                                          \
		.is_ip6 = true, .first = (first_), .last = (last_)                                 \
	}

static const struct address_range never4[] = {
    ROW4(0x7f000001, 0x7f000001), /* 127.0.0.1 */
};

static const struct address_range dropped4[] = {
    ROW4(0x00000000, 0x00ffffff), /* 0.0.0.0/8 this network */
    ROW4(0x0a000000, 0x0affffff), /* 10.0.0.0/8 private */
    ROW4(0x64400000, 0x647fffff), /* 100.64.0.0/10 shared (RFC 6598) */
    ROW4(0x7f000000, 0x7fffffff), /* 127.0.0.0/8 loopback */
    ROW4(0xa9fe0000, 0xa9feffff), /* 169.254.0.0/16 link-local */
    ROW4(0xac100000, 0xac1fffff), /* 172.16.0.0/12 private */
    ROW4(0xc0000000, 0xc00000ff), /* 192.0.0.0/24 protocol assignments */
    ROW4(0xc0a80000, 0xc0a8ffff), /* 192.168.0.0/16 private */
    ROW4(0xe0000000, 0xffffffff), /* 224.0.0.0/3 multicast and reserved */
};

static const struct address_range never6[] = {
    ROW6(MAPPED_LOCAL, MAPPED_LOCAL), /* ::ffff:7f00:1 */
};

/* Only 2000::/3 is global unicast space (RFC 4291 section 2.4); the rest is reserved or worse. */
static const struct address_range dropped6[] = {
    ROW6((address6_t)0, ((address6_t)1 << 125) - 1),
    ROW6((address6_t)1 << 126, ~(address6_t)0),
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

struct bogons bogons_get(bool is_ip6, bool is_dropping)
{
	if (is_ip6)
		return is_dropping ? (struct bogons){dropped6, COUNT(dropped6)}
		                   : (struct bogons){never6, COUNT(never6)};
	return is_dropping ? (struct bogons){dropped4, COUNT(dropped4)}
	                   : (struct bogons){never4, COUNT(never4)};
}

size_t bogons_find(const struct bogons *bogons, address6_t address)
{
	size_t row = 0;

	while (row < bogons->count && bogons->rows[row].last < address)
		row++;
	return row;
}

bool bogons_cut(const struct bogons *bogons, const struct address_range *range,
                struct address_range *out_piece)
{
	address6_t first = range->first;
	size_t row = bogons_find(bogons, first);

	if (row < bogons->count && bogons->rows[row].first <= first) {
		if (bogons->rows[row].last >= range->last)
			return false;
		first = bogons->rows[row].last + 1;
		row++;
	}
	*out_piece = *range;
	out_piece->first = first;
	if (row < bogons->count && bogons->rows[row].first <= range->last)
		out_piece->last = bogons->rows[row].first - 1;
	return true;
}
