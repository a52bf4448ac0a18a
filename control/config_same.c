/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_same.h"

#include <string.h>

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_ranges(const struct address_range *a, unsigned a_count,
                           const struct address_range *b, unsigned b_count)
{
	if (a_count != b_count)
		return false;
	for (unsigned i = 0; i < a_count; i++) {
		if (a[i].is_ip6 != b[i].is_ip6 || a[i].first != b[i].first ||
		    a[i].last != b[i].last)
			return false;
	}
	return true;
}

static bool is_same_names(const struct config *a, const struct config *b)
{
	if (a->never_name_count != b->never_name_count)
		return false;
	for (unsigned i = 0; i < a->never_name_count; i++) {
		const struct config_place *x = &a->never_names[i], *y = &b->never_names[i];

		if (x->wire_size != y->wire_size || memcmp(x->wire, y->wire, x->wire_size) != 0)
			return false;
	}
	return true;
}

bool config_same_lists(const struct config *a, const struct config *b)
{
	if (a->lists_count != b->lists_count ||
	    !is_same_ranges(a->never_ranges, a->never_range_count, b->never_ranges,
	                    b->never_range_count) ||
	    !is_same_names(a, b))
		return false;
	for (unsigned i = 0; i < a->lists_count; i++) {
		const struct config_list *x = &a->lists[i], *y = &b->lists[i];

		if (strcmp(x->name, y->name) != 0 || x->manual != y->manual || x->kept != y->kept ||
		    x->code != y->code || x->is_subtracted != y->is_subtracted ||
		    !is_same_text(x->text, y->text))
			return false;
	}
	return true;
}

static bool is_same_set(const struct config_keys *a, const struct config_keys *b)
{
	if (!a || !b)
		return a == b;
	return a->count == b->count &&
	       memcmp(a->labels, b->labels, a->count * sizeof(*a->labels)) == 0 &&
	       memcmp(a->names, b->names, a->count * sizeof(*a->names)) == 0;
}

bool config_same_keys(const struct config *a, const struct config *b)
{
	if (a->zones_count != b->zones_count)
		return false;
	for (unsigned i = 0; i < a->zones_count; i++) {
		if (!is_same_set(a->zones[i].key_set, b->zones[i].key_set))
			return false;
	}
	return true;
}

bool config_same_limits(const struct config *a, const struct config *b)
{
	const struct config_rate_limit *x = a->rate_limit, *y = b->rate_limit;

	if (!x || !y)
		return x == y;
	return x->responses_per_s == y->responses_per_s &&
	       x->nxdomains_per_s == y->nxdomains_per_s && x->errors_per_s == y->errors_per_s &&
	       x->slip == y->slip && x->ipv4_length == y->ipv4_length &&
	       x->ipv6_length == y->ipv6_length && x->buckets == y->buckets &&
	       is_same_ranges(x->exempt_ranges, x->exempt_count, y->exempt_ranges, y->exempt_count);
}
