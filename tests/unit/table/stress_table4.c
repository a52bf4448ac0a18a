/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers check each IPv4 answer at full speed while the update thread makes points come, go, grow,
 * spill, go wide, move to blocks and back, and shrink. Three sorts of addresses share /24s and
 * buckets: steady ones never change, toggled ones come and go, and rising ones are painted with the
 * number of the round, alone or with all of their /24 or /16, so that they may only rise, never
 * above the round under way.
 */
#include "dataplane/table/table4_parts.h"
#include "tests/unit/table/order.h"

#include <urcu-qsbr.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define READERS 2
#define KEYS    3000
#define BURST   40
#define STEADY  3 /* the verdict of steady addresses, and its list */
#define TOGGLED 2
#define RISEN   4           /* rounds start here */
#define SCATTER 0x0a000000u /* one /8 of scattered addresses of all sorts */
#define CROWD   0x0b000000u /* one /16 with crowded /24s of steady and toggled ones */
#define WHOLE   0x0c000000u /* one /16 of rising ones that is painted whole */

enum sort { SORT_STEADY, SORT_TOGGLED, SORT_RISING };

struct key {
	uint32_t address;
	enum sort sort;
};

struct stress {
	struct table4 *table;
	struct key keys[KEYS];
	_Atomic verdict_t round; /* the writer: before it paints it; readers */
	atomic_bool stop;
	atomic_uint ready; /* readers that are under way */
};

struct reader {
	struct stress *stress;
	pthread_t thread;
	uint64_t changes;    /* answers unlike the one before: the test saw something */
	const char *failure; /* the first; NULL */
	verdict_t seen[KEYS];
};

static void report(struct reader *r, const char *claim)
{
	if (!r->failure)
		r->failure = claim;
}

static void check(struct reader *r, unsigned key, verdict_t verdict)
{
	verdict_t *seen = &r->seen[key];

	switch (r->stress->keys[key].sort) {
	case SORT_STEADY:
		if (verdict != STEADY)
			report(r, "a steady address is always there");
		break;
	case SORT_TOGGLED:
		if (verdict != TOGGLED && verdict != VERDICT_NONE)
			report(r, "a toggled address is there or not");
		break;
	case SORT_RISING:
		/* acquire: pairs with release in play_round() */
		if (verdict < *seen ||
		    verdict > atomic_load_explicit(&r->stress->round, memory_order_acquire))
			report(r, "a rising address rises");
		break;
	}
	r->changes += verdict != *seen;
	*seen = verdict;
}

static void read_burst(struct reader *r, unsigned first)
{
	uint32_t addresses[BURST];
	verdict_t verdicts[BURST];

	for (unsigned i = 0; i < BURST; i++)
		addresses[i] = r->stress->keys[first + i].address;
	table4_lookup_burst(r->stress->table, addresses, BURST, verdicts);
	for (unsigned i = 0; i < BURST; i++)
		check(r, first + i, verdicts[i]);
}

static void *read_all(void *context)
{
	const uint64_t steady[LISTSET_WORDS] = {1u << STEADY};
	struct reader *r = context;
	struct stress *s = r->stress;

	rcu_register_thread();
	atomic_fetch_add(&s->ready, 1);
	while (!atomic_load_explicit(&s->stop, memory_order_relaxed)) {
		for (unsigned i = 0; i < KEYS; i += BURST) {
			read_burst(r, i);
			order_quiescent();
		}
		for (unsigned i = 0; i < KEYS; i++) {
			uint32_t address = s->keys[i].address;

			check(r, i, table4_lookup(s->table, address));
			if (s->keys[i].sort == SORT_STEADY && i % 8 == 0 &&
			    !table4_any(s->table, address & ~0xffu, address | 0xff, steady))
				report(r, "a /24 has its steady address");
			if (i % BURST == 0)
				order_quiescent();
		}
	}
	order_offline();
	rcu_unregister_thread();
	return NULL;
}

static void paint(struct stress *s, uint32_t first, uint32_t last, verdict_t verdict)
{
	assert_int_equal(table4_paint(s->table, first, last, verdict), 0);
}

/* All of a sort, from some key on: one by one, or in a burst. */
static void paint_sort(struct stress *s, enum sort sort, unsigned from, verdict_t verdict)
{
	uint32_t addresses[KEYS];
	verdict_t verdicts[KEYS];
	unsigned count = 0;

	for (unsigned i = 0; i < KEYS; i++) {
		const struct key *key = &s->keys[(from + i) % KEYS];

		if (key->sort != sort)
			continue;
		addresses[count] = key->address;
		verdicts[count++] = verdict;
	}
	if (from % 2 == 0) {
		assert_int_equal(
		    table4_paint_burst(s->table, addresses, addresses, verdicts, count), 0);
		return;
	}
	for (unsigned i = 0; i < count; i++)
		paint(s, addresses[i], addresses[i], verdict);
}

/* The whole /16 in one burst: parts of a /24, and /24s. */
static void paint_rising_burst(struct stress *s, verdict_t round)
{
	uint32_t firsts[512], lasts[512];
	verdict_t verdicts[512];

	for (unsigned i = 0; i < 512; i++) {
		firsts[i] = WHOLE + (i / 2 << 8) + (i % 2 ? round % 200 + 20 : 0);
		lasts[i] = WHOLE + (i / 2 << 8) + (i % 2 ? 255 : round % 200 + 19);
		verdicts[i] = round;
	}
	assert_int_equal(table4_paint_burst(s->table, firsts, lasts, verdicts, 512), 0);
}

static void paint_rising(struct stress *s, verdict_t round)
{
	if (round % 3 == 0)
		paint_sort(s, SORT_RISING, round * 7, round);
	if (round % 6 == 1)
		paint(s, WHOLE, WHOLE + 0xffff, round);
	if (round % 6 == 4)
		paint_rising_burst(s, round);
	for (unsigned i = 0; round % 3 == 2 && i < 256; i++)
		paint(s, WHOLE + (i * 37 % 256 << 8), WHOLE + (i * 37 % 256 << 8) + 0xff, round);
	for (unsigned i = 0; i < KEYS;
	     i += 3) { /* some are alone above a range, or parts of a /24 */
		const struct key *key = &s->keys[(i + round) % KEYS];

		if (key->sort == SORT_RISING && key->address >> 16 == WHOLE >> 16)
			paint(s, key->address & ~7u, key->address | 7, round);
	}
}

static void play_round(struct stress *s, verdict_t round)
{
	/* release: pairs with acquire in check() */
	atomic_store_explicit(&s->round, round, memory_order_release);
	paint_sort(s, SORT_TOGGLED, round * 11, TOGGLED);
	paint_rising(s, round);
	paint_sort(s, SORT_TOGGLED, round * 13, VERDICT_NONE);
	table4_end_batch(s->table); /* blocks with little left are on their way to points */
	paint_rising(s, round);
	table4_end_batch(s->table);
}

static void choose_keys(struct stress *s)
{
	for (unsigned i = 0; i < KEYS; i++) {
		struct key *key = &s->keys[i];
		uint32_t random = (i + 1) * 0x9e3779b1u;

		random ^= random >> 15;
		key->sort = i % 8 == 0 ? SORT_STEADY : i % 8 < 6 ? SORT_TOGGLED : SORT_RISING;
		if (key->sort == SORT_RISING && i % 16 > 7)
			key->address = WHOLE | (random & 0x3f3f);
		else if (i % 5 == 0 && key->sort != SORT_RISING)
			key->address = CROWD | (random & 0x1f) << 8 | (i / 5 * 8 + i % 8) % 256;
		else
			key->address = SCATTER | (random & 0xfffff0) | i % 16;
	}
}

/* Addresses that two keys have got are of no use. */
static void drop_doubles(struct stress *s)
{
	for (unsigned i = 0; i < KEYS; i++) {
		for (unsigned k = i + 1; k < KEYS; k++) {
			if (s->keys[k].address == s->keys[i].address)
				s->keys[k].address = 0x0d000000 + k * 300;
		}
	}
}

static void start(struct stress *s, struct reader *readers, const struct table4_tuning *tuning)
{
	memset(s, 0, sizeof(*s));
	memset(readers, 0, READERS * sizeof(*readers));
	choose_keys(s);
	drop_doubles(s);
	s->table = table4_new_tuned(tuning);
	assert_non_null(s->table);
	paint_sort(s, SORT_STEADY, 0, STEADY);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i].stress = s;
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]),
		                 0);
	}
	while (atomic_load(&s->ready) < READERS)
		sched_yield();
}

static void stop(struct stress *s, struct reader *readers)
{
	atomic_store(&s->stop, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	table4_free(s->table);
	order_barrier();
	for (unsigned i = 0; i < READERS; i++) {
		if (readers[i].failure)
			print_error("# not so: %s\n", readers[i].failure);
		assert_null(readers[i].failure);
		assert_true(readers[i].changes > 0);
	}
}

static const struct {
	const char *reason;
	struct table4_tuning tuning;
	verdict_t last_round; /* up to 14 fit into the narrow slots of a small table */
	unsigned runs;
} rows[] = {
    {"narrow slots, as usual",
     {.points = {{0x2c1b3c6d | 1, 0x297a2d39, 77}, 8, 82}, .net_points = 12},
     14,
     3},
    {"pages of 16 buckets: narrow and wide, cuts and merges",
     {.points = {{0x85ebca6b, 0xc2b2ae35, 5}, 4, 82}, .net_points = 12},
     40,
     2},
    {"pages of 2 buckets, crowded: spills and blocks",
     {.points = {{0x9e3779b1, 0x27d4eb2f, 1}, 1, 95}, .net_points = POINTS4_NET_MAX},
     30,
     1},
};

static void test_rounds(void **state)
{
	static struct stress s;
	static struct reader readers[READERS];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("# %s\n", rows[i].reason);
		for (unsigned run = 0; run < rows[i].runs; run++) {
			start(&s, readers, &rows[i].tuning);
			for (verdict_t round = RISEN; round <= rows[i].last_round; round++)
				play_round(&s, round);
			stop(&s, readers);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
