/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What holds of every stream of events: seeds give the streams, and a failure names its seed.
 */
#include "control/reputation/score.h"
#include "tests/unit/reputation/script.h"
#include "tests/unit/reputation/stream.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 9

static const struct ledger_hooks with_asn = {.asn = script_asn};

/* Shapes: a busy hour, days, months in which listings end, count, and are forgotten. */
static struct script_shape shape_of(uint64_t seed)
{
	static const int64_t steps[] = {STREAM_MINUTE / 2, STREAM_HOUR, STREAM_DAY / 2};

	return (struct script_shape){
	    .seed = seed,
	    .count = 400,
	    .step_max_ms = steps[seed % 3],
	    .late_max_ms = seed % 2 ? 3 * STREAM_DAY : 0,
	};
}

static void apply(struct ledger *l, const struct event *event)
{
	assert_int_equal(ledger_apply(l, event), 0);
}

/* Now and then somebody is delisted. */
static void maybe_delist(struct ledger *l, uint64_t seed, size_t i)
{
	struct ledger_key key;

	if ((seed + i) % 97 != 0)
		return;
	key = stream_key(script_keys[(seed + i / 97) % SCRIPT_KEYS]);
	ledger_delist(l, &key, ledger_now(l));
}

static void look_around(const struct ledger *l)
{
	struct ledger_view view;

	for (unsigned i = 0; i < SCRIPT_KEYS; i++) {
		stream_look(l, script_keys[i], &view);
		script_check_sum(&view);
	}
}

/* Advancing in between, as often as one likes, and looking, change no byte; nor do sums ever differ
 * from scores. */
static void test_split(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct script_shape shape = shape_of(seed);
		struct ledger *a = stream_ledger(&with_asn), *b = stream_ledger(&with_asn);
		uint64_t random = seed + 1;
		int64_t end_ms;
		struct script s;

		script_make(&shape, &s);
		for (size_t i = 0; i < s.count; i++) {
			for (unsigned j = stream_random(&random) % 4; j > 0; j--) {
				int64_t left = s.events[i].received_ms - ledger_now(b);

				if (left > 0)
					ledger_advance(b, ledger_now(b) +
					                      (int64_t)(stream_random(&random) %
					                                (uint64_t)left));
				look_around(b);
			}
			apply(a, &s.events[i]);
			apply(b, &s.events[i]);
			maybe_delist(a, seed, i);
			maybe_delist(b, seed, i);
		}
		script_same(a, b);
		/* Until all is forgotten but what is in the middle of it, and further. */
		for (unsigned days = 3; days < 500; days *= 3) {
			end_ms = ledger_now(a) + days * STREAM_DAY;
			ledger_advance(a, end_ms);
			while (ledger_now(b) < end_ms) {
				int64_t to = ledger_now(b) + 1 +
				             (int64_t)(stream_random(&random) %
				                       (uint64_t)(days * STREAM_DAY / 4));

				ledger_advance(b, to < end_ms ? to : end_ms);
			}
			script_same(a, b);
		}
		ledger_free(a);
		ledger_free(b);
		script_done(&s);
	}
}

struct copy {
	const struct ledger *from;
	struct ledger *to;
	struct ledger_key keys[200];
	size_t count;
};

static bool copy_visit(const struct ledger_key *key, void *context)
{
	struct copy *c = context;

	assert_true(c->count < sizeof(c->keys) / sizeof(c->keys[0]));
	c->keys[c->count++] = *key;
	return true;
}

/* A new ledger of what another one saved, the keys in some order. */
static struct ledger *restored(const struct ledger *from, uint64_t *random)
{
	static struct copy c;
	struct dials dials;

	c = (struct copy){.from = from};
	dials_default(&dials);
	c.to = ledger_new(&dials, &with_asn);
	assert_non_null(c.to);
	ledger_advance(c.to, ledger_now(from));
	ledger_each(from, copy_visit, &c);
	while (c.count > 0) {
		size_t i = stream_random(random) % c.count;
		uint8_t bytes[LEDGER_RECORD_MAX];
		size_t size = ledger_save(from, &c.keys[i], bytes);

		assert_int_equal(ledger_restore(c.to, &c.keys[i], bytes, size), 0);
		/* Twice is a damaged checkpoint. */
		assert_int_equal(ledger_restore(c.to, &c.keys[i], bytes, size), -EINVAL);
		c.keys[i] = c.keys[--c.count];
	}
	return c.to;
}

/* Stopping, restoring and going on gives the bytes of not stopping. */
static void test_restore(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct script_shape shape = shape_of(seed);
		struct ledger *a = stream_ledger(&with_asn), *b = stream_ledger(&with_asn);
		uint64_t random = seed + 7;
		struct script s;

		script_make(&shape, &s);
		for (size_t i = 0; i < s.count; i++) {
			apply(a, &s.events[i]);
			apply(b, &s.events[i]);
			maybe_delist(a, seed, i);
			maybe_delist(b, seed, i);
			if (i % 80 == seed % 80) {
				struct ledger *again = restored(b, &random);

				script_same(b, again);
				ledger_free(b);
				b = again;
			}
		}
		ledger_advance(a, ledger_now(a) + 20 * STREAM_DAY);
		ledger_advance(b, ledger_now(a));
		script_same(a, b);
		ledger_free(a);
		ledger_free(b);
		script_done(&s);
	}
}

/* Evidence received in any order has the same points: to 1e-12 of them, the rounding of additions.
 */
static void test_order(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct script_shape shape = {
		    .seed = seed, .count = 300, .step_max_ms = STREAM_HOUR * 2};
		struct ledger *a = stream_ledger(NULL), *b = stream_ledger(NULL);
		uint64_t random = seed + 3;
		int64_t end_ms;
		struct script s;

		script_make(&shape, &s);
		end_ms = s.events[s.count - 1].received_ms;
		for (size_t i = 0; i < s.count; i++) {
			/* What counts by itself; the rules that need an order are others' tests. */
			if (s.events[i].class == EVENT_INVALID_RCPT ||
			    s.events[i].class == EVENT_AUTH_FAIL ||
			    s.events[i].class == EVENT_ANOMALY ||
			    score_side(s.events[i].class) == SCORE_GOOD)
				s.events[i].class = EVENT_PHISH;
			s.events[i].received_ms = end_ms;
			apply(a, &s.events[i]);
		}
		for (size_t left = s.count; left > 0; left--) {
			size_t i = stream_random(&random) % left;

			apply(b, &s.events[i]);
			s.events[i] = s.events[left - 1];
		}
		for (unsigned k = 0; k < SCRIPT_KEYS; k++) {
			struct ledger_view of_a, of_b;

			stream_look(a, script_keys[k], &of_a);
			stream_look(b, script_keys[k], &of_b);
			for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++) {
				if (class == EVENT_ANOMALY)
					continue; /* derived by the order */
				for (unsigned lane = 0; lane < LEDGER_LANES; lane++) {
					double x = of_a.rows[class].points[lane];
					double y = of_b.rows[class].points[lane];

					if (fabs(x - y) > 1e-12 * x)
						fail_msg("seed %d: %s: %.17g, %.17g", (int)seed,
						         script_keys[k], x, y);
				}
				assert_int_equal(of_a.rows[class].last_ms,
				                 of_b.rows[class].last_ms);
			}
		}
		ledger_free(a);
		ledger_free(b);
		script_done(&s);
	}
}

static void check_no_worse(uint64_t seed, const char *key, const struct ledger *less,
                           const struct ledger *more)
{
	struct ledger_view of_less, of_more;

	stream_look(less, key, &of_less);
	stream_look(more, key, &of_more);
	if (of_more.score.p > of_less.score.p + 1e-12 || of_more.score.score < of_less.score.score)
		fail_msg("seed %d: %s: p %.15g became %.15g", (int)seed, key, of_less.score.p,
		         of_more.score.p);
	for (unsigned class = 0; class < EVENT_CLASS_COUNT; class ++) {
		double sign = score_side(class) == SCORE_GOOD ? -1 : 1;

		for (unsigned lane = 0; lane < LEDGER_LANES && score_side(class) != SCORE_NONE;
		     lane++) {
			double x = of_less.rows[class].points[lane];
			double y = of_more.rows[class].points[lane];

			if (sign * (y - x) > 1e-12 * fmax(x, y))
				fail_msg("seed %d: %s: class %u, lane %u: %.15g became %.15g",
				         (int)seed, key, class, lane, x, y);
		}
	}
}

/* More good evidence, of anybody, at any time: nobody's score is worse for it, in either lane. */
static void test_good_helps(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 2 * SEEDS; seed++) {
		struct script_shape shape = shape_of(seed);
		struct ledger *less = stream_ledger(&with_asn), *more = stream_ledger(&with_asn);
		uint64_t random = seed + 5;
		struct script s;

		script_make(&shape, &s);
		for (size_t i = 0; i < s.count; i++) {
			uint64_t r = stream_random(&random);

			apply(less, &s.events[i]);
			if (r % 3 == 0) {
				struct event good = s.events[i];

				good.class = r % 2 ? EVENT_GOOD_DELIVERY : EVENT_NOT_JUNK;
				good.is_authenticated = (r >> 8) % 4 != 0;
				good.recipient = (r >> 16) % 20;
				good.count = 1 + (r >> 24) % 20;
				apply(more, &good);
			}
			apply(more, &s.events[i]);
			if (i % 8 == 0) {
				for (unsigned k = 0; k < SCRIPT_KEYS; k++)
					check_no_worse(seed, script_keys[k], less, more);
			}
		}
		for (unsigned day = 1; day < 100; day *= 2) {
			ledger_advance(less, ledger_now(less) + day * STREAM_DAY);
			ledger_advance(more, ledger_now(less));
			for (unsigned k = 0; k < SCRIPT_KEYS; k++)
				check_no_worse(seed, script_keys[k], less, more);
		}
		ledger_free(less);
		ledger_free(more);
		script_done(&s);
	}
}

static unsigned members_listed(const struct ledger *l)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 6; i++)
		count += (stream_lists(l, script_keys[i]) & ~(1u << DIALS_GOOD)) != 0;
	return count;
}

/* The newest bad evidence of a key, as the test knows it. */
static void check_evidence(uint64_t seed, const struct ledger *l, const char *key,
                           int64_t newest_ms)
{
	struct ledger_view view;
	struct dials dials;

	dials_default(&dials);
	stream_look(l, key, &view);
	for (unsigned list = 0; list < DIALS_GOOD; list++) {
		const struct ledger_state *state = &view.lists[list];
		int64_t longest = newest_ms + INT64_C(1000) * dials.duration_max_s;
		int64_t dwell = state->since_ms + INT64_C(1000) * dials.dwell_min_s;

		if (state->why != LEDGER_IS_LISTED)
			continue;
		if (state->until_ms > (longest > dwell ? longest : dwell) ||
		    state->until_ms <= ledger_now(l))
			fail_msg("seed %d: %s: on %s for too long", (int)seed, key,
			         dials_list_name(list));
	}
}

static void test_evidence_lasts(void **state)
{
	unsigned seen = 0, seen_net = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct script_shape shape = shape_of(seed);
		struct ledger *l = stream_ledger(&with_asn);
		int64_t newest_ms[SCRIPT_KEYS] = {0};
		struct script s;

		script_make(&shape, &s);
		for (size_t i = 0; i < s.count; i++) {
			const struct event *e = &s.events[i];

			apply(l, e);
			for (unsigned k = 0; k < 11; k++) {
				struct ledger_key key = stream_key(script_keys[k]), of_event;

				ledger_key_of(&e->address, &of_event);
				if (score_side(e->class) != SCORE_GOOD &&
				    key.address == of_event.address && e->time_ms > newest_ms[k])
					newest_ms[k] = e->time_ms;
				check_evidence(seed, l, script_keys[k], newest_ms[k]);
				seen += stream_lists(l, script_keys[k]) != 0;
			}
			if (stream_lists(l, "192.0.2.0/24")) {
				assert_true(members_listed(l) >= 5);
				seen_net++;
			}
		}
		ledger_advance(l, ledger_now(l) + 7 * STREAM_DAY + STREAM_HOUR);
		for (unsigned k = 0; k < SCRIPT_KEYS; k++)
			assert_int_equal(stream_lists(l, script_keys[k]) & ~(1u << DIALS_GOOD), 0);
		/* And in the end nothing is left at all. */
		ledger_advance(l, ledger_now(l) + 400 * STREAM_DAY);
		struct ledger_stats stats;
		ledger_stats(l, &stats);
		assert_int_equal(stats.keys, 0);
		ledger_free(l);
		script_done(&s);
	}
	/* Not for want of listings. */
	assert_true(seen > 1000);
	assert_true(seen_net > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_split),          cmocka_unit_test(test_restore),
	    cmocka_unit_test(test_order),          cmocka_unit_test(test_good_helps),
	    cmocka_unit_test(test_evidence_lasts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
