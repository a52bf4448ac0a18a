/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/access_rules.h"

#include <errno.h>
#include <stdlib.h>

struct access_rules *access_rules_new(size_t listing_count, bool has_nets)
{
	struct access_rules *r = calloc(1, sizeof(*r) + (has_nets ? ACCESS_RULES_NETS : 0));
	int rc = ENOMEM;

	if (!r)
		goto fail;
	r->listings = calloc(listing_count + 1, sizeof(*r->listings));
	if (!r->listings)
		goto fail_rules;
	r->listing_count = listing_count;
	r->has_nets = has_nets;
	r->clients = table6_new();
	if (r->clients)
		return r;
	rc = errno;
	free(r->listings);
fail_rules:
	free(r);
fail:
	errno = rc;
	return NULL;
}

/* The part of a range that is IPv4. */
static void paint_nets(struct access_rules *r, uint32_t first, uint32_t last, uint32_t value)
{
	for (uint64_t net = first >> 16; net <= last >> 16; net++) {
		bool is_whole = net << 16 >= first && (net << 16 | 0xffff) <= last;

		r->nets[net] =
		    (uint8_t)(is_whole && value < ACCESS_RULES_SPLIT ? value : ACCESS_RULES_SPLIT);
	}
}

int access_rules_paint(struct access_rules *r, address6_t first, address6_t last, uint32_t value)
{
	const address6_t first4 = (address6_t)0xffff << 32, last4 = first4 | UINT32_MAX;
	int rc = table6_paint(r->clients, first, last, value);

	if (rc < 0 || !r->has_nets || first > last4 || last < first4)
		return rc;
	paint_nets(r, first > first4 ? (uint32_t)first : 0,
	           last < last4 ? (uint32_t)last : UINT32_MAX, value);
	return 0;
}

void access_rules_free(struct access_rules *r)
{
	if (!r)
		return;
	table6_free(r->clients);
	free(r->listings);
	free(r);
}
