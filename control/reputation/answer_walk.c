/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/answer_walk.h"

#include "control/reputation/answers.h"
#include "control/reputation/reputation.h"

#include <stdlib.h>

#define KEYS_MAX 64 /* told at once */

struct answer_walk {
	struct reputation *reputation;
	struct answers *answers;
	answer_walk_done *done;
	void *context;
	unsigned part; /* the next one; LEDGER_PARTS: it is over */
	bool is_asking;
	/* Reputation's thread, while is_asking. */
	unsigned asked;
	const struct ledger *ledger;
	int64_t now_ms;
	struct ledger_key keys[KEYS_MAX];
	size_t count;
};

struct answer_walk *answer_walk_new(struct reputation *r, struct answers *a, answer_walk_done *done,
                                    void *context)
{
	struct answer_walk *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->reputation = r;
	w->answers = a;
	w->done = done;
	w->context = context;
	w->part = LEDGER_PARTS;
	return w;
}

void answer_walk_free(struct answer_walk *w)
{
	free(w);
}

bool answer_walk_is_over(const struct answer_walk *w)
{
	return w->part == LEDGER_PARTS && !w->is_asking;
}

static void tell(struct answer_walk *w)
{
	answers_changed(w->ledger, w->keys, w->count, w->now_ms, w->answers);
	w->count = 0;
}

static bool collect(const struct ledger_key *key, void *context)
{
	struct answer_walk *w = context;

	w->keys[w->count++] = *key;
	if (w->count == KEYS_MAX)
		tell(w);
	return true;
}

static void look(const struct ledger *ledger, int64_t now_ms, void *context)
{
	struct answer_walk *w = context;

	w->ledger = ledger;
	w->now_ms = now_ms;
	ledger_part(ledger, w->asked, collect, w);
	tell(w);
}

static void ask(struct answer_walk *w);

static void looked(bool is_cancelled, void *context)
{
	struct answer_walk *w = context;

	w->is_asking = false;
	if (is_cancelled)
		return;
	if (w->part < LEDGER_PARTS)
		ask(w);
	else
		w->done(w->context);
}

static void ask(struct answer_walk *w)
{
	w->is_asking = true;
	w->asked = w->part++;
	reputation_ask(w->reputation, look, looked, w);
}

void answer_walk_start(struct answer_walk *w)
{
	w->part = 0;
	if (!w->is_asking)
		ask(w);
}
