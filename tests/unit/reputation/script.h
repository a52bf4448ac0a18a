/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Random streams of events by a seed, and comparing what ledgers made of them.
 */
#include "control/reputation/ledger.h"

struct script {
	struct event *events; /* in the order they are received */
	size_t count;
};

struct script_shape {
	uint64_t seed;
	size_t count;
	int64_t step_max_ms; /* between events */
	int64_t late_max_ms; /* seen before it was received */
};

/* Addresses of two nets, /64s of one /48, two domains, three reporters; all classes. */
extern const char *const script_keys[];
#define SCRIPT_KEYS 14

void script_make(const struct script_shape *shape, struct script *out_script);
void script_done(struct script *s);

/* ASNs of the addresses of a script. */
uint32_t script_asn(const struct address_range *address, void *context);

/* Fails the test unless both have the same keys with the same bytes. */
void script_same(const struct ledger *a, const struct ledger *b);

/* The sum of a view's table is its score, or the test fails. */
void script_check_sum(const struct ledger_view *view);
