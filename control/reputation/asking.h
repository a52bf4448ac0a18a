/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * An explanation of a key, made on the reputation's thread and handed over on the main loop.
 *
 * Threads: the main loop.
 */
#include "control/reputation/dials.h"
#include "control/reputation/ledger.h"

#include <jansson.h>

struct reputation;

/* answer: explain_json(), in its "history" perhaps "delistings"; the callee's; NULL: the daemon
 * stops, or has no memory. */
typedef void asking_done(json_t *answer, void *context);

struct asking_question {
	const struct dials *dials;
	const struct ledger_key *key;
	bool with_delistings; /* who delisted it, and why: for operators */
};

/* question: copied. done is always called, later or now. */
void asking_explain(struct reputation *r, const struct asking_question *question, asking_done *done,
                    void *context);
