/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * catalog and the data plane's verdicts together, against sets and counts in arrays: what is
 * painted is always defined, with the right listings, nothing else is after a batch, and ids stay
 * small. Batches end well, or are given up; then both start anew, as for a full load. Grace periods
 * end when the input says so.
 */
#include "control/catalog.h"
#include "dataplane/table/verdicts.h"
#include "tests/fuzz/table/check.h"
#include "tests/fuzz/table/grace.h"
#include "tests/fuzz/table/input.h"

#include <errno.h>
#include <string.h>

#define SETS     40
#define LISTINGS 10
#define OPS_MAX  20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
	struct catalog *catalog;
	struct verdicts *verdicts;
	uint64_t counts[SETS]; /* addresses and names that a set is painted on */
	uint32_t ids[SETS];    /* since it was interned last; 0 = not in this catalog */
};

/* The listings of a set: some of LISTINGS, never none, and no two sets alike. */
static unsigned bits_of(unsigned set)
{
	return set * 23 % 1023 + 1;
}

static const char text[LISTINGS + 1] = "abcdefghij";

static struct catalog_listing listing_of(unsigned i)
{
	return (struct catalog_listing){
	    .list = i, .code = 0x7f000002 + i, .text = text, .text_size = (uint8_t)i};
}

/* A definition that meets an id in its grace period waits for that. */
static void define_listing(struct state *s, uint32_t id)
{
	struct catalog_listing l;
	int rc;

	catalog_get_listing(s->catalog, id, &l);
	rc = verdicts_define_listing(s->verdicts, id, l.list, l.code, l.text, l.text_size);
	if (rc == -EBUSY) {
		grace_elapse();
		rc = verdicts_define_listing(s->verdicts, id, l.list, l.code, l.text, l.text_size);
	}
	CHECK(rc == 0);
}

static void define(struct state *s, uint32_t id)
{
	const uint32_t *listings;
	size_t count;
	int rc;

	if (catalog_mark_verdict(s->catalog, id))
		return;
	count = catalog_get_verdict(s->catalog, id, &listings);
	for (size_t i = 0; i < count; i++) {
		if (!catalog_mark_listing(s->catalog, listings[i]))
			define_listing(s, listings[i]);
	}
	rc = verdicts_define(s->verdicts, id, listings, count);
	if (rc == -EBUSY) {
		grace_elapse();
		rc = verdicts_define(s->verdicts, id, listings, count);
	}
	CHECK(rc == 0);
}

static void intern(struct state *s, unsigned set)
{
	uint32_t listings[LISTINGS], id;
	size_t count = 0;

	for (unsigned i = 0; i < LISTINGS; i++) {
		struct catalog_listing l = listing_of(i);

		if (bits_of(set) >> i & 1)
			CHECK(catalog_listing(s->catalog, &l, &listings[count++]) == 0);
	}
	CHECK(catalog_verdict(s->catalog, listings, count, &id) == 0);
	CHECK(s->ids[set] == 0 || s->ids[set] == id);
	s->ids[set] = id;
}

static void paint(struct state *s, unsigned set, uint64_t count)
{
	intern(s, set);
	define(s, s->ids[set]);
	catalog_add(s->catalog, (enum catalog_kind)(set % 3), s->ids[set], count);
	s->counts[set] += count;
}

static int forget(void *context, bool is_listing, uint32_t id)
{
	struct state *s = context;

	if (is_listing)
		verdicts_forget_listing(s->verdicts, id);
	else
		verdicts_forget(s->verdicts, id);
	return 0;
}

static void check_set(const struct state *s, unsigned set)
{
	const struct verdict *v = verdicts_get(s->verdicts, s->ids[set]);
	unsigned seen = 0;

	CHECK(v);
	for (uint32_t i = 0; i < v->count; i++) {
		const struct listing *l = v->listings[i];

		CHECK(l->list < LISTINGS && l->code == 0x7f000002 + l->list);
		CHECK(l->text_size == l->list && memcmp(l->text, text, l->text_size) == 0);
		seen |= 1u << l->list;
	}
	CHECK(seen == bits_of(set));
	for (unsigned i = 0; i < set; i++)
		CHECK(s->counts[i] == 0 || s->ids[i] != s->ids[set]);
}

static void check(const struct state *s)
{
	struct catalog_stats stats;
	struct verdicts_stats table;
	unsigned painted = 0, used = 0;

	for (unsigned set = 0; set < SETS; set++) {
		if (s->counts[set] == 0)
			continue;
		check_set(s, set);
		painted++;
		used |= bits_of(set);
	}
	catalog_stats(s->catalog, &stats);
	verdicts_stats(s->verdicts, &table);
	CHECK(stats.verdict_count == painted && table.verdict_count == painted);
	CHECK(stats.listing_count == (size_t)__builtin_popcount(used));
	CHECK(table.listing_count == stats.listing_count);
	CHECK(stats.listing_max <= 3 * LISTINGS && stats.verdict_max <= 3 * SETS);
}

static void commit(struct state *s)
{
	CHECK(catalog_collect(s->catalog, forget, s) == 0);
	for (unsigned set = 0; set < SETS; set++) {
		if (s->counts[set] == 0)
			s->ids[set] = 0;
	}
	check(s);
}

/* A batch is given up or a connection lost: everything that is painted is loaded in full. */
static void load_anew(struct state *s)
{
	catalog_free(s->catalog);
	verdicts_free(s->verdicts);
	s->catalog = catalog_new();
	s->verdicts = verdicts_new();
	CHECK(s->catalog && s->verdicts);
	memset(s->ids, 0, sizeof(s->ids));
	for (unsigned set = 0; set < SETS; set++) {
		uint64_t count = s->counts[set];

		s->counts[set] = 0;
		if (count > 0)
			paint(s, set, count);
	}
	commit(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	static struct state s;

	s = (struct state){.catalog = catalog_new(), .verdicts = verdicts_new()};
	CHECK(s.catalog && s.verdicts);
	for (int i = 0; i < OPS_MAX && !input_is_empty(&in); i++) {
		uint8_t op = input_byte(&in);
		unsigned set = input_byte(&in) % SETS;

		switch (op % 16) {
		case 0:
			commit(&s);
			break;
		case 1:
			grace_elapse();
			break;
		case 2:
			if (op >= 0xe0)
				load_anew(&s);
			break;
		case 3: /* only compared with, not painted */
			if (s.counts[set] > 0)
				intern(&s, set);
			break;
		case 4:
		case 5:
		case 6:
		case 7:
		case 8:
		case 9:
			paint(&s, set, 1u + op / 16);
			break;
		default: { /* fewer than there are, or all */
			uint64_t less = op & 0x80 ? s.counts[set] : s.counts[set] / 2;

			if (s.ids[set] != 0)
				catalog_remove(s.catalog, (enum catalog_kind)(set % 3), s.ids[set],
				               less);
			s.counts[set] -= less;
			break;
		}
		}
	}
	commit(&s);
	catalog_free(s.catalog);
	verdicts_free(s.verdicts);
	grace_elapse();
	return 0;
}
