/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Response-rate limiting: answers over UDP, whose source may be forged, are held to a rate per
 * client network and class of answer. Valid DNS cookies (RFC 7873) and exempt networks are not
 * limited; some of what is over the limit goes out as an empty TC, so that a real client comes
 * again over TCP.
 *
 * Threads: as answer_burst().
 */
#include "dataplane/query.h"

/* Whether there are limits: else no clock need be read for them. */
static inline bool limit_is_on(const struct tables *t)
{
	return t && tables_rates(t);
}

/*
 * Limit answered queries: those that are to be dropped get reply_size 0 and DROP_RATE_LIMIT, those
 * that slip are cut; `limited` tells the class.
 *
 * t:         as given to answer_burst()
 * steady_us: of a clock that nobody sets: else all limits would be off, or on, for as long as it
 *            was set back
 */
void limit_burst(const struct tables *t, uint64_t steady_us, struct query *queries, unsigned count);
