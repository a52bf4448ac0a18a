/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers check each answer of a table6 at full speed while the update thread makes all its kinds
 * of changes: points that come, change and go, segments that grow, are cut, shrink and are joined,
 * ranges over points, /64s that are split and healed, verdicts that have no room in a slot.
 *
 * Verdicts of the rising part are numbers of rounds, and each round paints all of it in pieces: so
 * the verdict of an address may only rise, and not above the round under way. Addresses of the
 * other part have their own verdict or none.
 */
#include "dataplane/table/table6.h"
#include "tests/unit/table/order.h"

#include <urcu-qsbr.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define READERS   2
#define ROUNDS    40
#define NETS      1600
#define STRIDE    3 /* /64s from one net to the next */
#define OTHERS    1000
#define LARGE     0xff0000u /* verdicts of the others: no room in a slot of a wide segment */
#define BURST     32
#define RISING    ((address6_t)0x20010db800000000 << 64)
#define OTHER     ((address6_t)0x2a00000000000000 << 64)
#define NET_LAST  UINT64_MAX
#define PROBES    (3 * NETS)  /* the first and the last address of a net, and the /64 behind it */
#define OTHER_GAP 0x12345678u /* /64s */

struct stress {
	struct table6 *table;
	_Atomic verdict_t round; /* the writer: before it paints it; readers */
	atomic_bool stop;
	atomic_uint ready; /* readers that are under way */
};

struct reader {
	struct stress *stress;
	pthread_t thread;
	uint64_t rising;     /* answers above the one before: the test saw something */
	uint64_t others;     /* that were listed */
	const char *failure; /* the first; NULL */
	verdict_t seen[PROBES];
};

static uint64_t all_lists[LISTSET_WORDS]; /* filled before the first thread */

static address6_t net(uint32_t i)
{
	return RISING + ((address6_t)i * STRIDE << 64);
}

static address6_t other(uint32_t i)
{
	return OTHER + ((address6_t)i * OTHER_GAP << 64);
}

static address6_t probe(uint32_t i)
{
	switch (i % 3) {
	case 0:
		return net(i / 3);
	case 1:
		return net(i / 3) | NET_LAST;
	default:
		return net(i / 3) + ((address6_t)1 << 64);
	}
}

static void report(struct reader *r, const char *claim)
{
	if (!r->failure)
		r->failure = claim;
}

static void check(struct reader *r, uint32_t i, verdict_t verdict, const char *claim)
{
	/* acquire: pairs with release in play_round() */
	if (verdict < r->seen[i] ||
	    verdict > atomic_load_explicit(&r->stress->round, memory_order_acquire))
		report(r, claim);
	r->rising += verdict > r->seen[i];
	r->seen[i] = verdict;
}

static void read_rising(struct reader *r)
{
	const struct table6 *t = r->stress->table;
	address6_t addresses[BURST];
	verdict_t verdicts[BURST];

	for (uint32_t i = 0; i < PROBES; i++)
		check(r, i, table6_lookup(t, probe(i)), "a verdict rises");
	for (uint32_t i = 0; i + BURST <= PROBES; i += BURST) {
		for (uint32_t k = 0; k < BURST; k++)
			addresses[k] = probe(i + k);
		table6_lookup_burst(t, addresses, BURST, verdicts);
		for (uint32_t k = 0; k < BURST; k++)
			check(r, i + k, verdicts[k], "a verdict rises in a burst");
	}
	for (uint32_t i = 0; i < NETS; i += 50) {
		if (!table6_any(t, net(i), net(i) | NET_LAST, all_lists))
			report(r, "each net is always listed");
	}
	if (!table6_any(t, RISING, net(NETS), all_lists))
		report(r, "something is always listed");
}

static void read_others(struct reader *r)
{
	for (uint32_t i = 0; i < OTHERS; i++) {
		verdict_t verdict = table6_lookup(r->stress->table, other(i));

		if (verdict != VERDICT_NONE && verdict != LARGE + i)
			report(r, "another net has its own verdict or none");
		r->others += verdict != VERDICT_NONE;
		if (table6_lookup(r->stress->table, other(i) + ((address6_t)1 << 64)) !=
		    VERDICT_NONE)
			report(r, "behind another net nothing is listed");
	}
}

static void *read_all(void *context)
{
	struct reader *r = context;

	rcu_register_thread();
	atomic_fetch_add(&r->stress->ready, 1);
	while (!atomic_load_explicit(&r->stress->stop, memory_order_relaxed)) {
		read_rising(r);
		order_quiescent();
		read_others(r);
		order_quiescent();
	}
	order_offline();
	rcu_unregister_thread();
	return NULL;
}

static void paint(struct stress *s, address6_t first, address6_t last, verdict_t verdict)
{
	assert_int_equal(table6_paint(s->table, first, last, verdict), 0);
}

/* Each net as a point, some after a part of it. */
static void paint_points(struct stress *s, verdict_t round)
{
	for (uint32_t i = 0; i < NETS; i++) {
		uint32_t at = (uint32_t)((uint64_t)i * 1009 % NETS); /* prime: each comes once */

		if (i % 4 == 0)
			paint(s, net(at) | NET_LAST, net(at) | NET_LAST, round);
		if (i % 8 == 0)
			paint(s, net(at), net(at) + 1000, round);
		if (i % 8 == 4)
			paint(s, net(at) + 5, net(at) + 5, round);
		paint(s, net(at), net(at) | NET_LAST, round);
	}
}

/* Each net in two parts, all in bursts. */
static void paint_bursts(struct stress *s, verdict_t round)
{
	static address6_t firsts[2 * NETS], lasts[2 * NETS];
	static verdict_t verdicts[2 * NETS];

	for (uint32_t i = 0; i < 2 * NETS; i++) {
		firsts[i] = net(i / 2) + (i % 2 ? 1000 : 0);
		lasts[i] = i % 2 ? net(i / 2) | NET_LAST : net(i / 2) + 999;
		verdicts[i] = round;
	}
	assert_int_equal(table6_paint_burst(s->table, firsts, lasts, verdicts, 2 * NETS), 0);
}

/* Ranges over points, from within a segment to over many of them. */
static void paint_ranges(struct stress *s, verdict_t round, uint32_t nets)
{
	for (uint32_t i = 0; i < NETS; i += nets) {
		uint32_t end = i + nets < NETS ? i + nets : NETS;

		paint(s, net(i), net(end) - 1, round);
	}
}

static void paint_others(struct stress *s, verdict_t round)
{
	for (uint32_t i = 0; i < OTHERS; i++) {
		uint32_t at = (uint32_t)((uint64_t)i * 1009 % OTHERS);

		if (round % 3 == 0)
			paint(s, other(at), other(at) | NET_LAST, LARGE + at);
		else if (round % 3 == 1)
			paint(s, other(at), other(at) | NET_LAST, VERDICT_NONE);
		else if (at % 2)
			paint(s, other(at), other(at), LARGE + at);
	}
	if (round % 12 == 6)
		paint(s, OTHER, other(OTHERS), VERDICT_NONE);
}

static void play_round(struct stress *s, verdict_t round)
{
	static const uint32_t nets[] = {1, 7, 150, NETS};

	/* release: pairs with acquire in check() */
	atomic_store_explicit(&s->round, round, memory_order_release);
	if (round % 6 == 3)
		paint_bursts(s, round);
	else if (round % 2)
		paint_points(s, round);
	else
		paint_ranges(s, round, nets[round / 2 % 4]);
	paint_others(s, round);
}

static void test_rounds(void **state)
{
	static struct stress s;
	static struct reader readers[READERS];

	(void)state;
	memset(all_lists, 0xff, sizeof(all_lists));
	s.table = table6_new();
	assert_non_null(s.table);
	play_round(&s, 1);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i].stress = &s;
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]),
		                 0);
	}
	while (atomic_load(&s.ready) < READERS)
		sched_yield();
	for (verdict_t round = 2; round < ROUNDS; round++)
		play_round(&s, round);
	atomic_store(&s.stop, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	table6_free(s.table);
	order_barrier();
	for (unsigned i = 0; i < READERS; i++) {
		print_message("# reader %u: %llu risen, %llu of others\n", i,
		              (unsigned long long)readers[i].rising,
		              (unsigned long long)readers[i].others);
		if (readers[i].failure)
			print_error("# not so: %s\n", readers[i].failure);
		assert_null(readers[i].failure);
		assert_true(readers[i].rising > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
