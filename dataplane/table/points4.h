/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Single IPv4 addresses with a verdict, in buckets of one cache line: the part of table4 that makes
 * ten million scattered addresses cost five bytes each and one cold line a lookup, hit or miss.
 *
 * A /24's number is mixed by a secret bijection of 24 bits. The mixed number's upper bits select a
 * group of buckets (extendible hashing: a directory of 4096 entries, of which a group of depth D
 * has 2^(12-D)), the rest is scaled to a bucket of the group, and what that leaves over is kept in
 * the slot beside the last octet. A bijection loses nothing, so the match is exact. All addresses
 * of a /24 have one home bucket, so that all of them are found in one line, too.
 *
 *   narrow, 16 slots of 32 bits:  spill 1 | verdict + 1 | distance 3 | rest of the /24 | octet 8
 *   wide, 8 slots of 64 bits:     spill 1 | ...          verdict + 1 | rest of the /24 | octet 8
 *
 * A group is wide when its verdicts do not fit into what narrow slots leave, which is 15 bits at
 * ten million addresses and more above. A slot is empty when its verdict field is 0. The spill bit
 * of a bucket's first slot says that an address went past the full bucket to one of the next seven;
 * only then a lookup goes on. A group is 1 to 14 pages of the arena and grows by a page or two, by
 * being copied to pages of its own; at 15 it becomes two groups. So growing costs what one group
 * has (some ten thousand addresses, under a millisecond) at any size of the table, and as much
 * memory; and the load stays within an eighth of the limit at any size, with no cliff.
 *
 * Readers and the writer:
 * - A slot changes by one atomic store of the whole slot, so there is no torn slot, and none has to
 *   wait for a grace period: it is an old address with its verdict or a new one with its own.
 * - An address never moves within a group. It moves by a copy of the group, which is published with
 *   one release store for each directory entry; each address has one entry. A reader that still
 *   holds the old pages sees them as they were, until its next look at the directory; they are
 *   reused after a grace period.
 * - A lookup of points comes before the lookup of what is below them (table4.c), so that an address
 *   may move to below at any time. The other direction would have to wait for a grace period.
 *
 * Threads: the update thread, but for points4_start(), _look(), _here(), _next(), _value() and
 * _collect(): any reader between two quiescent states.
 */
#include "dataplane/table/arena.h"
#include "dataplane/table/pages.h"
#include "dataplane/table/points4_match.h"
#include "dataplane/table/verdicts.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define POINTS4_NET_BITS     24
#define POINTS4_DEPTH_MAX    12
#define POINTS4_DIRECTORY    (1u << POINTS4_DEPTH_MAX)
#define POINTS4_PAGES        14 /* of a group */
#define POINTS4_LINE         64
#define POINTS4_REACH        8u /* buckets in which an address may be */
#define POINTS4_DISTANCE     3  /* bits for that in a narrow slot */
#define POINTS4_NET_MAX      31 /* addresses of one /24: the caller's limit is at most this */
#define POINTS4_SPILL        (1u << 31)
#define POINTS4_NO_WORD      (1u << POINTS4_WORDS)
#define POINTS4_LAST_WORD    (1u << (POINTS4_WORDS - 1))
#define POINTS4_GROWTHS      2  /* in one points4_put() */
#define POINTS4_RESERVE      96 /* arena pages for one points4_put() or a step of points4_tidy() */
#define POINTS4_RETIRE       48 /* likewise, to retire */
#define POINTS4_EXPECTED_MAX (32u << 20) /* 180 MB; a table grows from there */

/* One cache line, immutable once published, of what a lookup would have to work out otherwise. */
struct points4_group {
	uint32_t mask; /* of a slot: its key and, if narrow, its distance; wide: all ones */
	uint16_t bucket_count;
	uint8_t depth;       /* bits of the mixed /24 that select it */
	uint8_t value_shift; /* narrow: bits below the verdict: key and distance */
	/* a page's first line, as the arena counts them, less the number of its first bucket */
	uint32_t lines[POINTS4_PAGES];
};

/* What tests may make smaller. */
struct points4_tuning {
	uint32_t secret[3];   /* of the mix; the first two odd */
	uint8_t page_shift;   /* log2 of the buckets in a page, at most 8 */
	uint8_t load_percent; /* of the slots, above which a group grows */
};

/* What each lookup needs and never changes: a burst has its own copy, which registers hold. */
struct points4_constants {
	const char *base;                /* the arena's */
	const _Atomic unit_t *directory; /* of the points */
	uint32_t flip, factors[3];       /* of the mix */
	unsigned page_shift;             /* log2 of the buckets in a page */
};

/* In memory that is all zeros and counts its pages. */
struct points4 {
	struct points4_constants constants; /* constant */
	struct arena *arena;                /* constant */
	struct pages *memory;               /* constant: of this struct */
	struct points4_tuning tuning;       /* constant */
	uint64_t expected; /* addresses, 0 once all have come; update thread only */
	uint64_t builds;   /* groups that were published; update thread only */
	/* a group's descriptor in the arena, 0 = no group at all; update thread: writes */
	_Atomic unit_t directory[POINTS4_DIRECTORY];
	/* update thread only, at the first entry of each group */
	uint32_t counts[POINTS4_DIRECTORY];
	verdict_t largest[POINTS4_DIRECTORY]; /* no verdict in the group is larger */
};

/* What a lookup finds where there is no group: an empty bucket. */
extern const struct points4_group points4_none;
extern const char points4_no_line[POINTS4_LINE];

/* A lookup under way. */
struct points4_probe {
	const struct points4_group *group; /* or points4_none */
	const char *line;                  /* of the bucket, where a reader is */
	uint32_t key;                      /* mixed /24, octet */
	uint32_t bucket;
	uint32_t distance;
};

/* An address that was found. */
struct points4_found {
	verdict_t verdict;
	uint16_t bucket;
	uint8_t word;
	uint8_t distance;
	uint8_t octet;
};

/* An address's /24, mixed, in the upper 24 bits, and its octet. */
static inline uint32_t points4_mix(const struct points4_constants *c, uint32_t address)
{
	const uint32_t octet = 0xff;
	uint32_t mixed = ((address & ~octet) ^ c->flip) * c->factors[0];

	mixed = (mixed ^ (mixed >> 13 & ~octet)) * c->factors[1];
	mixed = (mixed ^ (mixed >> 11 & ~octet)) * c->factors[2];
	return mixed | (address & octet);
}

static inline bool points4_is_wide(const struct points4_group *g)
{
	return g->mask == UINT32_MAX;
}

/* Of a narrow slot: rest of the /24 and octet. */
static inline unsigned points4_key_bits(const struct points4_group *g)
{
	return (unsigned)g->value_shift - POINTS4_DISTANCE;
}

/* Buckets in which an address may be. */
static inline uint32_t points4_reach(const struct points4_group *g)
{
	return g->bucket_count < POINTS4_REACH ? g->bucket_count : POINTS4_REACH;
}

static inline const char *points4_line(const struct points4_constants *c,
                                       const struct points4_group *g, uint32_t bucket)
{
	return c->base + (size_t)(g->lines[bucket >> c->page_shift] + bucket) * POINTS4_LINE;
}

/* Hint that points4_here() follows. */
static inline void points4_fetch(const struct points4_probe *probe)
{
	__builtin_prefetch(probe->line);
}

/* The home bucket of a key. */
static inline uint32_t points4_bucket(const struct points4_group *g, uint32_t key)
{
	return (uint32_t)((uint64_t)((key & ~0xffu) << g->depth) * g->bucket_count >> 32);
}

/* As points4_start(), of points4_mix(c, address). */
static inline void points4_start_mixed(const struct points4_constants *c, uint32_t key,
                                       struct points4_probe *out_probe)
{
	/* acquire: pairs with release in publish(): the descriptor and its pages are whole */
	const unit_t unit = atomic_load_explicit(&c->directory[key >> (32 - POINTS4_DEPTH_MAX)],
	                                         memory_order_acquire);
	const struct points4_group *g =
	    (const struct points4_group *)(c->base + (size_t)unit * ARENA_UNIT);

	out_probe->key = key;
	out_probe->distance = 0;
	if (__builtin_expect(unit == 0, false)) {
		out_probe->group = &points4_none;
		out_probe->line = points4_no_line;
		out_probe->bucket = 0;
		return;
	}
	out_probe->group = g;
	out_probe->bucket = points4_bucket(g, key);
	out_probe->line = points4_line(c, g, out_probe->bucket);
	points4_fetch(out_probe);
}

/* Begin a lookup: find the home bucket and prefetch it. */
static inline void points4_start(const struct points4_constants *c, uint32_t address,
                                 struct points4_probe *out_probe)
{
	points4_start_mixed(c, points4_mix(c, address), out_probe);
}

static inline uint32_t points4_load_narrow(const char *line, unsigned word)
{
	/* acquire: pairs with release in points4_slot_store(): a verdict's definition is visible
	 * with it */
	return atomic_load_explicit(
	    (const _Atomic uint32_t *)(const void *)(line + (size_t)4 * word),
	    memory_order_acquire);
}

/* A slot, as it is, and the verdict + 1 that is in it; 0 = empty. */
static inline uint64_t points4_load(const struct points4_group *g, const char *line, unsigned word)
{
	if (!points4_is_wide(g))
		return points4_load_narrow(line, word);
	/* acquire: likewise */
	return atomic_load_explicit(
	    (const _Atomic uint64_t *)(const void *)(line + (size_t)4 * word),
	    memory_order_acquire);
}

static inline uint32_t points4_verdict(const struct points4_group *g, uint64_t slot)
{
	if (points4_is_wide(g))
		return slot >> 32 & ~POINTS4_SPILL;
	return ((uint32_t)slot & ~POINTS4_SPILL) >> g->value_shift;
}

/* Whether an address went past a bucket. */
static inline bool points4_spills(const struct points4_group *g, const char *line)
{
	/* acquire, as in points4_load(): a bucket that says that nothing went past it says so from
	 * after the last such address was cleared */
	return points4_load(g, line, 0) & (points4_is_wide(g) ? UINT64_C(1) << 63 : POINTS4_SPILL);
}

/* The mask and the key of a probe, in this bucket; octets = 0xff, or 0 for any octet. */
static inline uint32_t points4_mask(const struct points4_probe *probe, uint32_t octets,
                                    uint32_t *out_key)
{
	const struct points4_group *g = probe->group;
	const uint32_t mask = g->mask & (~0xffu | octets);

	if (points4_is_wide(g))
		*out_key = probe->key & UINT32_MAX >> g->depth & mask;
	else
		*out_key = ((probe->key & g->mask / POINTS4_REACH) | probe->distance
		                                                         << points4_key_bits(g)) &
		           mask;
	return mask;
}

/* The verdict + 1 in one of some words, if that is still the address; else 0. */
static inline uint32_t points4_try(const struct points4_probe *probe, uint32_t words, uint32_t mask,
                                   uint32_t key)
{
	/* of no words it is one that is none of them: no branch on what is anyone's guess */
	const unsigned word = (unsigned)__builtin_ctz(words | POINTS4_NO_WORD) % POINTS4_WORDS;
	const uint64_t slot = points4_load(probe->group, probe->line, word);

	return points4_verdict(probe->group, slot) &
	       -(uint32_t)(words != 0 && ((uint32_t)slot & mask) == key);
}

/* The verdict + 1 of the address in the probe's bucket; 0: not here. */
static inline uint32_t points4_here(const struct points4_probe *probe)
{
	uint32_t key, mask = points4_mask(probe, 0xff, &key);
	uint32_t words = points4_match(probe->line, mask, key), value;

	if (points4_is_wide(probe->group))
		words &= 0x5555;
	value = points4_try(probe, words, mask, key);
	/* more than one: empty ones look like the key 0, or a word has just changed */
	while (__builtin_expect((words & (words - 1)) != 0 && value == 0, false)) {
		words &= words - 1;
		value = points4_try(probe, words, mask, key);
	}
	return value;
}

/* Whether the address may be in one of the next buckets. */
static inline bool points4_is_passed(const struct points4_probe *probe)
{
	return points4_spills(probe->group, probe->line);
}

/* A home bucket, at a first look. */
struct points4_look {
	uint32_t value;     /* the verdict + 1; 0: not here */
	uint32_t is_passed; /* bool: as points4_is_passed() */
};

/* points4_look() in any case: wide slots, too, or a bucket of which a word looks like the key. */
struct points4_look points4_look_closely(const struct points4_group *g, const char *line,
                                         uint32_t key);

/*
 * Look at the home bucket of a probe, where the distance is 0 and the key shorter to tell, without
 * a branch on what is there, which is anyone's guess.
 */
static inline struct points4_look points4_look(const struct points4_group *g, const char *line,
                                               uint32_t full_key)
{
	const uint32_t mask = g->mask, key = full_key & mask / POINTS4_REACH;
	uint32_t words, slot, other, value;

	if (__builtin_expect(points4_is_wide(g), false))
		return points4_look_closely(g, line, full_key);
	words = points4_match(line, mask, key);
	/* of no words it is one that is not the address, or has just become it */
	slot = points4_load_narrow(line, (unsigned)__builtin_ctz(words | POINTS4_LAST_WORD));
	other = (slot & mask) ^ key; /* below 1 << 31, as the mask is */
	value = (slot & ~POINTS4_SPILL) >> g->value_shift & -((other - 1) >> 31);
	/* some words and no value: empty ones look like the key 0, or one has just changed */
	if (__builtin_expect((value - 1) & -words & 1u << 31, false))
		return points4_look_closely(g, line, full_key);
	return (struct points4_look){value, points4_load_narrow(line, 0) / POINTS4_SPILL};
}

/* Go on to the next bucket, if the address may be there. */
static inline bool points4_next(const struct points4_constants *c, struct points4_probe *probe)
{
	const struct points4_group *g = probe->group;

	if (!points4_is_passed(probe))
		return false;
	if (++probe->distance >= points4_reach(g))
		return false;
	if (++probe->bucket == g->bucket_count)
		probe->bucket = 0;
	probe->line = points4_line(c, g, probe->bucket);
	return true;
}

/* The verdict + 1 of an address, or 0. */
static inline uint32_t points4_value(const struct points4_constants *c, struct points4_probe *probe)
{
	uint32_t value;

	do
		value = points4_here(probe);
	while (value == 0 && points4_next(c, probe));
	return value;
}

/* All addresses of a /24. Returns how many; at most POINTS4_NET_MAX. */
unsigned points4_collect(const struct points4 *p, uint32_t net,
                         struct points4_found out_found[POINTS4_NET_MAX]);

/* memory: all zeros, of the size of a struct points4. */
void points4_init(struct points4 *p, struct pages *memory, struct arena *arena,
                  const struct points4_tuning *tuning);

/*
 * Give an address a verdict: a new address, or another verdict for one that is there. The arena has
 * POINTS4_RESERVE and POINTS4_RETIRE.
 *
 * Returns: false when there is no room within reach of its bucket; unchanged
 */
bool points4_put(struct points4 *p, uint32_t address, verdict_t verdict);

/*
 * Make room for so many addresses at once, of which none is there yet. A hint: where memory is
 * short nothing is done. Until points4_fit() nothing shrinks.
 *
 * count: at most POINTS4_EXPECTED_MAX is taken
 */
void points4_reserve(struct points4 *p, uint64_t count);

/* All that were expected have come: give back what they do not need. */
void points4_fit(struct points4 *p);

/* Whether an address that is there can change to a verdict without growing. */
bool points4_fits(const struct points4 *p, uint32_t address, verdict_t verdict);

/* The same for any address that is there. */
bool points4_fits_all(const struct points4 *p, verdict_t verdict);

/* Take an address out. Does not shrink. */
void points4_clear(struct points4 *p, uint32_t net, const struct points4_found *found);

/* Shrink where a /24 is, if it is time and there is memory. */
void points4_tidy(struct points4 *p, uint32_t net);

/* The same everywhere. */
void points4_tidy_all(struct points4 *p);

/* Hint that points4_put() of the address follows. */
void points4_prefetch(const struct points4 *p, uint32_t address);
