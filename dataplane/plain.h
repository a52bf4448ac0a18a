/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The plain query, which nearly all are: for an address of one of our zones, without anything
 * special. It is known by its size and a few words, without a walk along its labels. What is read
 * here is what parse.c would have read; a fuzz target compares them.
 */
#include "dataplane/query.h"
#include "dataplane/reversed.h"

/*
 * Parse those queries that are plain, of at most QUERY_BURST_MAX. All of them are reset.
 *
 * t: not NULL
 * Returns: a bit for each that was parsed; parse.c is to have the others
 */
uint32_t plain_parse(const struct tables *t, const struct reversed *kernel, struct query *queries,
                     unsigned count);
