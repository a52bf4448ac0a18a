/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/table/points4.h"

#include "dataplane/table/points4_build.h"
#include "dataplane/table/points4_slot.h"

#include <assert.h>
#include <string.h>

#define SHRINK_PERCENT 45
#define SHRUNK_PERCENT 68
#define MERGE_PAGES    8
#define FIT_PERCENT    60 /* once all have come, below it */

/* narrow, as a table of few addresses has it: any key but 0 is seen not to be there */
#define NO_KEY_BITS 24
const struct points4_group points4_none = {.mask = (POINTS4_REACH << NO_KEY_BITS) - 1,
                                           .bucket_count = 1,
                                           .value_shift = NO_KEY_BITS + POINTS4_DISTANCE};
_Alignas(POINTS4_LINE) const char points4_no_line[POINTS4_LINE];

void points4_init(struct points4 *p, struct pages *memory, struct arena *arena,
                  const struct points4_tuning *tuning)
{
	pages_touch(memory, p);
	p->arena = arena;
	p->memory = memory;
	p->tuning = *tuning;
	p->constants = (struct points4_constants){
	    .base = arena->base,
	    .directory = p->directory,
	    .flip = tuning->secret[2] << 8,
	    .factors = {tuning->secret[0], tuning->secret[1], 0x9e3779b1u},
	    .page_shift = tuning->page_shift,
	};
}

static void set_spill(const struct points4_group *g, const char *line, bool is_on)
{
	uint64_t slot = points4_slot_own(g, line, 0) & ~points4_slot_spill(g);

	points4_slot_store(g, line, 0, is_on ? slot | points4_slot_spill(g) : slot);
}

/* The addresses of a probe's /24, or the probe's address only (octets = 0xff), in its bucket. */
static unsigned look(const struct points4 *p, const struct points4_probe *probe, uint32_t octets,
                     struct points4_found *out_found, unsigned room)
{
	const struct points4_group *g = probe->group;
	const char *line = points4_line(&p->constants, g, probe->bucket);
	uint32_t key, mask = points4_mask(probe, octets, &key);
	uint32_t words = points4_match(line, mask, key);
	unsigned count = 0;

	if (points4_is_wide(g))
		words &= 0x5555;
	for (; words && count < room; words &= words - 1) {
		unsigned word = (unsigned)__builtin_ctz(words);
		uint64_t slot = points4_load(g, line, word);

		if (((uint32_t)slot & mask) != key || points4_verdict(g, slot) == 0)
			continue;
		out_found[count++] = (struct points4_found){
		    .verdict = points4_verdict(g, slot) - 1,
		    .bucket = (uint16_t)probe->bucket,
		    .word = (uint8_t)word,
		    .distance = (uint8_t)probe->distance,
		    .octet = (uint8_t)slot,
		};
	}
	return count;
}

unsigned points4_collect(const struct points4 *p, uint32_t net,
                         struct points4_found out_found[POINTS4_NET_MAX])
{
	struct points4_probe probe;
	unsigned count = 0;

	points4_start(&p->constants, net << 8, &probe);
	if (probe.group == &points4_none)
		return 0;
	do
		count += look(p, &probe, 0, &out_found[count], POINTS4_NET_MAX - count);
	while (points4_next(&p->constants, &probe));
	return count;
}

static bool find(const struct points4 *p, struct points4_probe *probe,
                 struct points4_found *out_found)
{
	do {
		if (look(p, probe, 0xff, out_found, 1))
			return true;
	} while (points4_next(&p->constants, probe));
	return false;
}

/* Put a new address where there is room. */
static bool insert(const struct points4 *p, struct points4_probe probe, verdict_t verdict)
{
	const struct points4_group *g = probe.group;
	const uint32_t home = probe.bucket;
	int word;

	while ((word = points4_slot_empty(g, points4_line(&p->constants, g, probe.bucket))) < 0) {
		if (++probe.distance == points4_reach(g))
			return false;
		probe.bucket = (home + probe.distance) % g->bucket_count;
	}
	/* the spill bits first: who finds the address once finds it again */
	for (uint32_t i = 0; i < probe.distance; i++) {
		const char *line = points4_line(&p->constants, g, (home + i) % g->bucket_count);

		if (!points4_spills(g, line))
			set_spill(g, line, true);
	}
	points4_slot_put(g, points4_line(&p->constants, g, probe.bucket), (unsigned)word,
	                 points4_slot_make(&probe, verdict));
	return true;
}

/* Whether an address that can be anywhere went past a bucket. */
static bool is_passed(const struct points4 *p, const struct points4_group *g, uint32_t bucket)
{
	for (uint32_t i = 1; i < points4_reach(g); i++) {
		uint32_t at = (bucket + i) % g->bucket_count;
		const char *line = points4_line(&p->constants, g, at);

		for (unsigned word = 0; word < POINTS4_WORDS; word += points4_is_wide(g) ? 2 : 1) {
			uint64_t slot = points4_slot_own(g, line, word) & ~points4_slot_spill(g);

			if (slot && points4_build_distance(g, at, slot) >= i)
				return true;
		}
	}
	return false;
}

bool points4_fits(const struct points4 *p, uint32_t address, verdict_t verdict)
{
	struct points4_probe probe;

	points4_start(&p->constants, address, &probe);
	return probe.group != &points4_none && points4_build_fits(probe.group, verdict);
}

bool points4_fits_all(const struct points4 *p, verdict_t verdict)
{
	for (uint32_t entry = 0; entry < POINTS4_DIRECTORY;) {
		const struct points4_group *g = points4_build_group(p, entry);

		if (!g || !points4_build_fits(g, verdict))
			return !g;
		entry += POINTS4_DIRECTORY >> g->depth;
	}
	return true;
}

/* Change an address that is there. Returns false if it is not. */
static bool change(struct points4 *p, struct points4_probe probe, verdict_t verdict)
{
	struct points4_found found;

	if (!find(p, &probe, &found))
		return false;
	points4_slot_put(probe.group, points4_line(&p->constants, probe.group, found.bucket),
	                 found.word, points4_slot_make(&probe, verdict));
	return true;
}

bool points4_put(struct points4 *p, uint32_t address, verdict_t verdict)
{
	for (unsigned growths = 0; growths <= POINTS4_GROWTHS; growths++) {
		struct points4_probe probe;
		uint32_t entry;

		points4_start(&p->constants, address, &probe);
		if (probe.group != &points4_none && points4_build_fits(probe.group, verdict)) {
			entry = points4_slot_entry(p, address >> 8);
			points4_slot_note(p, entry, verdict);
			if (change(p, probe, verdict))
				return true;
			if (points4_slot_has_room(p, probe.group, entry)) {
				if (!insert(p, probe, verdict))
					return false; /* it is just here that they crowd */
				p->counts[entry]++;
				return true;
			}
		}
		if (!points4_build_grow(p, address >> 8, verdict))
			return false;
	}
	return false;
}

void points4_clear(struct points4 *p, uint32_t net, const struct points4_found *found)
{
	uint32_t entry = points4_slot_entry(p, net);
	const struct points4_group *g = points4_build_group(p, entry);

	points4_slot_put(g, points4_line(&p->constants, g, found->bucket), found->word, 0);
	p->counts[entry]--;
	for (uint32_t i = found->distance; i > 0; i--) {
		uint32_t bucket = (found->bucket + g->bucket_count - i) % g->bucket_count;

		if (!is_passed(p, g, bucket))
			set_spill(g, points4_line(&p->constants, g, bucket), false);
	}
}

/* One step towards less memory. Returns false if there is none. */
static bool shrink(struct points4 *p, uint32_t entry)
{
	const struct points4_group *g = points4_build_group(p, entry);
	uint32_t count = p->counts[entry], buddy;
	const struct points4_group *other;

	if (g->depth == 0 && count == 0)
		return points4_build_remove(p);
	buddy = entry ^ (POINTS4_DIRECTORY >> g->depth);
	other = g->depth > 0 ? points4_build_group(p, buddy) : NULL;
	if (other && other->depth == g->depth &&
	    points4_build_pages(p, points4_is_wide(g) || points4_is_wide(other),
	                        count + p->counts[buddy], SHRUNK_PERCENT) <= MERGE_PAGES)
		return points4_build_merge(p, entry < buddy ? entry : buddy, SHRUNK_PERCENT);
	if (points4_build_pages(p, points4_is_wide(g), count, SHRUNK_PERCENT) >=
	    points4_build_page_count(p, g))
		return false;
	return points4_build_shrink(p, entry, SHRUNK_PERCENT);
}

/* Shrink a group of which a smaller share is used. */
static void tidy_entry(struct points4 *p, uint32_t entry, unsigned percent)
{
	const struct points4_group *g = points4_build_group(p, entry);

	while (g) {
		entry &= ~((POINTS4_DIRECTORY >> g->depth) - 1);
		if ((uint64_t)p->counts[entry] * 100 >= (uint64_t)points4_slot_count(g) * percent &&
		    p->counts[entry] > 0)
			return;
		if (arena_reserve(p->arena, POINTS4_RESERVE, POINTS4_RETIRE) < 0)
			return;
		if (!shrink(p, entry))
			return;
		g = points4_build_group(p, entry);
	}
}

void points4_tidy(struct points4 *p, uint32_t net)
{
	if (p->expected == 0)
		tidy_entry(p, points4_slot_entry(p, net), SHRINK_PERCENT);
}

static void tidy_all(struct points4 *p, unsigned percent)
{
	for (uint32_t entry = 0; entry < POINTS4_DIRECTORY; entry++)
		tidy_entry(p, entry, percent);
}

void points4_tidy_all(struct points4 *p)
{
	if (p->expected == 0)
		tidy_all(p, SHRINK_PERCENT);
}

void points4_fit(struct points4 *p)
{
	if (p->expected == 0)
		return;
	p->expected = 0;
	tidy_all(p, FIT_PERCENT);
}

struct points4_look points4_look_closely(const struct points4_group *g, const char *line,
                                         uint32_t key)
{
	const struct points4_probe probe = {.group = g, .line = line, .key = key};

	return (struct points4_look){points4_here(&probe), points4_is_passed(&probe)};
}

void points4_prefetch(const struct points4 *p, uint32_t address)
{
	struct points4_probe probe;

	points4_start(&p->constants, address, &probe);
}
