/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The answer, authority and additional sections of an answer from a zone. */
#include "dataplane/query.h"
#include "dataplane/writer.h"

/*
 * Write the sections of a query for one of our zones behind its question; sets the counts of the
 * header and the query's rcode.
 */
void sections_put(struct writer *w, struct query *q, uint64_t generation);
