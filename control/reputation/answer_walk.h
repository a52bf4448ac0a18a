/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Goes through the whole ledger once, so that every key has its answer: at the start, and when
 * other answers are wanted. In small pieces, so that events wait for none of them longer than some
 * milliseconds; keys that change meanwhile are told of as always.
 *
 * Threads: the main loop.
 */
#include <stdbool.h>

struct answers;
struct answer_walk;
struct reputation;

typedef void answer_walk_done(void *context);

/* Both must outlive it; so must it the reputation's thread. Errors: NULL with errno */
struct answer_walk *answer_walk_new(struct reputation *r, struct answers *a, answer_walk_done *done,
                                    void *context);
void answer_walk_free(struct answer_walk *w);

/* Walk from the start, also if one is under way; done() follows once. */
void answer_walk_start(struct answer_walk *w);

bool answer_walk_is_over(const struct answer_walk *w);
