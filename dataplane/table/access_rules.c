/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/access_rules.h"

#include <errno.h>
#include <stdlib.h>

struct access_rules *access_rules_new(size_t listing_count)
{
	struct access_rules *r = calloc(1, sizeof(*r));
	int rc = ENOMEM;

	if (!r)
		goto fail;
	r->listings = calloc(listing_count + 1, sizeof(*r->listings));
	if (!r->listings)
		goto fail_rules;
	r->listing_count = listing_count;
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

void access_rules_free(struct access_rules *r)
{
	if (!r)
		return;
	table6_free(r->clients);
	free(r->listings);
	free(r);
}
