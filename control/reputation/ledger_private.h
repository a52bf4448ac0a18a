/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the parts of the ledger share: ledger (events and time), judge (what an event counts for),
 * prior (what surroundings say), listing (the lists of a key), nets (the lists of nets),
 * ledger_look, ledger_keep.
 */
#include "control/reputation/book.h"
#include "control/reputation/score.h"
#include "control/reputation/timers.h"

/* Points in all, below which a key is forgotten. They move no score by half a point. */
#define LEDGER_NEGLIGIBLE 0.1

struct ledger_lost { /* a key that was forgotten, for ledger_dirty() */
	uint64_t id;
	uint8_t kind, length, name_size;
	uint8_t *name;
};

struct ledger {
	struct dials dials;
	struct ledger_hooks hooks;
	struct book book;
	struct timers timers;
	int64_t now_ms;
	int64_t sweep;                 /* number of the next one */
	struct evidence_moment moment; /* of now_ms, once somebody asked */
	uint32_t *dirty;               /* records that were dirty; some may be gone */
	size_t dirty_count, dirty_capacity;
	size_t dirty_live; /* of records that are there */
	struct ledger_lost *lost;
	size_t lost_count, lost_capacity;
	uint32_t *domains; /* records that are listed, in no order: for ledger_near() */
	size_t domain_count, domain_capacity;
	uint64_t listed[DIALS_LIST_COUNT], ended[DIALS_LIST_COUNT], events;
};

/* Make sure of room for what one event, delisting or restored key adds. Errors: -ENOMEM */
int ledger_reserve(struct ledger *l);

/* Factors for the present, made when first asked for. */
const struct evidence_moment *ledger_moment(struct ledger *l);

/* Note that a record is to be saved. */
void ledger_touch(struct ledger *l, uint32_t number);

/* A key is listed now, and was on no list; it is on none any more. Needs room for the first. */
void ledger_near_listed(struct ledger *l, uint32_t number);
void ledger_near_ended(struct ledger *l, uint32_t number);

/* Tell the listener of a key. */
void ledger_tell(struct ledger *l, uint32_t number);

/* Set a timer when the record has one due before the one that is set. */
void ledger_set_timer(struct ledger *l, uint32_t number);
