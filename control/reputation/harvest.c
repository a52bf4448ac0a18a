/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/harvest.h"

#include <math.h>

static uint32_t harvest_second(int64_t time_ms)
{
	return time_ms / 1000 < UINT32_MAX ? (uint32_t)(time_ms / 1000) : UINT32_MAX;
}

static void harvest_add(uint16_t *sum, uint32_t count)
{
	*sum = count < (uint32_t)(UINT16_MAX - *sum) ? (uint16_t)(*sum + count) : UINT16_MAX;
}

void harvest_count(struct ledger *l, struct record *r, int64_t time_ms, uint32_t valid,
                   uint32_t invalid)
{
	struct record_window *w = record_need_window(&l->book.blocks, r);
	uint32_t number = harvest_second(time_ms) / l->dials.harvest_window_s;
	unsigned place;

	if (number > w->number) {
		bool is_next = number == w->number + 1;

		w->valid[1] = is_next ? w->valid[0] : 0;
		w->invalid[1] = is_next ? w->invalid[0] : 0;
		w->valid[0] = w->invalid[0] = 0;
		w->harvest = 0;
		w->number = number;
	}
	place = w->number - number;
	if (place > 1)
		return;
	harvest_add(&w->valid[place], valid);
	harvest_add(&w->invalid[place], invalid);
}

bool harvest_recognise(struct ledger *l, struct record *r, float weight, int64_t time_ms,
                       struct evidence_gain *out_gain)
{
	const struct dials *dials = &l->dials;
	struct record_window *w = record_need_window(&l->book.blocks, r);
	int64_t start_s = (int64_t)w->number * dials->harvest_window_s;
	double valid = w->valid[0] + w->valid[1], invalid = w->invalid[0] + w->invalid[1];

	if (time_ms / 1000 < start_s || weight <= w->harvest)
		return false;
	if (record_seen_since(&l->book.blocks, r, RECORD_INVALID,
	                      time_ms / 1000 - dials->harvest_window_s) < dials->harvest_recipients)
		return false;
	if (invalid < (double)dials->harvest_share * (valid + invalid))
		return false;
	evidence_gain(dials, EVENT_DHA, start_s * 1000, (double)weight - (double)w->harvest,
	              w->harvest > 0 ? 0 : 1, out_gain);
	w->harvest = weight;
	return true;
}

void harvest_net_valid(struct ledger *l, const struct harvest_sender *s)
{
	struct record *net = book_at(&l->book, s->net);

	if (net->flags & RECORD_HAS_WINDOW)
		harvest_count(l, net, s->time_ms, s->event->count, 0);
}

/* Senders of a net. So many are told apart, and enough of one in which more are active. */
static unsigned harvest_senders(const struct ledger *l, const struct record_members *members,
                                const struct record *net)
{
	const struct dials *d = &l->dials;
	double share = ceil((double)d->net_listed_share * members->count);

	if (net->kind == LEDGER_IP6)
		return d->net6_children;
	if (share > DIALS_DISTINCT_MAX)
		share = DIALS_DISTINCT_MAX;
	return share > d->net_listed_min ? (unsigned)share : d->net_listed_min;
}

/* Whether it is one of the first of its sender in this window: as many as the least senders need
 * for a harvest. */
static bool harvest_is_early(const struct ledger *l, const struct harvest_sender *s)
{
	const struct record *self = book_at(&l->book, s->self);
	uint32_t senders =
	    self->kind == LEDGER_IP6 ? l->dials.net6_children : l->dials.net_listed_min;
	struct record_parts parts;

	record_parts(&l->book.blocks, self, &parts);
	return parts.window->invalid[0] <= (l->dials.harvest_recipients + senders - 1) / senders;
}

static uint32_t harvest_fold(uint64_t value)
{
	return (uint32_t)(value ^ value >> 32);
}

bool harvest_net_invalid(struct ledger *l, const struct harvest_sender *s,
                         struct evidence_gain *out_gain)
{
	const struct dials *d = &l->dials;
	struct record *net = book_at(&l->book, s->net);
	const struct record_item who = {harvest_fold(book_at(&l->book, s->self)->id),
	                                harvest_second(s->time_ms)};
	const struct record_item recipient = {harvest_fold(s->event->recipient), who.last_s};
	struct record_parts parts;
	unsigned needed;
	int64_t before_s;

	record_parts(&l->book.blocks, net, &parts);
	needed = harvest_senders(l, parts.members, net);
	/* Most nets have fewer, and so cost no memory. */
	if (parts.members->count < needed || !harvest_is_early(l, s))
		return false;
	record_see(&l->book.blocks, net, RECORD_USERS, DIALS_DISTINCT_MAX, &who);
	before_s = record_see(&l->book.blocks, net, RECORD_INVALID, DIALS_DISTINCT_MAX, &recipient);
	if (before_s >= 0 &&
	    before_s + d->classes[EVENT_INVALID_RCPT].half_life_s > s->time_ms / 1000)
		return false;
	harvest_count(l, net, s->time_ms, 0, 1);
	if (record_seen_since(&l->book.blocks, net, RECORD_USERS,
	                      s->time_ms / 1000 - d->harvest_window_s) < needed)
		return false;
	return harvest_recognise(l, net, s->event->weight, s->time_ms, out_gain);
}
