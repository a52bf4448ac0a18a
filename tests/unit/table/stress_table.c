/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers check each answer while the update thread paints, splits, merges, puts, deletes and
 * forgets. Verdicts are numbers of rounds, and each round paints everything in pieces, so that each
 * key's verdict may only rise, never above the round under way, and never to something in between.
 */
#include "dataplane/table/tables.h"
#include "tests/unit/table/order.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define READERS     2
#define ROUNDS      500
#define CYCLES      60 /* of define, paint, forget */
#define PIECES      40 /* of a round and a table */
#define KEYS        700
#define TAIL        300         /* keys of table6 behind the others, painted upwards */
#define FIRST4      0x09fffe80u /* over borders of /24, /16 and /8 */
#define NAMES       40
#define FILLERS     200 /* names that come and go, so that the index is rebuilt */
#define DEADLINE_S  60
#define CYCLED4     0xc0000201u
#define CYCLED_IDS  6
#define CYCLED_BASE 5000 /* the ids that are defined and forgotten */
#define HASTY4      0xc0000301u
#define HASTY_BASE  6000 /* likewise, but forgotten while readers may have them */

struct stress {
	struct tables *tables;
	_Atomic verdict_t round; /* the writer: before it paints it; readers */
	atomic_bool stop;
	atomic_uint ready; /* readers that are under way */
};

struct reader {
	struct stress *stress;
	pthread_t thread;
	uint64_t rising; /* answers that were above the one before: the test saw something */
	uint64_t cycled;
	const char *failure; /* the first; NULL */
	verdict_t seen4[KEYS], seen6[KEYS], seen_names[NAMES];
};

static uint32_t key4(uint32_t i)
{
	return FIRST4 + i;
}

static address6_t key6(uint32_t i)
{
	return ((address6_t)0x20010db8ffffffff << 64 | UINT64_MAX) - KEYS / 2 + i;
}

static size_t key_name(uint32_t i, const char *prefix, uint8_t out_name[64])
{
	return (size_t)snprintf((char *)out_name, 64, "\4%s%03u\3%c%c%c\7example", prefix,
	                        (unsigned)i, (char)('a' + i % 5), 'x', 'y');
}

static void report(struct reader *r, const char *claim)
{
	if (!r->failure)
		r->failure = claim;
}

/* The verdict of a key that was looked up. */
static void check(struct reader *r, verdict_t *seen, verdict_t verdict, const char *claim)
{
	/* acquire: pairs with release in play_round() */
	if (verdict < *seen ||
	    verdict > atomic_load_explicit(&r->stress->round, memory_order_acquire))
		report(r, claim);
	if (verdict > *seen)
		r->rising++;
	*seen = verdict;
}

static uint64_t all_lists[LISTSET_WORDS]; /* filled before the first thread */

static void read_addresses(struct reader *r, const struct tables *t)
{
	uint32_t addresses[KEYS];
	verdict_t verdicts[KEYS];

	for (uint32_t i = 0; i < KEYS; i++) {
		addresses[i] = key4(i);
		check(r, &r->seen4[i], table4_lookup(t->addresses4, key4(i)), "table4 rises");
		check(r, &r->seen6[i], table6_lookup(t->addresses6, key6(i)), "table6 rises");
	}
	table4_lookup_burst(t->addresses4, addresses, KEYS, verdicts);
	for (uint32_t i = 0; i < KEYS; i++)
		check(r, &r->seen4[i], verdicts[i], "table4 rises in a burst");
	for (uint32_t i = 0; i < 2 * TAIL; i++) {
		verdict_t verdict = table6_lookup(t->addresses6, key6(KEYS + 10 + i));

		if (verdict % 8 != 0 || (verdict != 0 && i % 2 != 0))
			report(r, "the tail is painted every eighth round");
	}
	if (!table4_any(t->addresses4, key4(3), key4(KEYS - 3), all_lists))
		report(r, "something in table4 is always listed");
	if (!table6_any(t->addresses6, key6(3), key6(KEYS - 3), all_lists))
		report(r, "something in table6 is always listed");
}

static void read_names(struct reader *r, const struct tables *t)
{
	struct names_match match;
	uint8_t name[64];

	for (uint32_t i = 0; i < NAMES; i++) {
		size_t size = key_name(i, "k", name);

		names_lookup(t->names, name, size, &match);
		check(r, &r->seen_names[i], match.verdict, "a name rises");
		if (match.subject_offset != 0 || names_any_below(t->names, &match, all_lists))
			report(r, "a name that is put decides itself");
		names_lookup(t->names, name + 5, size - 5, &match);
		if (!names_any_below(t->names, &match, all_lists) || match.verdict != VERDICT_NONE)
			report(r, "a parent always has something below");
		size = key_name(i, "f", name);
		names_lookup(t->names, name, size, &match);
		if (match.verdict != VERDICT_NONE && match.verdict != 1000 + i)
			report(r, "a name that comes and goes has one verdict");
	}
}

/* An address whose verdict is defined before it is painted, and forgotten after it is gone. */
static void read_cycled(struct reader *r, const struct tables *t)
{
	verdict_t verdict = table4_lookup(t->addresses4, CYCLED4);
	const struct verdict *v;

	if (verdict == VERDICT_NONE)
		return;
	v = verdicts_get(t->verdicts, verdict);
	if (!v || v->count != 1 || v->listings[0]->code != 0x7f010000 + verdict)
		report(r, "a painted verdict is defined");
	r->cycled++;
}

/* An address whose verdict is forgotten as soon as it is gone: unknown, or still all there. */
static void read_hasty(struct reader *r, const struct tables *t)
{
	verdict_t verdict = table4_lookup(t->addresses4, HASTY4);
	const struct verdict *v = verdicts_get(t->verdicts, verdict);

	if (!v)
		return;
	if (v->count != 1 || v->listings[0]->code != 0x7f010000 + verdict)
		report(r, "a verdict at hand stays whole");
	r->cycled++;
}

static void *read_all(void *context)
{
	struct reader *r = context;

	rcu_register_thread();
	atomic_fetch_add(&r->stress->ready, 1);
	while (!atomic_load_explicit(&r->stress->stop, memory_order_relaxed)) {
		read_addresses(r, r->stress->tables);
		order_quiescent();
		read_names(r, r->stress->tables);
		order_quiescent();
		for (int i = 0; i < 100; i++)
			read_cycled(r, r->stress->tables);
		for (int i = 0; i < 100; i++)
			read_hasty(r, r->stress->tables);
		order_quiescent();
	}
	order_offline();
	rcu_unregister_thread();
	return NULL;
}

static void paint_pieces(struct tables *t, verdict_t round)
{
	for (unsigned i = 0; i < PIECES; i++) {
		uint32_t at = (uint32_t)rand() % KEYS,
			 end = at + (uint32_t)rand() % (i % 4 ? 4 : KEYS);

		if (end >= KEYS)
			end = KEYS - 1;
		assert_int_equal(table4_paint(t->addresses4, key4(at), key4(end), round), 0);
		assert_int_equal(table6_paint(t->addresses6, key6(at), key6(end), round), 0);
	}
	for (uint32_t i = round % 3; round % 8 == 0 && i < KEYS; i += 3) { /* many chunks */
		assert_int_equal(table4_paint(t->addresses4, key4(i), key4(i), round), 0);
		assert_int_equal(table6_paint(t->addresses6, key6(i), key6(i), round), 0);
	}
	assert_int_equal(table4_paint(t->addresses4, key4(0) - 300, key4(KEYS), round), 0);
	assert_int_equal(table6_paint(t->addresses6, key6(0) - 300, key6(KEYS), round), 0);
}

static void paint_tail(struct tables *t, verdict_t round)
{
	assert_int_equal(
	    table6_paint(t->addresses6, key6(KEYS + 10), key6(KEYS + 10 + 2 * TAIL), 0), 0);
	for (uint32_t i = 0; i < TAIL; i++) {
		address6_t key = key6(KEYS + 10 + 2 * i);

		assert_int_equal(table6_paint(t->addresses6, key, key, round), 0);
	}
}

static void put_names(struct tables *t, verdict_t round)
{
	uint8_t name[64];
	size_t size;

	for (uint32_t i = 0; i < NAMES; i++) {
		size = key_name(i, "k", name);
		assert_int_equal(names_put(t->names, name, size, round, VERDICT_NONE), 0);
	}
	for (uint32_t i = 0; i < FILLERS; i++) {
		size = key_name(i, "f", name);
		if (round % 2)
			assert_int_equal(names_put(t->names, name, size, 1000 + i, 1000 + i), 0);
		else
			assert_int_equal(names_delete(t->names, name, size), 0);
	}
}

static void play_round(struct stress *s, verdict_t round)
{
	/* release: pairs with acquire in check() */
	atomic_store_explicit(&s->round, round, memory_order_release);
	paint_pieces(s->tables, round);
	if (round % 8 == 0)
		paint_tail(s->tables, round);
	put_names(s->tables, round);
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Define a verdict, waiting for the end of the grace period of the one that had the id. */
static void define(struct verdicts *v, verdict_t id)
{
	const time_t deadline = now_s() + DEADLINE_S;
	int rc;

	while ((rc = verdicts_define_listing(v, id, 1, 0x7f010000 + id, NULL, 0)) == -EBUSY &&
	       now_s() < deadline)
		sched_yield();
	assert_int_equal(rc, 0);
	while ((rc = verdicts_define(v, id, &id, 1)) == -EBUSY && now_s() < deadline)
		sched_yield();
	assert_int_equal(rc, 0);
}

static void play_cycle(struct stress *s, unsigned cycle)
{
	verdict_t old = CYCLED_BASE + cycle % CYCLED_IDS;
	verdict_t id = CYCLED_BASE + (cycle + 1) % CYCLED_IDS;

	define(s->tables->verdicts, id);
	assert_int_equal(table4_paint(s->tables->addresses4, CYCLED4, CYCLED4, id), 0);
	order_synchronize();
	verdicts_forget_listing(s->tables->verdicts, old);
	verdicts_forget(s->tables->verdicts, old);
}

static void play_hasty_cycle(struct stress *s, unsigned cycle)
{
	verdict_t old = HASTY_BASE + cycle % CYCLED_IDS;
	verdict_t id = HASTY_BASE + (cycle + 1) % CYCLED_IDS;

	define(s->tables->verdicts, id);
	assert_int_equal(table4_paint(s->tables->addresses4, HASTY4, HASTY4, id), 0);
	verdicts_forget(s->tables->verdicts, old);
	verdicts_forget_listing(s->tables->verdicts, old);
}

static void start(struct stress *s, struct reader *readers)
{
	s->tables = tables_new();
	assert_non_null(s->tables);
	table4_use(s->tables->addresses4, NULL); /* verdicts need not be defined */
	table6_use(s->tables->addresses6, NULL);
	names_use(s->tables->names, NULL);
	play_round(s, 1);
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
	tables_free(s->tables);
	order_barrier();
	for (unsigned i = 0; i < READERS; i++) {
		print_message("# reader %u: %llu risen, %llu cycled\n", i,
		              (unsigned long long)readers[i].rising,
		              (unsigned long long)readers[i].cycled);
		if (readers[i].failure)
			print_error("# not so: %s\n", readers[i].failure);
		assert_null(readers[i].failure);
		assert_true(readers[i].rising > 0);
	}
}

static void test_rounds(void **state)
{
	static struct stress s;
	static struct reader readers[READERS];

	(void)state;
	srand(1);
	start(&s, readers);
	for (verdict_t round = 2; round < ROUNDS; round++)
		play_round(&s, round);
	stop(&s, readers);
}

static void test_cycles(void **state)
{
	static struct stress s;
	static struct reader readers[READERS];

	(void)state;
	start(&s, readers);
	for (unsigned cycle = 0; cycle < CYCLES; cycle++) {
		play_cycle(&s, cycle);
		play_hasty_cycle(&s, cycle);
	}
	play_round(&s, 2);
	play_round(&s, 3);
	stop(&s, readers);
	for (unsigned i = 0; i < READERS; i++)
		assert_true(readers[i].cycled > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rounds),
	    cmocka_unit_test(test_cycles),
	};

	memset(all_lists, 0xff, sizeof(all_lists));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
