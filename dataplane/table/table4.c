/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/table4.h"

#include "dataplane/table/listset.h"
#include "dataplane/table/retire.h"
#include "dataplane/table/slot4.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOT_COUNT     (1u << 24) /* one per /24 */
#define GROUP_COUNT    (1u << 16) /* one per /16 */
#define GROUP_SIZE     256        /* slots */
#define NET_COUNT      256        /* one per /8 */
#define LIST_COUNT     (LIST_ID_MAX + 1)
#define SMALLEST_PAGE  4096
#define BURST          32
#define ANY_MEMO_COUNT 64

/*
 * Reserved address space; a page costs memory from its first write on. So the summaries of the /16
 * and /8 cost 0.5 MB for each 64 lists and 128 KB for each list that is all over the address space.
 */
struct map {
	_Atomic slot4_t slots[SLOT_COUNT];    /* update thread: writes; readers: read */
	_Atomic uint32_t filled[GROUP_COUNT]; /* slots of a /16 other than 0; likewise */
	/* bit N of word W: list W * 64 + N is in it; update thread: writes; readers: read */
	_Atomic uint64_t group_lists[LISTSET_WORDS][GROUP_COUNT];
	_Atomic uint64_t net_lists[LISTSET_WORDS][NET_COUNT];
	/* update thread only: in how many slots of a /16, and /16s of a /8, a list is */
	uint16_t group_counts[LIST_COUNT][GROUP_COUNT];
	uint16_t net_counts[LIST_COUNT][NET_COUNT];
};

struct table4 {
	struct map *map;
	const struct verdicts *verdicts; /* NULL = none; constant */
	/* the rest belongs to the update thread */
	struct retire retire;
	size_t page_size;
	uint64_t memory_size;
	uint64_t address_count;
	uint64_t touched[sizeof(struct map) / SMALLEST_PAGE / 64 + 1]; /* bitmap of pages */
};

struct table4 *table4_new(void)
{
	struct table4 *t = calloc(1, sizeof(*t));
	void *map;

	if (!t)
		return NULL;
	map = mmap(NULL, sizeof(*t->map), PROT_READ | PROT_WRITE,
	           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED) {
		free(t);
		errno = ENOMEM;
		return NULL;
	}
	t->map = map;
	t->page_size = (size_t)sysconf(_SC_PAGESIZE);
	t->memory_size = sizeof(*t);
	return t;
}

static void free_blocks(struct table4 *t)
{
	for (uint32_t group = 0; group < GROUP_COUNT; group++) {
		if (atomic_load_explicit(&t->map->filled[group], memory_order_relaxed) == 0)
			continue;
		for (uint32_t i = 0; i < GROUP_SIZE; i++) {
			slot4_t slot = atomic_load_explicit(&t->map->slots[group * GROUP_SIZE + i],
			                                    memory_order_relaxed);

			if (slot4_is_split(slot))
				free((void *)(uintptr_t)slot4_block(slot));
		}
	}
}

void table4_free(struct table4 *t)
{
	if (!t)
		return;
	free_blocks(t);
	retire_done(&t->retire);
	munmap(t->map, sizeof(*t->map));
	free(t);
}

void table4_use(struct table4 *t, const struct verdicts *verdicts)
{
	t->verdicts = verdicts;
}

static slot4_t own_slot(const struct table4 *t, uint32_t index)
{
	/* relaxed: only this thread writes */
	return atomic_load_explicit(&t->map->slots[index], memory_order_relaxed);
}

static uint64_t block_memory(slot4_t slot)
{
	if (!slot4_is_split(slot))
		return 0;
	return malloc_usable_size((void *)(uintptr_t)slot4_block(slot)) + sizeof(size_t);
}

static void touch(struct table4 *t, const void *where)
{
	size_t page = (size_t)((const char *)where - (const char *)t->map) / t->page_size;

	if (t->touched[page / 64] >> (page % 64) & 1)
		return;
	t->touched[page / 64] |= UINT64_C(1) << (page % 64);
	t->memory_size += t->page_size;
}

static void add_filled(struct table4 *t, uint32_t group, int delta)
{
	_Atomic uint32_t *filled = &t->map->filled[group];
	uint32_t count = atomic_load_explicit(filled, memory_order_relaxed);

	touch(t, filled);
	/* release: for those who saw 0 before */
	atomic_store_explicit(filled, count + (uint32_t)delta, memory_order_release);
}

/* The lists of all verdicts of a slot. */
static void slot_lists(const struct table4 *t, slot4_t slot, struct listset *out_lists)
{
	verdict_t last = VERDICT_NONE;

	out_lists->used = 0;
	if (!slot4_is_split(slot)) {
		listset_add(out_lists, t->verdicts, slot4_verdict(slot));
		return;
	}
	for (size_t i = 0; i < slot4_block(slot)->count; i++) {
		verdict_t verdict = slot4_block(slot)->runs[i] & VERDICT_MAX;

		if (verdict == VERDICT_NONE || verdict == last)
			continue;
		last = verdict;
		listset_add(out_lists, t->verdicts, verdict);
	}
}

static void change_bit(struct table4 *t, _Atomic uint64_t *word, uint64_t bit, bool is_on)
{
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed);

	touch(t, word);
	/* release: pairs with acquire in group_has() and net_has() */
	atomic_store_explicit(word, is_on ? old | bit : old & ~bit, memory_order_release);
}

/* A list came into a slot of a group, or went. */
static void count_list(struct table4 *t, uint32_t group, uint32_t list, bool is_more)
{
	uint16_t *in_group = &t->map->group_counts[list][group];
	uint16_t *in_net = &t->map->net_counts[list][group / GROUP_SIZE];
	const uint32_t word = list / 64;
	const uint64_t bit = UINT64_C(1) << (list % 64);

	if (!is_more && *in_group == 0)
		return; /* a verdict was not what it was when it was painted: control is not to */
	touch(t, in_group);
	if (is_more ? (*in_group)++ != 0 : --*in_group != 0)
		return;
	change_bit(t, &t->map->group_lists[word][group], bit, is_more);
	touch(t, in_net);
	if (is_more ? (*in_net)++ != 0 : --*in_net != 0)
		return;
	change_bit(t, &t->map->net_lists[word][group / GROUP_SIZE], bit, is_more);
}

/* Count the lists that are in one set and not in the other. */
static void count_lists(struct table4 *t, uint32_t group, const struct listset *in,
                        const struct listset *not_in, bool is_more)
{
	for (uint32_t words = in->used; words; words &= words - 1) {
		unsigned word = (unsigned)__builtin_ctz(words);
		uint64_t bits = in->words[word] & ~listset_word(not_in, word);

		for (; bits; bits &= bits - 1)
			count_list(t, group, word * 64 + (unsigned)__builtin_ctzll(bits), is_more);
	}
}

/* Publish a slot. Room to retire its old block was reserved. */
static void put_slot(struct table4 *t, uint32_t index, slot4_t slot)
{
	slot4_t old = own_slot(t, index);
	struct listset was, is;

	if (old == slot)
		return;
	slot_lists(t, old, &was);
	slot_lists(t, slot, &is);
	touch(t, &t->map->slots[index]);
	t->memory_size += block_memory(slot) - block_memory(old);
	t->address_count += (uint64_t)slot4_listed(slot) - slot4_listed(old);
	/* count up before, down after: whoever sees the slot filled sees the group filled */
	if (old == 0)
		add_filled(t, index / GROUP_SIZE, 1);
	count_lists(t, index / GROUP_SIZE, &is, &was, true);
	/* release: pairs with acquire in load_slot(); the block, and what control defined before
	 * this paint, are visible with it */
	atomic_store_explicit(&t->map->slots[index], slot, memory_order_release);
	count_lists(t, index / GROUP_SIZE, &was, &is, false);
	if (slot == 0)
		add_filled(t, index / GROUP_SIZE, -1);
	if (slot4_is_split(old))
		retire_add(&t->retire, (void *)(uintptr_t)slot4_block(old));
}

static bool is_empty_group(const struct table4 *t, uint32_t group)
{
	return atomic_load_explicit(&t->map->filled[group], memory_order_relaxed) == 0;
}

/* Split slots of a range of slots [from, end). */
static size_t count_split(const struct table4 *t, uint32_t from, uint32_t end)
{
	size_t count = 0;

	for (uint32_t i = from; i < end; i++) {
		if (is_empty_group(t, i / GROUP_SIZE))
			i |= GROUP_SIZE - 1; /* on to the last slot of the group */
		else if (slot4_is_split(own_slot(t, i)))
			count++;
	}
	return count;
}

static void put_slots(struct table4 *t, uint32_t from, uint32_t end, slot4_t slot)
{
	for (uint32_t i = from; i < end; i++) {
		if (slot == 0 && is_empty_group(t, i / GROUP_SIZE))
			i |= GROUP_SIZE - 1;
		else
			put_slot(t, i, slot);
	}
}

/* A block made for a paint that did not happen. */
static void discard(slot4_t made, slot4_t old)
{
	if (made != old && slot4_is_split(made))
		free((void *)(uintptr_t)slot4_block(made));
}

int table4_paint(struct table4 *t, uint32_t first, uint32_t last, verdict_t verdict)
{
	const uint32_t head = first / SLOT4_SIZE, tail = last / SLOT4_SIZE;
	const uint8_t head_first = (uint8_t)first, tail_last = (uint8_t)last;
	const uint8_t head_last = head == tail ? tail_last : SLOT4_SIZE - 1;
	slot4_t head_slot = 0, tail_slot = 0;
	int rc;

	if (first > last || verdict > VERDICT_MAX)
		return -EINVAL;
	rc = slot4_paint(own_slot(t, head), head_first, head_last, verdict, &head_slot);
	if (rc < 0)
		return rc;
	if (head != tail) {
		rc = slot4_paint(own_slot(t, tail), 0, tail_last, verdict, &tail_slot);
		if (rc < 0)
			goto undo_head;
	}
	rc = retire_reserve(&t->retire, 2 + count_split(t, head + 1, tail));
	if (rc < 0)
		goto undo_tail;
	put_slot(t, head, head_slot);
	put_slots(t, head + 1, tail, slot4_uniform(verdict));
	if (head != tail)
		put_slot(t, tail, tail_slot);
	return 0;
undo_tail:
	if (head != tail)
		discard(tail_slot, own_slot(t, tail));
undo_head:
	discard(head_slot, own_slot(t, head));
	return rc;
}

int table4_paint_burst(struct table4 *t, const uint32_t *firsts, const uint32_t *lasts,
                       const verdict_t *verdicts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int rc = table4_paint(t, firsts[i], lasts[i], verdicts[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static slot4_t load_slot(const struct table4 *t, uint32_t index)
{
	/* acquire: pairs with release in put_slot() */
	return atomic_load_explicit(&t->map->slots[index], memory_order_acquire);
}

verdict_t table4_lookup(const struct table4 *t, uint32_t address)
{
	return slot4_lookup(load_slot(t, address / SLOT4_SIZE), (uint8_t)address);
}

void table4_prefetch(const struct table4 *t, uint32_t address)
{
	__builtin_prefetch((const void *)&t->map->slots[address / SLOT4_SIZE]);
}

void table4_lookup_burst(const struct table4 *t, const uint32_t *addresses, size_t count,
                         verdict_t *out_verdicts)
{
	slot4_t slots[BURST];

	while (count > 0) {
		size_t n = count < BURST ? count : BURST;

		for (size_t i = 0; i < n; i++)
			table4_prefetch(t, addresses[i]);
		for (size_t i = 0; i < n; i++) {
			slots[i] = load_slot(t, addresses[i] / SLOT4_SIZE);
			if (slot4_is_split(slots[i]))
				__builtin_prefetch(slot4_block(slots[i]));
		}
		for (size_t i = 0; i < n; i++)
			out_verdicts[i] = slot4_lookup(slots[i], (uint8_t)addresses[i]);
		addresses += n;
		out_verdicts += n;
		count -= n;
	}
}

/* One table4_any(): the lists that are wanted, and verdicts known to be of none of them. */
struct search {
	const struct table4 *table;
	const uint64_t *lists;
	verdict_t unwanted[ANY_MEMO_COUNT];
};

static bool try_verdict(struct search *s, verdict_t verdict)
{
	verdict_t *memo = &s->unwanted[verdict % ANY_MEMO_COUNT];

	if (*memo == verdict || verdict == VERDICT_NONE) /* the memo starts as zeros */
		return false;
	if (listset_shows(s->table->verdicts, verdict, s->lists))
		return true;
	*memo = verdict;
	return false;
}

static bool try_slot(struct search *s, slot4_t slot, uint8_t first, uint8_t last)
{
	const struct slot4_block *block;

	if (!slot4_is_split(slot))
		return try_verdict(s, slot4_verdict(slot));
	block = slot4_block(slot);
	for (size_t i = slot4_find(block, first); i < block->count; i++) {
		if (block->runs[i] >> 24 > last)
			break;
		if (try_verdict(s, block->runs[i] & VERDICT_MAX))
			return true;
	}
	return false;
}

/* Try the addresses of a range that lies within one /16. */
static bool scan_group(const struct table4 *t, const uint64_t *lists, uint32_t first, uint32_t last)
{
	const uint32_t head = first / SLOT4_SIZE, tail = last / SLOT4_SIZE;
	struct search s = {t, lists, {0}};

	for (uint32_t i = head; i <= tail; i++) {
		uint8_t from = i == head ? (uint8_t)first : 0;
		uint8_t to = i == tail ? (uint8_t)last : SLOT4_SIZE - 1;

		if (try_slot(&s, load_slot(t, i), from, to))
			return true;
	}
	return false;
}

static bool group_has(const struct table4 *t, uint32_t group, const uint64_t *lists)
{
	for (unsigned word = 0; word < LISTSET_WORDS; word++) {
		/* acquire: pairs with release in change_bit() */
		if (lists[word] &&
		    lists[word] & atomic_load_explicit(&t->map->group_lists[word][group],
		                                       memory_order_acquire))
			return true;
	}
	return false;
}

static bool net_has(const struct table4 *t, uint32_t net, const uint64_t *lists)
{
	for (unsigned word = 0; word < LISTSET_WORDS; word++) {
		/* acquire: pairs with release in change_bit() */
		if (lists[word] && lists[word] & atomic_load_explicit(&t->map->net_lists[word][net],
		                                                      memory_order_acquire))
			return true;
	}
	return false;
}

bool table4_any(const struct table4 *t, uint32_t first, uint32_t last,
                const uint64_t lists[LISTSET_WORDS])
{
	uint64_t at = first, end;

	for (; at <= last; at = end + 1) {
		end = at | 0xffffff;
		if ((at & 0xffffff) == 0 && end <= last) {
			if (net_has(t, (uint32_t)at >> 24, lists))
				return true;
			continue;
		}
		end = (at | 0xffff) < last ? at | 0xffff : last;
		if (!group_has(t, (uint32_t)at >> 16, lists))
			continue;
		if (end - at == 0xffff || scan_group(t, lists, (uint32_t)at, (uint32_t)end))
			return true;
	}
	return false;
}

void table4_stats(const struct table4 *t, struct table4_stats *out_stats)
{
	out_stats->memory_size = t->memory_size;
	out_stats->address_count = t->address_count;
}
