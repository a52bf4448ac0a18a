/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Second stage of an answer: key -> listings that the zone shows; where there are none, whether the
 * name exists all the same because something below it is listed (RFC 8020, RFC 9156).
 */
#include "dataplane/query_set.h"

/*
 * Set verdict, listings, exists, is_test_entry and subject_offset of each parsed query.
 *
 * t: as given to parse_burst()
 */
void lookup_burst(const struct tables *t, const struct query_set *queries);

/* The same of one query for an address, of which the verdict's listings are known; NULL = none. */
void lookup_address(const struct tables *t, struct query *q, const struct verdict *listings);
