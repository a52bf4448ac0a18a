/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Directory harvests: within a window of time, distinct recipients that do not exist, and no fewer
 * than a share of all. Of one sender, or a few each of the senders in one net: then that net has
 * harvested, and none of them.
 *
 * Threads: as the ledger's.
 */
#include "control/reputation/ledger_private.h"

/* Count recipients in the window of their time; older than the window before is not kept. Adds. */
void harvest_count(struct ledger *l, struct record *r, int64_t time_ms, uint32_t valid,
                   uint32_t invalid);

/*
 * Whether what was counted is a harvest, and more of one than was said before. One at most for each
 * window, as of its start, by the greatest weight of a reporter: so the same harvest recognised
 * later, because valid recipients came between, does not weigh more. Needs a window.
 */
bool harvest_recognise(struct ledger *l, struct record *r, float weight, int64_t time_ms,
                       struct evidence_gain *out_gain);

struct harvest_sender {     /* in a net, with what it just sent */
	uint32_t self, net; /* records */
	const struct event *event;
	int64_t time_ms;
};

/* Recipients that exist; noted once somebody guesses in the net. */
void harvest_net_valid(struct ledger *l, const struct harvest_sender *s);

/*
 * A recipient that does not exist, and was counted in the sender's window. For its net only the
 * first few of each sender count in a window, so that one who harvests and some who mistype are not
 * a harvest of all; and a recipient that another one of the net tried is a retry. Returns whether
 * as many of the net's senders took part, and such a share of the active ones, as list a net, in
 * what is a harvest now.
 */
bool harvest_net_invalid(struct ledger *l, const struct harvest_sender *s,
                         struct evidence_gain *out_gain);
