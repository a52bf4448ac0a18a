/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Answers by key: what is published of the ledger, or what is to be. Twelve bytes a slot, so that
 * ten million scores cost what a small part of the ledger does.
 *
 * Threads: one per table.
 */
#include "control/load_places.h"
#include "control/reputation/answer.h"

enum answer_kind {
	ANSWER_IP4,
	ANSWER_IP4_24,
	ANSWER_IP6_64,
	ANSWER_IP6_56,
	ANSWER_IP6_48,
	ANSWER_NAME,
	ANSWER_KIND_COUNT,
};

struct answer_key {
	enum answer_kind kind;
	uint64_t id;         /* the address; of IPv6 the upper half; of a name private */
	const uint8_t *name; /* size, then the wire name without root label; borrowed */
};

struct answer_row {
	answer_t answer;
	const char *text; /* NULL = none; borrowed */
};

struct answer_table;

/* Errors: NULL with errno */
struct answer_table *answer_table_new(void);
void answer_table_free(struct answer_table *t);

uint64_t answer_table_count(const struct answer_table *t);

/* Bytes of the texts of all rows. */
uint64_t answer_table_text_size(const struct answer_table *t);

/*
 * The key of a ledger's key.
 *
 * name_bytes: where a name is put
 * Returns whether there are answers for such keys.
 */
bool answer_table_key(const struct answer_table *t, const struct ledger_key *key,
                      uint8_t name_bytes[NAME_WIRE_MAX + 1], struct answer_key *out_key);

/* A name may come from another table. Returns whether there is a row. */
bool answer_table_get(const struct answer_table *t, const struct answer_key *key,
                      struct answer_row *out_row);

/* Put a row (copied) in place of the one before; ANSWER_NONE is an answer like any other. Errors:
 * -ENOMEM; nothing changed */
int answer_table_put(struct answer_table *t, const struct answer_key *key,
                     const struct answer_row *row);
void answer_table_remove(struct answer_table *t, const struct answer_key *key);

/* Visit rows. Returns 0, or what visit() returned that was not 0. */
typedef int answer_visit(const struct answer_key *key, const struct answer_row *row, void *context);
int answer_table_each(const struct answer_table *t, answer_visit *visit, void *context);

/* The same of the rows that have to do with some places, and perhaps some others. A row may be told
 * twice. Cost: O(addresses in the places), or of the table if that is less */
int answer_table_near(const struct answer_table *t, const struct load_places *places,
                      answer_visit *visit, void *context);

/* Add the place of a key. Errors: -ENOMEM */
int answer_table_place(const struct answer_key *key, struct load_places *places);

/* The addresses of a key that is no name. */
void answer_table_range(const struct answer_key *key, struct address_range *out_range);
