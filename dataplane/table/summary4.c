/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/summary4.h"

#include <stdatomic.h>

#define GROUP_COUNT (1u << 16) /* one per /16 */
#define GROUP_SIZE  (1 << 16)  /* addresses */
#define NET_COUNT   256        /* one per /8 */
#define NET_GROUPS  256
#define LIST_COUNT  (LIST_ID_MAX + 1)

struct summary4_map {
	/* bit N of word W: list W * 64 + N is in it; update thread: writes; readers: read */
	_Atomic uint64_t group_lists[LISTSET_WORDS][GROUP_COUNT];
	_Atomic uint64_t net_lists[LISTSET_WORDS][NET_COUNT];
	/* update thread only: how many addresses of a /16, modulo 65,536, and /16s of a /8 have a
	 * list; 0 is all 65,536 of them if the bit above is set */
	uint16_t group_counts[LIST_COUNT][GROUP_COUNT];
	uint16_t net_counts[LIST_COUNT][NET_COUNT];
};

int summary4_init(struct summary4 *s)
{
	int rc = pages_init(&s->pages, sizeof(*s->map));

	if (rc == 0)
		s->map = s->pages.memory;
	return rc;
}

void summary4_done(struct summary4 *s)
{
	pages_done(&s->pages);
}

static void change_bit(struct summary4 *s, _Atomic uint64_t *word, uint64_t bit, bool is_on)
{
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed);

	pages_touch(&s->pages, word);
	/* release: pairs with acquire in summary4_group_has() and summary4_net_has() */
	atomic_store_explicit(word, is_on ? old | bit : old & ~bit, memory_order_release);
}

static void count_list(struct summary4 *s, uint32_t group, uint32_t list, int number)
{
	uint16_t *in_group = &s->map->group_counts[list][group];
	uint16_t *in_net = &s->map->net_counts[list][group / NET_GROUPS];
	_Atomic uint64_t *word = &s->map->group_lists[list / 64][group];
	const uint64_t bit = UINT64_C(1) << (list % 64);
	int was = *in_group;

	if (was == 0 && atomic_load_explicit(word, memory_order_relaxed) & bit)
		was = GROUP_SIZE;
	if (was + number < 0)
		number = -was; /* a verdict was not what it was when it was painted: */
	if (was + number > GROUP_SIZE)
		number = GROUP_SIZE - was; /* control is not to redefine what is in use */
	if (number == 0)
		return;
	pages_touch(&s->pages, in_group);
	*in_group = (uint16_t)(was + number);
	if (was > 0 && was + number > 0)
		return;
	change_bit(s, word, bit, was == 0);
	pages_touch(&s->pages, in_net);
	if (was > 0 ? --*in_net != 0 : (*in_net)++ != 0)
		return;
	change_bit(s, &s->map->net_lists[list / 64][group / NET_GROUPS], bit, was == 0);
}

void summary4_count(struct summary4 *s, uint32_t group, const struct listset *lists,
                    const struct listset *but, int number)
{
	for (uint32_t words = lists->used; words; words &= words - 1) {
		unsigned word = (unsigned)__builtin_ctz(words);
		uint64_t bits = lists->words[word] & ~listset_word(but, word);

		for (; bits; bits &= bits - 1)
			count_list(s, group, word * 64 + (unsigned)__builtin_ctzll(bits), number);
	}
}

void summary4_prefetch(const struct summary4 *s, uint32_t group, uint32_t list)
{
	__builtin_prefetch(&s->map->group_counts[list][group], 1);
}

static bool has(const _Atomic uint64_t *words, size_t stride, const uint64_t lists[LISTSET_WORDS])
{
	for (unsigned word = 0; word < LISTSET_WORDS; word++) {
		/* acquire: pairs with release in change_bit() */
		if (lists[word] &&
		    lists[word] & atomic_load_explicit(&words[word * stride], memory_order_acquire))
			return true;
	}
	return false;
}

bool summary4_group_has(const struct summary4 *s, uint32_t group,
                        const uint64_t lists[LISTSET_WORDS])
{
	return has(&s->map->group_lists[0][group], GROUP_COUNT, lists);
}

bool summary4_net_has(const struct summary4 *s, uint32_t net, const uint64_t lists[LISTSET_WORDS])
{
	return has(&s->map->net_lists[0][net], NET_COUNT, lists);
}
