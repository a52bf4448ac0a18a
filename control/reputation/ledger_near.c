/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/ledger_private.h"
#include "control/reputation/listing.h"
#include "control/reputation/nets.h"

#include <string.h>

/* A visit that remembers whether it was told to stop. */
struct near {
	const struct ledger *l;
	ledger_visit *visit;
	void *context;
	bool is_over;
};

static void near_give(struct near *n, uint32_t number)
{
	struct ledger_key key;

	if (n->is_over || !number || !listing_mask(n->l, book_at(&n->l->book, number)))
		return;
	book_key(&n->l->book, number, &key);
	n->is_over = !n->visit(&key, n->context);
}

static void near_around(struct near *n, const struct book_key *key)
{
	const struct record at = {.id = key->id, .kind = key->kind, .length = key->length};
	struct book_key around;

	if (!nets_around(&at, &around))
		return;
	near_around(n, &around);
	near_give(n, book_find(&n->l->book, &around));
}

/* Nets in which no key is tracked are not there, so few of all are looked for. */
static void near_inside(struct near *n, uint32_t number)
{
	uint32_t children[256];
	unsigned count;

	if (!number || !(book_at(&n->l->book, number)->flags & RECORD_HAS_MEMBERS) ||
	    book_at(&n->l->book, number)->kind == LEDGER_ASN)
		return;
	count = nets_children(n->l, book_at(&n->l->book, number), children);
	for (unsigned i = 0; i < count && !n->is_over; i++) {
		near_give(n, children[i]);
		near_inside(n, children[i]);
	}
}

static void near_above(struct near *n, const struct ledger_key *key)
{
	struct ledger_key above = *key;
	struct book_key in_book;

	for (size_t at = 1u + key->name[0]; at < key->name_size; at += 1u + key->name[at]) {
		above.name_size = (uint8_t)(key->name_size - at);
		memcpy(above.name, key->name + at, above.name_size);
		book_key_of(&above, &in_book);
		near_give(n, book_find(&n->l->book, &in_book));
	}
}

static bool near_is_below(const struct record *r, const uint8_t *name, const struct ledger_key *key)
{
	size_t at = 0;

	if (r->name_size <= key->name_size)
		return false;
	while (r->name_size - at > key->name_size)
		at += 1u + name[at];
	return r->name_size - at == key->name_size &&
	       memcmp(name + at, key->name, key->name_size) == 0;
}

void ledger_near_listed(struct ledger *l, uint32_t number)
{
	if (book_at(&l->book, number)->kind == LEDGER_DOMAIN)
		l->domains[l->domain_count++] = number;
}

void ledger_near_ended(struct ledger *l, uint32_t number)
{
	if (book_at(&l->book, number)->kind != LEDGER_DOMAIN)
		return;
	for (size_t i = l->domain_count; i-- > 0;) {
		if (l->domains[i] != number)
			continue;
		l->domains[i] = l->domains[--l->domain_count];
		return;
	}
}

static void near_below(struct near *n, const struct ledger_key *key)
{
	const struct book *book = &n->l->book;
	struct record_parts parts;

	for (size_t i = 0; i < n->l->domain_count && !n->is_over; i++) {
		const struct record *r = book_at(book, n->l->domains[i]);

		record_parts(&book->blocks, r, &parts);
		if (near_is_below(r, parts.name, key))
			near_give(n, n->l->domains[i]);
	}
}

void ledger_near(const struct ledger *l, const struct ledger_key *key, ledger_visit *visit,
                 void *context)
{
	struct near n = {.l = l, .visit = visit, .context = context};
	struct book_key in_book;
	uint32_t number;

	book_key_of(key, &in_book);
	number = book_find(&l->book, &in_book);
	if (key->kind == LEDGER_DOMAIN && key->name_size > 0)
		near_above(&n, key);
	near_around(&n, &in_book);
	near_give(&n, number);
	near_inside(&n, number);
	if (key->kind == LEDGER_DOMAIN && key->name_size > 0)
		near_below(&n, key);
}
