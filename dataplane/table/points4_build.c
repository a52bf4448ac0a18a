/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/points4_build.h"

#include <string.h>

#define BUCKETS_MAX (POINTS4_PAGES << 8)
#define LINE_UNITS  (POINTS4_LINE / ARENA_UNIT)
#define GROWTH      8  /* a group grows by one of so many parts, and at least by a page */
#define SPARE       20 /* one of so many parts more than expected: no group has just its share */

/* A group under construction. */
struct build {
	struct points4_group group;
	uint32_t count;
	verdict_t largest;
	uint8_t fill[BUCKETS_MAX]; /* words used of each bucket */
};

/* What becomes of one or two groups: one or two groups. */
struct plan {
	uint32_t entry;        /* the first of the source groups and of the results */
	unsigned source_count; /* 0 = there was nothing */
	unsigned result_count;
	unsigned depth; /* of the results */
	unsigned pages; /* of each */
	bool is_wide;
};

static unsigned bits_for(uint32_t values)
{
	return values > 1 ? 32 - (unsigned)__builtin_clz(values - 1) : 0;
}

/* Bits of the /24 that a slot has to keep. */
static unsigned rest_bits(unsigned depth, uint32_t bucket_count)
{
	uint32_t nets = 1u << (POINTS4_NET_BITS - depth);

	return bits_for((nets + bucket_count - 1) / bucket_count);
}

uint32_t points4_build_pages(const struct points4 *p, bool is_wide, uint64_t count,
                             unsigned percent)
{
	uint64_t slots = (is_wide ? 8u : 16u) << p->tuning.page_shift;
	uint64_t pages = (count * 100 + slots * percent - 1) / (slots * percent);

	return pages ? (uint32_t)pages : 1;
}

static uint32_t home_of(const struct points4_group *g, uint32_t net)
{
	return (uint32_t)((uint64_t)net * g->bucket_count >> (POINTS4_NET_BITS - g->depth));
}

uint32_t points4_build_distance(const struct points4_group *g, uint32_t bucket, uint64_t slot)
{
	if (!points4_is_wide(g))
		return (uint32_t)slot >> points4_key_bits(g) & (POINTS4_REACH - 1);
	return (bucket + g->bucket_count - home_of(g, (uint32_t)slot >> 8)) % g->bucket_count;
}

/* The first /24 of a bucket. */
static uint32_t first_net(const struct points4_group *g, uint32_t bucket)
{
	uint64_t nets = UINT64_C(1) << (POINTS4_NET_BITS - g->depth);

	return (uint32_t)((bucket * nets + g->bucket_count - 1) / g->bucket_count);
}

/* The arena's name of a page of a group. */
static unit_t page_of(const struct points4 *p, const struct points4_group *g, unsigned number)
{
	return (g->lines[number] + (number << p->tuning.page_shift)) * LINE_UNITS;
}

static void begin(struct points4 *p, const struct plan *plan, struct build *out_build)
{
	uint32_t buckets = plan->pages << p->tuning.page_shift;
	struct points4_group *g = &out_build->group;

	*g = (struct points4_group){
	    .bucket_count = (uint16_t)buckets,
	    .depth = (uint8_t)plan->depth,
	    .value_shift = (uint8_t)(rest_bits(plan->depth, buckets) + 8 + POINTS4_DISTANCE),
	};
	g->mask = plan->is_wide ? UINT32_MAX : (1u << g->value_shift) - 1;
	for (unsigned i = 0; i < plan->pages; i++) {
		unit_t page = arena_get(p->arena, ARENA_PAGE);

		g->lines[i] = page / LINE_UNITS - (i << p->tuning.page_shift);
		memset(arena_at(p->arena, page), 0, (size_t)POINTS4_LINE << p->tuning.page_shift);
	}
	out_build->count = 0;
	out_build->largest = 0;
	memset(out_build->fill, 0, buckets);
}

static void drop(struct points4 *p, const struct build *build)
{
	for (unsigned i = 0; i < points4_build_page_count(p, &build->group); i++)
		arena_put(p->arena, page_of(p, &build->group, i));
}

/* Nobody else sees the pages yet: plain stores. */
static void place(const struct points4 *p, struct build *build, uint32_t bucket, uint64_t slot)
{
	char *line = (char *)(uintptr_t)points4_line(&p->constants, &build->group, bucket);

	line += 4 * build->fill[bucket];
	if (points4_is_wide(&build->group)) {
		*(uint64_t *)(void *)line |= slot; /* it may have its spill bit already */
		build->fill[bucket] += 2;
	} else {
		*(uint32_t *)(void *)line |= (uint32_t)slot;
		build->fill[bucket]++;
	}
}

static void mark_spill(const struct points4 *p, struct build *build, uint32_t bucket)
{
	char *line = (char *)(uintptr_t)points4_line(&p->constants, &build->group, bucket);

	if (points4_is_wide(&build->group))
		*(uint64_t *)(void *)line |= UINT64_C(1) << 63;
	else
		*(uint32_t *)(void *)line |= POINTS4_SPILL;
}

/* Add an address. Returns false if there is no room, or the verdict does not fit. */
static bool add(const struct points4 *p, struct build *build, uint32_t net, uint32_t octet,
                verdict_t verdict)
{
	const struct points4_group *g = &build->group;
	uint32_t home, bucket, distance = 0;

	net &= (1u << (POINTS4_NET_BITS - g->depth)) - 1;
	home = bucket = home_of(g, net);
	if (!points4_build_fits_bits(points4_is_wide(g), points4_key_bits(g), verdict))
		return false;
	while (build->fill[bucket] == POINTS4_WORDS) {
		if (++distance == points4_reach(g))
			return false;
		bucket = bucket + 1 == g->bucket_count ? 0 : bucket + 1;
	}
	for (uint32_t i = 0; i < distance; i++)
		mark_spill(p, build, (home + i) % g->bucket_count);
	if (points4_is_wide(g))
		place(p, build, bucket, (uint64_t)(verdict + 1) << 32 | net << 8 | octet);
	else
		place(p, build, bucket,
		      (verdict + 1) << g->value_shift | distance << points4_key_bits(g) |
		          ((net << 8 | octet) & ((1u << points4_key_bits(g)) - 1)));
	build->count++;
	if (verdict > build->largest)
		build->largest = verdict;
	return true;
}

/* The /24 within the group that a slot is of; start: first_net() of its bucket. */
static uint32_t net_of(const struct points4_group *g, uint32_t bucket, uint32_t start,
                       uint32_t slot)
{
	uint32_t distance = slot >> points4_key_bits(g) & (POINTS4_REACH - 1);
	uint32_t mask = (1u << (points4_key_bits(g) - 8)) - 1;

	if (distance)
		start = first_net(g, (bucket + g->bucket_count - distance) % g->bucket_count);
	return start + (((slot >> 8) - start) & mask);
}

/* Add what a bucket holds. results: one, or two that the bit of the /24 above the rest tells apart.
 */
static bool copy_bucket(const struct points4 *p, const struct points4_group *g, uint32_t bucket,
                        uint32_t high, struct build *results)
{
	const char *line = points4_line(&p->constants, g, bucket);
	const uint32_t start = first_net(g, bucket);
	const unsigned which_bit = POINTS4_NET_BITS - results->group.depth;
	const bool is_cut = results->group.depth > g->depth;

	for (unsigned word = 0; word < POINTS4_WORDS; word += points4_is_wide(g) ? 2 : 1) {
		uint32_t slot, value, net;

		memcpy(&slot, line + 4 * word, sizeof(slot));
		if (points4_is_wide(g)) {
			memcpy(&value, line + 4 * word + 4, sizeof(value));
			value &= ~POINTS4_SPILL;
			net = slot >> 8;
		} else {
			slot &= ~POINTS4_SPILL;
			value = slot >> g->value_shift;
			net = net_of(g, bucket, start, slot);
		}
		net |= high;
		if (value && !add(p, &results[is_cut ? net >> which_bit & 1 : 0], net, slot & 0xff,
		                  value - 1))
			return false;
	}
	return true;
}

static bool copy_group(const struct points4 *p, uint32_t entry, struct build *results)
{
	const struct points4_group *g = points4_build_group(p, entry);
	/* the part of the /24's number that is the same in all of the group */
	uint32_t high = entry << (POINTS4_NET_BITS - POINTS4_DEPTH_MAX);

	if (p->counts[entry] == 0) /* as a hint may have left many */
		return true;
	for (uint32_t bucket = 0; bucket < g->bucket_count; bucket++) {
		if (!copy_bucket(p, g, bucket, high, results))
			return false;
	}
	return true;
}

/* Retire a group that no directory entry names any more. */
static void retire(struct points4 *p, unit_t unit)
{
	const struct points4_group *g = arena_at(p->arena, unit);

	for (unsigned i = 0; i < points4_build_page_count(p, g); i++)
		arena_retire(p->arena, page_of(p, g, i));
	arena_retire(p->arena, unit);
}

static void set_entries(struct points4 *p, uint32_t entry, uint32_t count, unit_t unit)
{
	p->builds++;
	for (uint32_t i = entry; i < entry + count; i++) {
		pages_touch(p->memory, &p->directory[i]);
		/* release: pairs with acquire in points4_start() */
		atomic_store_explicit(&p->directory[i], unit, memory_order_release);
	}
}

static void publish(struct points4 *p, uint32_t entry, const struct build *build)
{
	unit_t unit = arena_get(p->arena, sizeof(build->group));

	*(struct points4_group *)arena_at(p->arena, unit) = build->group;
	set_entries(p, entry, POINTS4_DIRECTORY >> build->group.depth, unit);
	pages_touch(p->memory, &p->counts[entry]);
	p->counts[entry] = build->count;
	pages_touch(p->memory, &p->largest[entry]);
	p->largest[entry] = build->largest;
}

/* Carry out a plan. Returns false if something has no room; nothing changed. */
static bool carry_out(struct points4 *p, const struct plan *plan)
{
	const uint32_t span = POINTS4_DIRECTORY >> plan->depth;
	uint32_t sources[2] = {plan->entry, plan->entry + span / 2};
	unit_t old[2] = {0, 0};
	struct build results[2];
	bool is_done = true;

	for (unsigned i = 0; i < plan->result_count; i++)
		begin(p, plan, &results[i]);
	for (unsigned i = 0; is_done && i < plan->source_count; i++) {
		old[i] = atomic_load_explicit(&p->directory[sources[i]], memory_order_relaxed);
		is_done = copy_group(p, sources[i], results);
	}
	for (unsigned i = 0; i < plan->result_count; i++) {
		if (is_done)
			publish(p, plan->entry + i * span, &results[i]);
		else
			drop(p, &results[i]);
	}
	for (unsigned i = 0; is_done && i < plan->source_count; i++)
		retire(p, old[i]);
	return is_done;
}

/* Choose the width of slots and the pages for so many addresses. */
static void size_plan(const struct points4 *p, struct plan *plan, uint64_t count, unsigned percent,
                      verdict_t largest)
{
	uint32_t pages = points4_build_pages(p, false, count, percent);

	plan->is_wide = !points4_build_fits_bits(
	    false, rest_bits(plan->depth, pages << p->tuning.page_shift) + 8, largest);
	plan->pages = plan->is_wide ? points4_build_pages(p, true, count, percent) : pages;
}

/* Cut a plan's result in two where it has become too large. Returns false if it cannot be. */
static bool limit_plan(struct plan *plan)
{
	if (plan->pages <= POINTS4_PAGES)
		return true;
	if (plan->result_count == 2 || plan->depth == POINTS4_DEPTH_MAX)
		return false;
	plan->depth++;
	plan->result_count = 2;
	plan->pages = (plan->pages + 1) / 2;
	return plan->pages <= POINTS4_PAGES;
}

/* A cut may have left a bit less for the verdict. */
static void widen_plan(const struct points4 *p, struct plan *plan, verdict_t largest)
{
	if (plan->is_wide ||
	    points4_build_fits_bits(
		false, rest_bits(plan->depth, plan->pages << p->tuning.page_shift) + 8, largest))
		return;
	plan->is_wide = true;
	plan->pages = plan->pages * 2 < POINTS4_PAGES ? plan->pages * 2 : POINTS4_PAGES;
}

void points4_reserve(struct points4 *p, uint64_t count)
{
	struct plan plan = {.result_count = 1};
	struct build build;
	uint32_t pages, span;

	if (count == 0 || points4_build_group(p, 0))
		return;
	count = count < POINTS4_EXPECTED_MAX ? count : POINTS4_EXPECTED_MAX;
	pages = points4_build_pages(p, false, count + count / SPARE, p->tuning.load_percent);
	/* not as large as can be: some will have more than their share */
	while (plan.depth < POINTS4_DEPTH_MAX && pages >> plan.depth >= POINTS4_PAGES - 1)
		plan.depth++;
	span = POINTS4_DIRECTORY >> plan.depth;
	plan.pages = pages / (1u << plan.depth) + 1;
	if (plan.pages > POINTS4_PAGES)
		return;
	/* narrow slots of so few buckets have no room for a verdict: only in tests */
	if (!points4_build_fits_bits(
		false, rest_bits(plan.depth, plan.pages << p->tuning.page_shift) + 8, 1))
		return;
	/* with the descriptors */
	if (arena_reserve(p->arena, ((size_t)plan.pages + 1) << plan.depth, 0) < 0)
		return;
	for (; plan.entry < POINTS4_DIRECTORY; plan.entry += span) {
		begin(p, &plan, &build);
		publish(p, plan.entry, &build);
	}
	p->expected = count;
}

/* How many addresses a group is to have room for: it has some, and others may be on their way. */
static uint64_t wanted(const struct points4 *p, unsigned depth, uint64_t count)
{
	uint64_t expected = p->expected >> depth;

	count += count / GROWTH;
	expected += expected / SPARE;
	return count > expected ? count : expected;
}

bool points4_build_grow(struct points4 *p, uint32_t net, verdict_t verdict)
{
	uint32_t entry = points4_build_entry(p, net);
	const struct points4_group *g = points4_build_group(p, entry);
	struct plan plan = {
	    .result_count = 1, .depth = g ? g->depth : 0, .source_count = g ? 1 : 0};
	uint64_t count;

	plan.entry = entry & ~((POINTS4_DIRECTORY >> plan.depth) - 1);
	count = p->counts[plan.entry] + 1;
	if (!g)
		count = 1;
	else if (verdict < p->largest[plan.entry])
		verdict = p->largest[plan.entry];
	size_plan(p, &plan, wanted(p, plan.depth, count), p->tuning.load_percent, verdict);
	if (g && plan.is_wide == points4_is_wide(g) && plan.pages <= points4_build_page_count(p, g))
		plan.pages = points4_build_page_count(p, g) + 1u;
	for (; limit_plan(&plan); plan.pages++) {
		widen_plan(p, &plan, verdict);
		if (carry_out(p, &plan))
			return true;
	}
	return false;
}

bool points4_build_merge(struct points4 *p, uint32_t entry, unsigned percent)
{
	const struct points4_group *g = points4_build_group(p, entry);
	uint32_t buddy = entry + (POINTS4_DIRECTORY >> g->depth);
	struct plan plan = {entry, 2, 1, g->depth - 1u, 0, false};
	verdict_t largest = p->largest[entry];

	if (largest < p->largest[buddy])
		largest = p->largest[buddy];
	size_plan(p, &plan, (uint64_t)p->counts[entry] + p->counts[buddy], percent, largest);
	return plan.pages <= POINTS4_PAGES && carry_out(p, &plan);
}

bool points4_build_shrink(struct points4 *p, uint32_t entry, unsigned percent)
{
	const struct points4_group *g = points4_build_group(p, entry);
	struct plan plan = {entry, 1, 1, g->depth, 0, false};

	size_plan(p, &plan, p->counts[entry], percent, p->largest[entry]);
	return plan.pages < points4_build_page_count(p, g) && carry_out(p, &plan);
}

bool points4_build_remove(struct points4 *p)
{
	unit_t unit = atomic_load_explicit(&p->directory[0], memory_order_relaxed);

	set_entries(p, 0, POINTS4_DIRECTORY, 0);
	p->largest[0] = 0;
	retire(p, unit);
	return true;
}
