/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What counters that belong to a zone need of it when the zones are replaced: its name as text, and
 * the zone of the same apex among others.
 *
 * Threads: the update thread.
 */
#include "dataplane/dns.h"
#include "dataplane/table/zones.h"

/* For a label of a counter: without the last dot; what a label could not hold is '?'. */
void update_apex_text(const struct zone *zone, char out_text[DNS_NAME_MAX]);

/* NULL when there is none. */
const struct zone *update_apex_find(const struct zones *zones, const struct zone *other);
