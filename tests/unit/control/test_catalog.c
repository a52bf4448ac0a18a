/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/catalog.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VERDICTS_MAX 64
#define LISTINGS_MAX 24
#define ID_MAX       1024

static uint32_t listing(struct catalog *c, uint32_t list, const char *text)
{
	struct catalog_listing l = {
	    .list = list, .code = 0x7f000002, .text = text, .text_size = (uint8_t)strlen(text)};
	uint32_t id = 0;

	assert_int_equal(catalog_listing(c, &l, &id), 0);
	assert_int_not_equal(id, 0);
	return id;
}

static uint32_t verdict(struct catalog *c, const uint32_t *listings, size_t count)
{
	uint32_t id = 0;

	assert_int_equal(catalog_verdict(c, listings, count, &id), 0);
	assert_int_not_equal(id, 0);
	return id;
}

/* Remembers what was forgotten. */
struct forgotten {
	bool verdicts[ID_MAX], listings[ID_MAX];
	size_t count;
};

static int forget(void *context, bool is_listing, uint32_t id)
{
	struct forgotten *f = context;
	bool *seen = is_listing ? f->listings : f->verdicts;

	assert_true(id < ID_MAX);
	assert_false(seen[id]); /* told once */
	seen[id] = true;
	f->count++;
	return 0;
}

static struct forgotten collect(struct catalog *c)
{
	struct forgotten f = {.count = 0};

	assert_int_equal(catalog_collect(c, forget, &f), 0);
	return f;
}

static void test_same_content_same_id(void **state)
{
	struct catalog *c = catalog_new();
	uint32_t a, b, ab[2], ba[2];
	struct catalog_listing content;
	const uint32_t *listings;

	(void)state;
	assert_non_null(c);
	a = listing(c, 1, "x");
	b = listing(c, 1, "y");
	assert_int_not_equal(a, b);
	assert_int_not_equal(a, listing(c, 2, "x"));
	assert_int_equal(a, listing(c, 1, "x"));
	ab[0] = ba[1] = a;
	ab[1] = ba[0] = b;
	assert_int_equal(verdict(c, ab, 2), verdict(c, ab, 2));
	assert_int_not_equal(verdict(c, ab, 2), verdict(c, ba, 2)); /* order counts */
	assert_int_not_equal(verdict(c, ab, 1), verdict(c, ab, 2));
	assert_int_equal(catalog_get_verdict(c, verdict(c, ab, 2), &listings), 2);
	assert_int_equal(listings[0], a);
	assert_int_equal(listings[1], b);
	catalog_get_listing(c, b, &content);
	assert_int_equal(content.list, 1);
	assert_int_equal(content.text_size, 1);
	assert_int_equal(content.text[0], 'y');
	catalog_free(c);
}

/* A region may be counted up as one and down in pieces, in any order. */
static void test_counts_do_not_care_for_cuts(void **state)
{
	static const struct {
		enum catalog_kind kind;
		address6_t added, removed[3];
		bool is_left;
		const char *reason;
	} rows[] = {
	    {CATALOG_IP4, 256, {1, 254, 1}, false, "in three pieces"},
	    {CATALOG_IP4, 256, {1, 253, 1}, true, "one address is left"},
	    {CATALOG_IP4, UINT32_MAX, {UINT32_MAX, 0, 0}, false, "all but one address"},
	    {CATALOG_IP6,
	     ~(address6_t)0,
	     {(address6_t)1 << 127, ((address6_t)1 << 127) - 1, 0},
	     false,
	     "all but one address of IPv6"},
	    {CATALOG_IP6, (address6_t)1 << 64, {0, 0, 0}, true, "2^64 addresses are not none"},
	    {CATALOG_NAMES, 2, {1, 1, 0}, false, "a name's two verdicts"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct catalog *c = catalog_new();
		uint32_t l, v;

		assert_non_null(c);
		print_message("# %s\n", rows[i].reason);
		l = listing(c, 1, "");
		v = verdict(c, &l, 1);
		for (int j = 0; j < 3; j++) /* down first: the order within a batch is free */
			catalog_remove(c, rows[i].kind, v, rows[i].removed[j]);
		catalog_add(c, rows[i].kind, v, rows[i].added);
		catalog_mark_verdict(c, v);
		assert_int_equal(collect(c).count, rows[i].is_left ? 0 : 1);
		catalog_free(c);
	}
}

static void test_forgotten_ids_rest_for_a_batch(void **state)
{
	struct catalog *c = catalog_new();
	uint32_t l, v, again;
	struct forgotten f;

	(void)state;
	assert_non_null(c);
	l = listing(c, 1, "text");
	v = verdict(c, &l, 1);
	assert_false(catalog_mark_verdict(c, v));
	assert_true(catalog_mark_verdict(c, v));
	assert_false(catalog_mark_listing(c, l));
	catalog_add(c, CATALOG_IP4, v, 1);
	assert_int_equal(collect(c).count, 0);
	catalog_remove(c, CATALOG_IP4, v, 1);
	f = collect(c);
	assert_int_equal(f.count, 2);
	assert_true(f.verdicts[v]);
	assert_true(f.listings[l]);
	again = listing(c, 1, "text");
	assert_int_not_equal(again, l);
	assert_false(catalog_mark_listing(c, again)); /* has to be defined anew */
	assert_int_not_equal(verdict(c, &again, 1), v);
	collect(c);
	assert_int_equal(listing(c, 7, "other"), l); /* ids are used again, in the end */
	catalog_free(c);
}

static void test_id_that_was_never_sent_is_not_forgotten(void **state)
{
	struct catalog *c = catalog_new();
	struct catalog_stats stats;
	uint32_t l;

	(void)state;
	assert_non_null(c);
	l = listing(c, 1, "text");
	verdict(c, &l, 1);
	assert_int_equal(collect(c).count, 0);
	catalog_stats(c, &stats);
	assert_int_equal(stats.verdict_count, 0);
	assert_int_equal(stats.listing_count, 0);
	catalog_free(c);
}

/* The model: verdicts as bit sets of listings, and how many addresses each is painted on. */
struct model {
	uint32_t sets[VERDICTS_MAX];
	uint32_t ids[VERDICTS_MAX]; /* while painted, else 0 */
	unsigned counts[VERDICTS_MAX];
};

static uint32_t intern_set(struct catalog *c, uint32_t set)
{
	static const char text[LISTINGS_MAX + 1] = "abcdefghijklmnopqrstuvwx";
	uint32_t ids[LISTINGS_MAX];
	size_t count = 0;

	for (unsigned i = 0; i < LISTINGS_MAX; i++) {
		struct catalog_listing l = {
		    .list = i, .code = 0x7f000002, .text = text, .text_size = (uint8_t)i};

		if (set >> i & 1)
			assert_int_equal(catalog_listing(c, &l, &ids[count++]), 0);
	}
	return verdict(c, ids, count);
}

static void check_collected(struct catalog *c, struct model *m)
{
	struct forgotten f = collect(c);
	struct catalog_stats stats;
	uint32_t used = 0;
	size_t painted = 0;

	for (unsigned i = 0; i < VERDICTS_MAX; i++) {
		if (m->counts[i]) {
			painted++;
			used |= m->sets[i];
			assert_false(f.verdicts[m->ids[i]]); /* never forgotten while painted */
			for (unsigned j = 0; j < i; j++)
				assert_true(!m->counts[j] || m->ids[i] != m->ids[j]);
		} else if (m->ids[i]) {
			assert_true(f.verdicts[m->ids[i]]);
			m->ids[i] = 0;
		}
	}
	catalog_stats(c, &stats);
	assert_int_equal(stats.verdict_count, painted);
	assert_int_equal(stats.listing_count, __builtin_popcount(used));
}

static void test_against_a_model(void **state)
{
	struct catalog *c = catalog_new();
	struct model m = {.counts = {0}};

	(void)state;
	assert_non_null(c);
	srandom(1);
	for (unsigned i = 0; i < VERDICTS_MAX; i++)
		m.sets[i] = ((uint32_t)random() & ((1u << LISTINGS_MAX) - 1) &
		             ~(63u << 6 * (i % 3))) /* some share no listing */
		            | (i % 2 << 23) | 1u << i % 23;
	for (unsigned i = 0; i < VERDICTS_MAX; i++)
		for (unsigned j = 0; j < i; j++)
			if (m.sets[i] == m.sets[j])
				fail_msg("choose another seed");
	for (int step = 1; step <= 20000; step++) {
		unsigned i = (unsigned)random() % VERDICTS_MAX;

		if (m.counts[i] && random() % 5 < 3) {
			catalog_remove(c, CATALOG_IP4, m.ids[i], 1);
			m.counts[i]--;
		} else {
			uint32_t id = intern_set(c, m.sets[i]);

			assert_true(!m.ids[i] || m.ids[i] == id);
			m.ids[i] = id;
			catalog_mark_verdict(c, id);
			catalog_add(c, CATALOG_IP4, id, 1);
			m.counts[i]++;
		}
		if (step % 17 == 0)
			check_collected(c, &m);
	}
	for (unsigned i = 0; i < VERDICTS_MAX; i++) {
		catalog_remove(c, CATALOG_IP4, m.ids[i], m.counts[i]);
		m.counts[i] = 0;
	}
	check_collected(c, &m);
	catalog_free(c);
}

/* However much comes and goes, ids stay below what is in use and what rests, at the worst moment.
 */
static void test_ids_stay_small(void **state)
{
	enum { ALIVE = 50, ROUNDS = 20000 };
	struct catalog *c = catalog_new();
	uint32_t alive[ALIVE] = {0};
	struct catalog_stats stats;
	char text[16];

	(void)state;
	assert_non_null(c);
	srandom(2);
	for (int round = 0; round < ROUNDS; round++) {
		unsigned i = (unsigned)random() % ALIVE;
		uint32_t l;

		snprintf(text, sizeof(text), "%d", round);
		l = listing(c, 1, text);
		catalog_remove(c, CATALOG_NAMES, alive[i], 1);
		alive[i] = verdict(c, &l, 1);
		catalog_add(c, CATALOG_NAMES, alive[i], 1);
		if (round % 7 == 0)
			assert_int_equal(catalog_collect(c, forget, &(struct forgotten){0}), 0);
	}
	catalog_stats(c, &stats);
	assert_in_range(stats.listing_max, ALIVE, ALIVE + 2 * 7);
	assert_in_range(stats.verdict_max, ALIVE, ALIVE + 2 * 7);
	assert_in_range(stats.memory_size, ALIVE * 16, 1 << 17);
	catalog_free(c);
}

/* The lowest of those that were given back comes first. */
static void test_lowest_id_first(void **state)
{
	struct catalog *c = catalog_new();
	uint32_t ids[10];
	char text[16];

	(void)state;
	assert_non_null(c);
	for (unsigned i = 0; i < 10; i++) {
		uint32_t l;

		snprintf(text, sizeof(text), "%u", i);
		l = listing(c, 1, text);
		ids[i] = verdict(c, &l, 1);
		assert_int_equal(ids[i], i + 1);
		catalog_add(c, CATALOG_IP6, ids[i], 1);
	}
	catalog_remove(c, CATALOG_IP6, ids[6], 1);
	catalog_remove(c, CATALOG_IP6, ids[2], 1);
	collect(c);
	assert_int_equal(listing(c, 2, "a"), 11); /* what was forgotten rests */
	collect(c);
	assert_int_equal(listing(c, 2, "b"), 3);
	assert_int_equal(listing(c, 2, "c"), 7);
	assert_int_equal(listing(c, 2, "d"), 12);
	catalog_free(c);
}

static void test_no_ids_left(void **state)
{
	struct catalog *c = catalog_new();
	struct catalog_listing l = {.list = 3, .code = 0x7f000002};
	uint32_t first, second, both[2], id = 77;

	(void)state;
	assert_non_null(c);
	catalog_limit(c, 2);
	first = listing(c, 1, "");
	second = listing(c, 2, "x");
	assert_int_equal(catalog_listing(c, &l, &id), -ENOSPC);
	both[0] = first;
	both[1] = second;
	verdict(c, both, 1);
	verdict(c, both, 2);
	assert_int_equal(catalog_verdict(c, &second, 1, &id), -ENOSPC);
	assert_int_equal(id, 77);
	assert_int_equal(listing(c, 1, ""), first); /* what is there is still found */
	catalog_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_content_same_id),
	    cmocka_unit_test(test_counts_do_not_care_for_cuts),
	    cmocka_unit_test(test_forgotten_ids_rest_for_a_batch),
	    cmocka_unit_test(test_id_that_was_never_sent_is_not_forgotten),
	    cmocka_unit_test(test_against_a_model),
	    cmocka_unit_test(test_ids_stay_small),
	    cmocka_unit_test(test_lowest_id_first),
	    cmocka_unit_test(test_no_ids_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
