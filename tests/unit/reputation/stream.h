/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What mail servers would have sent, written in a line: for tests of the ledger.
 */
#include "control/reputation/ledger.h"

#define STREAM_START_MS INT64_C(1767225600000) /* 2026-01-01 */
#define STREAM_MINUTE   INT64_C(60000)
#define STREAM_HOUR     (60 * STREAM_MINUTE)
#define STREAM_DAY      (24 * STREAM_HOUR)

struct stream_event {
	const char *ip;
	enum event_class class;
	uint32_t count;       /* 0 = 1 */
	float probability;    /* 0 = 1 */
	float weight;         /* 0 = 1 */
	const char *reporter; /* NULL = "mx1" */
	const char *domain;
	uint64_t recipient, user;
	bool is_authenticated, is_null_sender;
	int64_t late_ms; /* seen so long before it was received */
};

void stream_make(const struct stream_event *e, int64_t received_ms, struct event *out_event);

/* Count an event received at a moment; aborts when it is refused. */
void stream_apply(struct ledger *l, int64_t received_ms, const struct stream_event *e);

/* An authenticated good delivery to one of some recipients. */
void stream_good(struct ledger *l, int64_t received_ms, const char *ip, uint64_t recipient);

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/56", "as64496", else a domain. */
struct ledger_key stream_key(const char *text);

void stream_look(const struct ledger *l, const char *key, struct ledger_view *out_view);

/* Bits 1 << enum dials_list. */
unsigned stream_lists(const struct ledger *l, const char *key);

/* With the default dials; hooks may be NULL. */
struct ledger *stream_ledger(const struct ledger_hooks *hooks);

/* Another one, of the same time, with each key of this saved and put back. */
struct ledger *stream_restored(const struct ledger *from);

/* xorshift64*: the same numbers in every run. */
uint64_t stream_random(uint64_t *state);
