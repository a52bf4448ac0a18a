/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/verdicts.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SLOTS 4096
#define PAGE_COUNT ((VERDICT_MAX + 1) / PAGE_SLOTS)

/*
 * A slot is 0 (free), the address of an item, or that + 1: forgotten, its grace period is running.
 * The update thread writes it; the end of a grace period sets a forgotten one free.
 */
typedef _Atomic uintptr_t slot_t;

struct page {
	slot_t slots[PAGE_SLOTS];
};

struct ids {
	_Atomic(struct page *) pages[PAGE_COUNT]; /* update thread: writes; readers: read */
};

struct verdicts {
	struct ids verdicts;
	struct ids listings;
	_Atomic size_t holders; /* the owner, and each running grace period: it will touch a slot */
	struct verdicts_stats stats; /* update thread only */
};

/* What listings and verdicts have in common; first in both, and one malloc() block with them. */
struct item {
	struct rcu_head rcu;
	struct verdicts *owner;
	slot_t *slot;
};

struct listing_item {
	struct item item;
	size_t use_count;  /* verdicts, not forgotten, that have it; update thread only */
	bool is_forgotten; /* update thread only */
	bool is_taken;     /* by the verdict that is being defined; update thread only */
	struct listing listing;
};

struct verdict_item {
	struct item item;
	struct verdict verdict;
};

static uintptr_t load_slot(const slot_t *slot)
{
	/* acquire: pairs with release in put_slot() */
	return atomic_load_explicit((slot_t *)slot, memory_order_acquire);
}

static void put_slot(slot_t *slot, uintptr_t value)
{
	/* release: pairs with acquire in load_slot(); the item is visible with its address, and an
	 * item's last use is over before its slot is seen free */
	atomic_store_explicit(slot, value, memory_order_release);
}

/* The slot of an id, or NULL while no id of its page was ever defined. */
static slot_t *find_slot(const struct ids *ids, uint32_t id)
{
	struct page *page;

	if (id > VERDICT_MAX)
		return NULL;
	/* acquire: pairs with release in make_slot() */
	page = atomic_load_explicit(&ids->pages[id / PAGE_SLOTS], memory_order_acquire);
	return page ? &page->slots[id % PAGE_SLOTS] : NULL;
}

/* Bytes that malloc() took for a block. */
static uint64_t block_size(void *block)
{
	return malloc_usable_size(block) + sizeof(size_t);
}

static slot_t *make_slot(struct verdicts *v, struct ids *ids, uint32_t id)
{
	slot_t *slot = find_slot(ids, id);
	struct page *page;

	if (slot)
		return slot;
	page = calloc(1, sizeof(*page));
	if (!page)
		return NULL;
	/* release: pairs with acquire in find_slot() */
	atomic_store_explicit(&ids->pages[id / PAGE_SLOTS], page, memory_order_release);
	v->stats.memory_size += block_size(page);
	return &page->slots[id % PAGE_SLOTS];
}

/* The item of an id, or NULL when it is unknown or forgotten. */
static void *find_item(const struct ids *ids, uint32_t id)
{
	const slot_t *slot = find_slot(ids, id);
	uintptr_t value = slot ? load_slot(slot) : 0;

	return value & 1 ? NULL : (void *)value;
}

struct verdicts *verdicts_new(void)
{
	struct verdicts *v = calloc(1, sizeof(*v));

	if (!v) {
		errno = ENOMEM;
		return NULL;
	}
	atomic_init(&v->holders, 1);
	v->stats.memory_size = block_size(v);
	return v;
}

/* Let go of the table; the last one frees it. A forgotten item is freed by its grace period. */
static void release(struct verdicts *v)
{
	/* acq_rel: what every holder did to the slots comes before the free() of the last one */
	if (atomic_fetch_sub_explicit(&v->holders, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < PAGE_COUNT; i++) {
		free(atomic_load_explicit(&v->verdicts.pages[i], memory_order_relaxed));
		free(atomic_load_explicit(&v->listings.pages[i], memory_order_relaxed));
	}
	free(v);
}

static void item_expired(struct rcu_head *rcu)
{
	struct item *item = caa_container_of(rcu, struct item, rcu);
	struct verdicts *owner = item->owner;

	put_slot(item->slot, 0);
	free(item);
	release(owner);
}

/* Free an item that nothing leads to any more a grace period from now. */
static void item_retire(struct item *item)
{
	/* relaxed: this thread is a holder itself */
	atomic_fetch_add_explicit(&item->owner->holders, 1, memory_order_relaxed);
	item->owner->stats.memory_size -= block_size(item);
	call_rcu(&item->rcu, item_expired);
}

static struct listing_item *listing_item_of(const struct listing *listing)
{
	return caa_container_of((struct listing *)listing, struct listing_item, listing);
}

static void item_free(struct item *item)
{
	free(item);
}

/* End the use of listings by a verdict; a forgotten one goes with its last use. */
static void drop_listings(const struct verdict *verdict, void (*let_go)(struct item *item))
{
	for (size_t i = 0; i < verdict->count; i++) {
		struct listing_item *listing = listing_item_of(verdict->listings[i]);

		if (--listing->use_count == 0 && listing->is_forgotten)
			let_go(&listing->item);
	}
}

static void free_verdict(void *item)
{
	struct verdict_item *verdict = item;

	drop_listings(&verdict->verdict, item_free);
	free(verdict);
}

static void free_items(struct ids *ids, void (*free_one)(void *item))
{
	for (uint32_t id = 1; id <= VERDICT_MAX; id++) {
		if (!find_slot(ids, id))
			id |= PAGE_SLOTS - 1; /* on to the end of the page */
		else if (find_item(ids, id))
			free_one(find_item(ids, id));
	}
}

void verdicts_free(struct verdicts *v)
{
	if (!v)
		return;
	free_items(&v->verdicts, free_verdict);
	free_items(&v->listings, free);
	release(v);
}

static bool is_listable(uint32_t code)
{
	return code >> 24 == 127 && code != 0x7f000001;
}

/* '$' stands for the subject, '$$' for a dollar sign. */
static bool has_subject(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] != '$')
			continue;
		if (i + 1 == size || text[i + 1] != '$')
			return true;
		i++;
	}
	return false;
}

int verdicts_define_listing(struct verdicts *v, uint32_t id, uint32_t list, uint32_t code,
                            const char *text, size_t text_size)
{
	struct listing_item *item;
	slot_t *slot;

	if (id == 0 || id > VERDICT_MAX || list > LIST_ID_MAX || !is_listable(code) ||
	    text_size > LISTING_TEXT_MAX)
		return -EINVAL;
	slot = make_slot(v, &v->listings, id);
	if (!slot)
		return -ENOMEM;
	if (load_slot(slot) != 0)
		return -EBUSY;
	item = malloc(sizeof(*item) + text_size);
	if (!item)
		return -ENOMEM;
	item->item.owner = v;
	item->item.slot = slot;
	item->use_count = 0;
	item->is_forgotten = item->is_taken = false;
	item->listing.list = list;
	item->listing.code = code;
	item->listing.text_size = (uint8_t)text_size;
	item->listing.has_subject = has_subject(text, text_size);
	if (text_size > 0)
		memcpy(item->listing.text, text, text_size);
	v->stats.listing_count++;
	v->stats.memory_size += block_size(item);
	put_slot(slot, (uintptr_t)item);
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct listing *a = *(const struct listing *const *)left;
	const struct listing *b = *(const struct listing *const *)right;
	size_t shorter = a->text_size < b->text_size ? a->text_size : b->text_size;
	int order = (a->code > b->code) - (a->code < b->code);

	if (!order)
		order = (a->list > b->list) - (a->list < b->list);
	if (!order)
		order = memcmp(a->text, b->text, shorter);
	return order ? order : a->text_size - b->text_size;
}

/* Give defined listings to a verdict, each once. */
static void take_listings(const struct verdicts *v, const uint32_t *ids, size_t count,
                          struct verdict *verdict)
{
	verdict->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct listing_item *listing = find_item(&v->listings, ids[i]);

		if (listing->is_taken)
			continue;
		listing->is_taken = true;
		listing->use_count++;
		verdict->listings[verdict->count++] = &listing->listing;
	}
	for (size_t i = 0; i < verdict->count; i++)
		listing_item_of(verdict->listings[i])->is_taken = false;
	qsort(verdict->listings, verdict->count, sizeof(verdict->listings[0]), compare);
	verdict->first_code = verdict->listings[0]->code;
	verdict->first_list = verdict->listings[0]->list;
}

static bool are_defined(const struct verdicts *v, const uint32_t *listings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!find_item(&v->listings, listings[i]))
			return false;
	}
	return true;
}

int verdicts_define(struct verdicts *v, verdict_t id, const uint32_t *listings, size_t count)
{
	struct verdict_item *item;
	slot_t *slot;

	if (id == VERDICT_NONE || id > VERDICT_MAX || count == 0 || count > VERDICT_LISTINGS_MAX ||
	    !are_defined(v, listings, count))
		return -EINVAL;
	slot = make_slot(v, &v->verdicts, id);
	if (!slot)
		return -ENOMEM;
	if (load_slot(slot) != 0)
		return -EBUSY;
	item = malloc(sizeof(*item) + count * sizeof(item->verdict.listings[0]));
	if (!item)
		return -ENOMEM;
	item->item.owner = v;
	item->item.slot = slot;
	take_listings(v, listings, count, &item->verdict);
	v->stats.verdict_count++;
	v->stats.memory_size += block_size(item);
	put_slot(slot, (uintptr_t)item);
	return 0;
}

int verdicts_is_defined(const struct verdicts *v, verdict_t id)
{
	return id == VERDICT_NONE || find_item(&v->verdicts, id) != NULL;
}

void verdicts_forget(struct verdicts *v, verdict_t id)
{
	struct verdict_item *verdict = find_item(&v->verdicts, id);

	if (!verdict)
		return;
	v->stats.verdict_count--;
	put_slot(verdict->item.slot, (uintptr_t)verdict + 1);
	drop_listings(&verdict->verdict, item_retire);
	item_retire(&verdict->item);
}

void verdicts_forget_listing(struct verdicts *v, uint32_t id)
{
	struct listing_item *listing = find_item(&v->listings, id);

	if (!listing)
		return;
	v->stats.listing_count--;
	put_slot(listing->item.slot, (uintptr_t)listing + 1);
	listing->is_forgotten = true;
	if (listing->use_count == 0)
		item_retire(&listing->item);
}

const struct verdict *verdicts_get(const struct verdicts *v, verdict_t id)
{
	const struct verdict_item *item = find_item(&v->verdicts, id);

	return item ? &item->verdict : NULL;
}

void verdicts_get_burst(const struct verdicts *v, const verdict_t *ids, size_t count,
                        const struct verdict **out_verdicts)
{
	for (size_t i = 0; i < count; i++) {
		const struct verdict_item *item = find_item(&v->verdicts, ids[i]);

		out_verdicts[i] = item ? &item->verdict : NULL;
		__builtin_prefetch(out_verdicts[i]);
	}
}

void verdicts_prefetch(const struct verdicts *v, verdict_t id)
{
	__builtin_prefetch(verdicts_get(v, id));
}

void verdicts_stats(const struct verdicts *v, struct verdicts_stats *out_stats)
{
	*out_stats = v->stats;
}
