/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The lists of one key: when it gets on them, how long it stays, and why.
 *
 * A list is entered on all bad evidence of its purpose (that of the score, for spam, trap and dha),
 * of which its own classes must have brought a share; it lasts for its duration from the newest
 * evidence of its own classes. What is due at some moment between events is applied at that moment:
 * ends, and every `dwell_min` a look at whether it is still deserved.
 *
 * Threads: as the ledger's.
 */
#include "control/reputation/ledger_private.h"

/* Why a key is on a list or not, at a moment. */
void listing_look(const struct ledger *l, const struct record *r, enum dials_list list,
                  const struct evidence_moment *moment, struct ledger_state *out_state);

/* Evidence of some classes came (bits 1 << enum event_class): enter, prolong, leave. Needs room for
 * states. */
void listing_update(struct ledger *l, uint32_t number, unsigned classes);

/* Good or bad evidence came: the list `good`, and whether the key keeps its net off lists. */
void listing_update_good(struct ledger *l, uint32_t number);

/* Do what is due now. */
void listing_tick(struct ledger *l, uint32_t number);

/* When something is due next, after now; 0 = never. */
int64_t listing_due(const struct ledger *l, const struct record *r);

/* Good keys that have faded are not good any longer. Returns whether that changed something. */
void listing_sweep(struct ledger *l, uint32_t number);

/* Put on or take off a list, now; the net is told, and whoever listens. */
void listing_enter(struct ledger *l, uint32_t number, enum dials_list list, int64_t until_ms,
                   enum ledger_grounds grounds);
void listing_end(struct ledger *l, uint32_t number, enum dials_list list, enum ledger_end end);

/* How long a listing lasts. times: listings before this one */
int64_t listing_duration_ms(const struct dials *d, enum dials_list list, uint32_t times);

/* Bit 1 << enum dials_list for each list that it is on. */
unsigned listing_mask(const struct ledger *l, const struct record *r);
