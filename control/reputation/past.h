/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is remembered of a key's listings: pairs of RECORD_LISTINGS, see record_listing().
 *
 * Threads: as the ledger's.
 */
#include "control/reputation/ledger_private.h"

/* A listing begins. Adds. */
void past_begin(struct ledger *l, struct record *r, enum dials_list list,
                enum ledger_grounds grounds);

/* The one that lasts ends. Needs no room. */
void past_end(struct ledger *l, const struct record *r, enum dials_list list, enum ledger_end end);

/* A pair as a listing. Returns whether it is sound. */
bool past_read(const struct record_item pair[2], struct ledger_listing *out_listing);
