/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/answer.h"

#include "control/config_reputation.h"
#include "control/reputation/answer_why.h"

#include <stdio.h>

/* Bits of an answer; those below are its lists, 1 << enum dials_list. */
#define IS_MORE    (1u << 6) /* of `good`, and deserves more trust */
#define IS_KNOWN   (1u << 7) /* has a score */
#define IS_SURE    (1u << 8) /* of more than a few points */
#define SCORE_AT   12
#define SCORE_MASK 0x7fu
#define SRL_AT     20
#define SRL_MASK   0xfu

#define LOOPBACK    0x7f000000u
#define NET_SCORE   (LOOPBACK | 4 << 8) /* 127.0.4.SCORE */
#define NET_SRL     (LOOPBACK | 9 << 8) /* 127.0.9.SRL */
#define MORE_POINTS 10                  /* times those of `good` */

_Static_assert(DIALS_LIST_COUNT <= 6, "lists fit below IS_MORE");
_Static_assert(KEPT_SPAM + (int)DIALS_GOOD == (int)KEPT_GOOD, "kept follow the ledger's lists");

/* The scores that a code of view mailspike begins with; 15 is neither good nor bad. */
static const uint8_t mailspike_from[] = {0, 10, 22, 40, 50, 60, 86, 89, 92, 95, 98};

#define MAILSPIKE_WORST   (LOOPBACK | 10)
#define MAILSPIKE_NEUTRAL (LOOPBACK | 15)

uint32_t answer_mailspike(unsigned score, bool is_sure)
{
	uint32_t level = 0;

	if (!is_sure)
		return MAILSPIKE_NEUTRAL;
	while (level + 1 < sizeof(mailspike_from) && score >= mailspike_from[level + 1])
		level++;
	return MAILSPIKE_WORST + level;
}

static bool wants(const struct answer_wants *w, unsigned kept)
{
	return w->kept & ANSWER_KEPT(kept);
}

void answer_wants_of(const struct config *config, struct answer_wants *out_wants)
{
	const struct dials *dials;

	*out_wants = (struct answer_wants){0};
	if (!config->reputation)
		return;
	dials = &config->reputation->dials;
	for (unsigned i = 0; i < config->lists_count; i++)
		if (config->lists[i].kept != KEPT_NOTHING)
			out_wants->kept |= ANSWER_KEPT(config->lists[i].kept);
	if (wants(out_wants, KEPT_GOOD_MORE))
		out_wants->kept |= ANSWER_KEPT(KEPT_GOOD);
	/* Half the way from the score that `good` takes to 100, and ten times the points. */
	out_wants->more_score = (dials->good_score + 100) / 2;
	out_wants->more_points = (double)dials->good_points * MORE_POINTS;
}

/* Whether a key that is on no list has a score. */
static bool is_sender(const struct ledger_key *key)
{
	return (key->kind == LEDGER_IP4 && key->length == 32) ||
	       (key->kind == LEDGER_IP6 && key->length == 64);
}

answer_t answer_of(const struct ledger *l, const struct ledger_key *key, int64_t now_ms,
                   const struct answer_wants *w, char out_text[ANSWER_TEXT_MAX + 1])
{
	struct ledger_answer found;
	struct ledger_view view;
	answer_t answer = 0;
	bool may_be_more;

	out_text[0] = '\0';
	if (key->kind == LEDGER_ASN || key->kind == LEDGER_GLOBAL ||
	    !ledger_answer(l, key, now_ms, &found))
		return ANSWER_NONE;
	for (unsigned list = 0; list < DIALS_LIST_COUNT; list++)
		if (found.lists >> list & 1 && wants(w, KEPT_SPAM + list))
			answer |= 1u << list;
	if (w->kept & ANSWER_SCORES && (found.lists || is_sender(key)))
		answer |= IS_KNOWN | (found.confidence > 0 ? IS_SURE : 0) |
		          (uint32_t)found.score << SCORE_AT | (uint32_t)found.srl << SRL_AT;
	may_be_more = answer & 1u << DIALS_GOOD && wants(w, KEPT_GOOD_MORE);
	if (!may_be_more && !(answer & IS_KNOWN && wants(w, KEPT_WHY)))
		return answer;
	ledger_look(l, key, now_ms, &view);
	if (may_be_more && (float)view.score.score >= w->more_score &&
	    view.score.n >= w->more_points)
		answer |= IS_MORE;
	if (answer & IS_KNOWN && wants(w, KEPT_WHY))
		answer_why(&view, out_text);
	return answer;
}

bool answer_has(answer_t answer, enum config_kept kept, uint32_t *out_code)
{
	unsigned score = answer >> SCORE_AT & SCORE_MASK;

	*out_code = 0;
	switch (kept) {
	case KEPT_NOTHING:
	case KEPT_COUNT:
		return false;
	case KEPT_SPAM:
	case KEPT_TRAP:
	case KEPT_DHA:
	case KEPT_BACKSCATTER:
	case KEPT_AUTH:
	case KEPT_GOOD:
		return answer >> (kept - KEPT_SPAM) & 1;
	case KEPT_GOOD_MORE:
		return answer & IS_MORE;
	case KEPT_SCORE:
	case KEPT_WHY:
		*out_code = NET_SCORE | score;
		break;
	case KEPT_SRL:
		*out_code = NET_SRL | (answer >> SRL_AT & SRL_MASK);
		break;
	case KEPT_MAILSPIKE:
		*out_code = answer_mailspike(score, answer & IS_SURE);
		break;
	}
	return answer & IS_KNOWN;
}

void answer_why_short(answer_t answer, char out_text[ANSWER_TEXT_MAX + 1])
{
	snprintf(out_text, ANSWER_TEXT_MAX + 1, "v=1;score=%u;srl=%u",
	         answer >> SCORE_AT & SCORE_MASK, answer >> SRL_AT & SRL_MASK);
}
