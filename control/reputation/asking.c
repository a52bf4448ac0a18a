/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/asking.h"

#include "control/reputation/explain.h"
#include "control/reputation/reputation.h"

#include <stdlib.h>

struct asking {
	struct reputation *reputation;
	bool with_delistings;
	struct dials dials;
	struct ledger_key key;
	asking_done *done;
	void *context;
	json_t *answer; /* reputation's thread: writes; main loop: reads, afterwards */
};

static void asking_look(const struct ledger *ledger, int64_t now_ms, void *context)
{
	struct asking *a = context;

	a->answer = explain_json(ledger, &a->dials, &a->key, now_ms);
}

static void asking_looked(bool is_cancelled, void *context)
{
	struct asking *a = context;

	(void)is_cancelled; /* then there is no answer */
	if (a->answer && a->with_delistings)
		json_object_set_new(json_object_get(a->answer, "history"), "delistings",
		                    reputation_delistings(a->reputation, &a->key));
	a->done(a->answer, a->context);
	free(a);
}

void asking_explain(struct reputation *r, const struct asking_question *question, asking_done *done,
                    void *context)
{
	struct asking *a = calloc(1, sizeof(*a));

	if (!a) {
		done(NULL, context);
		return;
	}
	a->reputation = r;
	a->with_delistings = question->with_delistings;
	a->dials = *question->dials;
	a->key = *question->key;
	a->done = done;
	a->context = context;
	reputation_ask(r, asking_look, asking_looked, a);
}
