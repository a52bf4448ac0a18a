/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Third stage of an answer: the reply written over the query, whose header and question stay where
 * they are. Never writes past q->capacity.
 */
#include "dataplane/query.h"

/*
 * Write the reply of each looked-up query that was not dropped, and set reply_size.
 *
 * t: as given to parse_burst()
 */
void reply_burst(const struct tables *t, struct query *queries, unsigned count);

/* Cut an answer down to its question and OPT, with TC set: the client may ask again over TCP. */
void reply_truncate(struct query *q);
