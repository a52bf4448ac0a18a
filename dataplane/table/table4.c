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

	points4_start(&map->points.constants, address, &probe);
	value = points4_value(&map->points.constants, &probe);
	if (value)
		return value - 1;
	return slot4_lookup(t->arena, ranges4_load(&map->ranges, address >> 8), (uint8_t)address);
}

void table4_prefetch(const struct table4 *t, uint32_t address)
{
	points4_prefetch(&t->map->points, address);
	ranges4_prefetch(&t->map->ranges, address >> 8);
}

/* A burst under way: of each a probe at its home bucket. Of some there is a bitmap, by number. */
struct burst {
	struct points4_constants constants;
	const struct points4_group *groups[BURST];
	const char *lines[BURST];
	uint32_t keys[BURST];
};

/* The first of a bitmap, taken from it. */
static unsigned take(uint32_t *bits)
{
	unsigned first = (unsigned)__builtin_ctz(*bits);

	*bits &= *bits - 1;
	return first;
}

static void start_some(const struct table4_map *map, const uint32_t *addresses, unsigned count,
                       struct burst *out_burst)
{
	const struct points4_constants constants = map->points.constants;

	for (unsigned i = 0; i < count; i++) /* by itself: compilers make it four at a time */
		out_burst->keys[i] = points4_mix(&constants, addresses[i]);
	/* backwards, as look_home(), which so waits for lines in the order of these fetches */
	for (size_t i = count; i > 0; i--) {
		struct points4_probe probe;

		points4_start_mixed(&constants, out_burst->keys[i - 1], &probe);
		ranges4_fetch(&map->ranges, addresses[i - 1] >> 8);
		out_burst->groups[i - 1] = probe.group;
		out_burst->lines[i - 1] = probe.line;
	}
	out_burst->constants = constants;
}

/*
 * Look at the home buckets.
 *
 * out_passed: those that may be in the next bucket
 * Returns:    those that have no point
 */
static uint32_t look_home(const struct burst *b, unsigned count, verdict_t *out_verdicts,
                          uint32_t *out_passed)
{
	uint32_t unknown = 0, passed = 0;

	for (size_t i = count; i > 0; i--) {
		const struct points4_look look =
		    points4_look(b->groups[i - 1], b->lines[i - 1], b->keys[i - 1]);

		out_verdicts[i - 1] = look.value - 1;
		unknown = unknown * 2 + (look.value - 1) / (1u << 31); /* 1 if it is 0 */
		passed = passed * 2 + look.is_passed;
	}
	*out_passed = unknown & passed;
	return unknown & ~passed;
}

/* Look on from the home buckets. Returns those that have no point. */
static uint32_t look_further(const struct burst *b, const uint32_t passed, verdict_t *out_verdicts)
{
	struct points4_probe probes[BURST];
	uint32_t missing = 0;

	for (uint32_t left = passed; left;) {
		unsigned at = take(&left);
		struct points4_probe *probe = &probes[at];

		*probe = (struct points4_probe){
		    .group = b->groups[at],
		    .line = b->lines[at],
		    .key = b->keys[at],
		    .bucket = points4_bucket(b->groups[at], b->keys[at]),
		};
		if (points4_next(&b->constants, probe))
			points4_fetch(probe);
	}
	for (uint32_t left = passed; left;) {
		unsigned at = take(&left);
		uint32_t value = points4_value(&b->constants, &probes[at]);

		out_verdicts[at] = value - 1;
		missing |= (uint32_t)(value == 0) << at;
	}
	return missing;
}

/* What is below those that have no point: of a /16, of a /24, of an address. */
static void look_below(const struct table4 *t, uint32_t missing, const uint32_t *addresses,
                       verdict_t *out_verdicts)
{
	const struct ranges4 *ranges = &t->map->ranges;
	uint32_t groups = 0, nets = 0;

	while (missing) {
		unsigned at = take(&missing);

		out_verdicts[at] = ranges4_prefetch(ranges, addresses[at] >> 8);
		if (slot4_is_split(out_verdicts[at]))
			groups |= 1u << at;
	}
	while (groups) {
		unsigned at = take(&groups);

		out_verdicts[at] = ranges4_load(ranges, addresses[at] >> 8);
		if (!slot4_is_split(out_verdicts[at]))
			continue;
		slot4_prefetch(t->arena, out_verdicts[at], (uint8_t)addresses[at]);
		nets |= 1u << at;
	}
	while (nets) {
		unsigned at = take(&nets);

		out_verdicts[at] = slot4_lookup(t->arena, out_verdicts[at], (uint8_t)addresses[at]);
	}
}

void table4_lookup_burst(const struct table4 *t, const uint32_t *addresses, size_t count,
                         verdict_t *out_verdicts)
{
	struct burst b;

	while (count > 0) {
		unsigned some = count < BURST ? (unsigned)count : BURST;
		uint32_t missing, passed;

		start_some(t->map, addresses, some, &b);
		missing = look_home(&b, some, out_verdicts, &passed);
		missing |= look_further(&b, passed, out_verdicts);
		look_below(t, missing, addresses, out_verdicts);
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
