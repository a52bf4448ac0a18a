/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A reputation service without thread, disk and sockets: a ledger behind the calls of
 * control/reputation/reputation.h. Reporter "mx1" has the token "reporter-token-1".
 */
#include "control/reputation/reputation.h"

#define MODEL_TOKEN "reporter-token-1"

struct reputation {
	struct ledger *ledger;
	int64_t now_ms;
	enum reputation_outcome outcome; /* of the last event of a submission; else counted */
	int delist_rc;
	bool is_full, is_saving;
	uint64_t submitted, refused;
	char who[256], why[512];
};

void model_init(struct reputation *r);
void model_done(struct reputation *r);

/* List an address for a trap. */
void model_list(struct reputation *r, const char *address);
