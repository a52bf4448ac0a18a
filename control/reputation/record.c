/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/reputation/record.h"

#include <string.h>

static size_t record_size(const struct blocks *b, const struct record *r)
{
	struct record_parts p;

	record_parts(b, r, &p);
	return p.size;
}

/* Make a gap of zeros in the tail; the caller then says in the head what it is. */
static uint8_t *record_open(struct blocks *b, struct record *r, size_t at, size_t size)
{
	size_t before = record_size(b, r);
	unsigned units = (unsigned)((before + size + BLOCKS_UNIT - 1) / BLOCKS_UNIT);
	uint8_t *tail;

	if (units > r->tail_units) {
		uint32_t block = blocks_take(b, units);

		if (r->tail) {
			memcpy(blocks_at(b, block), blocks_at(b, r->tail), before);
			blocks_give(b, r->tail, r->tail_units);
		}
		r->tail = block;
		r->tail_units = (uint8_t)units;
	}
	tail = blocks_at(b, r->tail);
	memmove(tail + at + size, tail + at, before - at);
	memset(tail + at, 0, size);
	return tail + at;
}

static void record_close(struct blocks *b, struct record *r, size_t at, size_t size)
{
	uint8_t *tail = blocks_at(b, r->tail);

	memmove(tail + at, tail + at + size, record_size(b, r) - at - size);
}

static size_t record_offset(const struct blocks *b, const struct record *r, const void *part)
{
	return part ? (size_t)((const uint8_t *)part - (const uint8_t *)blocks_at(b, r->tail)) : 0;
}

struct evidence *record_evidence(const struct blocks *b, const struct record *r,
                                 enum event_class class)
{
	if (!(r->classes & 1u << class))
		return NULL;
	return (struct evidence *)blocks_at(b, r->tail) + record_rank(r->classes, class);
}

struct record_state *record_state(const struct blocks *b, const struct record *r,
                                  enum dials_list list)
{
	struct record_parts p;

	if (!(r->lists & 1u << list))
		return NULL;
	record_parts(b, r, &p);
	return &p.states[record_rank(r->lists, list)];
}

/* Evidence and its base: opened as one gap, of which the base's part is then moved to its place. */
static void record_open_evidence(struct blocks *b, struct record *r, unsigned rank)
{
	size_t at = rank * sizeof(struct evidence), base_at, base_size;
	struct record_parts p;
	uint8_t *tail;

	record_parts(b, r, &p);
	base_size = p.bases ? sizeof(*p.bases) : 0;
	base_at = p.bases ? record_offset(b, r, &p.bases[rank]) : at;
	record_open(b, r, at, sizeof(struct evidence) + base_size);
	tail = blocks_at(b, r->tail);
	at += sizeof(struct evidence);
	base_at += sizeof(struct evidence);
	memmove(tail + at, tail + at + base_size, base_at - at);
	memset(tail + base_at, 0, base_size);
}

struct evidence *record_need_evidence(struct blocks *b, struct record *r, enum event_class class)
{
	if (!(r->classes & 1u << class)) {
		record_open_evidence(b, r, record_rank(r->classes, class));
		r->classes |= (uint16_t)(1u << class);
	}
	return record_evidence(b, r, class);
}

struct record_state *record_need_state(struct blocks *b, struct record *r, enum dials_list list)
{
	struct record_parts p;

	if (!(r->lists & 1u << list)) {
		record_parts(b, r, &p);
		record_open(b, r,
		            record_offset(b, r, p.states) +
		                record_rank(r->lists, list) * sizeof(*p.states),
		            sizeof(*p.states));
		r->lists |= (uint8_t)(1u << list);
	}
	return record_state(b, r, list);
}

struct record_window *record_need_window(struct blocks *b, struct record *r)
{
	struct record_parts p;

	if (!(r->flags & RECORD_HAS_WINDOW)) {
		record_parts(b, r, &p);
		record_open(b, r, record_offset(b, r, p.sets[0]), sizeof(*p.window));
		r->flags |= RECORD_HAS_WINDOW;
	}
	record_parts(b, r, &p);
	return p.window;
}

struct record_members *record_need_members(struct blocks *b, struct record *r)
{
	struct record_parts p;

	if (!(r->flags & RECORD_HAS_MEMBERS)) {
		record_parts(b, r, &p);
		record_open(b, r,
		            record_offset(b, r, p.states) +
		                record_count(r->lists) * sizeof(*p.states),
		            sizeof(*p.members));
		r->flags |= RECORD_HAS_MEMBERS;
	}
	record_parts(b, r, &p);
	return p.members;
}

void record_need_name(struct blocks *b, struct record *r, const uint8_t *name, uint8_t size)
{
	if (r->name_size)
		return;
	memcpy(record_open(b, r, record_size(b, r), size), name, size);
	r->name_size = size;
}

void record_delist(struct blocks *b, struct record *r, int64_t now_ms)
{
	unsigned count = record_count(r->classes);
	struct record_parts p;

	if (!(r->flags & RECORD_IS_DELISTED)) {
		record_open(b, r, count * sizeof(*p.evidence),
		            sizeof(*p.delisted_ms) + count * sizeof(*p.bases));
		r->flags |= RECORD_IS_DELISTED;
	}
	record_parts(b, r, &p);
	*p.delisted_ms = now_ms;
	for (unsigned i = 0; i < count; i++)
		memcpy(p.bases[i], p.evidence[i].sums, sizeof(*p.bases));
}

/* The base moves along the grid with its sums, and takes what is of before the delisting. */
static void record_gain_base(struct blocks *b, struct record *r, const struct dials *dials,
                             const struct evidence_gain *gain)
{
	unsigned rank = record_rank(r->classes, gain->class);
	struct evidence_gain of_base = *gain;
	struct evidence base;
	struct record_parts p;

	record_parts(b, r, &p);
	base = p.evidence[rank];
	memcpy(base.sums, p.bases[rank], sizeof(base.sums));
	for (unsigned i = 0; i < EVIDENCE_LANES; i++) {
		if (gain->time_ms > *p.delisted_ms)
			of_base.parts[i].value = 0;
	}
	evidence_add(&base, dials, &of_base);
	memcpy(p.bases[rank], base.sums, sizeof(base.sums));
}

void record_gain(struct blocks *b, struct record *r, const struct dials *dials,
                 const struct evidence_gain *gain)
{
	struct evidence *e = record_need_evidence(b, r, gain->class);

	if (r->flags & RECORD_IS_DELISTED)
		record_gain_base(b, r, dials, gain);
	evidence_add(e, dials, gain);
}

void record_drop_evidence(struct blocks *b, struct record *r, enum event_class class)
{
	unsigned rank = record_rank(r->classes, class);
	struct record_parts p;

	if (!(r->classes & 1u << class))
		return;
	record_parts(b, r, &p);
	if (p.bases)
		record_close(b, r, record_offset(b, r, &p.bases[rank]), sizeof(*p.bases));
	/* The head still counts the base. What moves beyond the end is not read. */
	record_close(b, r, rank * sizeof(struct evidence), sizeof(struct evidence));
	r->classes &= (uint16_t) ~(1u << class);
}

void record_drop_state(struct blocks *b, struct record *r, enum dials_list list)
{
	struct record_state *state = record_state(b, r, list);

	if (!state)
		return;
	record_close(b, r, record_offset(b, r, state), sizeof(*state));
	r->lists &= (uint8_t) ~(1u << list);
}

void record_shrink_set(struct blocks *b, struct record *r, enum record_set set)
{
	struct record_parts p;
	unsigned newest = 0;

	record_parts(b, r, &p);
	for (unsigned i = 1; i < r->sets[set]; i++) {
		if (p.sets[set][i].last_s > p.sets[set][newest].last_s)
			newest = i;
	}
	p.sets[set][0] = p.sets[set][newest];
	record_close(b, r, record_offset(b, r, &p.sets[set][1]),
	             (r->sets[set] - 1u) * sizeof(*p.sets[set]));
	r->sets[set] = 1;
}

int64_t record_see(struct blocks *b, struct record *r, enum record_set set, unsigned max,
                   const struct record_item *item)
{
	struct record_parts p;
	unsigned oldest = 0;

	record_parts(b, r, &p);
	for (unsigned i = 0; i < r->sets[set]; i++) {
		struct record_item *known = &p.sets[set][i];

		if (known->hash == item->hash) {
			int64_t before_s = known->last_s;

			if (known->last_s < item->last_s)
				known->last_s = item->last_s;
			return before_s;
		}
		if (known->last_s < p.sets[set][oldest].last_s)
			oldest = i;
	}
	if (r->sets[set] >= max) {
		p.sets[set][oldest] = *item;
		return -1;
	}
	*(struct record_item *)record_open(
	    b, r, record_offset(b, r, p.sets[set]) + r->sets[set] * sizeof(*item), sizeof(*item)) =
	    *item;
	r->sets[set]++;
	return -1;
}

void record_listing(struct blocks *b, struct record *r, const struct record_item pair[2])
{
	const size_t size = 2 * sizeof(*pair);
	struct record_parts p;
	size_t at;

	record_parts(b, r, &p);
	at = r->sets[RECORD_LISTINGS] * sizeof(*pair);
	if (r->sets[RECORD_LISTINGS] == RECORD_LISTINGS_MAX) {
		memmove(p.sets[RECORD_LISTINGS], p.sets[RECORD_LISTINGS] + 2, at - size);
		memcpy(p.sets[RECORD_LISTINGS] + RECORD_LISTINGS_MAX - 2, pair, size);
		return;
	}
	memcpy(record_open(b, r, record_offset(b, r, p.sets[RECORD_LISTINGS]) + at, size), pair,
	       size);
	r->sets[RECORD_LISTINGS] += 2;
}

unsigned record_seen_since(const struct blocks *b, const struct record *r, enum record_set set,
                           int64_t since_s)
{
	struct record_parts p;
	unsigned count = 0;

	record_parts(b, r, &p);
	for (unsigned i = 0; i < r->sets[set]; i++)
		count += (int64_t)p.sets[set][i].last_s > since_s;
	return count;
}

void record_free_tail(struct blocks *b, struct record *r)
{
	if (r->tail)
		blocks_give(b, r->tail, r->tail_units);
	r->tail = 0;
	r->tail_units = 0;
}
