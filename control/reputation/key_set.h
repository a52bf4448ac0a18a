/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Keys of the ledger that changed, each once, in the order they came.
 *
 * Threads: one.
 */
#include "control/reputation/ledger.h"

struct key_set {
	struct ledger_key *keys;
	size_t count, capacity;
	uint32_t *index; /* number + 1 of a key by its hash: open addressing; 0 = empty */
	size_t slots;    /* of the index, a power of two */
};

/* Errors: -ENOMEM: it is not in it */
int key_set_add(struct key_set *s, const struct ledger_key *key);

/* Empty it; memory stays, within bounds. */
void key_set_clear(struct key_set *s);

void key_set_done(struct key_set *s);
