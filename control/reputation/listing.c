/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/listing.h"

#include "control/reputation/judge.h"
#include "control/reputation/nets.h"
#include "control/reputation/past.h"
#include "control/reputation/prior.h"
#include "control/reputation/wilson.h"

#define BIT(x) (1u << (x))

/* Points from which a class counts as one of several. */
#define CLASS_POINTS 1.0
/* The list `good` is left this far below where it is entered: of the score, of the points. */
#define GOOD_SCORE_SLACK   10
#define GOOD_POINTS_FACTOR 0.5

static const struct listing_kind {
	unsigned own, all;        /* classes: of the list itself, that its ratio is of */
	enum record_set distinct; /* of which many corroborate; RECORD_SET_COUNT = none */
} kinds[DIALS_GOOD] = {
    [DIALS_SPAM] = {BIT(EVENT_SPAM_VERDICT) | BIT(EVENT_PHISH) | BIT(EVENT_MALWARE),
                    SCORE_BAD_CLASSES, RECORD_SET_COUNT},
    [DIALS_TRAP] = {BIT(EVENT_TRAP_PRISTINE) | BIT(EVENT_TRAP_RECYCLED), SCORE_BAD_CLASSES,
                    RECORD_SET_COUNT},
    [DIALS_DHA] = {BIT(EVENT_INVALID_RCPT) | BIT(EVENT_DHA), SCORE_BAD_CLASSES, RECORD_SET_COUNT},
    [DIALS_BACKSCATTER] = {BIT(EVENT_BACKSCATTER), BIT(EVENT_BACKSCATTER), RECORD_BOUNCED},
    [DIALS_AUTH] = {BIT(EVENT_AUTH_FAIL), BIT(EVENT_AUTH_FAIL), RECORD_USERS},
};

struct listing_facts {
	struct listing_lane {
		double own, bad, good, trap, dha;
		unsigned classes; /* that brought CLASS_POINTS */
		double lower, upper;
	} lanes[EVIDENCE_LANES];
	int64_t newest_ms;  /* evidence of its own classes */
	bool has_reporters; /* more than one */
	bool has_numbers;   /* of recipients or users that no misjudgement makes */
};

/* New keys list with part of their good points: good mail of the first hours is cheap. */
static double listing_credit(const struct ledger *l, const struct record *r, int64_t now_ms)
{
	double warm_ms = 1000.0 * l->dials.warm_s, age_ms = (double)(now_ms - r->first_ms);
	double credit = (double)l->dials.warm_credit;

	if (age_ms >= warm_ms)
		return 1;
	return age_ms > 0 ? credit + (1 - credit) * age_ms / warm_ms : credit;
}

static void listing_count(struct listing_lane *lane, const struct listing_kind *kind,
                          enum event_class class, double points)
{
	if (score_side(class) == SCORE_GOOD) {
		lane->good += points;
		return;
	}
	lane->bad += points;
	if (kind->own & BIT(class))
		lane->own += points;
	if (class == EVENT_TRAP_PRISTINE)
		lane->trap = points;
	if (class == EVENT_DHA)
		lane->dha = points;
	if (class != EVENT_ANOMALY && points >= CLASS_POINTS)
		lane->classes++;
}

/* The evidence that may list: without the base that a delisting left. */
static void listing_points(const struct ledger *l, const struct record_parts *parts, unsigned rank,
                           enum event_class class, const struct evidence_moment *moment,
                           double out_points[EVIDENCE_LANES])
{
	struct evidence e = parts->evidence[rank];

	for (unsigned lane = 0; parts->bases && lane < EVIDENCE_LANES; lane++) {
		double rest = e.sums[lane] - parts->bases[rank][lane];

		/* Good evidence counts on; what only rounding left does not. */
		if (score_side(class) != SCORE_GOOD)
			e.sums[lane] = rest > 1e-9 * e.sums[lane] ? rest : 0;
	}
	evidence_amounts(&e, &l->dials, class, moment, out_points);
	for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++)
		out_points[lane] *= (double)l->dials.classes[class].points;
}

static unsigned listing_reporters(const struct record *r, const struct record_parts *parts,
                                  uint32_t purpose, int64_t since_s)
{
	unsigned count = 0;

	for (unsigned i = 0; i < r->sets[RECORD_REPORTERS]; i++) {
		const struct record_item *item = &parts->sets[RECORD_REPORTERS][i];

		count +=
		    (item->hash & JUDGE_PURPOSE_MASK) == purpose && (int64_t)item->last_s > since_s;
	}
	return count;
}

/* What is of before a delisting does not corroborate. */
static int64_t listing_since(const struct record_parts *parts, int64_t since_s)
{
	int64_t after_s = parts->delisted_ms ? *parts->delisted_ms / 1000 : 0;

	return since_s > after_s ? since_s : after_s;
}

static bool listing_has_reporters(const struct ledger *l, const struct record *r,
                                  const struct record_parts *parts, const struct listing_kind *kind,
                                  int64_t now_ms)
{
	uint32_t purpose = judge_purpose((enum event_class)__builtin_ctz(kind->own));

	return listing_reporters(r, parts, purpose,
	                         listing_since(parts, now_ms / 1000 - l->dials.reporters_s)) > 1;
}

static bool listing_has_numbers(const struct ledger *l, const struct record *r,
                                const struct record_parts *parts, const struct listing_kind *kind,
                                int64_t now_ms)
{
	const struct dials *d = &l->dials;

	if (kind->distinct == RECORD_USERS)
		return record_seen_since(&l->book.blocks, r, RECORD_USERS,
		                         listing_since(parts, now_ms / 1000 - d->guess_window_s)) >=
		       d->guess_users;
	if (kind->distinct == RECORD_BOUNCED)
		return record_seen_since(&l->book.blocks, r, RECORD_BOUNCED,
		                         listing_since(parts, now_ms / 1000 - d->reporters_s)) >=
		       d->harvest_recipients;
	return false;
}

static void listing_facts(const struct ledger *l, const struct record *r, enum dials_list list,
                          const struct evidence_moment *moment, struct listing_facts *out_facts)
{
	const struct listing_kind *kind = &kinds[list];
	double credit = listing_credit(l, r, moment->now_ms);
	struct record_parts parts;
	unsigned rank = 0;

	*out_facts = (struct listing_facts){0};
	record_parts(&l->book.blocks, r, &parts);
	for (unsigned mask = r->classes; mask; mask &= mask - 1, rank++) {
		enum event_class class = (enum event_class)__builtin_ctz(mask);
		double points[EVIDENCE_LANES];

		if (score_side(class) != SCORE_GOOD && !(kind->all & BIT(class)))
			continue;
		listing_points(l, &parts, rank, class, moment, points);
		for (unsigned lane = 0; lane < EVIDENCE_LANES; lane++)
			listing_count(&out_facts->lanes[lane], kind, class, points[lane]);
		if ((kind->own & BIT(class)) && parts.evidence[rank].last_ms > out_facts->newest_ms)
			out_facts->newest_ms = parts.evidence[rank].last_ms;
	}
	for (unsigned i = 0; i < EVIDENCE_LANES; i++) {
		struct listing_lane *lane = &out_facts->lanes[i];

		lane->good *= credit;
		lane->lower = wilson_lower(lane->bad, lane->bad + lane->good);
		lane->upper = wilson_upper(lane->bad, lane->bad + lane->good);
	}
	if (r->flags & RECORD_IS_DELISTED && out_facts->newest_ms <= *parts.delisted_ms)
		out_facts->newest_ms = 0;
	out_facts->has_reporters = listing_has_reporters(l, r, &parts, kind, moment->now_ms);
	out_facts->has_numbers = listing_has_numbers(l, r, &parts, kind, moment->now_ms);
}

/* A sender whose slow lane knows it, and knows it to be good. */
static bool listing_is_established(const struct dials *d, const struct listing_facts *facts)
{
	const struct listing_lane *slow = &facts->lanes[EVIDENCE_SLOW];

	return slow->bad + slow->good >= (double)d->established_points &&
	       slow->upper <= (double)d->leave;
}

/* LEDGER_IS_LISTED: a lane says that it should be. */
static enum ledger_why listing_lane_why(const struct dials *d, const struct listing_facts *facts,
                                        const struct listing_lane *lane)
{
	double one_hit = (double)d->classes[EVENT_TRAP_PRISTINE].points;

	if (lane->bad + lane->good < (double)d->enter_points ||
	    lane->own < (double)d->own_share * (double)d->enter_points || lane->own <= 0)
		return LEDGER_NOT_ENOUGH;
	if (lane->lower < (double)d->enter)
		return LEDGER_NOT_SURE;
	if (facts->has_reporters || facts->has_numbers || lane->classes > 1 ||
	    lane->dha >= CLASS_POINTS)
		return LEDGER_IS_LISTED;
	if (lane->trap < CLASS_POINTS)
		return LEDGER_ONE_SOURCE;
	if (listing_is_established(d, facts) && lane->trap <= one_hit)
		return LEDGER_ESTABLISHED;
	return LEDGER_IS_LISTED;
}

/* Of a lane that says that it should be listed: what says most. */
static enum ledger_grounds listing_grounds(const struct listing_facts *facts,
                                           const struct listing_lane *lane)
{
	return lane->trap >= CLASS_POINTS  ? LEDGER_BY_TRAP
	       : lane->dha >= CLASS_POINTS ? LEDGER_BY_HARVEST
	       : facts->has_numbers        ? LEDGER_BY_NUMBERS
	       : facts->has_reporters      ? LEDGER_BY_REPORTERS
	                                   : LEDGER_BY_CLASSES;
}

/* The lane that goes further towards the list. */
static enum ledger_why listing_why(const struct dials *d, const struct listing_facts *facts,
                                   unsigned *out_lane)
{
	enum ledger_why slow = listing_lane_why(d, facts, &facts->lanes[EVIDENCE_SLOW]);
	enum ledger_why fast = listing_lane_why(d, facts, &facts->lanes[EVIDENCE_FAST]);

	*out_lane = fast > slow ? EVIDENCE_FAST : EVIDENCE_SLOW;
	if (fast == slow && facts->lanes[EVIDENCE_FAST].lower > facts->lanes[EVIDENCE_SLOW].lower)
		*out_lane = EVIDENCE_FAST;
	return fast > slow ? fast : slow;
}

int64_t listing_duration_ms(const struct dials *d, enum dials_list list, uint32_t times)
{
	uint64_t duration_s = d->lists[list].first_s;

	for (uint32_t i = 0; i < times && duration_s < d->duration_max_s; i++)
		duration_s *= d->escalation;
	return INT64_C(1000) *
	       (int64_t)(duration_s < d->duration_max_s ? duration_s : d->duration_max_s);
}

unsigned listing_mask(const struct ledger *l, const struct record *r)
{
	struct record_parts parts;
	unsigned rank = 0, listed = 0;

	if (!r->lists)
		return 0;
	record_parts(&l->book.blocks, r, &parts);
	for (unsigned mask = r->lists; mask; mask &= mask - 1, rank++) {
		if (parts.states[rank].since_ms)
			listed |= mask & -mask;
	}
	return listed;
}

void listing_enter(struct ledger *l, uint32_t number, enum dials_list list, int64_t until_ms,
                   enum ledger_grounds grounds)
{
	struct record *r = book_at(&l->book, number);
	unsigned before = nets_share(l, r);
	bool was_listed = listing_mask(l, r);
	struct record_state *state = record_need_state(&l->book.blocks, r, list);

	state->since_ms = l->now_ms;
	state->until_ms = until_ms;
	state->clean_ms = 0;
	if (state->times < UINT32_MAX)
		state->times++;
	past_begin(l, r, list, grounds);
	if (!was_listed)
		ledger_near_listed(l, number);
	l->listed[list]++;
	ledger_touch(l, number);
	ledger_set_timer(l, number);
	ledger_tell(l, number);
	nets_changed(l, r, before);
}

void listing_end(struct ledger *l, uint32_t number, enum dials_list list, enum ledger_end end)
{
	struct record *r = book_at(&l->book, number);
	unsigned before = nets_share(l, r);
	struct record_state *state = record_state(&l->book.blocks, r, list);

	state->since_ms = 0;
	state->until_ms = l->now_ms;
	state->clean_ms = l->now_ms + INT64_C(1000) * l->dials.forget_s;
	past_end(l, r, list, end);
	if (!listing_mask(l, r))
		ledger_near_ended(l, number);
	l->listed[list]--;
	l->ended[list]++;
	ledger_touch(l, number);
	ledger_set_timer(l, number);
	ledger_tell(l, number);
	nets_changed(l, r, before);
}

/* Whether it is deserved no longer, whatever was said of its duration. */
static bool listing_is_over(const struct ledger *l, const struct record_state *state,
                            const struct listing_facts *facts)
{
	if (l->now_ms < state->since_ms + INT64_C(1000) * l->dials.dwell_min_s)
		return false;
	return facts->lanes[EVIDENCE_SLOW].upper <= (double)l->dials.leave &&
	       facts->lanes[EVIDENCE_FAST].upper <= (double)l->dials.leave;
}

static void listing_update_one(struct ledger *l, uint32_t number, enum dials_list list)
{
	struct record *r = book_at(&l->book, number);
	struct record_state *state = record_state(&l->book.blocks, r, list);
	int64_t ended_ms = state && !state->since_ms ? state->until_ms : 0, until_ms, dwell_ms;
	struct listing_facts facts;
	unsigned lane;

	if (l->dials.lists[list].is_off)
		return;
	listing_facts(l, r, list, ledger_moment(l), &facts);
	if (state && state->since_ms) {
		until_ms = facts.newest_ms + listing_duration_ms(&l->dials, list, state->times - 1);
		if (listing_is_over(l, state, &facts))
			listing_end(l, number, list, LEDGER_LEFT);
		else if (until_ms > state->until_ms)
			state->until_ms = until_ms;
		return;
	}
	until_ms = facts.newest_ms + listing_duration_ms(&l->dials, list, state ? state->times : 0);
	if (state && facts.newest_ms > ended_ms &&
	    facts.newest_ms + INT64_C(1000) * l->dials.forget_s > state->clean_ms)
		state->clean_ms = facts.newest_ms + INT64_C(1000) * l->dials.forget_s;
	if (facts.newest_ms <= ended_ms || until_ms <= l->now_ms ||
	    listing_why(&l->dials, &facts, &lane) != LEDGER_IS_LISTED)
		return;
	dwell_ms = l->now_ms + INT64_C(1000) * l->dials.dwell_min_s;
	listing_enter(l, number, list, until_ms > dwell_ms ? until_ms : dwell_ms,
	              listing_grounds(&facts, &facts.lanes[lane]));
}

void listing_update(struct ledger *l, uint32_t number, unsigned classes)
{
	const struct record *r = book_at(&l->book, number);

	for (unsigned list = 0; list < DIALS_GOOD; list++) {
		/* Without evidence of its own there is no list to enter, nor one to be on. */
		if (kinds[list].all & classes &&
		    (r->classes & kinds[list].own || r->lists & BIT(list)))
			listing_update_one(l, number, list);
	}
}

static bool listing_is_new(const struct ledger *l, const struct record *r)
{
	return l->now_ms - r->first_ms < INT64_C(1000) * l->dials.warm_s;
}

static double listing_slow_points(struct ledger *l, const struct record *r)
{
	struct score_sums sums;

	prior_sums(l, r, ledger_moment(l), &sums);
	return sums.good[EVIDENCE_SLOW] + sums.bad[EVIDENCE_SLOW];
}

static void listing_set_good(struct ledger *l, struct record *r, bool is_good)
{
	if (is_good == !!(r->flags & RECORD_IS_GOOD))
		return;
	r->flags ^= RECORD_IS_GOOD;
	nets_good(l, r, is_good);
}

static bool listing_is_on_good(const struct ledger *l, const struct record *r)
{
	return listing_mask(l, r) & BIT(DIALS_GOOD);
}

void listing_update_good(struct ledger *l, uint32_t number)
{
	struct record *r = book_at(&l->book, number);
	const struct dials *d = &l->dials;
	double n = listing_slow_points(l, r);
	bool is_on = listing_is_on_good(l, r), is_new = listing_is_new(l, r);
	struct ledger_score score;
	struct book_key key;
	bool is_blocked;

	if (!is_on && !(r->flags & RECORD_IS_GOOD) &&
	    (is_new || (n < (double)d->net_good_points && n < (double)d->good_points)))
		return;
	book_key_at(&l->book, number, &key);
	prior_score(l, &key, ledger_moment(l), &score, NULL);
	is_blocked = listing_mask(l, r) & ~BIT(DIALS_GOOD);
	listing_set_good(l, r,
	                 !is_new && !is_blocked && n >= (double)d->net_good_points &&
	                     score.score >= (double)d->net_good_score);
	if (is_on && (is_blocked || d->lists[DIALS_GOOD].is_off ||
	              score.score < (double)d->good_score - GOOD_SCORE_SLACK ||
	              n < (double)d->good_points * GOOD_POINTS_FACTOR))
		listing_end(l, number, DIALS_GOOD, LEDGER_LEFT);
	else if (!is_on && !is_new && !is_blocked && !d->lists[DIALS_GOOD].is_off &&
	         n >= (double)d->good_points && score.score >= (double)d->good_score)
		listing_enter(l, number, DIALS_GOOD, 0, LEDGER_BY_SCORE);
}

/* Only what time alone decides, and never takes back: points that fade. */
void listing_sweep(struct ledger *l, uint32_t number)
{
	struct record *r = book_at(&l->book, number);
	bool is_on = listing_is_on_good(l, r);
	double n;

	if (!is_on && !(r->flags & RECORD_IS_GOOD))
		return;
	n = listing_slow_points(l, r);
	if (n < (double)l->dials.net_good_points)
		listing_set_good(l, r, false);
	if (is_on && n < (double)l->dials.good_points * GOOD_POINTS_FACTOR)
		listing_end(l, number, DIALS_GOOD, LEDGER_LEFT);
}

/* The next moment after now on a grid from since_ms. */
static int64_t listing_next(const struct ledger *l, int64_t since_ms, uint32_t step_s)
{
	int64_t step_ms = INT64_C(1000) * step_s;

	return since_ms + ((l->now_ms - since_ms) / step_ms + 1) * step_ms;
}

/*
 * Never later than the end of the state would have it due if it ended now, so that ending, unlike
 * entering, needs no room for a timer.
 */
static int64_t listing_state_due(const struct ledger *l, const struct record_state *state)
{
	int64_t due;

	if (!state->since_ms)
		return state->clean_ms;
	if (!state->until_ms)
		return listing_next(l, state->since_ms, l->dials.forget_s);
	due = listing_next(l, state->since_ms, l->dials.dwell_min_s);
	return state->until_ms < due ? state->until_ms : due;
}

int64_t listing_due(const struct ledger *l, const struct record *r)
{
	struct record_parts parts;
	int64_t earliest = 0;

	if (!r->lists)
		return 0;
	record_parts(&l->book.blocks, r, &parts);
	for (int i = 0; i < __builtin_popcount(r->lists); i++) {
		int64_t due = listing_state_due(l, &parts.states[i]);

		if (!earliest || due < earliest)
			earliest = due;
	}
	return earliest;
}

static void listing_tick_one(struct ledger *l, uint32_t number, enum dials_list list)
{
	struct record *r = book_at(&l->book, number);
	struct record_state *state = record_state(&l->book.blocks, r, list);
	struct listing_facts facts;

	if (state->since_ms && r->flags & RECORD_HAS_MEMBERS) {
		nets_check(l, number);
	} else if (state->since_ms && state->until_ms) {
		if (l->now_ms >= state->until_ms) {
			listing_end(l, number, list, LEDGER_ENDED);
			return;
		}
		if ((l->now_ms - state->since_ms) % (INT64_C(1000) * l->dials.dwell_min_s))
			return;
		listing_facts(l, r, list, ledger_moment(l), &facts);
		if (listing_is_over(l, state, &facts))
			listing_end(l, number, list, LEDGER_LEFT);
	} else if (!state->since_ms && l->now_ms >= state->clean_ms) {
		state->times /= 2;
		state->clean_ms += INT64_C(1000) * l->dials.forget_s;
		if (state->times == 0)
			record_drop_state(&l->book.blocks, r, list);
		ledger_touch(l, number);
	}
}

void listing_tick(struct ledger *l, uint32_t number)
{
	unsigned lists = book_at(&l->book, number)->lists;

	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++) {
		if (lists & BIT(list))
			listing_tick_one(l, number, list);
	}
}

static void listing_tell(const struct listing_lane *lane, struct ledger_state *state)
{
	state->lower = (float)lane->lower;
	state->upper = (float)lane->upper;
	state->points = (float)(lane->bad + lane->good);
}

void listing_look(const struct ledger *l, const struct record *r, enum dials_list list,
                  const struct evidence_moment *moment, struct ledger_state *out_state)
{
	const struct record_state *state = record_state(&l->book.blocks, r, list);
	struct listing_facts facts;
	unsigned lane = EVIDENCE_SLOW;

	*out_state = (struct ledger_state){.why = LEDGER_NOT_ENOUGH};
	if (list < DIALS_GOOD) {
		listing_facts(l, r, list, moment, &facts);
		out_state->why = listing_why(&l->dials, &facts, &lane);
		listing_tell(&facts.lanes[lane], out_state);
		if (out_state->why == LEDGER_IS_LISTED)
			out_state->why = LEDGER_NO_NEW_EVIDENCE;
		/* Of nets, keys are what counts; ASNs are never listed. */
		if (r->flags & RECORD_HAS_MEMBERS || r->kind == LEDGER_ASN)
			out_state->why = LEDGER_NOT_ENOUGH;
	}
	if (state) {
		out_state->times = state->times;
		out_state->since_ms = state->since_ms;
		out_state->until_ms = state->since_ms ? state->until_ms : 0;
		if (state->since_ms)
			out_state->why = LEDGER_IS_LISTED;
	}
	if (l->dials.lists[list].is_off)
		out_state->why = LEDGER_OFF;
}
