/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/book.h"

#include <sodium.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define CHUNK_BITS    BOOK_CHUNK_BITS
#define CHUNK_RECORDS (1u << CHUNK_BITS)
#define CHUNK_SIZE    (CHUNK_RECORDS * sizeof(struct record))
#define FIRST_HEADS   4u
#define RESERVED      64 /* records */

int book_init(struct book *b)
{
	memset(b, 0, sizeof(*b));
	blocks_init(&b->blocks);
	b->next = 1; /* 0 is "none" */
	if (getrandom(b->secrets, sizeof(b->secrets), 0) != (ssize_t)sizeof(b->secrets))
		return -ENOMEM;
	/* Growing them may fail later, which only makes chains longer. */
	b->first_heads = calloc(BOOK_GROUPS * FIRST_HEADS, sizeof(*b->first_heads));
	if (!b->first_heads)
		return -ENOMEM;
	for (unsigned i = 0; i < BOOK_GROUPS; i++) {
		b->groups[i].heads = b->first_heads + i * FIRST_HEADS;
		b->groups[i].mask = FIRST_HEADS - 1;
	}
	b->heads_size = BOOK_GROUPS * FIRST_HEADS * sizeof(*b->first_heads);
	return 0;
}

void book_done(struct book *b)
{
	for (unsigned i = 0; i < BOOK_GROUPS; i++) {
		if (b->groups[i].mask >= FIRST_HEADS)
			free(b->groups[i].heads);
	}
	free(b->first_heads);
	for (uint32_t i = 0; i < b->chunk_count; i++)
		munmap(b->chunks[i], CHUNK_SIZE);
	free(b->chunks);
	blocks_done(&b->blocks);
}

int book_reserve(struct book *b)
{
	struct record *chunk;

	if (b->next + RESERVED > b->chunk_count << CHUNK_BITS) {
		if (b->chunk_count == b->chunk_capacity) {
			uint32_t capacity = b->chunk_capacity ? 2 * b->chunk_capacity : 16;
			struct record **chunks = NULL;

			if (capacity < 1u << (32 - CHUNK_BITS))
				chunks = realloc(b->chunks, capacity * sizeof(*chunks));
			if (!chunks)
				return -ENOMEM;
			b->chunks = chunks;
			b->chunk_capacity = capacity;
		}
		chunk = mmap(NULL, CHUNK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		             -1, 0);
		if (chunk == MAP_FAILED)
			return -ENOMEM;
		b->chunks[b->chunk_count++] = chunk;
	}
	return blocks_reserve(&b->blocks);
}

void book_key_of(const struct ledger_key *key, struct book_key *out_key)
{
	/* Fixed, so that groups are the same in every run. */
	static const uint8_t fixed[crypto_shorthash_KEYBYTES] = "reputed";

	*out_key = (struct book_key){.kind = key->kind, .length = key->length};
	if (key->kind == LEDGER_IP6) {
		out_key->id = (uint64_t)(key->address >> 64);
	} else if (key->kind == LEDGER_DOMAIN) {
		out_key->name = key->name;
		out_key->name_size = key->name_size;
		out_key->length = 0;
		crypto_shorthash((uint8_t *)&out_key->id, key->name, key->name_size, fixed);
	} else {
		out_key->id = (uint64_t)key->address;
	}
	if (key->kind == LEDGER_ASN || key->kind == LEDGER_GLOBAL)
		out_key->length = 0;
}

void book_key(const struct book *b, uint32_t number, struct ledger_key *out_key)
{
	const struct record *r = book_at(b, number);
	struct record_parts p;

	memset(out_key, 0, sizeof(*out_key));
	out_key->kind = r->kind;
	out_key->length = r->length;
	if (r->kind == LEDGER_IP6) {
		out_key->address = (address6_t)r->id << 64;
	} else if (r->kind == LEDGER_DOMAIN) {
		record_parts(&b->blocks, r, &p);
		out_key->name_size = r->name_size;
		memcpy(out_key->name, p.name, r->name_size);
	} else {
		out_key->address = r->id;
	}
}

void book_key_at(const struct book *b, uint32_t number, struct book_key *out_key)
{
	const struct record *r = book_at(b, number);
	struct record_parts p;

	record_parts(&b->blocks, r, &p);
	*out_key = (struct book_key){
	    .id = r->id,
	    .kind = r->kind,
	    .length = r->length,
	    .name_size = r->name_size,
	    .name = r->name_size ? p.name : NULL,
	};
}

/* Both halves of a product, so that each bit of the input reaches each of the result. */
static uint64_t book_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint32_t book_group(const struct book_key *key)
{
	uint64_t what = key->id ^ (uint64_t)key->kind << 56 ^ (uint64_t)key->length << 48;

	return (uint32_t)(book_mix(what ^ 0x9e3779b97f4a7c15u, 0xd6e8feb86659fd93u) >>
	                  (64 - BOOK_GROUP_BITS));
}

static uint32_t *book_head(const struct book *b, const struct book_group *g, uint64_t id)
{
	return &g->heads[book_mix(id ^ b->secrets[0], b->secrets[1] | 1) & g->mask];
}

static bool book_is(const struct book *b, const struct record *r, const struct book_key *key)
{
	struct record_parts p;

	if (r->id != key->id || r->kind != key->kind || r->length != key->length ||
	    r->name_size != key->name_size)
		return false;
	if (r->kind != LEDGER_DOMAIN)
		return true;
	record_parts(&b->blocks, r, &p);
	return memcmp(p.name, key->name, key->name_size) == 0;
}

static uint32_t book_find_in(const struct book *b, const struct book_group *g,
                             const struct book_key *key)
{
	uint32_t number = *book_head(b, g, key->id);

	while (number && !book_is(b, book_at(b, number), key))
		number = book_at(b, number)->next;
	return number;
}

uint32_t book_find(const struct book *b, const struct book_key *key)
{
	return book_find_in(b, &b->groups[book_group(key)], key);
}

static void book_grow(struct book *b, struct book_group *g)
{
	uint32_t size = 2 * (g->mask + 1);
	struct book_group grown = {.mask = size - 1, .count = g->count};

	grown.heads = calloc(size, sizeof(*grown.heads));
	if (!grown.heads)
		return;
	for (uint32_t i = 0; i <= g->mask; i++) {
		for (uint32_t number = g->heads[i], next; number; number = next) {
			struct record *r = book_at(b, number);
			uint32_t *head = book_head(b, &grown, r->id);

			next = r->next;
			r->next = *head;
			*head = number;
		}
	}
	if (g->mask >= FIRST_HEADS) {
		free(g->heads);
		b->heads_size -= size / 2 * sizeof(*grown.heads);
	}
	b->heads_size += size * sizeof(*grown.heads);
	*g = grown;
}

uint32_t book_need(struct book *b, const struct book_key *key)
{
	struct book_group *g = &b->groups[book_group(key)];
	uint32_t number = book_find_in(b, g, key), *head;
	struct record *r;

	if (number)
		return number;
	if (g->count > g->mask)
		book_grow(b, g);
	number = b->freed ? b->freed : b->next++;
	r = book_at(b, number);
	if (b->freed)
		b->freed = r->next;
	head = book_head(b, g, key->id);
	*r =
	    (struct record){.id = key->id, .kind = key->kind, .length = key->length, .next = *head};
	*head = number;
	if (g->count++ == 0)
		b->occupied[(g - b->groups) / 64] |= UINT64_C(1) << (g - b->groups) % 64;
	b->count++;
	if (key->kind == LEDGER_DOMAIN)
		record_need_name(&b->blocks, r, key->name, key->name_size);
	return number;
}

void book_remove(struct book *b, uint32_t number)
{
	struct record *r = book_at(b, number);
	struct book_key key = {.id = r->id, .kind = r->kind, .length = r->length};
	struct book_group *g = &b->groups[book_group(&key)];
	uint32_t *link = book_head(b, g, r->id);

	while (*link != number)
		link = &book_at(b, *link)->next;
	*link = r->next;
	record_free_tail(&b->blocks, r);
	*r = (struct record){.kind = UINT8_MAX, .next = b->freed};
	b->freed = number;
	if (--g->count == 0)
		b->occupied[(g - b->groups) / 64] &= ~(UINT64_C(1) << (g - b->groups) % 64);
	b->count--;
}

uint32_t book_occupied(const struct book *b, uint32_t group)
{
	uint64_t word = b->occupied[group / 64] >> group % 64;
	uint32_t after = 64 - group % 64;

	if (word)
		return (uint32_t)__builtin_ctzll(word);
	while (after < BOOK_GROUPS) {
		word = b->occupied[(group + after) % BOOK_GROUPS / 64];
		if (word)
			return after + (uint32_t)__builtin_ctzll(word);
		after += 64;
	}
	return BOOK_GROUPS;
}

uint32_t book_next(const struct book *b, uint32_t group, uint32_t number)
{
	const struct book_group *g = &b->groups[group];
	uint32_t head = 0;

	if (number) {
		const struct record *r = book_at(b, number);

		if (r->next)
			return r->next;
		head = (uint32_t)(book_head(b, g, r->id) - g->heads) + 1;
	}
	while (head <= g->mask && !g->heads[head])
		head++;
	return head <= g->mask ? g->heads[head] : 0;
}

uint64_t book_memory_size(const struct book *b)
{
	return sizeof(*b) + b->chunk_count * (CHUNK_SIZE + sizeof(*b->chunks)) + b->heads_size +
	       blocks_memory_size(&b->blocks);
}
