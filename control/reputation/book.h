/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The records of a ledger by key. Keys fall into groups by a fixed hash, so that what is due to a
 * group at some moment is due to the same keys in every run; within a group they are found by a
 * hash with a secret, so that nobody can choose addresses that make it slow. A group grows by
 * itself, in microseconds.
 *
 * A record is named by a number that stays its own until it is removed; pointers to records hold
 * until the book is done.
 *
 * Threads: one.
 */
#include "control/reputation/ledger.h"
#include "control/reputation/record.h"

#define BOOK_CHUNK_BITS 16 /* records of a chunk: 3 MB */
#define BOOK_GROUP_BITS 14
#define BOOK_GROUPS     (1u << BOOK_GROUP_BITS)

/* A key as records hold it. */
struct book_key {
	uint64_t id;
	uint8_t kind, length, name_size;
	const uint8_t *name; /* borrowed */
};

struct book {
	struct blocks blocks; /* of the tails */
	struct record **chunks;
	uint32_t chunk_count, chunk_capacity;
	uint32_t next, freed; /* records: the first never used, the first of a chain of used ones */
	uint64_t count;
	uint64_t secrets[2];
	struct book_group {
		uint32_t *heads; /* chains of records */
		uint32_t mask, count;
	} groups[BOOK_GROUPS];
	uint64_t occupied[BOOK_GROUPS / 64]; /* a bit for each group with records */
	uint32_t *first_heads;               /* of all groups, until they grow */
	uint64_t heads_size;
};

/* Errors: -ENOMEM */
int book_init(struct book *b);
void book_done(struct book *b);

/* Make sure of room for some records and their tails. Errors: -ENOMEM */
int book_reserve(struct book *b);

void book_key_of(const struct ledger_key *key, struct book_key *out_key);
void book_key(const struct book *b, uint32_t number, struct ledger_key *out_key);

/* As records hold it; its name is valid as long as the record's tail. */
void book_key_at(const struct book *b, uint32_t number, struct book_key *out_key);

/* 0 when there is none. */
uint32_t book_find(const struct book *b, const struct book_key *key);

/* The record of a key, with only that filled in when it is new. Within what was reserved. */
uint32_t book_need(struct book *b, const struct book_key *key);

void book_remove(struct book *b, uint32_t number);

/* number: of a record that is or was there; a removed one has the kind UINT8_MAX. */
static inline struct record *book_at(const struct book *b, uint32_t number)
{
	return &b->chunks[number >> BOOK_CHUNK_BITS][number & ((1u << BOOK_CHUNK_BITS) - 1)];
}

uint32_t book_group(const struct book_key *key);

/* How many groups after this one, round and round, the next one with records is: 0 = this one,
 * BOOK_GROUPS = there is none. */
uint32_t book_occupied(const struct book *b, uint32_t group);

/* The next record of a group after `number`, from 0; 0 when that was the last. */
uint32_t book_next(const struct book *b, uint32_t group, uint32_t number);

uint64_t book_memory_size(const struct book *b);
