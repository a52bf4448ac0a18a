/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/judge.h"

#include "control/reputation/harvest.h"
#include "control/reputation/prior.h"

#include <sodium.h>

#include <string.h>

/* A verdict below that says rather "not spam": its reporter does not corroborate. */
#define CONVINCED 0.5f

struct judge {
	struct ledger *l;
	struct record *r;
	const struct event *event;
	int64_t time_ms;
	struct evidence_gain *gains;
	unsigned count;
};

static uint32_t judge_second(int64_t time_ms)
{
	return time_ms / 1000 < UINT32_MAX ? (uint32_t)(time_ms / 1000) : UINT32_MAX;
}

static void judge_gain(struct judge *j, enum event_class class, double amount, double raw)
{
	evidence_gain(&j->l->dials, class, j->time_ms, amount, raw, &j->gains[j->count++]);
}

/* Events as they are, by their reporter's weight. */
static double judge_amount(const struct judge *j)
{
	return (double)j->event->count * (double)j->event->weight;
}

static int64_t judge_see(struct judge *j, enum record_set set, unsigned max, uint64_t hash)
{
	const struct record_item item = {
	    .hash = (uint32_t)(hash ^ hash >> 32),
	    .last_s = judge_second(j->time_ms),
	};

	return record_see(&j->l->book.blocks, j->r, set, max, &item);
}

/* Once there are enough, one place keeps when the last one was seen, so that trust does not end
 * sooner than the wait for it. */
static void judge_seen(struct judge *j)
{
	unsigned needed = j->l->dials.good_recipients;
	struct record *r = j->r;
	struct record_parts p;
	uint32_t last_s;

	if (r->flags & RECORD_IS_TRUSTED) {
		record_parts(&j->l->book.blocks, r, &p);
		last_s = judge_second(j->time_ms);
		if (p.sets[RECORD_SEEN]->last_s < last_s)
			p.sets[RECORD_SEEN]->last_s = last_s;
		return;
	}
	judge_see(j, RECORD_SEEN, needed > 0 ? needed : 1, j->event->recipient);
	if (r->sets[RECORD_SEEN] < needed)
		return;
	r->flags |= RECORD_IS_TRUSTED;
	record_shrink_set(&j->l->book.blocks, r, RECORD_SEEN);
}

static void judge_good(struct judge *j)
{
	struct record *r = j->r;

	if (j->event->class != EVENT_NOT_JUNK)
		harvest_count(j->l, r, j->time_ms, j->event->count, 0);
	judge_seen(j);
	if (j->event->class == EVENT_VALID_RCPT ||
	    (j->event->is_authenticated && (r->flags & RECORD_IS_TRUSTED)))
		judge_gain(j, j->event->class, judge_amount(j), judge_amount(j));
}

/* Bounces to addresses that never wrote: somebody else forged the sender. */
static void judge_backscatter(struct judge *j)
{
	judge_see(j, RECORD_BOUNCED, DIALS_DISTINCT_MAX, j->event->recipient);
	judge_gain(j, EVENT_BACKSCATTER, judge_amount(j), judge_amount(j));
}

static void judge_invalid(struct judge *j)
{
	double weight = (double)j->event->weight;
	int64_t before_s;

	/* The same recipient again is a retry, not a guess. */
	before_s = judge_see(j, RECORD_INVALID, DIALS_DISTINCT_MAX, j->event->recipient);
	if (before_s >= 0 &&
	    before_s + j->l->dials.classes[EVENT_INVALID_RCPT].half_life_s > j->time_ms / 1000)
		return;
	harvest_count(j->l, j->r, j->time_ms, 0, 1);
	judge_gain(j, EVENT_INVALID_RCPT, weight, weight);
	j->count +=
	    harvest_recognise(j->l, j->r, j->event->weight, j->time_ms, &j->gains[j->count]);
}

static void judge_auth(struct judge *j)
{
	const struct dials *dials = &j->l->dials;
	int64_t since_s = j->time_ms / 1000 - dials->guess_window_s;
	double factor = 1;

	judge_see(j, RECORD_USERS, DIALS_DISTINCT_MAX, j->event->user);
	if (record_seen_since(&j->l->book.blocks, j->r, RECORD_USERS, since_s) >=
	    dials->guess_users)
		factor = (double)dials->guess_factor;
	judge_gain(j, EVENT_AUTH_FAIL, judge_amount(j) * factor, judge_amount(j));
}

/*
 * More bad mail than listing needs, from a sender that is new or never had such a volume: an
 * anomaly on top. Judged by bad volume alone, so that good mail cannot make it happen.
 */
static bool judge_is_sudden(const struct judge *j)
{
	const struct dials *dials = &j->l->dials;
	struct score_sums sums;
	double now, usual;

	if (!(j->r->classes & ~(1u << EVENT_ANOMALY)))
		return false;
	prior_sums(j->l, j->r, ledger_moment(j->l), &sums);
	if (sums.bad[EVIDENCE_FAST] < (double)dials->enter_points)
		return false;
	if (j->l->now_ms - j->r->first_ms < INT64_C(1000) * dials->warm_s)
		return true;
	now = sums.bad[EVIDENCE_FAST] / dials->fast_half_life_s;
	usual = (sums.bad[EVIDENCE_SLOW] + sums.good[EVIDENCE_SLOW]) /
	        dials->classes[EVENT_GOOD_DELIVERY].half_life_s;
	return now >= (double)dials->warm_volume * usual;
}

static void judge_bad(struct judge *j)
{
	const struct event *event = j->event;
	double amount = judge_amount(j);

	if (event->class == EVENT_INVALID_RCPT) {
		judge_invalid(j);
		return;
	}
	if (event->class == EVENT_SPAM_VERDICT)
		amount *= (double)event->probability;
	judge_gain(j, event->class, amount, judge_amount(j));
}

static bool judge_is_bounce(const struct event *event)
{
	return event->is_null_sender &&
	       (event->class == EVENT_TRAP_PRISTINE || event->class == EVENT_TRAP_RECYCLED ||
	        event->class == EVENT_INVALID_RCPT);
}

unsigned judge(struct ledger *l, uint32_t number, const struct event *event, int64_t time_ms,
               struct evidence_gain out_gains[JUDGE_GAINS_MAX])
{
	struct judge j = {
	    .l = l,
	    .r = book_at(&l->book, number),
	    .event = event,
	    .time_ms = time_ms,
	    .gains = out_gains,
	};
	bool is_sudden;

	if (judge_is_bounce(event) || event->class == EVENT_BACKSCATTER) {
		judge_backscatter(&j);
	} else if (event->class == EVENT_AUTH_FAIL) {
		judge_auth(&j);
	} else if (score_side(event->class) != SCORE_BAD) {
		judge_good(&j);
	} else {
		is_sudden = event->class != EVENT_ANOMALY && judge_is_sudden(&j);
		judge_bad(&j);
		if (is_sudden && j.count > 0)
			judge_gain(&j, EVENT_ANOMALY, (double)event->weight, (double)event->weight);
	}
	return j.count;
}

uint32_t judge_purpose(enum event_class class)
{
	return class == EVENT_BACKSCATTER ? 1 : class == EVENT_AUTH_FAIL ? 2 : 0;
}

bool judge_reporter(const struct event *event, enum event_class counted, int64_t time_ms,
                    struct record_item *out_item)
{
	static const uint8_t fixed[crypto_shorthash_KEYBYTES] = "reporter";
	uint8_t hash[crypto_shorthash_BYTES];

	if (counted == EVENT_ANOMALY || score_side(counted) == SCORE_GOOD ||
	    counted == EVENT_VALID_RCPT)
		return false;
	if (counted == EVENT_SPAM_VERDICT && event->probability < CONVINCED)
		return false;
	crypto_shorthash(hash, (const uint8_t *)event->reporter,
	                 strnlen(event->reporter, EVENT_REPORTER_MAX), fixed);
	memcpy(&out_item->hash, hash, sizeof(out_item->hash));
	out_item->hash = (out_item->hash & ~JUDGE_PURPOSE_MASK) | judge_purpose(counted);
	out_item->last_s = judge_second(time_ms);
	return true;
}
