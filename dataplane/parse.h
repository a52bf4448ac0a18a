/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * First stage of an answer: header, question and OPT checked in wire order, client admitted, name
 * turned into zone and key. What is wrong with a query becomes its drop reason or its rcode.
 */
#include "dataplane/query_set.h"

/*
 * Fill all fields between the stages of each query, and hint to the cache what lookup will read.
 *
 * t: NULL = nothing loaded yet
 */
void parse_burst(const struct tables *t, const struct query_set *queries);
