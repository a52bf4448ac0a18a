/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Feeds of JSON objects, one a line.
 */
#include "feeds/lines.h"

#include <jansson.h>

/* The object of a line, the caller's; NULL when it is bad, and was counted. */
json_t *json_line_load(struct lines *lines, struct span line, uint64_t number);

/*
 * Whether it is {"type":"metadata", …} as Spamhaus ends its feeds: then its number of records and
 * time stamp are taken over.
 */
bool json_line_is_metadata(struct lines *lines, const json_t *object, uint64_t number);
