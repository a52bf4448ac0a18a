/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What is answered of one key of the ledger, in few bytes: which lists it is on, and the codes that
 * the zones of scores have for it.
 *
 * Threads: pure functions.
 */
#include "control/config.h"
#include "control/reputation/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_TEXT_MAX 255 /* bytes: one DNS character-string */

/* Packed; 0 = nothing is answered. Equal numbers, and equal texts, are equal answers. */
typedef uint32_t answer_t;
#define ANSWER_NONE ((answer_t)0)

#define ANSWER_KEPT(kept) (1u << (kept)) /* enum config_kept as a set */
#define ANSWER_SCORES                                                                              \
	(ANSWER_KEPT(KEPT_SCORE) | ANSWER_KEPT(KEPT_SRL) | ANSWER_KEPT(KEPT_MAILSPIKE) |           \
	 ANSWER_KEPT(KEPT_WHY))

/* What zones want to be answered; the rest is left out, so that it does not count as a change. */
struct answer_wants {
	unsigned kept; /* ANSWER_KEPT() bits */
	/* From when on an address of `good` deserves more trust. */
	float more_score;
	double more_points;
};

/* What the lists of a configuration want; nothing when it has no reputation. */
void answer_wants_of(const struct config *config, struct answer_wants *out_wants);

/*
 * What is to be answered of a key now. A net or domain has a score only while it is listed, an
 * address as long as the ledger knows it; ASNs have nothing.
 *
 * out_text: terminated; empty unless KEPT_WHY is wanted
 */
answer_t answer_of(const struct ledger *l, const struct ledger_key *key, int64_t now_ms,
                   const struct answer_wants *wants, char out_text[ANSWER_TEXT_MAX + 1]);

/*
 * Whether a list of that kind has a key with this answer. out_code: host order; 0: the list's own
 */
bool answer_has(answer_t answer, enum config_kept kept, uint32_t *out_code);

/* What view why says of a key in few bytes, the same of many keys: its score and SRL. */
void answer_why_short(answer_t answer, char out_text[ANSWER_TEXT_MAX + 1]);

/* The code of view mailspike: 127.0.0.10 to 127.0.0.20. is_sure: from 5 points on. */
uint32_t answer_mailspike(unsigned score, bool is_sure);
