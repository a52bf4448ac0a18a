/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers check each answer while names come and go by the thousand: segments of the index grow and
 * shrink, leaves become inner nodes, slabs are emptied. Each name has a number that is odd while
 * it is being changed; an answer between two equal, even ones is the one that the number stands
 * for, and none other.
 */
#include "dataplane/table/names.h"
#include "tests/unit/table/order.h"

#include <urcu-qsbr.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define READERS 2
#define GROUPS  4000
#define MEMBERS 6 /* of a group, below one parent, which is the last */
#define NAMES   (GROUPS * MEMBERS)
#define ROUNDS  3
#define KEPT    16 /* one in so many stays when the others go */
#define BURST   8

struct stress {
	struct names *names;
	atomic_uint
	    turns[NAMES]; /* writer: writes; readers. / 2 % 2: put now; odd: being changed */
	atomic_bool stop;
	atomic_uint ready;
};

struct reader {
	struct stress *stress;
	pthread_t thread;
	unsigned seed;
	uint64_t present, absent; /* answers that could be checked */
	const char *failure;      /* the first; NULL */
};

static uint64_t all_lists[LISTSET_WORDS]; /* filled before the first thread */

static bool is_parent(uint32_t i)
{
	return i % MEMBERS == MEMBERS - 1;
}

static size_t name_of(uint32_t i, uint8_t out_name[64])
{
	char parent[32];

	snprintf(parent, sizeof(parent), "\12group%05u\4test", (unsigned)(i / MEMBERS));
	if (is_parent(i))
		return (size_t)snprintf((char *)out_name, 64, "%s", parent);
	return (size_t)snprintf((char *)out_name, 64, "%c%.*s%u%s", (int)(1 + i % 29),
	                        (int)(i % 29), "abcdefghijklmnopqrstuvwxyzabcd",
	                        (unsigned)(i % MEMBERS), parent);
}

static verdict_t verdict_of(uint32_t i)
{
	return 1 + i % 900;
}

static unsigned turn(const struct stress *s, uint32_t i)
{
	/* acquire: pairs with release in change() */
	return atomic_load_explicit((atomic_uint *)&s->turns[i], memory_order_acquire);
}

/* Whether nothing changed since a turn was read. */
static bool is_still(struct stress *s, uint32_t i, unsigned before)
{
	/* release: what was looked up meanwhile stays before this; a load by itself would not hold
	 * it back, and TSan knows no fences */
	return before % 2 == 0 &&
	       atomic_fetch_add_explicit(&s->turns[i], 0, memory_order_acq_rel) == before;
}

static void check_member(struct reader *r, uint32_t i, unsigned before,
                         const struct names_match *match)
{
	bool is_put = before / 2 % 2;

	if (!is_still(r->stress, i, before))
		return;
	if (is_put ? match->subject_offset != 0 || match->verdict != verdict_of(i)
	           : match->verdict != VERDICT_NONE)
		r->failure = is_put ? "a put name is found" : "a deleted name is not";
	r->present += is_put;
	r->absent += !is_put;
}

static void read_members(struct reader *r)
{
	struct names_query queries[BURST];
	struct names_match matches[BURST];
	uint8_t names[BURST][64];
	unsigned before[BURST];
	uint32_t ids[BURST];

	for (unsigned k = 0; k < BURST; k++) {
		ids[k] = (uint32_t)rand_r(&r->seed) % NAMES;
		before[k] = turn(r->stress, ids[k]);
		queries[k] = (struct names_query){names[k], name_of(ids[k], names[k])};
	}
	if (r->seed % 2)
		names_lookup_burst(r->stress->names, queries, BURST, matches);
	for (unsigned k = 0; k < BURST; k++) {
		if (r->seed % 2 == 0)
			names_lookup(r->stress->names, queries[k].name, queries[k].size,
			             &matches[k]);
		check_member(r, ids[k], before[k], &matches[k]);
	}
}

/* What is below a parent, while none of its members changes. */
static void read_below(struct reader *r)
{
	uint32_t first = (uint32_t)rand_r(&r->seed) % GROUPS * MEMBERS;
	unsigned before[MEMBERS - 1];
	struct names_match match;
	bool is_any = false, has_any;
	uint8_t name[64];

	for (unsigned k = 0; k < MEMBERS - 1; k++) {
		before[k] = turn(r->stress, first + k);
		is_any |= before[k] / 2 % 2;
	}
	names_lookup(r->stress->names, name, name_of(first + MEMBERS - 1, name), &match);
	has_any = names_any_below(r->stress->names, &match, all_lists);
	for (unsigned k = 0; k < MEMBERS - 1; k++) {
		if (!is_still(r->stress, first + k, before[k]))
			return;
	}
	if (has_any != is_any)
		r->failure = is_any ? "a put name is below" : "nothing is below";
}

static void *read_all(void *context)
{
	struct reader *r = context;

	rcu_register_thread();
	atomic_fetch_add(&r->stress->ready, 1);
	while (!atomic_load_explicit(&r->stress->stop, memory_order_relaxed)) {
		read_members(r);
		read_below(r);
		order_quiescent();
	}
	order_offline();
	rcu_unregister_thread();
	return NULL;
}

static void change(struct stress *s, uint32_t i, bool is_put)
{
	unsigned now = atomic_load_explicit(&s->turns[i], memory_order_relaxed);
	uint8_t name[64];
	size_t size = name_of(i, name);

	if ((now / 2 % 2) == is_put)
		return;
	/* what changes is stored with release after this */
	atomic_store_explicit(&s->turns[i], now + 1, memory_order_relaxed);
	assert_int_equal(is_put ? names_put(s->names, name, size, verdict_of(i), VERDICT_NONE)
	                        : names_delete(s->names, name, size),
	                 0);
	/* release: pairs with acquire in turn() */
	atomic_store_explicit(&s->turns[i], now + 2, memory_order_release);
}

/* A step through all names that looks random: NAMES has no factor of it. */
static uint32_t shuffled(uint32_t i)
{
	return (uint32_t)((uint64_t)i * 7919 % NAMES);
}

static void play_round(struct stress *s)
{
	struct names_stats full, sparse;

	for (uint32_t i = 0; i < NAMES; i++)
		change(s, shuffled(i), true);
	names_stats(s->names, &full);
	assert_int_equal(full.name_count, NAMES);
	for (uint32_t i = 0; i < NAMES; i++) {
		if (i % KEPT)
			change(s, shuffled(i), false);
	}
	names_stats(s->names, &sparse);
	assert_int_equal(sparse.name_count, NAMES / KEPT);
	for (uint32_t i = 0; i < NAMES; i++) /* the same again, in another order */
		change(s, i, i % 2);
}

static void test_rounds(void **state)
{
	static struct stress s;
	static struct reader readers[READERS];

	(void)state;
	s.names = names_new();
	assert_non_null(s.names);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.stress = &s, .seed = i + 1};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]),
		                 0);
	}
	while (atomic_load(&s.ready) < READERS)
		sched_yield();
	for (unsigned round = 0; round < ROUNDS; round++)
		play_round(&s);
	atomic_store(&s.stop, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	names_free(s.names);
	order_barrier();
	for (unsigned i = 0; i < READERS; i++) {
		print_message("# reader %u: %llu present, %llu absent\n", i,
		              (unsigned long long)readers[i].present,
		              (unsigned long long)readers[i].absent);
		if (readers[i].failure)
			print_error("# not so: %s\n", readers[i].failure);
		assert_null(readers[i].failure);
		assert_true(readers[i].present > 0 && readers[i].absent > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rounds),
	};

	memset(all_lists, 0xff, sizeof(all_lists));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
