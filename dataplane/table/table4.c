/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/table4.h"

#include "dataplane/table/table4_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define BURST          32
#define ANY_MEMO_COUNT 64
#define ANY_AHEAD      8 /* /24s that are prefetched */

/* Measured: see README.md. */
static const struct table4_tuning usual = {
    .points = {.page_shift = 8, .load_percent = 80},
    .net_points = 12,
};

struct table4 *table4_new(void)
{
	struct table4_tuning tuning = usual;
	uint32_t *secret = tuning.points.secret;

	/* without randomness right after boot, the time has to do: this is about collisions that
	 * someone plans, not about secrecy */
	if (getrandom(secret, sizeof(tuning.points.secret), GRND_NONBLOCK) !=
	    sizeof(tuning.points.secret)) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		secret[0] = (uint32_t)now.tv_nsec * 0x9e3779b1u;
		secret[1] = (uint32_t)now.tv_sec * 0x85ebca6bu;
		secret[2] = secret[0] ^ secret[1] >> 7;
	}
	secret[0] |= 1;
	secret[1] |= 1;
	return table4_new_tuned(&tuning);
}

struct table4 *table4_new_tuned(const struct table4_tuning *tuning)
{
	struct table4 *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->arena = arena_new();
	if (!t->arena || pages_init(&t->pages, sizeof(*t->map)) < 0 ||
	    summary4_init(&t->summary) < 0) {
		table4_free(t);
		errno = ENOMEM;
		return NULL;
	}
	t->map = t->pages.memory;
	t->net_points = tuning->net_points;
	points4_init(&t->map->points, &t->pages, t->arena, &tuning->points);
	ranges4_init(&t->map->ranges, &t->pages, t->arena);
	return t;
}

void table4_free(struct table4 *t)
{
	if (!t)
		return;
	limbo_done(&t->returning);
	summary4_done(&t->summary);
	pages_done(&t->pages);
	arena_free(t->arena);
	free(t);
}

void table4_use(struct table4 *t, const struct verdicts *verdicts)
{
	t->verdicts = verdicts;
}

void table4_use_pages(struct table4 *t, enum hugepages_mode mode)
{
	t->arena->huge.mode = mode;
}

verdict_t table4_lookup(const struct table4 *t, uint32_t address)
{
	const struct table4_map *map = t->map;
	struct points4_probe probe;
	uint32_t value;

	points4_start(&map->points, address, &probe);
	value = points4_value(&map->points, &probe);
	if (value)
		return value - 1;
	return slot4_lookup(t->arena, ranges4_load(&map->ranges, address >> 8), (uint8_t)address);
}

void table4_prefetch(const struct table4 *t, uint32_t address)
{
	points4_prefetch(&t->map->points, address);
	ranges4_prefetch(&t->map->ranges, address >> 8);
}

/* A burst under way. */
struct burst {
	struct points4_probe probes[BURST];
	uint8_t going[BURST], missing[BURST]; /* not found yet, not found */
	unsigned going_count, missing_count;
};

static void start_some(const struct table4 *t, const uint32_t *addresses, unsigned count,
                       struct burst *out_burst)
{
	for (unsigned i = 0; i < count; i++) {
		points4_start(&t->map->points, addresses[i], &out_burst->probes[i]);
		ranges4_fetch(&t->map->ranges, addresses[i] >> 8);
	}
	out_burst->going_count = 0;
	out_burst->missing_count = 0;
}

/* Look at the home buckets; without a branch on what is there, which is anyone's guess. */
static void look_home(struct burst *b, unsigned count, verdict_t *out_verdicts)
{
	for (unsigned i = 0; i < count; i++) {
		uint32_t value = 0;
		bool is_going = false;

		if (b->probes[i].group)
			value = points4_home(&b->probes[i], &is_going);
		out_verdicts[i] = value - 1;
		b->going[b->going_count] = (uint8_t)i;
		b->going_count += value == 0 && is_going;
		b->missing[b->missing_count] = (uint8_t)i;
		b->missing_count += value == 0 && !is_going;
	}
}

static void look_further(const struct points4 *p, struct burst *b, verdict_t *out_verdicts)
{
	for (unsigned i = 0; i < b->going_count; i++) {
		if (points4_next(p, &b->probes[b->going[i]]))
			points4_fetch(&b->probes[b->going[i]]);
	}
	for (unsigned i = 0; i < b->going_count; i++) {
		uint32_t value = points4_value(p, &b->probes[b->going[i]]);

		out_verdicts[b->going[i]] = value - 1;
		if (value == 0)
			b->missing[b->missing_count++] = b->going[i];
	}
}

/* What is below those that have no point: of a /16, of a /24, of an address. */
static void look_below(const struct table4 *t, struct burst *b, const uint32_t *addresses,
                       verdict_t *out_verdicts)
{
	const struct ranges4 *ranges = &t->map->ranges;
	unsigned count = b->missing_count, split_count = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned at = b->missing[i];

		out_verdicts[at] = ranges4_prefetch(ranges, addresses[at] >> 8);
		b->missing[split_count] = (uint8_t)at;
		split_count += slot4_is_split(out_verdicts[at]);
	}
	count = split_count;
	split_count = 0;
	for (unsigned i = 0; i < count; i++) {
		unsigned at = b->missing[i];

		out_verdicts[at] = ranges4_load(ranges, addresses[at] >> 8);
		if (!slot4_is_split(out_verdicts[at]))
			continue;
		slot4_prefetch(t->arena, out_verdicts[at], (uint8_t)addresses[at]);
		b->missing[split_count++] = (uint8_t)at;
	}
	for (unsigned i = 0; i < split_count; i++) {
		unsigned at = b->missing[i];

		out_verdicts[at] = slot4_lookup(t->arena, out_verdicts[at], (uint8_t)addresses[at]);
	}
}

void table4_lookup_burst(const struct table4 *t, const uint32_t *addresses, size_t count,
                         verdict_t *out_verdicts)
{
	struct burst b;

	while (count > 0) {
		unsigned some = count < BURST ? (unsigned)count : BURST;

		start_some(t, addresses, some, &b);
		look_home(&b, some, out_verdicts);
		look_further(&t->map->points, &b, out_verdicts);
		look_below(t, &b, addresses, out_verdicts);
		addresses += some;
		out_verdicts += some;
		count -= some;
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

static bool try_block(struct search *s, slot4_t slot, unsigned first, unsigned last)
{
	verdict_t verdicts[SLOT4_SIZE];

	slot4_expand(s->table->arena, slot, verdicts);
	for (unsigned i = first; i <= last; i++) {
		if (try_verdict(s, verdicts[i]))
			return true;
	}
	return false;
}

/* Try the addresses first to last of a /24. */
static bool try_net(struct search *s, uint32_t net, unsigned first, unsigned last)
{
	struct points4_found found[POINTS4_NET_MAX];
	unsigned count = points4_collect(&s->table->map->points, net, found);
	unsigned left = last - first + 1;
	slot4_t slot;

	for (unsigned i = 0; i < count; i++) {
		if (found[i].octet < first || found[i].octet > last)
			continue;
		if (try_verdict(s, found[i].verdict))
			return true;
		if (left > 0)
			left--;
	}
	/* after the points, as in a lookup */
	slot = ranges4_load(&s->table->map->ranges, net);
	if (slot4_is_split(slot))
		return try_block(s, slot, first, last);
	return left > 0 && try_verdict(s, slot);
}

/* Try the addresses of a range that lies within one /16. */
static bool scan_group(const struct table4 *t, const uint64_t *lists, uint32_t first, uint32_t last)
{
	const uint32_t head = first / SLOT4_SIZE, tail = last / SLOT4_SIZE;
	struct search s = {t, lists, {0}};

	for (uint32_t i = head; i < head + ANY_AHEAD && i <= tail; i++)
		points4_prefetch(&t->map->points, i * SLOT4_SIZE);
	for (uint32_t i = head; i <= tail; i++) {
		unsigned from = i == head ? first % SLOT4_SIZE : 0;
		unsigned to = i == tail ? last % SLOT4_SIZE : SLOT4_SIZE - 1;

		if (i + ANY_AHEAD <= tail)
			points4_prefetch(&t->map->points, (i + ANY_AHEAD) * SLOT4_SIZE);
		if (try_net(&s, i, from, to))
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
			if (summary4_net_has(&t->summary, (uint32_t)at >> 24, lists))
				return true;
			continue;
		}
		end = (at | 0xffff) < last ? at | 0xffff : last;
		if (!summary4_group_has(&t->summary, (uint32_t)at >> 16, lists))
			continue;
		if (end - at == 0xffff || scan_group(t, lists, (uint32_t)at, (uint32_t)end))
			return true;
	}
	return false;
}

void table4_stats(const struct table4 *t, struct table4_stats *out_stats)
{
	out_stats->memory_size = sizeof(*t) + t->pages.memory_size + t->summary.pages.memory_size +
	                         t->arena->memory_size;
	out_stats->address_count = t->address_count;
	out_stats->huge = t->arena->huge;
}
